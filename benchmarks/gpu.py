"""How fast a GPU is beside the CPU of the same machine: steps and empowerment of growing numbers of worlds.

Both must give the same states and the same bits before anything is timed. The CPU remembers the states that it has
solved, the GPU counts each anew. Needs an NVIDIA GPU and the extra `gpu` (pip install -c constraints.txt -e ".[gpu]");
without them it says so and measures nothing.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import get_num_threads

import sandbox
from rewards import estimators
from rewards.estimators import reachable_cuda
from sandbox.world.run_cuda import CudaWorld

ROUNDS = 64


def main() -> None:
    """Read the command line, look for a GPU, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scenario", default="open_field", help="a shipped scenario or a file (open_field)")
    parser.add_argument("--worlds", default="1024,8192,65536", help="numbers of worlds, with commas between")
    parser.add_argument("--horizon", type=int, default=5, help="steps of empowerment (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each figure is measured (1)")
    chosen = parser.parse_args()
    try:
        sizes = [int(size) for size in chosen.worlds.split(",")]
        world = sandbox.World(sandbox.load_scenario(chosen.scenario))
    except ValueError as mistake:
        parser.error(str(mistake))
    try:
        device = CudaWorld(world)
    except RuntimeError as missing:
        print(f"Nothing was measured: {missing}.")
        return
    name = device.cuda.get_current_device().name
    print(
        f"{name.decode() if isinstance(name, bytes) else name} beside {get_num_threads()} CPU threads, one run"
    )
    print(f"{world.name}: {world.agent_count} agents, records of {world.state_type.itemsize} bytes")
    for size in sizes:
        measure(world, device, size, chosen.horizon, chosen.seconds)


def measure(world: Any, device: CudaWorld, size: int, horizon: int, seconds: float) -> None:
    """All figures of one number of worlds, after a check that both sides agree."""
    host = world.new_states(size, 0)
    states = device.new_states(size, 0)
    generator = np.random.default_rng(0)
    actions = generator.integers(0, len(world.actions), (ROUNDS, size, world.agent_count)).astype(np.int8)
    there = [device.cuda.to_device(row) for row in actions]
    seen, seen_there = world.observe(host), device.observe(states)
    agree(world, device, host, states, actions, there, horizon)
    redone = (reachable_cuda.device_counts(device, states, horizon, 0, False) < 1).mean()

    def step(k: int) -> None:
        world.step(host, actions[k])

    def step_and_look(k: int) -> None:
        world.step(host, actions[k])
        world.kernels.observe_parallel(host, seen)

    def step_and_look_there(k: int) -> None:
        device.step(states, there[k])
        device.observe(states, seen_there)

    def step_and_solve(k: int) -> None:
        world.step(host, actions[k])
        for agent in range(world.agent_count):
            estimators.empowerment(world, host, horizon, agent, noise=None)

    def step_and_solve_there(k: int) -> None:
        device.step(states, there[k])
        reachable_cuda.empowerment(device, states, horizon, noise=None)

    rows = {
        "agent-steps": (step, lambda k: device.step(states, there[k])),
        "agent-steps with views": (step_and_look, step_and_look_there),
        f"agent-steps with empowerment n={horizon}": (step_and_solve, step_and_solve_there),
    }
    print(f"{size} worlds ({redone:.1%} of the GPU's items are redone on the CPU, their time included)")
    for title, (on_cpu, on_gpu) in rows.items():
        slow, fast = (rate(call, device, size * world.agent_count, seconds) for call in (on_cpu, on_gpu))
        print(f"  {title:38} CPU {slow / 1e6:10.3f} M/s   GPU {fast / 1e6:10.3f} M/s   {fast / slow:8.2f}x")


def agree(
    world: Any, device: CudaWorld, host: Any, states: Any, actions: Any, there: Any, horizon: int
) -> None:
    """Stop with an AssertionError unless both sides hold the same after each of some steps."""
    for k in range(8):
        world.step(host, actions[k])
        device.step(states, there[k])
        assert np.array_equal(world.words(states.copy_to_host()), world.words(host)), "states differ"
    assert np.array_equal(device.observe(states).copy_to_host(), world.observe(host)), "views differ"
    few = device.cuda.to_device(host[:1024].copy())
    bits = reachable_cuda.empowerment(device, few, horizon, noise=None)
    for agent in range(world.agent_count):
        known = estimators.empowerment(world, host[:1024], horizon, agent, noise=None)
        assert np.array_equal(bits[:, agent], known), "bits differ"


def rate(call: Callable[[int], object], device: CudaWorld, units: float, seconds: float) -> float:
    """Units a second of `call(k)`, which does `units` of work: the best of three windows, the GPU waited for."""
    call(0)
    device.cuda.synchronize()
    best = 0.0
    for _ in range(3):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds / 3:
            call(count % ROUNDS)
            count += 1
            if count % ROUNDS == 0:  # so that what is asked for does not run far ahead of what is done
                device.cuda.synchronize()
        device.cuda.synchronize()
        best = max(best, count * units / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
