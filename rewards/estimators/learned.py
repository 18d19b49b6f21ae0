"""A lower bound of empowerment that is learned from what actions led to; the only module that needs torch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Unpack

import numpy as np
import torch
from numpy.typing import NDArray

from rewards.estimators.definition import Estimate
from rewards.estimators.ends import capacity, merged
from rewards.estimators.futures import Asked, every_sequence, portions, question, rolled
from rewards.estimators.outcome import numbered, told_apart
from rewards.estimators.question import Question, check_samples
from rewards.estimators.side_by_side import against_exact
from rewards.socket import Dynamics

__all__ = ["against_exact", "learned_bound"]

TOLERANCE = 1e-6
"""Certified gap of the capacities of what was sampled, in bits."""

MOST_SEQUENCES = 4096
"""Most action sequences that the source chooses from, since it and the planner name each of them."""


class Seen(NamedTuple):
    """What sequences led to: one entry for each different (state, sequence, outcome) that was seen.

    of      number of the (state, sequence), int64 [entries].
    pair    number of the (state, outcome), int64 [entries].
    share   of the futures of that state and sequence, float32 [entries].
    """

    of: torch.Tensor
    pair: torch.Tensor
    share: torch.Tensor


def learned_bound(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    samples: int = 256,
    seed: int = 0,
    rounds: int = 300,
    width: int = 64,
    **asked: Unpack[Asked],
) -> Estimate:
    """A variational lower bound of the empowerment of each of `states`, in bits, trained on the CPU.

    I(A^n; O | s) >= E_{w(a|s) p(o|s,a)}[log q(a|s,o) - log w(a|s)] (Barber, Agakov 2003; Mohamed, Rezende
    2015). The planner q is one network for all states, with `width` hidden units, over learned vectors of
    states and outcomes; the source w is at its best for the planner, w ~ exp E[log q]. Both learn from
    `samples` futures of every sequence (1 where a sequence has one future only) in `rounds` steps of Adam.

    The bound is measured on futures that were not learned from, where there is chance, so that it is low for
    want of training and never high for it; that measure has sampling error, and `lower` is given only where
    nothing is left to chance. `bias` is what it lacks of the empowerment that the same futures tell: exact
    without chance, else the plug-in capacity, corrected by that of halves of the futures. Same seed, same
    figures, on one machine. Raises ValueError for more than 4,096 sequences. `against_exact` gives its error.
    """
    about = question(dynamics, states, horizon, agent, **asked)
    sequences = about.actions**about.horizon
    if sequences > MOST_SEQUENCES:
        raise ValueError(
            f"horizon {horizon} has {sequences} action sequences, more than {MOST_SEQUENCES}: lower the horizon"
        )
    each = 1 if about.certain else check_samples("samples", samples)
    check_samples("rounds", rounds, 0)
    check_samples("width", width)
    if not len(states):
        return about.answer(np.zeros(0), "learned bound", each * sequences, bias=np.zeros(0))
    halves, pairs, outcomes = _seen(about, each, seed)
    with _one_thread():
        planner = _Planner(len(states), outcomes, sequences, width, seed)
        bits = _trained(planner, pairs, halves, (len(states), sequences), rounds) / np.log(2)
    told = _told(halves, pairs[0].numpy(), (len(states), sequences))
    lower = bits if about.certain else None
    return about.answer(bits, "learned bound", each * sequences, lower=lower, bias=bits - told)


def _told(
    halves: list[Seen], state_of_pair: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Empowerment in bits by the futures themselves, float64 [states]; exact where they are all there are."""
    if len(halves) == 1:
        return np.log2(np.bincount(state_of_pair, minlength=shape[0]))
    ends = [
        merged(*np.divmod(half.of.numpy(), shape[1]), half.pair.numpy(), half.share.double().numpy())
        for half in halves
    ]
    both = merged(*(np.concatenate(column) for column in zip(*ends, strict=True)))
    apart = [capacity(each, shape[0], TOLERANCE) for each in ends]
    return 2 * capacity(both, shape[0], TOLERANCE) - (apart[0] + apart[1]) / 2


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for torch: the matrices are small, and sums come out the same on any number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Planner:
    """log q(a|s,o): one hidden layer over vectors of states and outcomes.

    Written out, since torch.nn draws its first weights from torch's one generator, which is not ours.
    """

    def __init__(self, states: int, outcomes: int, sequences: int, width: int, seed: int) -> None:
        chance = torch.Generator().manual_seed(seed)

        def drawn(rows: int, columns: int, scale: float) -> torch.Tensor:
            return (torch.randn(rows, columns, generator=chance) * scale).requires_grad_()

        self._of_state = drawn(states, width, 1.0)
        self._of_outcome = drawn(outcomes, width, 1.0)
        self._out = drawn(width, sequences, width**-0.5)
        self._plain = drawn(1, sequences, 0.0)
        self.parameters = [self._of_state, self._of_outcome, self._out, self._plain]

    def __call__(self, state: torch.Tensor, outcome: torch.Tensor) -> torch.Tensor:
        """log q [pairs, sequences] for numbers of states and outcomes [pairs]."""
        hidden = torch.relu(self._of_state[state] + self._of_outcome[outcome])
        return torch.log_softmax(hidden @ self._out + self._plain, dim=1)


