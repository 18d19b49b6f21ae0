"""Choice: what is left open to an agent that follows a policy (Franzmeyer, Malinowski, Henriques 2022).

All of them take `samples=None` for their exact value, by listing all futures with their probabilities. `policy`
gives the chances of the agent's actions, states [worlds] to float64 [worlds, actions]; every action with the
same chance when None.
"""

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Estimate
from rewards.estimators.ends import Ends, counts, entropy, entropy_bias, unseen
from rewards.estimators.futures import Asked, Policy, drawn_ends, listed_ends, question, under
from rewards.estimators.question import Question, check_samples
from rewards.socket import Dynamics


def discrete_choice(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int | None = 20,
    seed: int = 0,
    policy: Policy | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """log2 of the number of outcomes that the policy can end in, DC^n(s) = |supp P(o_{t+n} | s)|, in bits.

    The paper pays the number itself, 2**bits. Exact, with every action possible and no noise, it is
    empowerment; with noise it counts accidents as choice. Bias by Chao's (1984) estimate of the outcomes that
    were not seen.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    found = _ends(about, samples, seed, policy)
    bits = np.log2(counts(found, len(states)))
    if samples is None:
        return about.answer(bits, under(policy, "discrete choice, exact"))
    return about.answer(
        bits, under(policy, "discrete choice"), samples, bias=0.0 - unseen(found, len(states))
    )


def entropic_choice(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int | None = 20,
    seed: int = 0,
    policy: Policy | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """Entropy of the outcome under the policy, EC^n(s) = H(o_{t+n} | s), in bits; plug-in when sampled.

    It is 0 for a policy without chance, however free the agent is, and noise raises it. Bias by the
    jackknife.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    found = _ends(about, samples, seed, policy)
    bits = entropy(found, len(states))
    if samples is None:
        return about.answer(bits, under(policy, "entropic choice, exact"))
    return about.answer(
        bits, under(policy, "entropic choice"), samples, bias=entropy_bias(found, len(states))
    )


def immediate_choice(
    dynamics: Dynamics,
    states: NDArray[Any],
    agent: int = 0,
    policy: Policy | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """Entropy of the outcome one step ahead, IC(s) = EC^1, in bits; exact.

    It is H(policy) where no two actions lead to the same. The log2 of the number of moves that are possible,
    which some code pays instead, is `discrete_choice` one step ahead.
    """
    about = question(dynamics, states, 1, agent, **asked)
    found = listed_ends(about, policy=policy)
    return about.answer(entropy(found, len(states)), under(policy, "immediate choice, exact"))


def _ends(about: Question, samples: int | None, seed: int, policy: Policy | None) -> Ends:
    if samples is None:
        return listed_ends(about, policy=policy)
    return drawn_ends(about, check_samples("samples", samples), seed, policy=policy)
