"""Whatever learns: one file, one learner with its settings, found by looking into the folder."""

from typing import Any


def within(settings: Any, low: float, high: float, *names: str) -> None:
    """Raise ValueError, one line, unless these settings lie in low..high."""
    for name in names:
        value = getattr(settings, name)
        if not low <= value <= high:
            limits = f"at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
            raise ValueError(f"{name} has to be {limits}, not {value!r}")


def check_hidden(hidden: tuple[int, ...]) -> None:
    """Raise ValueError, one line, unless these are units of hidden layers."""
    if not hidden or min(hidden) < 1:
        raise ValueError(
            f"hidden has to name the units of one layer or more, each from 1, not {list(hidden)}"
        )
