"""How the kernels of rules are compiled: always into their caller, so that a step of one agent is one agent's work."""

from numba import njit

kernel = njit(forceinline=True)
