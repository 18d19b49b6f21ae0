"""How the kernels of rules are compiled: always into their caller, so that a step of one agent is one agent's work."""

from typing import Any

from numba import njit

UNWRAPPED: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what is called by kernels only: nothing is compiled for calls from Python."""

kernel = njit(forceinline=True, **UNWRAPPED)
