"""What a figure of empowerment means: who acts, who perceives, over how many steps, in what company, found how."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Definition:
    """All that a figure depends on besides the state.

    actors     numbers of those who choose the actions (several: jointly).
    perceiver  number of the agent whose outcome is read.
    outcome    `cell`, `self`, `world`, or the name of a function.
    horizon    steps.
    others     `still`, `random` or `policy`: what everybody else does.
    noise      `none`, `own` (the world's) or `given`.
    estimator  name of the method; the exact ones certify their result.
    samples    futures sampled for each state, None for an exact method.
    """

    actors: tuple[int, ...]
    perceiver: int
    outcome: str
    horizon: int
    others: str
    noise: str
    estimator: str
    samples: int | None = None

    def __str__(self) -> str:
        """One line for tables and plots."""
        who = "+".join(map(str, self.actors))
        sampled = f", {self.samples} samples" if self.samples else ""
        return (
            f"E_{self.horizon}({who} -> {self.perceiver}), outcome {self.outcome}, others {self.others}, "
            f"noise {self.noise}, {self.estimator}{sampled}"
        )


@dataclass(frozen=True)
class Estimate:
    """Bits for each state, float64 [worlds], with their definition.

    lower, upper  certified bounds [worlds] where the method has them, else None.
    bias          estimated bias in bits [worlds] of a sampled method (positive: too high), else None.
    """

    bits: NDArray[np.float64]
    definition: Definition
    lower: NDArray[np.float64] | None = None
    upper: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None

    def record(self) -> dict[str, Any]:
        """The definition as plain data, for manifests."""
        return {name: getattr(self.definition, name) for name in self.definition.__dataclass_fields__}
