"""Exact empowerment without noise of many states at once on a GPU: a thread for each state and agent."""

import warnings
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numba.core.errors import NumbaPerformanceWarning
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators.anticipation import anticipation as anticipation_on_cpu
from rewards.socket import Dynamics

ALIGNED = 256  # bytes
SCRATCH_BYTES = 2 << 30
MOST_THREADS = 1 << 15
"""Together they bound the memory of the GPU that scratch may take; more items than threads wait their turn."""


class Device(Protocol):
    """A world whose states lie on a GPU, such as `sandbox.world.run_cuda.CudaWorld`."""

    @property
    def dynamics(self) -> Dynamics:
        """The same world on the CPU."""
        ...

    @property
    def cuda(self) -> Any:
        """The module `numba.cuda`."""
        ...

    @property
    def level(self) -> Any:
        """`dynamics.level` on the GPU."""
        ...

    def words(self, states: Any) -> Any:
        """Device states as rows of words, uint64 [worlds, words]."""
        ...


def empowerment(
    device: Device, states: Any, horizon: int, outcome: str = "cell", noise: Any = "own"
) -> NDArray[np.float64]:
    """Own empowerment E_n of every agent in each of the device records `states`, float64 [worlds, agents], in bits.

    Exactly what `rewards.estimators.empowerment` gives for each agent while everybody else stands still; items that
    outgrow a thread's sets are done again on the CPU. Without noise only: ValueError where there is any.
    """
    number = _checked(device.dynamics, horizon, outcome, noise)
    counts = device_counts(device, states, horizon, number, False)
    return bits_of(counts, device.dynamics, states.copy_to_host, horizon, outcome)


def anticipation(
    device: Device, states: Any, horizon: int, outcome: str = "cell", noise: Any = "own"
) -> NDArray[np.float64]:
    """Empowerment after each next action, float64 [worlds, actors, actions, perceivers], in bits.

    As `rewards.estimators.anticipation.anticipation`, a thread for each entry. Without noise only.
    """
    number = _checked(device.dynamics, horizon, outcome, noise)
    counts = device_counts(device, states, horizon, number, True)
    return bits_of(counts, device.dynamics, states.copy_to_host, horizon, outcome)


def device_counts(device: Device, states: Any, horizon: int, outcome: int, first: bool) -> NDArray[np.int32]:
    """Outcomes within reach of each agent, int32 [worlds, agents], with `first` after each next action of each
    agent, [worlds, actors, actions, agents]; `reachable_cuda_kernels.REDO` where a thread's sets were too small.
    """
    shape = counts_shape(device.dynamics, len(states), first)
    if 0 in shape:
        return np.zeros(shape, np.int32)
    out = device.cuda.device_array(int(np.prod(shape)), np.int32)
    count_into(out, device, states, horizon, outcome, first)
    return out.copy_to_host().reshape(shape)


def count_into(
    out: Any, device: Device, states: Any, horizon: int, outcome: int, first: bool = False
) -> None:
    """Write what `device_counts` gives into device memory, int32 [items], without waiting for it."""
    dynamics, kernels = device.dynamics, specialised(device.dynamics)
    items = len(out)
    kinds = scratch_kinds(kernels, dynamics, states.dtype, horizon, outcome)
    threads = thread_count(items, kinds, kernels.THREADS)
    words, *rest = _scratch_for(device, threads, kinds)
    records = words.view(states.dtype).reshape(threads, horizon + 1)
    with warnings.catch_warnings():  # few items are slow on a GPU, but no mistake
        warnings.simplefilter("ignore", NumbaPerformanceWarning)
        kernels.count[threads // kernels.THREADS, kernels.THREADS](
            device.level,
            device.words(states),
            dynamics.agent_count,
            len(dynamics.actions),
            first,
            outcome,
            horizon,
            records,
            words,
            *rest,
            out,
        )


def bits_of(
    counts: NDArray[np.int32], dynamics: Dynamics, fetch: Any, horizon: int, outcome: str
) -> NDArray[np.float64]:
    """log2 of the counts; for those to be redone the CPU's answer to the states that `fetch()` brings."""
    redo = counts < 1
    bits = np.log2(np.where(redo, 1, counts))
    if not redo.any():
        return bits
    worlds = np.flatnonzero(redo.reshape(len(counts), -1).any(axis=1))
    host = fetch()[worlds]
    if counts.ndim == 4:
        bits[worlds] = anticipation_on_cpu(dynamics, host, horizon, outcome, None).bits
        return bits
    for agent in np.flatnonzero(redo.any(axis=0)).tolist():
        bits[worlds, agent] = estimators.empowerment(
            dynamics, host, horizon, agent, outcome=outcome, noise=None
        )
    return bits


def counts_shape(dynamics: Dynamics, worlds: int, first: bool) -> tuple[int, ...]:
    """Axes of the counts."""
    agents = dynamics.agent_count
    return (worlds, agents, len(dynamics.actions), agents) if first else (worlds, agents)


def scratch_kinds(
    kernels: Any, dynamics: Dynamics, state_type: np.dtype, horizon: int, outcome: int
) -> list[tuple[tuple[int, ...], type]]:
    """Shape and type of a thread's working memory, in the order of `reachable_cuda_kernels.reach`, but for records."""
    nodes, core = kernels.NODES, dynamics.core_words
    return [
        ((horizon + 1, state_type.itemsize // 8), np.uint64),
        ((horizon + 1,), np.int16),
        ((nodes, core), np.uint64),
        ((nodes,), np.int16),
        ((nodes, (1, 8 * core, 1)[outcome]), np.uint64),
    ]


def thread_count(items: int, kinds: list[tuple[tuple[int, ...], type]], block: int) -> int:
    """How many threads share the items: whole blocks, as many as scratch may take."""
    each = sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in kinds)
    most = max(1, min(MOST_THREADS, SCRATCH_BYTES // each) // block)
    return min(-(-items // block), most) * block


def _scratch_for(device: Device, threads: int, kinds: list[tuple[tuple[int, ...], type]]) -> list[Any]:
    """Working memory of so many threads, cut out of one piece that is kept, since to make room takes longer than to
    count.
    """
    sizes = [threads * int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in kinds]
    starts = [0, *np.cumsum([-(-size // ALIGNED) * ALIGNED for size in sizes]).tolist()]
    if device not in _scratch or len(_scratch[device]) < starts[-1]:
        _scratch.pop(device, None)  # first, so that both need not fit
        _scratch[device] = device.cuda.device_array(starts[-1], np.uint8)
    return [
        _scratch[device][start : start + size].view(kind).reshape(threads, *shape)
        for (shape, kind), start, size in zip(kinds, starts[:-1], sizes, strict=True)
    ]


def specialised(dynamics: Dynamics) -> Any:
    """The counting kernels with the world's own inlined, made on the first call."""
    if dynamics not in _kernels:
        from rewards.estimators import reachable_cuda_kernels

        _kernels[dynamics] = dynamics.specialise(reachable_cuda_kernels)
    return _kernels[dynamics]


def _checked(dynamics: Dynamics, horizon: Any, outcome: str, noise: Any) -> int:
    estimators.check_horizon(horizon)
    estimators.check_choice("outcome", outcome, estimators.OUTCOMES)
    if estimators.noise_matrix(dynamics, noise) is not None:
        raise ValueError(
            "the GPU counts outcomes without noise: give noise=None, or use rewards.estimators.empowerment"
        )
    return estimators.OUTCOMES.index(outcome)


_kernels: WeakKeyDictionary[Dynamics, Any] = WeakKeyDictionary()
_scratch: WeakKeyDictionary[Device, Any] = WeakKeyDictionary()
