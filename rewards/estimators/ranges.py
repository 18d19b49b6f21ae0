"""Whether a parameter lies where its formulation makes sense."""

import math
from typing import Any


def check_range(name: str, value: Any, least: float, most: float = math.inf) -> None:
    """Raise ValueError, one line, unless `value` is a finite number from `least` to `most`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        ends = f"{least:g} to {most:g}" if math.isfinite(most) else f"at least {least:g}"
        raise ValueError(f"{name} has to be a number, {ends}, not {value!r}")
