"""What was lived through, kept to be learned from again: a ring of rows, with windows as bytes."""

import numpy as np
import torch
from numpy.typing import NDArray


class Replay:
    """The last `capacity` rows of some named columns; draws rows with the same chance.

    Args:
        capacity: rows.
        columns: name -> shape and type of one row's entry.
    """

    def __init__(self, capacity: int, columns: dict[str, tuple[tuple[int, ...], type]]) -> None:
        self.capacity, self.size, self.head = capacity, 0, 0
        self.columns = {name: np.zeros((capacity, *shape), kind) for name, (shape, kind) in columns.items()}

    def add(self, **rows: NDArray) -> NDArray:
        """Add rows, equally many of each column, in place of the oldest; gives their places."""
        count = len(next(iter(rows.values())))
        if count > self.capacity:
            raise ValueError(f"replay of {self.capacity} rows is too small for {count} at a time")
        places = (self.head + np.arange(count)) % self.capacity
        for name, entries in rows.items():
            self.columns[name][places] = entries
        self.head = (self.head + count) % self.capacity
        self.size = min(self.size + count, self.capacity)
        return places

    def draw(self, count: int, generator: torch.Generator, newest: int = 0) -> NDArray:
        """Places of `count` rows drawn with replacement; the `newest` rows are left out."""
        age = torch.randint(newest, self.size, (count,), generator=generator).numpy()
        return (self.head - 1 - age) % self.capacity

    def tensors(self) -> dict[str, torch.Tensor]:
        """The rows by column, and where the next one goes."""
        found = {f"replay.{name}": torch.from_numpy(rows[: self.size]) for name, rows in self.columns.items()}
        return found | {"replay.head": torch.tensor(self.head)}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put back what `tensors` gave; raises ValueError with one line where it does not fit."""
        for name, rows in self.columns.items():
            saved = tensors.get(f"replay.{name}")
            if saved is None or len(saved) > self.capacity or saved.shape[1:] != rows.shape[1:]:
                raise ValueError(f"saved replay does not fit: {name} has rows of shape {rows.shape[1:]}")
            self.size = len(saved)
            rows[: self.size] = saved.numpy()
        self.head = int(tensors["replay.head"])
