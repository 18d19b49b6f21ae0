"""Empowerment, own or of one on another, in company: others who stand still, act at random or follow policies."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.capacity import channel_capacity
from rewards.estimators.cones import companies
from rewards.estimators.definition import Estimate, Outcome
from rewards.estimators.everyone import own_empowerment
from rewards.estimators.exact import exact
from rewards.estimators.layers import STATES, Chances, Step, TooMuch, layers
from rewards.estimators.noisy import Noisy
from rewards.estimators.outcome import told_apart
from rewards.estimators.prefix_kernels import TOO_MANY, follow, frequencies, lengthen
from rewards.estimators.question import (
    OUTCOMES,
    Policies,
    Question,
    check_chances,
    check_samples,
    question,
)
from rewards.socket import Dynamics

SOON = 100_000
"""Imagined steps for one state up to which an exact answer is preferred to a sampled one."""

MOST = 20_000_000
"""Imagined steps for one state that anybody may ask for."""

PREFIXES = 20_000
ENTRIES = 1 << 26
"""Most action sequences kept apart, and most probabilities in their channel."""

TOLERANCE = 1e-9
SAMPLED_TOLERANCE = 1e-6

TOGETHER = 256
"""States whose progress is told together, where all can be solved as one batch."""

Report = Callable[[int], None]
"""Is told how many states are done."""


def among_others(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: Outcome = "cell",
    others: str = "random",
    policies: Policies | None = None,
    noise: Any = "own",
    exactly: bool | None = None,
    samples: int = 64,
    seed: int = 0,
    report: Report | None = None,
) -> Estimate:
    """Empowerment E_n(agent -> perceiver) of each of `states` while everybody else acts too.

    The capacity, in bits, of the channel from sequences of `horizon` actions of `agent`, fixed at the start,
    to the outcome of `perceiver` (the agent itself when None), or to what a function of (dynamics, states)
    makes of the states at the end. To this channel the others are noise:

    others="still"   they do not act.
    others="random"  each chooses uniformly among all actions at every step.
    others="policy"  each chooses as `policies` says for the state: actions int [worlds, agents], or chances
                     float64 [worlds, agents, actions]. They may depend on its key, its clock and its random
                     stream only; all see what they would see.

    With `noise` (as for `empowerment`) everybody's actions go wrong independently. Exactly: joint states are
    merged and their probabilities kept, which is certified as `channel_capacity` is. Otherwise (only with
    "random") by `samples` futures of the others, shared by all sequences and states and fixed by `seed`;
    where so many futures cover all there are, that is exact too. The sampled value is too high by about
    `bias`, a jackknife over halves of the futures, which is not subtracted; where there are many more outcomes
    than samples (`world`) it is too high by more than that. `exactly` None prefers exact answers where they
    come soon for all states. Agents whose cones cannot meet that of `agent` are left out, exactly,
    and with `perceiver` among them the value is 0; policies and functions may look anywhere, so with them
    nobody is. `report` hears how many states are done. Raises ValueError with one line for anything that is
    not allowed or takes too much.
    """
    asked = question(dynamics, states, horizon, agent, perceiver, outcome, others, noise, policies)
    return solved(asked, exactly, samples, seed, report)


def solved(
    asked: Question,
    exactly: bool | None = None,
    samples: int = 2,
    seed: int = 0,
    report: Report | None = None,
) -> Estimate:
    """The answer to a question, exact or sampled alike for all states; see `among_others`."""
    check_samples("samples", samples, 2)
    count = len(asked.states)
    lower, upper = np.zeros(count), np.zeros(count)
    if asked.horizon == 0 or count == 0:
        return asked.answer(lower, lower=lower, upper=upper)
    with lock_of(asked.dynamics):
        if alone(asked):
            for part in portions(count, report):
                lower[part], upper[part] = alone_bounds(asked, part)
            return asked.answer(lower, lower=lower, upper=upper)
        if as_one(asked):
            for part in portions(count, report):
                lower[part] = joint_bits(replace(asked, states=asked.states[part]))
            return asked.answer(lower, lower=lower, upper=lower)
        must = exactly or asked.others != "random"
        if exactly is not False or must:
            try:
                for part in portions(count, report, 1):
                    lower[part], upper[part] = bounds(asked, part.start, MOST if must else SOON)
                return asked.answer(lower, lower=lower, upper=upper)
            except TooMuch:
                if must:
                    raise ValueError(too_much(asked)) from None
        bits, bias = np.zeros(count), np.zeros(count)
        for part in portions(count, report, 1):
            bits[part], bias[part] = sampled(asked, part.start, samples, seed)
        return asked.answer(bits, "shared futures", samples, bias=bias)


def lock_of(dynamics: Dynamics) -> threading.RLock:
    """Whoever works with a world's scratch holds it; policies that are asked may ask for estimates themselves."""
    return _locks.setdefault(dynamics, threading.RLock())


