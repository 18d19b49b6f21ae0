"""Egoistic equilibrium of an interference channel: each sender answers the others' best inputs with its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewards.estimators.capacity import channel_capacity
from rewards.estimators.cones import companies
from rewards.estimators.definition import EACH, Definition
from rewards.estimators.layers import TooMuch, layers
from rewards.estimators.question import OUTCOMES, Question, check_choice, question
from rewards.estimators.several import chances, lock_of
from rewards.socket import Dynamics

STEPS = 5_000_000
ENTRIES = 1 << 24
"""Most imagined steps, and most entries of a tensor, for the channels of one state."""


class Channels(tuple[NDArray[np.float64], ...]):
    """Channels p[x_1, ..., x_m, y_i], one for each of m agents, that know what they mean."""

    definition: Definition


@dataclass(frozen=True)
class Equilibrium:
    """Inputs from which nobody gains more than a tolerance by going alone, if `converged`.

    bits        float64 [agents]: what each one's inputs tell its own receiver, the others being noise.
    regret      float64 [agents]: certified bound on what each could gain by changing its inputs alone.
    inputs      an input distribution for each agent.
    iterations  rounds of answers.
    converged   whether every regret is within the tolerance.
    definition  what the bits mean, where the channels knew what they mean.
    """

    bits: NDArray[np.float64]
    regret: NDArray[np.float64]
    inputs: tuple[NDArray[np.float64], ...]
    iterations: int
    converged: bool
    definition: Definition | None = None


def equilibrium(
    channels: Sequence[ArrayLike],
    tol: float = 1e-6,
    rounds: int = 500,
    damping: float = 0.5,
    start: Sequence[ArrayLike] | None = None,
) -> Equilibrium:
    """Nash equilibrium of channels[i][x_1, ..., x_m, y_i] = P(y_i | all inputs), bits for each of m agents.

    Every agent maximises I(X_i; Y_i) with the others' inputs as its noise: the discrete analogue of iterative
    water-filling (Shah, Nemenman, Polani, Tiomkin 2026, for Gaussian channels; this form is ours). In each
    round all move the share 1 - `damping` of the way to their capacity-achieving inputs, from `start`
    (uniform when None). There may be several equilibria, and the rounds may turn in circles: then the inputs
    of least regret are returned, with `converged` False. Raises ValueError with one line for channels or
    settings that are none.
    """
    tensors = _checked(channels)
    if not tol > 0 or not 0 <= damping < 1 or rounds < 1:
        raise ValueError(
            f"tol has to be above 0, damping within 0 and 1, rounds at least 1, not {tol!r}, {damping!r}, {rounds!r}"
        )
    inputs = _started(tensors[0].shape[:-1], start)
    best: Equilibrium | None = None
    turn = 0
    for turn in range(1, rounds + 1):
        bits, regret, answers = np.zeros(len(tensors)), np.zeros(len(tensors)), []
        for i, tensor in enumerate(tensors):
            seen = _seen_by(tensor, inputs, i)
            capacity = channel_capacity(seen, min(tol / 4, 1e-9))
            bits[i] = information(inputs[i], seen)
            regret[i] = max(0.0, capacity.upper - bits[i])
            answers.append(capacity.inputs)
        done = bool(regret.max() <= tol)
        if best is None or regret.max() < best.regret.max():
            best = Equilibrium(bits, regret, tuple(inputs), turn, done)
        if done:
            break
        inputs = [damping * q + (1 - damping) * b for q, b in zip(inputs, answers, strict=True)]
    assert best is not None
    return replace(best, iterations=turn, definition=getattr(channels, "definition", None))


def information(inputs: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    """I(X; Y) in bits of the channel p[x, y] at an input distribution [x]."""
    mixed = inputs @ p
    ratio = np.divide(p, mixed, out=np.ones_like(p), where=(p > 0) & (mixed > 0))
    return max(0.0, float(inputs @ (p * np.log2(ratio)).sum(axis=1)))


def interference(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agents: tuple[int, int] = (0, 1),
    outcome: str = "cell",
    others: str = "still",
    noise: Any = "own",
) -> Channels:
    """The channels of two agents that act at once in the one state in `states` [1], for `equilibrium`.

    Inputs are each one's action sequences of `horizon` steps; those that lead to the same futures whatever
    the other does are one. Outcomes are each one's own. Everybody else does as `others` says, `still`
    (choosing to stay) or `random`. For short horizons: the tensors grow with the square of the number of
    sequences. Raises ValueError with one line for anything that is not allowed or takes too much.
    """
    check_choice("outcome", outcome, OUTCOMES)  # each agent has its own: a function would be one for both
    if np.shape(states) != (1,) or len(agents) != 2 or agents[0] == agents[1]:
        raise ValueError(
            f"interference is between two different agents in one state [1], not {agents!r} in {np.shape(states)}"
        )
    asked = question(
        dynamics, states, horizon, agents, None, outcome, others, noise, company=("still", "random")
    )
    if horizon == 0:
        return _channels(asked, np.ones((1, 1, 1)), np.ones((1, 1, 1)))
    number = OUTCOMES.index(outcome)
    company = companies(dynamics, states, asked.horizon)[0]
    beside = [
        a
        for a in range(dynamics.agent_count)
        if others == "random" and a not in agents and company[a] in company[list(agents)]
    ]
    try:
        with lock_of(dynamics):
            steps, seen = layers(dynamics).merged(
                states,
                asked.actors,
                beside,
                chances(asked, beside),
                asked.actors,
                number,
                asked.horizon,
                STEPS,
            )
        single = np.eye(len(dynamics.actions)) if asked.noise is None else asked.noise
        actions = len(single)
        p = np.ones((1, 1, 1))
        for step in steps:
            if max(p.shape[2], p.shape[0] * p.shape[1]) * actions**2 * step.rows > ENTRIES:
                raise TooMuch
            dense = np.zeros((p.shape[2] * actions**2, step.rows))
            entry = np.repeat(np.arange(len(dense)), np.diff(step.starts))
            dense[entry, step.to] = step.p
            dense = dense.reshape(p.shape[2], actions, actions, step.rows)
            if asked.noise is not None:
                dense = np.tensordot(single, dense, axes=(1, 1)).transpose(1, 0, 2, 3)
                dense = np.tensordot(single, dense, axes=(1, 2)).transpose(1, 2, 0, 3)
            longer = np.tensordot(p, dense, axes=1).transpose(0, 2, 1, 3, 4)
            p = _distinct(_distinct(longer.reshape(p.shape[0] * actions, p.shape[1] * actions, step.rows)))
    except TooMuch:
        raise ValueError(
            f"horizon {horizon} takes too much for an interference channel: lower the horizon"
        ) from None
    first, second = _parts(seen)
    return _channels(asked, p @ first, p @ second)


def _channels(asked: Question, *tensors: NDArray[np.float64]) -> Channels:
    channels = Channels(tensors)
    channels.definition = asked.answer(np.zeros(0), "equilibrium", perceiver=EACH).definition
    return channels


def _distinct(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inputs of the first axis that differ, with the first two axes exchanged."""
    rows = np.rint(p.reshape(len(p), -1) * 2.0**40).astype(np.int64)
    _, keep = np.unique(rows, axis=0, return_index=True)
    return p[np.sort(keep)].transpose(1, 0, 2)


