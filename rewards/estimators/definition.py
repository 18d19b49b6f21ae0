"""What a figure of empowerment means: who acts, who perceives, over how many steps, in what company, found how."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Outcome = str | Callable[[Any, NDArray[Any]], Any]
"""What is told apart at the end: `cell`, `self`, `world`, or a function of (dynamics, states).

A function gives numbers or words [worlds] or [worlds, k]; equal rows are one outcome. It may read whatever is
true in a state (its key), not its clock nor its randomness.
"""

EACH = "each"


@dataclass(frozen=True)
class Definition:
    """All that a figure depends on besides the state.

    actors     numbers of those who choose the actions (several: jointly).
    perceiver  number of the agent whose outcome is read, numbers where their outcomes are read together, or
               `each`: a figure for each of the actors, of its own actions on its own outcome.
    outcome    `cell`, `self`, `world`, or the name of a function.
    horizon    steps.
    others     `still`, `random` or `policy`: what everybody else does.
    noise      `none`, `own` (the world's) or `given`.
    estimator  name of the method; `exact` for the capacity itself, found by merging futures.
    samples    futures sampled for each state, None for an exact method.
    after      what is done before the steps are counted: nothing, or in words.
    """

    actors: tuple[int, ...]
    perceiver: int | tuple[int, ...] | str
    outcome: str
    horizon: int
    others: str
    noise: str
    estimator: str
    samples: int | None = None
    after: str = ""

    def __str__(self) -> str:
        """One line for tables and plots."""
        if self.perceiver == EACH:
            who = f"each of {', '.join(map(str, self.actors))} -> itself"
        else:
            read = self.perceiver if isinstance(self.perceiver, tuple) else (self.perceiver,)
            who = f"{'+'.join(map(str, self.actors))} -> {'+'.join(map(str, read))}"
        after = f" after {self.after}" if self.after else ""
        return (
            f"E_{self.horizon}({who}){after}, outcome {self.outcome}, others {self.others}, "
            f"noise {self.noise}, {self.method}"
        )

    @property
    def method(self) -> str:
        """The estimator and how many samples it took."""
        return f"{self.estimator}, {self.samples} samples" if self.samples else self.estimator


@dataclass(frozen=True)
class Estimate:
    """Bits for each state, float64 [worlds], with their definition; in maps [rows, columns].

    lower, upper  certified bounds, shaped as the bits, where the method has them, else None. Where bits are
                  log2 of a number of outcomes all three are equal; where they are a capacity that was found in
                  rounds, bits are its lower bound.
    bias          estimated bias in bits of a sampled method (positive: too high), else None.
    """

    bits: NDArray[np.float64]
    definition: Definition
    lower: NDArray[np.float64] | None = None
    upper: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None

    @property
    def largest_bias(self) -> float | None:
        """The estimated bias that is furthest from 0, in bits; None for an exact method, nan where unknown."""
        if self.bias is None:
            return None
        known = self.bias[~np.isnan(self.bias)]
        return float(known[np.abs(known).argmax()]) if known.size else float("nan")

    def record(self) -> dict[str, Any]:
        """The definition and the largest bias as plain data, for manifests."""
        return asdict(self.definition) | {"largest_bias": self.largest_bias}