_locks: WeakKeyDictionary[Dynamics, threading.RLock] = WeakKeyDictionary()


def portions(count: int, report: Report | None, most: int | None = None) -> Iterator[slice]:
    """So many states in portions, each reported when it is done; all at once where nobody listens."""
    most = most or (count if report is None else TOGETHER if count >= TOGETHER else TOGETHER // 16)
    for first in range(0, count, most):
        yield slice(first, first + most)
        if report is not None:
            report(min(first + most, count))


def alone(asked: Question) -> bool:
    """Whether only one agent acts, and the outcome is one that the world's kernels write."""
    return asked.others == "still" and len(asked.actors) == 1 and isinstance(asked.outcome, str)


def alone_bounds(asked: Question, part: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Certified bounds of some of the states where only one agent acts."""
    dynamics, states, number = asked.dynamics, asked.states[part], OUTCOMES.index(str(asked.outcome))
    if asked.noise is None:
        bits = exact(dynamics).bits(states, asked.horizon, asked.agent, asked.perceiver, number, None)
        return bits, bits
    if dynamics not in _noisy:
        _noisy[dynamics] = Noisy(dynamics)
    found = _noisy[dynamics].bounds(states, asked.agent, asked.perceiver, number, asked.horizon, asked.noise)
    return found[:, 0], found[:, 1]


def as_one(asked: Question) -> bool:
    """Whether several act, nobody else does and nothing goes wrong, and they perceive what kernels write."""
    certain = asked.noise is None and asked.others == "still"
    return (
        certain and len(asked.actors) > 1 and asked.perceivers == asked.actors and not callable(asked.outcome)
    )


def joint_bits(asked: Question) -> NDArray[np.float64]:
    """Bits of actors who act `as_one`, the sum over those whose cones can meet; one compiled call for all states."""
    states, number = asked.states, number_of(asked)
    company = companies(asked.dynamics, states, asked.horizon)[:, asked.actors]
    alike = company[:, :, None] == company[:, None]  # [worlds, actors, actors]
    size, first = alike.sum(axis=2), alike.argmax(axis=2) == np.arange(len(asked.actors))
    bits = np.zeros(len(states))
    world, place = np.nonzero(size == 1)
    own = np.asarray(asked.actors)[place]
    np.add.at(bits, world, own_empowerment(asked.dynamics, states, world, own, asked.horizon, number, None))
    world, place = np.nonzero((size > 1) & first)
    members = np.asarray(asked.actors)[np.argsort(~alike[world, place], axis=1, kind="stable")]
    counts = layers(asked.dynamics).joint_counts(
        states, world, size[world, place], members, number, asked.horizon
    )
    np.add.at(bits, world, np.log2(np.maximum(counts, 1)))
    for w in np.unique(world[counts < 0]).tolist():
        try:
            bits[w] = bounds(asked, w, MOST)[0]
        except TooMuch:
            raise ValueError(too_much(asked)) from None
    return bits


_noisy: WeakKeyDictionary[Dynamics, Noisy] = WeakKeyDictionary()


def chances(asked: Question, others: Sequence[int]) -> Chances:
    """What each of `others` executes in a state, with which probability."""
    if asked.policies is None:
        chosen = np.full((1, len(others), asked.actions), 1.0 / asked.actions)
        uniform = asked.executed(chosen)
        return lambda states: uniform
    policies, rows = asked.policies, list(others)
    return lambda states: asked.executed(chosen_by(asked, policies, states)[:, rows])


def too_much(asked: Question) -> str:
    """What to lower when an exact answer takes too much."""
    least = "the horizon" if len(asked.actors) == 1 else "the horizon or the number of actors"
    what = {"still": "", "random": " among random others", "policy": " among others with policies"}
    sampling = ", or give exactly=False and samples" if asked.others == "random" else ""
    return f"horizon {asked.horizon}{what[asked.others]} takes too much to answer exactly: lower {least}{sampling}"


def parties(asked: Question, w: int) -> list[list[int]]:
    """The agents in companies that cannot matter to one another; one where policies or functions look anywhere."""
    if asked.policies is not None or callable(asked.outcome):
        return [list(range(asked.dynamics.agent_count))]
    number = companies(asked.dynamics, asked.states[w : w + 1], asked.horizon)[0]
    return [np.flatnonzero(number == k).tolist() for k in np.unique(number).tolist()]


def bounds(asked: Question, w: int, budget: float) -> tuple[float, float]:
    """Certified lower and upper bound in bits for one state; the sum over independent companies."""
    lower = upper = 0.0
    for party in parties(asked, w):
        actors = tuple(a for a in asked.actors if a in party)
        readers = asked.perceivers[:1] if asked.whole else tuple(a for a in asked.perceivers if a in party)
        if actors and readers:
            part = replace(asked, actors=actors, perceivers=readers)
            low, high = part_bounds(part, w, party, budget)
            lower, upper = lower + low, upper + high
    return lower, upper


def part_bounds(asked: Question, w: int, party: list[int], budget: float) -> tuple[float, float]:
    """The bounds for actors and perceivers of one company."""
    state = asked.states[w : w + 1]
    others = [] if asked.others == "still" else [a for a in party if a not in asked.actors]
    steps, ends = layers(asked.dynamics).merged(
        state, asked.actors, others, chances(asked, others), asked.perceivers, number_of(asked), asked.horizon,
        budget,
    )  # fmt: skip
    if callable(asked.outcome):
        outcome = told_apart(asked, ends.view(state.dtype)[:, 0])
        steps[-1] = steps[-1]._replace(to=outcome[steps[-1].to], rows=int(outcome.max()) + 1)
    if asked.noise is None and all((step.p == 1.0).all() for step in steps):  # nothing is left to chance
        bits = float(np.log2(steps[-1].rows))
        return bits, bits
    noise = joint_noise(asked.noise, asked.actions, len(asked.actors))
    capacity = channel_capacity(channel(steps, noise), TOLERANCE)
    return capacity.lower, capacity.upper


def number_of(asked: Question) -> int:
    """The outcome as kernels know it; a function has to see whole states."""
    return OUTCOMES.index(asked.outcome) if isinstance(asked.outcome, str) else STATES


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


def sampled(asked: Question, w: int, samples: int, seed: int) -> tuple[float, float]:
    """(bits, estimated bias) of one state by futures of the others that all action sequences share."""
    party = next(party for party in parties(asked, w) if asked.agent in party)
    if not asked.whole and asked.perceiver not in party:
        return 0.0, 0.0
    others = [a for a in party if a not in asked.actors]
    plans, executed, complete = futures(asked, others, samples, seed)
    joint = executed.shape[2]
    state = asked.states[w : w + 1]
    try:
        company = layers(asked.dynamics).accompanied(
            state, asked.actors, plans, executed, asked.perceivers, number_of(asked)
        )
    except TooMuch:
        raise ValueError(too_many(asked, samples)) from None
    outcomes = np.arange(len(company.ends))
    if callable(asked.outcome):
        outcomes = told_apart(asked, company.ends.view(state.dtype)[:, 0])
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
    rows = outcomes[rows]

    def bits(first: int, last: int) -> float:
        p = frequencies(rows, int(outcomes.max()) + 1, first, last)
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
    dynamics, steps, actions = asked.dynamics, asked.horizon, asked.actions
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
        for agent in (*others, *asked.actors):
            luck = np.random.default_rng((seed, agent, 1)).random((samples, steps))
            if agent in asked.actors:
                done = (luck[..., None, None] >= ladder).sum(axis=-1)
                executed = np.minimum(done, actions - 1)
            else:
                done = (luck[..., None] >= ladder[plans[:, :, agent]]).sum(axis=-1)
                plans[:, :, agent] = np.minimum(done, actions - 1)
    return plans, executed, False


def chosen_by(asked: Question, policies: Policies, states: NDArray[Any]) -> NDArray[np.float64]:
    """The chances with which `policies` choose, checked, float64 [worlds, agents, actions]."""
    found = np.asarray(policies(states.copy()))
    shape = (len(states), asked.dynamics.agent_count)
    if found.dtype.kind == "f":
        return check_chances("policies", found, (*shape, asked.actions))
    if found.shape != shape or found.dtype.kind not in "iu":
        raise ValueError(f"policies have to return integers {shape} [worlds, agents], not {found.shape}")
    if found.size and not 0 <= found.min() <= found.max() < asked.actions:
        raise ValueError(f"policies have to choose actions 0 to {asked.actions - 1}")
    return np.eye(asked.actions)[found]


def joint_noise(noise: NDArray[np.float64] | None, actions: int, senders: int) -> NDArray[np.float64]:
    """P(executed | chosen) of the joint actions of so many senders, whose noise is independent."""
    single = np.eye(actions) if noise is None else noise
    return np.asarray(reduce(np.kron, [single] * senders), np.float64)
