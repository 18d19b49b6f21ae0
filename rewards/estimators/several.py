"""Empowerment, own or of one on another, in company: others who stand still, act at random or follow policies."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators.capacity import channel_capacity
from rewards.estimators.cones import companies
from rewards.estimators.definition import Definition, Estimate
from rewards.estimators.exact import exact
from rewards.estimators.layers import Chances, Step, TooMuch, layers
from rewards.estimators.several_kernels import TOO_MANY, follow, frequencies, lengthen
from rewards.socket import Dynamics

OTHERS = ("still", "random", "policy")

Policies = Callable[[NDArray[Any]], NDArray[Any]]
"""States [worlds] -> the actions that all agents choose there, int [worlds, agents]; it changes nothing."""

SOON = 100_000
"""Imagined steps for one state up to which an exact answer is preferred to a sampled one."""

MOST = 20_000_000
"""Imagined steps for one state that anybody may ask for."""

PREFIXES = 20_000
ENTRIES = 1 << 26
"""Most action sequences kept apart, and most probabilities in their channel."""

TOLERANCE = 1e-9
SAMPLED_TOLERANCE = 1e-6

_lock = threading.RLock()  # policies may ask for estimates themselves


def among_others(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: str = "cell",
    others: str = "random",
    policies: Policies | None = None,
    noise: Any = "own",
    exactly: bool | None = None,
    samples: int = 64,
    seed: int = 0,
) -> Estimate:
    """Empowerment E_n(agent -> perceiver) of each of `states` while everybody else acts too.

    The capacity, in bits, of the channel from sequences of `horizon` actions of `agent`, fixed at the start,
    to the outcome of `perceiver` (the agent itself when None). To this channel the others are noise:

    others="still"   they do not act (as `rewards.estimators.empowerment`).
    others="random"  each chooses uniformly among all actions at every step.
    others="policy"  each chooses as `policies` says for the state, which may depend on its key, its clock and
                     its random stream only; all see what they would see.

    With `noise` (as for `empowerment`) everybody's actions go wrong independently. Exactly: joint states are
    merged and their probabilities kept, which is certified as `channel_capacity` is. Otherwise (only with
    "random") by `samples` futures of the others, shared by all sequences and states and fixed by `seed`;
    where so many futures cover all there are, that is exact too. The sampled value is too high by about
    `bias`, a jackknife over halves of the futures, which is not subtracted; where there are many more outcomes
    than samples (`world`) it is too high by more than that. `exactly` None prefers exact answers where they
    come soon for all states. Agents whose cones cannot meet that of `agent` are left out, exactly,
    and with `perceiver` among them the value is 0. Raises ValueError with one line for anything that is not
    allowed or takes too much.
    """
    asked = ask(dynamics, states, horizon, (agent,), outcome, others, policies, noise, samples)
    reader = agent if perceiver is None else estimators.check_agent("perceiver", perceiver, dynamics)
    with _lock:
        return estimate(asked, (reader,), exactly, samples, seed)


@dataclass(frozen=True)
class Question:
    """What is asked, checked; `noise` is that of one agent's action, or None."""

    dynamics: Dynamics
    states: NDArray[Any]
    horizon: int
    senders: tuple[int, ...]
    outcome: str
    others: str
    policies: Policies | None
    noise: NDArray[np.float64] | None
    noise_name: str

    @property
    def sender_noise(self) -> NDArray[np.float64]:
        """P(executed | chosen) of the senders' joint actions, the last sender's digit last."""
        return joint_noise(self.noise, len(self.dynamics.actions), len(self.senders))

    def chances(self, others: Sequence[int]) -> Chances:
        """What each of `others` executes in a state, with which probability."""
        actions = len(self.dynamics.actions)
        noise = np.eye(actions) if self.noise is None else self.noise
        if self.policies is None:
            uniform = np.broadcast_to(noise.mean(axis=0), (1, len(others), actions))
            return lambda states: uniform
        policies = self.policies
        return lambda states: noise[chosen(self.dynamics, policies, states)[:, list(others)]]

    def definition(self, readers: tuple[int, ...], estimator: str, samples: int | None) -> Definition:
        """The definition of the figures that answer this question."""
        outcome = self.outcome if len(readers) == 1 else f"{self.outcome} of all actors"
        return Definition(
            self.senders, readers[0], outcome, self.horizon, self.others, self.noise_name, estimator, samples
        )


def ask(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    senders: Sequence[int],
    outcome: str,
    others: str,
    policies: Policies | None,
    noise: Any,
    samples: Any = 2,
) -> Question:
    """The question, or ValueError with one line."""
    estimators.check_horizon(horizon)
    estimators.check_choice("outcome", outcome, estimators.OUTCOMES)
    estimators.check_choice("others", others, OTHERS)
    who = tuple(estimators.check_agent("agent", sender, dynamics) for sender in senders)
    if (others == "policy") != callable(policies):
        raise ValueError(
            f"policies have to be given, as a function of states, with others='policy' and only then, "
            f"not {policies!r} with others={others!r}"
        )
    whole = isinstance(samples, int | np.integer) and not isinstance(samples, bool)
    if not whole or samples < 2:
        raise ValueError(f"samples has to be a whole number, 2 or more, not {samples!r}")
    matrix = estimators.noise_matrix(dynamics, noise)
    name = "none" if matrix is None else "own" if isinstance(noise, str) else "given"
    if getattr(states, "ndim", None) != 1:
        raise ValueError(
            "states has to be an array of states [worlds]; for a single one give states[i : i + 1]"
        )
    return Question(dynamics, states, int(horizon), who, outcome, others, policies, matrix, name)


