"""Empowerment of a group: all its members as one sender that chooses their actions together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Estimate
from rewards.estimators.several import Policies, _lock, ask, estimate
from rewards.socket import Dynamics


def joint_empowerment(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agents: Sequence[int] | None = None,
    outcome: str = "cell",
    others: str = "still",
    policies: Policies | None = None,
    noise: Any = "own",
) -> Estimate:
    """Joint empowerment of `agents` (all when None) in each of `states`, in bits; exact.

    The capacity of the channel from sequences of `horizon` joint actions, fixed at the start, to the outcomes
    of all members together (Capdepuy, Polani, Nehaniv 2007): the tuple of their cells, of what is true of
    them, or the `world`. Without noise it is log2 of the number of joint outcomes. Everybody else does as
    `others` says (see `among_others`; here `still` ones choose to stay). Members whose cones cannot meet are
    counted apart and their bits added. Raises ValueError with one line for anything that is not allowed or
    takes too much.
    """
    if agents is None:
        agents = range(dynamics.agent_count)
    if isinstance(agents, int | np.integer) or len(agents) == 0 or len({*agents}) < len(agents):
        raise ValueError(f"agents has to be a sequence of different agents, at least one, not {agents!r}")
    asked = ask(dynamics, states, horizon, tuple(agents), outcome, others, policies, noise)
    with _lock:
        return estimate(asked, asked.senders, True, 2, 0)
