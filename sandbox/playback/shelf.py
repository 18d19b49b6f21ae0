"""Rows of one kind, added behind and taken away in front, in one piece of memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Shelf:
    """Rows of one kind end to end, added behind and taken away in front."""

    def __init__(self, shape: tuple[int, ...], kind: Any) -> None:
        self._room = np.empty((16, *shape), kind)
        self._first = self._end = 0

    def __len__(self) -> int:
        return self._end - self._first

    @property
    def rows(self) -> NDArray[Any]:
        """All rows, a view."""
        return self._room[self._first : self._end]

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self._room.nbytes

    def add(self, row: Any) -> None:
        """One more row behind the others."""
        if self._end == len(self._room):
            room = np.empty((max(16, 3 * len(self) // 2), *self._room.shape[1:]), self._room.dtype)
            room[: len(self)] = self.rows
            self._room, self._first, self._end = room, 0, len(self)
        self._room[self._end] = row
        self._end += 1

    def drop(self, count: int) -> None:
        """Take the first rows away, or all of them."""
        self._first = min(self._end, self._first + count)

    def cut(self, count: int) -> None:
        """Take the last rows away, or all of them."""
        self._end = max(self._first, self._end - count)