def _parts(seen: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which outcome of the first and of the second reader each joint outcome is, as matrices of 0 and 1."""
    parts: tuple[list[bytes], list[bytes]] = ([], [])
    for row in seen:
        length = int(row[0])
        parts[0].append(row[1 : 1 + length].tobytes())
        parts[1].append(row[2 + length : 2 + length + int(row[1 + length])].tobytes())
    return _membership(parts[0]), _membership(parts[1])


def _membership(outcomes: list[bytes]) -> NDArray[np.float64]:
    number = {outcome: k for k, outcome in enumerate(dict.fromkeys(outcomes))}
    return np.eye(len(number))[[number[outcome] for outcome in outcomes]]


def _seen_by(
    tensor: NDArray[np.float64], inputs: Sequence[NDArray[np.float64]], i: int
) -> NDArray[np.float64]:
    """The channel of agent i alone, p[x_i, y_i], the others' inputs averaged out."""
    for k in range(len(inputs) - 1, -1, -1):
        if k != i:
            tensor = np.tensordot(tensor, inputs[k], axes=(k, 0))
    return tensor / tensor.sum(axis=1, keepdims=True)


def _checked(channels: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    tensors = [np.asarray(channel, np.float64) for channel in channels]
    if len(tensors) < 2 or any(
        t.ndim != len(tensors) + 1 or t.shape[:-1] != tensors[0].shape[:-1] or 0 in t.shape for t in tensors
    ):
        raise ValueError(
            "an interference channel is p[x_1, ..., x_m, y_i] for each of m >= 2 agents, with the same inputs, "
            f"not of shapes {', '.join(str(t.shape) for t in tensors) or 'none'}"
        )
    for i, tensor in enumerate(tensors):
        off = ~((tensor >= 0).all(axis=-1) & (np.abs(tensor.sum(axis=-1) - 1) < 1e-9))
        if off.any():
            where = tuple(np.argwhere(off)[0].tolist())
            raise ValueError(f"channel {i}: the row of inputs {where} is no distribution")
    return tensors


def _started(shape: tuple[int, ...], start: Sequence[ArrayLike] | None) -> list[NDArray[np.float64]]:
    if start is None:
        return [np.full(size, 1 / size) for size in shape]
    inputs = [np.array(q, np.float64) for q in start]
    for i, q in enumerate(inputs):
        if (
            len(inputs) != len(shape)
            or q.shape != (shape[i],)
            or not (q >= 0).all()
            or abs(q.sum() - 1) > 1e-9
        ):
            raise ValueError(
                f"start has to be an input distribution for each agent, of sizes {shape}; {i} is none"
            )
    if len(inputs) != len(shape):
        raise ValueError(f"start has to be an input distribution for each agent, of sizes {shape}")
    return inputs
