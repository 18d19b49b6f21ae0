"""What runs on a GPU, tested without one: plain loops over its threads, numba-cuda's simulator, and its compiler."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rewards import estimators
from rewards.estimators import reachable_cuda
from rewards.estimators.anticipation import anticipation
from sandbox.world import run_cuda
from sandbox.world.world import World
from tests.conftest import world_of
from tests.random_maps import likely_actions, random_blueprint

THREADS = 3
MISSING = "a GPU is used through numba-cuda, which is missing here"


def somewhere(world: World, count: int, seed: int = 0, steps: int = 12) -> np.ndarray:
    """States in the middle of random play."""
    states, generator = world.new_states(count, seed), np.random.default_rng(seed)
    for _ in range(steps):
        world.step(states, likely_actions(generator, world.action_mask(states)))
    return states


def counts_by_loop(
    world: World, states: np.ndarray, horizon: int, outcome: int, first: bool = False, nodes: int = 0
) -> np.ndarray:
    """What the GPU would count, its threads run one after the other by the CPU."""
    kernels = reachable_cuda.specialised(world)
    sizes = SimpleNamespace(NODES=nodes or kernels.NODES)
    kinds = reachable_cuda.scratch_kinds(sizes, world, states.dtype, horizon, outcome)
    words, *rest = (np.empty((THREADS, *shape), kind) for shape, kind in kinds)
    records = words.view(states.dtype).reshape(THREADS, horizon + 1)
    shape = reachable_cuda.counts_shape(world, len(states), first)
    out = np.full(int(np.prod(shape)), -7, np.int32)
    for thread in range(THREADS):
        kernels.count_share(
            thread,
            THREADS,
            world.level[0],
            world.words(states),
            world.agent_count,
            len(world.actions),
            first,
            outcome,
            horizon,
            tuple(array[thread] for array in (records, words, *rest)),
            np.empty(kernels.SLOTS, np.int16),
            out,
        )
    return out.reshape(shape)


def exact_bits(world: World, states: np.ndarray, horizon: int, outcome: str) -> np.ndarray:
    """The CPU's answer, float64 [worlds, agents]."""
    return np.stack(
        [
            estimators.empowerment(world, states, horizon, agent, outcome=outcome, noise=None)
            for agent in range(world.agent_count)
        ],
        axis=1,
    )


@pytest.mark.parametrize("name", ["gilded_cage", "open_field"])
def test_threads_count_what_the_cpu_counts(name: str) -> None:
    """Counts are equal in worlds with doors, boxes and items, for every outcome and horizon."""
    world = world_of(name)
    states = somewhere(world, 6)
    for horizon in (0, 1, 4):
        for number, outcome in enumerate(estimators.OUTCOMES):
            counts = counts_by_loop(world, states, horizon, number)
            assert (counts > 0).all()
            assert np.array_equal(np.log2(counts), exact_bits(world, states, horizon, outcome))


def test_threads_count_on_random_maps() -> None:
    """A world with every rule; whatever a thread gives back is right once the CPU has redone what it must."""
    world = World(random_blueprint("all rules", 0))
    states = somewhere(world, 8)
    for number, outcome in enumerate(estimators.OUTCOMES):
        counts = counts_by_loop(world, states, 3, number)
        bits = reachable_cuda.bits_of(counts, world, states.copy, 3, outcome)
        assert np.array_equal(bits, exact_bits(world, states, 3, outcome))


def test_each_first_action_has_a_thread() -> None:
    """The anticipation table is the CPU's."""
    world = world_of("gilded_cage")
    states = somewhere(world, 3)
    counts = counts_by_loop(world, states, 3, 0, first=True)
    assert counts.shape == (3, world.agent_count, len(world.actions), world.agent_count)
    assert np.array_equal(np.log2(counts), anticipation(world, states, 3, noise=None).bits)


@pytest.mark.parametrize("first", [False, True])
def test_what_outgrows_a_thread_is_redone(first: bool) -> None:
    """A set that is too small is reported, never a wrong count, and the CPU gives these bits."""
    world = world_of("gilded_cage")
    states = somewhere(world, 6)
    counts = counts_by_loop(world, states, 3, 0, first, nodes=12)
    assert (counts == -1).any()
    assert (counts > 0).any()
    bits = reachable_cuda.bits_of(counts, world, states.copy, 3, "cell")
    if first:
        assert np.array_equal(bits, anticipation(world, states, 3, noise=None).bits)
    else:
        assert np.array_equal(bits, exact_bits(world, states, 3, "cell"))


