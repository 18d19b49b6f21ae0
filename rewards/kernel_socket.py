"""The compiled half of the socket: what estimator kernels call; stubs that a world replaces by its kernels.

A kernel module writes `from rewards.kernel_socket import CORE_WORDS, act, write_outcome` on one line and
imports nothing else of this project. `dynamics.specialise(module)` returns a copy of the module in which that
line names the world's kernels, so that Numba compiles both as one. Kernels get states twice: as records, and
as the rows of words `states.view(np.uint64).reshape(len(states), -1)`, since Numba copies words well and
records badly.
"""

from typing import Any

CORE_WORDS: int = 0
"""Number of leading words of a state that are its key (`words[w, :CORE_WORDS]`); here a stub."""


def act(level: Any, state: Any, agent: int, action: int) -> None:
    """Let `agent` execute `action` in `state`, in place; everybody else stays still and no noise is drawn."""
    raise NotImplementedError("a stub: ask dynamics.specialise(module) for the world's kernels")


def act_all(level: Any, state: Any, actions: Any) -> None:
    """Let all agents execute `actions` [agents] in `state` at once, in place; no noise is drawn."""
    raise NotImplementedError("a stub: ask dynamics.specialise(module) for the world's kernels")


def write_outcome(level: Any, state: Any, words: Any, agent: int, outcome: int, out: Any) -> int:
    """Write what is distinguished to `out` (uint64, 8 * CORE_WORDS long); returns the words written.

    `words` is the state's row of words; outcome 0 is the `cell` of `agent`, 1 its `self`, 2 the whole
    `world`.
    """
    raise NotImplementedError("a stub: ask dynamics.specialise(module) for the world's kernels")
