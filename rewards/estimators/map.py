"""Exact reach of all cells of a map at once, where an action does nothing but lead from cell to cell."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.map_kernels import reach


def position_map(next_cell: NDArray[Any], horizon: int) -> NDArray[np.int64]:
    """Number of cells reached in exactly `horizon` steps from each cell, int64 [cells].

    next_cell[s, a], whole numbers [cells, actions], is the cell to which action a leads from s: s itself where
    the action stays or is blocked. log2 of the result is the empowerment in bits (Klyubin, Polani, Nehaniv
    2005). Cells numbered in reading order are fastest, since what is near then has near numbers. Raises
    ValueError for a table that is none.
    """
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 0:
        raise ValueError(f"horizon has to be a whole number of steps, 0 or more, not {horizon!r}")
    table = np.ascontiguousarray(next_cell)
    if table.ndim != 2 or not table.shape[1] or table.dtype.kind not in "iu":
        raise ValueError(
            f"next_cell has to hold whole numbers [cells, actions], not {table.dtype} of shape {table.shape}"
        )
    reached = np.empty(len(table), np.int64)
    if table.dtype != np.int32:
        if table.size and not 0 <= table.min() <= table.max() < len(table):
            raise _stray(table)
        table = table.astype(np.int32)
    if not reach(table, horizon, reached):
        raise _stray(table)
    return reached


def _stray(table: NDArray[Any]) -> ValueError:
    row = int(np.argmax(((table < 0) | (table >= len(table))).any(axis=1)))
    return ValueError(
        f"next_cell: row {row} is {table[row].tolist()}; cells are numbered 0 to {len(table) - 1}"
    )