def estimate(
    asked: Question, readers: tuple[int, ...], exactly: bool | None, samples: int, seed: int
) -> Estimate:
    """The answer, exact or sampled alike for all states."""
    count = len(asked.states)
    if asked.horizon == 0 or count == 0:
        zero = np.zeros(count)
        return Estimate(zero, asked.definition(readers, "nothing to do", None), zero, zero)
    if asked.others == "still" and len(asked.senders) == 1 == len(readers):
        number = estimators.OUTCOMES.index(asked.outcome)
        bits = exact(asked.dynamics).bits(
            asked.states, asked.horizon, asked.senders[0], readers[0], number, asked.noise
        )
        return Estimate(bits, asked.definition(readers, "merged states", None))
    must = exactly or asked.others != "random"
    if exactly is not False or must:
        try:
            lower, upper = np.zeros(count), np.zeros(count)
            for w in range(count):
                lower[w], upper[w] = bounds(asked, w, readers, MOST if must else SOON)
            return Estimate(lower, asked.definition(readers, "merged futures", None), lower.copy(), upper)
        except TooMuch:
            if must:
                raise ValueError(too_much(asked)) from None
    bits, bias = np.zeros(count), np.zeros(count)
    for w in range(count):
        bits[w], bias[w] = sampled(asked, w, readers, samples, seed)
    return Estimate(bits, asked.definition(readers, "shared futures", samples), bias=bias)


def too_much(asked: Question) -> str:
    """What to lower when an exact answer takes too much."""
    least = "the horizon" if len(asked.senders) == 1 else "the horizon or the number of actors"
    what = {"still": "", "random": " among random others", "policy": " among others with policies"}
    sampling = ", or give exactly=False and samples" if asked.others == "random" else ""
    return f"horizon {asked.horizon}{what[asked.others]} takes too much to answer exactly: lower {least}{sampling}"


def parties(asked: Question, w: int) -> list[list[int]]:
    """The agents in companies that cannot matter to one another; policies may look anywhere, so there is one."""
    if asked.policies is not None:
        return [list(range(asked.dynamics.agent_count))]
    number = companies(asked.dynamics, asked.states[w : w + 1], asked.horizon)[0]
    return [np.flatnonzero(number == k).tolist() for k in np.unique(number).tolist()]


def bounds(asked: Question, w: int, readers: tuple[int, ...], budget: float) -> tuple[float, float]:
    """Certified lower and upper bound in bits for one state; the sum over independent companies."""
    lower = upper = 0.0
    for party in parties(asked, w):
        senders = tuple(a for a in asked.senders if a in party)
        reading = tuple(a for a in readers if a in party or asked.outcome == "world")
        if not senders or not reading:
            continue
        part = asked if senders == asked.senders else replace_senders(asked, senders)
        low, high = part_bounds(part, w, party, reading[:1] if asked.outcome == "world" else reading, budget)
        lower, upper = lower + low, upper + high
    return lower, upper


def replace_senders(asked: Question, senders: tuple[int, ...]) -> Question:
    """The same question about some of the senders."""
    return Question(**{**asked.__dict__, "senders": senders})


def part_bounds(
    asked: Question, w: int, party: list[int], readers: tuple[int, ...], budget: float
) -> tuple[float, float]:
    """The bounds for senders and readers of one company."""
    state = asked.states[w : w + 1]
    others = [] if asked.others == "still" else [a for a in party if a not in asked.senders]
    number = estimators.OUTCOMES.index(asked.outcome)
    steps, _ = layers(asked.dynamics).merged(
        state, asked.senders, others, asked.chances(others), readers, number, asked.horizon, budget
    )
    if asked.noise is None and (not others or asked.policies is not None):
        bits = float(np.log2(steps[-1].rows))
        return bits, bits
    capacity = channel_capacity(channel(steps, asked.sender_noise), TOLERANCE)
    return capacity.lower, capacity.upper


