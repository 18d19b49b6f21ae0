"""Estimators that papers use instead of the capacity, in bits, so that they can be laid beside it.

Where futures are drawn, the same seed gives the same figures. With `samples=None` all futures are listed with
their probabilities: the quantity is exact then, and still is not empowerment.
"""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Estimate
from rewards.estimators.ends import Ends, capacity, counts, information, information_bias, unseen
from rewards.estimators.futures import (
    Asked,
    Graph,
    Policy,
    chances_of,
    drawn_ends,
    every_sequence,
    listed_ends,
    portions,
    question,
    rolled,
    under,
)
from rewards.estimators.outcome import told_apart
from rewards.estimators.question import check_samples, named
from rewards.socket import Dynamics

TOLERANCE = 1e-9
"""Certified gap of capacities, in bits."""

MOST_TABULAR = 5000
"""Most states that are solved at once."""


def first_action_information(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int | None = 10,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> Estimate:
    """Information of the first action on the outcome, in bits, the first action and the rest at random.

    I(A_t; O_{t+n} | s), A_t uniform, every later action with the same chance: plug-in over `samples` futures
    for each first action ("When Empowerment Disempowers", 2511.04177, code: 10 at horizon 3). No capacity
    and not of sequences, so far below empowerment; its plug-in estimate is far too high when samples are few.
    Bias by the jackknife, which is still too small below some 30 samples.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    starts = every_sequence(about.actions, 1)
    if samples is None:
        return about.answer(information(listed_ends(about, starts), len(states)), "first action, exact")
    each = check_samples("samples", samples)
    found = drawn_ends(about, each, seed, starts)
    bits, bias = information(found, len(states)), information_bias(found, len(states))
    return about.answer(bits, "first action", each * len(starts), bias=bias)


def variance_proxy(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int | None = 20,
    seed: int = 0,
    positions: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """Variance of where random play ends, summed over coordinates: the unit is cells^2, NOT bits.

    The proxy of AvE (Du et al. 2020) as 2511.04177's code has it: 20 futures of 3 steps, variance with
    divisor N. The perceiver's position is read with `positions`, states [worlds] to [worlds, coordinates];
    when None, with the world's own `positions` [worlds, agents, 2]. The outcome that was asked for is not read.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    every: Any = getattr(dynamics, "positions", None)
    if positions is None and every is None:
        raise ValueError("this world has no positions of its own: give positions=, states to coordinates")

    place = named(positions or "cell")

    def read(futures: NDArray[Any]) -> NDArray[Any]:
        return positions(futures) if positions else every(futures)[:, about.perceiver]

    if samples is None:
        graph = Graph(about, about.horizon)
        free = graph.chances(None)
        world, node, weight = graph.spread(graph.roots, np.zeros((1, 0), np.int64), about.horizon, free)
        cells = _variance(world, read(graph.states)[node], weight, len(states))
        return about.answer(cells, "variance, exact", outcome=place)
    each = check_samples("samples", samples, 2)
    chance = np.random.default_rng(seed)
    cells = np.zeros(len(states))
    for world, copies in portions(about, each):
        futures = rolled(about, copies, chance)
        cells += _variance(world, read(futures), np.ones(len(world)), len(states))
    return about.answer(cells, "variance", each, bias=-cells / (each - 1), outcome=place)


def log_unique_states(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int = 1000,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> Estimate:
    """Log of the number of different ends of `samples` random sequences, in bits (AvE, Du et al. 2020).

    The outcome is the whole `world` unless another is asked for, as in the paper's code, which takes the
    natural logarithm. Noise and random others count as if they were the actor's choice. Bias by Chao's
    (1984) estimate of the ends that were not seen.
    """
    asked.setdefault("outcome", "world")
    about = question(dynamics, states, horizon, agent, **asked)
    found = drawn_ends(about, check_samples("samples", samples), seed)
    bits = np.log2(counts(found, len(states)))
    return about.answer(bits, "log unique states", samples, bias=0.0 - unseen(found, len(states)))


def sparse_sampling(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int = 1000,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> Estimate:
    """Empowerment of an actor that has `samples` random sequences only: a lower bound, in bits.

    Salge, Glackin, Polani 2014. Without noise log2 of the number of their ends; with noise, or random others,
    the capacity of their channel, whose probabilities are exact. All states get the same sequences, and all
    sequences there are when they are no more than `samples`: it is empowerment then. Bias, without noise, by
    Chao's (1984) estimate of the ends that were not seen, with noise by what half of the sequences lack.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    most = check_samples("samples", samples)
    complete = about.actions**about.horizon <= most
    if complete:
        sequences = every_sequence(about.actions, about.horizon)
    else:
        sequences = np.random.default_rng(seed).integers(about.actions, size=(most, about.horizon))
    samples = len(sequences)
    if about.certain:
        found = drawn_ends(about, 1, seed, sequences)
        bits = np.log2(counts(found, len(states)))
        bias = np.zeros(len(states)) if complete else 0.0 - unseen(found, len(states))
    else:
        _, fresh = np.unique(sequences, axis=0, return_index=True)
        found = listed_ends(about, sequences[np.sort(fresh)])
        bits = capacity(found, len(states), TOLERANCE)
        bias = np.zeros(len(states)) if complete else _of_halves(found, len(fresh), len(states)) - bits
    return about.answer(bits, "sparse sampling", samples, lower=bits, bias=bias)


def _of_halves(found: Ends, firsts: int, worlds: int) -> NDArray[np.float64]:
    """Mean capacity of either half of the sequences, float64 [worlds]; nan of a single sequence."""
    if firsts < 2:
        return np.full(worlds, np.nan)
    bits = np.zeros(worlds)
    for half in (0, 1):
        mine = found.first % 2 == half
        ends = Ends(found.world[mine], found.first[mine] // 2, found.outcome[mine], found.weight[mine])
        bits += capacity(ends, worlds, TOLERANCE) / 2
    return bits


def discounted_information(
    dynamics: Dynamics,
    states: NDArray[Any],
    discount: float = 0.9,
    agent: int = 0,
    policy: Policy | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """Effective empowerment of one action, exact, in bits: I(A_t; O_+ | s) with O_+ at a geometric time.

    O_+ is the outcome tau steps later, P(tau = k) = (1 - discount) discount^(k - 1), the actor's `policy`
    (every action with the same chance when None) choosing A_t and all after it (EELMA 2509.22504; contrastive
    form in ESR 2411.02623). The horizon that the definition names is the mean of tau, rounded. Every state
    that can ever be reached is listed: for small worlds.
    """
    if not 0 <= discount < 1:
        raise ValueError(f"discount has to lie in 0..1, below 1, not {discount!r}")
    about = question(dynamics, states, round(1 / (1 - discount)), agent, **asked)
    graph = Graph(about, None, MOST_TABULAR)
    nodes = len(graph.states)
    outcome = told_apart(about, graph.states)
    where, ahead = np.zeros((nodes, outcome.max(initial=0) + 1)), np.zeros((nodes, nodes))
    where[np.arange(nodes), outcome] = 1.0
    np.add.at(ahead, (np.arange(nodes)[:, None], graph.successor), graph.chances(policy))
    # row s: P(O_+ | one is in s after the first action), O_+ being that of s itself with 1 - discount
    later = np.linalg.solve(np.eye(nodes) - discount * ahead, (1 - discount) * where)
    row, node, weight = graph.spread(graph.roots, every_sequence(about.actions, 1), 1)
    after = np.zeros((len(states) * about.actions, where.shape[1]))
    np.add.at(after, row, weight[:, None] * later[node])
    after = after.reshape(len(states), about.actions, where.shape[1])
    chosen = chances_of(about, policy, states)
    mean = np.einsum("wa,wao->wo", chosen, after)
    bits = _entropy(mean) - (chosen * _entropy(after)).sum(axis=1)
    return about.answer(np.maximum(bits, 0.0), under(policy, f"discounted {discount:g}, exact"))


def _variance(
    world: NDArray[np.int64], places: NDArray[Any], weight: NDArray[np.float64], worlds: int
) -> NDArray[np.float64]:
    """Variance of weighted places [entries, coordinates], summed over coordinates, of each state."""
    spread = np.zeros(worlds)
    total = np.bincount(world, weight, worlds)
    for coordinate in np.asarray(places, np.float64).T:
        mean = np.bincount(world, weight * coordinate, worlds) / total
        spread += np.bincount(world, weight * (coordinate - mean[world]) ** 2, worlds) / total
    return spread


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy in bits of distributions along the last axis."""
    return -np.sum(p * np.log2(p, where=p > 0, out=np.zeros_like(p)), axis=-1)