def test_memory_bounds_the_threads() -> None:
    """Whole blocks, at least one, and never more scratch than is allowed."""
    kinds = [((1 << 20,), np.uint64)]  # 8 MiB a thread
    assert reachable_cuda.thread_count(1, kinds, 32) == 32
    assert reachable_cuda.thread_count(10**6, kinds, 32) == 256
    assert reachable_cuda.thread_count(10**6, [((1,), np.int16)], 32) == reachable_cuda.MOST_THREADS


def test_noise_is_refused_in_one_line() -> None:
    """The GPU counts worlds without noise, and says so before it is asked for anything."""
    slippery = World(random_blueprint("all rules", 0))
    noise = np.full((len(slippery.actions),) * 2, 1 / len(slippery.actions))
    device: Any = SimpleNamespace(dynamics=slippery)
    with pytest.raises(ValueError, match=r"without noise: give noise=None") as caught:
        reachable_cuda.empowerment(device, None, 2, noise=noise)
    assert "\n" not in str(caught.value)


def test_fields_are_shared_where_they_lie() -> None:
    """The description of a field names its own bytes (host memory, described in the same words, stands in)."""
    world = world_of("open_field")
    states = somewhere(world, 5)

    class OnHost:
        dtype = states.dtype
        __cuda_array_interface__ = states.__array_interface__

        def __len__(self) -> int:
            return len(states)

    for name in ("pay", "clock", "cells", "rng_key"):
        field = run_cuda.Field(OnHost(), name)
        seen = np.asarray(SimpleNamespace(__array_interface__=field.__cuda_array_interface__))
        assert np.shares_memory(seen, states)
        assert np.array_equal(seen, states[name])


def test_a_missing_package_or_gpu_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that says what to install."""
    monkeypatch.setattr(run_cuda, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=MISSING) as caught:
        run_cuda.CudaWorld(world_of("open_field"))
    assert "pip install 'empowerment-sandbox[gpu]'" in str(caught.value)
    assert "\n" not in str(caught.value)
    from numba import cuda

    monkeypatch.setattr(run_cuda, "find_spec", lambda name: object())
    monkeypatch.setattr(cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="no GPU is at hand") as caught:
        run_cuda.toolkit()
    assert "\n" not in str(caught.value)


def write_expected(path: Path, name: str, worlds: int) -> None:
    """What the CPU makes of some states, for `check_device` to compare with."""
    world = world_of(name)
    states = somewhere(world, worlds)
    actions = np.random.default_rng(1).integers(0, len(world.actions), (worlds, world.agent_count))
    stepped, begun = world.copy(states), world.copy(states)
    world.step(stepped, actions)
    world.restart(begun)
    np.savez(
        path,
        name=name,
        words=world.words(states),
        actions=actions,
        stepped=world.words(stepped),
        imagined=world.words(world.imagine(states, actions)),
        begun=world.words(begun),
        seen=world.observe(states),
        bits=exact_bits(world, states, 2, "cell"),
        after=anticipation(world, states[:1], 1, noise=None).bits,
    )


def check_device(path: str | Path) -> None:
    """Compare all that a device makes of the states with what the CPU made of them."""
    with np.load(path) as kept:
        expected = dict(kept)
    world = world_of(str(expected["name"]))
    device = run_cuda.CudaWorld(world)
    host = expected["words"].view(world.state_type)[:, 0]

    def words(states: Any) -> np.ndarray:
        return states.copy_to_host().view(np.uint64).reshape(len(host), -1)

    states = device.cuda.to_device(host)
    actions = device.cuda.to_device(expected["actions"].astype(np.int8))
    assert np.array_equal(device.observe(states).copy_to_host(), expected["seen"])
    assert np.array_equal(words(device.imagine(states, expected["actions"])), expected["imagined"])
    assert np.array_equal(words(states), expected["words"]), "imagining changed the states"
    assert np.array_equal(reachable_cuda.empowerment(device, states, 2, noise=None), expected["bits"])
    first = device.cuda.to_device(host[:1])
    assert np.array_equal(reachable_cuda.anticipation(device, first, 1, noise=None), expected["after"])
    device.step(states, actions)
    assert np.array_equal(words(states), expected["stepped"])
    where = np.arange(len(host)) % 2 == 0
    again = device.cuda.to_device(host)
    device.restart(again, where)
    assert np.array_equal(words(again), np.where(where[:, None], expected["begun"], expected["words"]))
    with pytest.raises(ValueError, match="actions must be"):
        device.step(states, actions.reshape(-1))


@pytest.mark.parametrize("name", ["gilded_cage", "relay_plates"])
def test_the_simulated_gpu_equals_the_cpu(name: str, tmp_path: Path) -> None:
    """Launches, memory and kernels in numba's simulator, where kernels are plain Python."""
    write_expected(tmp_path / "expected.npz", name, 2)
    script = f"from tests.test_cuda import check_device; check_device({str(tmp_path / 'expected.npz')!r})"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("name", ["gilded_cage", "open_field", "key_and_gate", "relay_plates"])
