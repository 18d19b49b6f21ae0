"""How kernels that only kernels call are compiled: without what calls from Python would need."""

from typing import Any

UNWRAPPED: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Arguments for `njit`; a third of the time to compile is saved."""
