"""What each formulation is known to do, and how each is known to fail, in the smallest world that shows it."""
