"""Remembers the moments of an episode, so that it can be played back."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A snapshot of the source, its clock, and whether the episode was over."""

    snapshot: Any
    clock: int
    over: bool = False


class Timeline:
    """The last `limit` moments of an episode, and always its first; one of them is the present."""

    def __init__(self, first: Moment, limit: int = 2000):
        self.limit = max(2, limit)
        self.begin(first)

    def begin(self, first: Moment) -> None:
        """Forget everything and start at this moment."""
        self.first = first
        self.moments = [first]
        self.index = 0

    @property
    def present(self) -> Moment:
        """The moment that is shown."""
        return self.moments[self.index]

    @property
    def at_end(self) -> bool:
        """Whether nothing newer is remembered."""
        return self.index == len(self.moments) - 1

    def push(self, moment: Moment) -> None:
        """Add the newest moment and make it the present."""
        self.moments.append(moment)
        del self.moments[: -self.limit]
        self.index = len(self.moments) - 1

    def jump(self, index: int) -> Moment:
        """Make a remembered moment the present, the nearest one where the index is off the end."""
        self.index = min(max(index, 0), len(self.moments) - 1)
        return self.present

    def home(self) -> Moment:
        """Make the first moment the present; what is remembered goes when it no longer joins on to it."""
        if self.moments[0] is not self.first:
            self.begin(self.first)
        return self.jump(0)