def _trained(
    planner: _Planner,
    pairs: tuple[torch.Tensor, torch.Tensor],
    halves: list[Seen],
    shape: tuple[int, int],
    rounds: int,
) -> NDArray[np.float64]:
    """Train on the first of `halves` and measure the bound on the last: nats, float64 [states]."""
    rate = torch.optim.Adam(planner.parameters, lr=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(rate, 0.02, total_steps=max(rounds, 1))
    for done in range(rounds):
        rate.zero_grad()
        expected = _expected(planner(*pairs), halves[0], shape)
        # the source starts uniform, since one that follows a planner that knows nothing yet would never learn
        # of the sequences that it leaves out; its own gradient is zero where it is at its best
        source = torch.softmax(expected.detach() * (done / rounds), dim=1)
        (-(source * expected).sum(dim=1).mean()).backward()
        rate.step()
        plan.step()
    with torch.no_grad():
        log_q = planner(*pairs).double()
        source = torch.log_softmax(_expected(log_q, halves[0], shape), dim=1)
        gain = _expected(log_q, halves[-1], shape) - source
        return (source.exp() * gain).sum(dim=1).clamp(min=0.0).numpy()


def _seen(about: Question, each: int, seed: int) -> tuple[list[Seen], tuple[torch.Tensor, torch.Tensor], int]:
    """Futures to learn from, and as many to measure with where there is chance.

    Returns (those, numbers of state and outcome of each pair that occurs in either, number of outcomes).
    """
    chance = np.random.default_rng(seed)
    starts = every_sequence(about.actions, about.horizon)
    halves = 1 if about.certain else 2
    ends, rows = [], []
    for world, states in portions(about, len(starts) * halves * each):
        which = np.arange(len(states)) // (halves * each) % len(starts)
        ends.append(rolled(about, states, chance, starts[which]))
        rows.append(world * len(starts) + which)
    row, outcome = np.concatenate(rows), told_apart(about, np.concatenate(ends))
    state = row // len(starts)
    pair, fresh = numbered(np.stack([state, outcome], axis=1).astype(np.uint64))
    seen = []
    for half in range(halves):
        part = slice(None) if halves == 1 else np.arange(len(row)) % (2 * each) // each == half
        code, count = np.unique(row[part] * len(fresh) + pair[part], return_counts=True)
        of, which = np.divmod(code, len(fresh))
        share = torch.from_numpy((count / each).astype(np.float32))
        seen.append(Seen(torch.from_numpy(of), torch.from_numpy(which), share))
    numbers = torch.from_numpy(state[fresh]), torch.from_numpy(outcome[fresh])
    return seen, numbers, int(outcome.max()) + 1


def _expected(log_q: torch.Tensor, seen: Seen, shape: tuple[int, int]) -> torch.Tensor:
    """E_{p(o|s,a)}[log q(a|s,o)] for every state and sequence, [states, sequences]."""
    of_sequence = log_q[seen.pair, seen.of % shape[1]] * seen.share
    total = torch.zeros(shape[0] * shape[1], dtype=log_q.dtype)
    return total.index_add(0, seen.of, of_sequence).reshape(shape)
