"""A kernel that writes down what an agent tells apart in each state of a batch."""

import numpy as np
from numba import njit

from rewards.kernel_socket import write_outcome


@njit(cache=True, nogil=True)
def outcomes(level, states, words, agent, outcome, out):
    """Outcomes of `agent` in `states` (and their rows of words) into `out`: the length, the words, zeros."""
    for w in range(states.shape[0]):
        length = write_outcome(level[0], states[w], words[w], agent, outcome, out[w, 1:])
        out[w, 0] = length
        for k in range(length + 1, out.shape[1]):
            out[w, k] = np.uint64(0)
