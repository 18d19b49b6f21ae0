"""How fast worlds are: every figure of one run on one machine, with ratios to a peer measured beside it.

Run it with `make bench`, on an otherwise idle machine. Kernels are timed on one core unless the line says otherwise;
each figure is the best of several windows, since other work on the machine only ever takes time away.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from numba import set_num_threads

import sandbox

WORLDS, AGENTS, WINDOWS, SECONDS = 256, 4, 5, 0.6
CROWD = 100


def rate(call: Callable[[int], object], units: float) -> float:
    """Units a second of `call(i)`, which does `units` of work: the best of several windows."""
    call(0)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS / 4:
        call(count)
        count += 1
    best = 0.0
    for _ in range(WINDOWS):
        start = time.perf_counter()
        for index in range(4 * count):
            call(index)
        best = max(best, 4 * count * units / (time.perf_counter() - start))
    return best


def show(name: str, value: float, note: str = "") -> None:
    """One line of the result."""
    print(f"{name:58} {value / 1e6:9.3f} M/s   {note}", flush=True)


def batches() -> None:
    """The kernels: 16x16, 4 agents, boxes and items, 7x7 views."""
    world = sandbox.World(sandbox.load_scenario("open_field"))
    kernels, level = world.kernels, world.level
    states = world.new_states(WORLDS, 0)
    actions = np.random.default_rng(0).integers(0, 5, (64, WORLDS, AGENTS)).astype(np.int8)
    seen = world.observe(states)
    units = WORLDS * AGENTS

    def observed(index: int) -> None:
        kernels.step_serial(level, states, actions[index % 64])
        kernels.observe_serial(states, seen)

    print(
        f"one core, {WORLDS} worlds 16x16, {AGENTS} agents, boxes and items, 7x7 views of 3 planes (147 bytes)"
    )
    bare = rate(lambda i: kernels.step_serial(level, states, actions[i % 64]), units)
    show("  agent-steps, without observations", bare)
    show("  agent-steps, with observations", rate(observed, units))
    batch = sandbox.make_batch("open_field", WORLDS, rewards="task")
    batch.reset(0)
    set_num_threads(1)
    whole = rate(lambda i: batch.step(actions[i % 64]), units)
    show("  agent-steps through make_batch (rewards, resets, flags)", whole)
    show("  copies of a state, each stepped", rate(lambda i: world.imagine(states, actions[i % 64]), WORLDS))
    one, act = world.new_states(1, 0), actions[0, :1]
    show("  the same one at a time from Python", rate(lambda i: world.imagine(one, act), 1))
    if (os.cpu_count() or 1) > 1:
        many = world.new_states(16 * WORLDS, 0)
        views, moves = world.observe(many), np.tile(actions[0], (16, 1))

        def both(index: int) -> None:
            kernels.step_parallel(level, many, moves)
            kernels.observe_parallel(many, views)

        rates = [0.0, 0.0]
        for _ in range(4):  # in turns, so that a disturbance does not fall on one of the two alone
            for threads in (1, 2):
                set_num_threads(threads)
                rates[threads - 1] = max(rates[threads - 1], rate(both, 16 * units))
        show(f"  agent-steps with observations, {16 * WORLDS} worlds, 1 thread", rates[0])
        ratio = f"{rates[1] / rates[0]:.2f}x"
        show(f"  agent-steps with observations, {16 * WORLDS} worlds, 2 threads", rates[1], ratio)


def pettingzoo_face() -> None:
    """One world through dicts, with a peer beside it where it is installed."""
    print("PettingZoo face, one world, one Python call a step")
    ours = sandbox.make("open_field", rewards="task", max_cycles=10**9)
    mine = rate_of_dicts(ours)
    show(f"  agent-steps, {AGENTS} agents", mine)
    field = "\n".join(["#" * 34, *["#" + "." * 32 + "#"] * 32, "#" * 34]) + "\n"
    crowd = sandbox.make(
        "open_field",
        rewards="task",
        max_cycles=10**9,
        overrides={"map": field, "agents": {"crowd": {"letter": ".", "count": CROWD}}},
    )
    show(f"  agent-steps, {CROWD} agents", rate_of_dicts(crowd))
    try:
        import gymnasium
        import lbforaging  # noqa: F401
    except ImportError:
        print("  peer lbforaging: not installed (pip install -c constraints.txt -e '.[bench]')")
        return
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = gymnasium.make("Foraging-10x10-4p-4f-v3", disable_env_checker=True).unwrapped
        peer.reset(seed=0)
        choices = np.random.default_rng(0).integers(0, 6, (64, 4)).tolist()

        def step(index: int) -> None:
            _, _, done, late, _ = peer.step(choices[index % 64])
            if done or late:
                peer.reset()

        theirs = rate(step, 4)
    show("  peer lbforaging 10x10, 4 agents", theirs, f"ours is {mine / theirs:.1f}x")


def rate_of_dicts(environment) -> float:
    """Agent-steps a second of random play through the dict interface."""
    environment.reset(seed=0)
    agents = environment.possible_agents
    choices = np.random.default_rng(0).integers(0, 5, (64, len(agents))).tolist()
    moves = [dict(zip(agents, choice, strict=True)) for choice in choices]
    return rate(lambda index: environment.step(moves[index % 64]), len(agents))


def cold_start() -> None:
    """`sandbox run` in a new process, on a scenario that was compiled before."""
    command = [sys.executable, "-m", "sandbox", "run", "doorway"]
    subprocess.run(command, check=True, capture_output=True)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    print(f"cold start of `sandbox run doorway`, compiled before: {min(times):.2f} s")


if __name__ == "__main__":
    batches()
    pettingzoo_face()
    cold_start()
