"""Empowerment of a group: all its members as one sender that chooses their actions together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Estimate, Outcome
from rewards.estimators.question import Policies, question
from rewards.estimators.several import solved
from rewards.socket import Dynamics


def joint_empowerment(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agents: Sequence[int] | None = None,
    outcome: Outcome = "cell",
    others: str = "still",
    policies: Policies | None = None,
    noise: Any = "own",
) -> Estimate:
    """Joint empowerment of `agents` (all when None) in each of `states`, in bits; exact.

    The capacity of the channel from sequences of `horizon` joint actions, fixed at the start, to the outcomes
    of all members together (Capdepuy, Polani, Nehaniv 2007): the tuple of their cells, of what is true of
    them, the `world`, or what a function of (dynamics, states) gives. Without noise it is log2 of the number
    of joint outcomes. Everybody else does as `others` says (see `among_others`; here `still` ones choose to
    stay). Members whose cones cannot meet are counted apart and their bits added. Raises ValueError with one
    line for anything that is not allowed or takes too much.
    """
    group = tuple(range(dynamics.agent_count)) if agents is None else agents
    if isinstance(group, int | np.integer):
        raise ValueError(f"agents has to be a sequence of agents, not {agents!r}")
    asked = question(dynamics, states, horizon, group, None, outcome, others, noise, policies)
    return solved(asked, True)
