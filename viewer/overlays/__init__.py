"""One file, one overlay: NAME, KEY, UNIT, HEAVY, needs and look(view) -> Layer; see `viewer.overlay`."""