def channel(steps: Sequence[Step], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(outcome | joint action sequence), a row for every distinct prefix; TooMuch when there are too many."""
    rows = np.ones((1, 1))
    for step in steps:
        room = min(len(rows) * len(noise), PREFIXES) + 1
        if room * step.rows > ENTRIES:
            room = ENTRIES // step.rows + 1
        out, slots = np.empty((room, step.rows)), np.zeros(1 << (2 * room - 1).bit_length(), np.int32)
        count = lengthen(rows, step.starts, step.to, step.p, noise, out, slots)
        if count == TOO_MANY:
            raise TooMuch
        rows = out[:count]
    return rows


def sampled(
    asked: Question, w: int, readers: tuple[int, ...], samples: int, seed: int
) -> tuple[float, float]:
    """(bits, estimated bias) of one state by futures of the others that all action sequences share."""
    party = next(party for party in parties(asked, w) if asked.senders[0] in party)
    if asked.outcome != "world" and readers[0] not in party:
        return 0.0, 0.0
    others = [a for a in party if a not in asked.senders]
    plans, executed, complete = futures(asked, others, samples, seed)
    joint = executed.shape[2]
    try:
        company = layers(asked.dynamics).accompanied(
            asked.states[w : w + 1],
            asked.senders,
            plans,
            executed,
            readers,
            estimators.OUTCOMES.index(asked.outcome),
        )
    except TooMuch:
        raise ValueError(too_many(asked, samples)) from None
    rows = np.zeros((1, len(plans)), np.int64)
    for step in range(asked.horizon):
        room = min(len(rows) * joint, PREFIXES) + 1
        out, slots = (
            np.empty((room, len(plans)), np.int64),
            np.zeros(1 << (2 * room - 1).bit_length(), np.int32),
        )
        count = follow(rows, company.successor, company.base, step, joint, out, slots)
        if count == TOO_MANY:
            raise ValueError(too_many(asked, samples))
        rows = out[:count]

    def bits(first: int, last: int) -> float:
        p = frequencies(rows, company.outcomes, first, last)
        return channel_capacity(p, TOLERANCE if complete else SAMPLED_TOLERANCE).bits

    whole = bits(0, len(plans))
    if complete:
        return whole, 0.0
    half = len(plans) // 2
    halves = (bits(0, half) + bits(half, len(plans))) / 2
    finer = (1 / half + 1 / (len(plans) - half)) / 2 * len(plans) - 1  # a bias of c / K falls by so much
    return whole, (halves - whole) / finer


def too_many(asked: Question, samples: int) -> str:
    """What to lower when sampled futures take too much."""
    return (
        f"horizon {asked.horizon} keeps too many action sequences apart over {samples} sampled futures: "
        "lower the horizon or samples"
    )


def futures(
    asked: Question, others: Sequence[int], samples: int, seed: int
) -> tuple[NDArray[np.int8], NDArray[np.int64], bool]:
    """(what the others execute, what becomes of the sender's actions, whether these are all futures there are).

    int8 [futures, steps, agents] and int64 [futures, steps, actions]. Every agent has a random stream of its
    own, so that leaving one out changes nothing for the rest.
    """
    dynamics, steps, actions = asked.dynamics, asked.horizon, len(asked.dynamics.actions)
    digits = len(others) * steps
    if asked.noise is None and digits * np.log(actions) <= np.log(samples) + 1e-9:
        count = actions**digits
        numbers = np.arange(count)[:, None] // actions ** np.arange(digits) % actions
        plans = np.zeros((count, steps, dynamics.agent_count), np.int8)
        plans[:, :, list(others)] = numbers.reshape(count, steps, len(others))
        return plans, np.broadcast_to(np.arange(actions), (count, steps, actions)).copy(), True
    plans = np.zeros((samples, steps, dynamics.agent_count), np.int8)
    for agent in others:
        plans[:, :, agent] = np.random.default_rng((seed, agent)).integers(actions, size=(samples, steps))
    executed = np.broadcast_to(np.arange(actions), (samples, steps, actions)).copy()
    if asked.noise is not None:
        ladder = np.cumsum(asked.noise, axis=1)
        for agent in (*others, *asked.senders):
            luck = np.random.default_rng((seed, agent, 1)).random((samples, steps))
            if agent in asked.senders:
                done = (luck[..., None, None] >= ladder).sum(axis=-1)
                executed = np.minimum(done, actions - 1)
            else:
                done = (luck[..., None] >= ladder[plans[:, :, agent]]).sum(axis=-1)
                plans[:, :, agent] = np.minimum(done, actions - 1)
    return plans, executed, False


def chosen(dynamics: Dynamics, policies: Policies, states: NDArray[Any]) -> NDArray[np.int64]:
    """The actions that `policies` choose, checked, int [worlds, agents]."""
    actions = np.asarray(policies(states.copy()))
    shape = (len(states), dynamics.agent_count)
    if actions.shape != shape or actions.dtype.kind not in "iu":
        raise ValueError(f"policies have to return integers {shape} [worlds, agents], not {actions.shape}")
    if actions.size and not 0 <= actions.min() <= actions.max() < len(dynamics.actions):
        raise ValueError(f"policies have to choose actions 0 to {len(dynamics.actions) - 1}")
    return actions.astype(np.int64)


def joint_noise(noise: NDArray[np.float64] | None, actions: int, senders: int) -> NDArray[np.float64]:
    """P(executed | chosen) of the joint actions of so many senders, whose noise is independent."""
    single = np.eye(actions) if noise is None else noise
    return np.asarray(reduce(np.kron, [single] * senders), np.float64)
