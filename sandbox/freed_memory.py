"""What becomes of freed memory, where the C library is GNU's: kept for the next, or given back to the system."""

import ctypes
import os

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Settings of `mallopt` (malloc.h), in bytes."""


def keep() -> None:
    """Keep it, for who needs as much again at once.

    Else the tensors of each minibatch go back and the next ones come page by page, a tenth of the time of learning.
    """
    _set(M_MMAP_THRESHOLD, 1 << 25)
    _set(M_TRIM_THRESHOLD, 1 << 30)


def give_back() -> None:
    """Give all of some size back, for who runs long and needs much now and then.

    Else the threshold grows with what was freed, and what is free lies scattered between what is not.
    """
    _set(M_MMAP_THRESHOLD, 1 << 17)
    _set(M_TRIM_THRESHOLD, 1 << 17)


def _set(setting: int, size: int) -> None:
    library = ctypes.CDLL(None) if os.name == "posix" else None
    if hasattr(library, "mallopt"):
        library.mallopt(setting, size)
