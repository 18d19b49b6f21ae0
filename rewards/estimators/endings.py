"""Where an episode has ended, so that nothing is left to expect."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Dynamics


def going_on(dynamics: Dynamics, states: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each agent is in the world and its episode goes on, bool [worlds, agents].

    An episode that its rules have ended is one whose states say so in a field `over`; the end of its time is no end of
    this kind, as values go on beyond it.
    """
    alive = dynamics.alive(states)
    return alive & (states["over"] == 0)[:, None] if "over" in (states.dtype.names or ()) else alive