def test_the_gpu_equals_the_cpu(name: str, tmp_path: Path) -> None:
    """The same comparison on a GPU, where one is at hand."""
    try:
        run_cuda.toolkit()
    except RuntimeError as missing:
        pytest.skip(str(missing))
    write_expected(tmp_path / "expected.npz", name, 200)
    check_device(tmp_path / "expected.npz")


def test_all_kernels_compile_for_a_gpu() -> None:
    """Every kernel becomes the assembly of a GPU, without a driver, where numba-cuda and its compiler are there."""
    if find_spec("numba_cuda") is None:
        pytest.skip("numba-cuda is not installed: pip install -c constraints.txt -e '.[gpu]'")
    done = subprocess.run(
        [sys.executable, "-c", "from tests.test_cuda import compile_all; compile_all()"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == [
        "step", "imagine", "restart", "observe", "permit", "cycle", "renew", "draw", "count",
    ]  # fmt: skip


def compile_all() -> None:
    """Compile the kernels of one world for an H100, and print the names of those that came out."""
    from numba import cuda, from_dtype, types
    from numba.cuda import dispatcher

    from sandbox.world.cuda_kernels import launchable

    architecture = (9, 0)
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=architecture)
    world = world_of("key_and_gate")
    level, state = from_dtype(world.level.dtype), from_dtype(world.state_type)
    whole, flag = types.int64, types.boolean

    def array(kind: Any, axes: int) -> Any:
        return types.Array(kind, axes, "C")

    levels, states, words, actions = (
        array(level, 1),
        array(state, 1),
        array(types.uint64, 2),
        array(types.int8, 2),
    )
    first_words, views, masks, pay, flags = (
        array(types.uint64, 1),
        array(types.uint8, 5),
        array(types.int8, 3),
        array(types.float32, 2),
        array(flag, 2),
    )
    scratch = [
        array(state, 2),
        array(types.uint64, 3),
        array(types.int16, 2),
        array(types.uint64, 3),
        array(types.int16, 2),
        array(types.uint64, 3),
    ]
    arguments = {
        "step": [levels, states, actions],
        "imagine": [levels, states, actions],
        "restart": [levels, first_words, states, words, array(flag, 1)],
        "observe": [states, views],
        "permit": [levels, states, masks],
        "cycle": [
            levels,
            first_words,
            whole,
            states,
            words,
            actions,
            views,
            pay,
            flags,
            flags,
            masks,
            array(flag, 1),
        ],
        "renew": [levels, first_words, states, words, array(flag, 1), views, masks],
        "draw": [states, array(types.int64, 1), whole, actions],
        "count": [levels, words, whole, whole, flag, whole, whole, *scratch, array(types.int32, 1)],
    }
    kernels = vars(launchable(world.kernels)) | {"count": reachable_cuda.specialised(world).count}
    for name, kinds in arguments.items():
        text, _ = cuda.compile_ptx(kernels[name].py_func, types.void(*kinds), cc=architecture)
        assert ".entry" in text
        print(name)
