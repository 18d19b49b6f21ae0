"""A repair of Numba: the symbols of compiled functions say which records they take, in any process.

Numba (up to 0.68) writes a record type into a function's symbol as a number that it counts up in each process. Two
worlds whose kernels come from caches of different processes can then share a symbol, and one runs the other's code.
With a hash of the type itself, equal symbols are equal code.
"""

import hashlib

from numba.core import types


def mangling_args(record: types.Record) -> tuple[str, tuple[str]]:
    """What stands for a record type in a symbol."""
    return "Record", (hashlib.sha256(record.name.encode()).hexdigest()[:20],)


types.Record.mangling_args = property(mangling_args)  # pyright: ignore[reportAttributeAccessIssue]
