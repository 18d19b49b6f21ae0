"""What each reward formulation costs: time for an agent-step beside that of stepping the world, in one run on one core.

The world is the four-agent one of `benchmarks/empowerment.py`, 11x11 with boxes and doors, a goal for everybody added.
A formulation is paid as the training loop pays it: for all agents, in one batch of as many worlds as a run has by
default, step after step of random play, with what it remembers of earlier steps. Each has a world of its own, so that
nothing is remembered from another formulation, and is measured over a whole run of the default length, from its first
step on (--steps: a shorter one; the dearest take a minute); only compiling is left out. The step of the world, without
observations, is timed in the same run, on random play in a batch of the same size. Time is that of the processor, so
that other work on the machine is left out. The bar is 100 times that for what is deterministic and looks no farther
than three steps ahead.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
from empowerment import GAME  # beside this file
from numba import set_num_threads

import rewards
from rewards.socket import Transition
from sandbox.environment.payment import lacking
from sandbox.experiments import catalogue
from sandbox.experiments.company import Company
from sandbox.scenario.schema import Scenario
from sandbox.training.settings import Settings

ROOM = GAME.replace(".", "G", 1)
WORLDS, AGENTS = Settings.worlds, 4


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rewards", default="", help="specs, separated by commas (default: all, n = 3)")
    parser.add_argument(
        "--steps", type=int, default=0, help="agent-steps of a run (default: that of `train`)"
    )
    asked = parser.parse_args()
    set_num_threads(1)
    agents = {"walker": {"letter": ".", "count": AGENTS, "view": 3}}
    steps = max(1, (asked.steps or Settings.steps) // (WORLDS * AGENTS))
    step = stepping(playground(agents), np.random.default_rng(0))
    print(
        f"11x11, {AGENTS} agents, boxes and doors, {WORLDS} worlds, {steps} steps each: {step * 1e9:.0f} ns for an "
        "agent-step of the world"
    )
    print(f"{'reward':34} {'cost':8} {'microseconds':>12} {'of a step':>10}")
    for seed, name in enumerate(rewards.split(asked.rewards, ",") if asked.rewards else rewards.names(), 1):
        kind = catalogue.entry(next(iter(rewards.parse(name)))).cost
        print(f"{name:34} {kind:8} {price(name, agents, seed, steps, step)}", flush=True)


def playground(agents: dict) -> Company:
    """The world, made anew, and those who live in it."""
    return Company(Scenario(format=1, map=ROOM, agents=agents), "task")


def stepping(company: Company, rng: np.random.Generator) -> float:
    """Seconds for an agent-step of the world itself: the best of several windows of random play."""
    world, times = company.world, []
    states = world.new_states(WORLDS, 0)
    actions = rng.integers(0, len(world.actions), (100, WORLDS, world.agent_count)).astype(np.int8)
    for _ in range(7):
        began = time.process_time()
        for joint in actions:
            world.step(states, joint)
        times.append(time.process_time() - began)
    return min(times) / len(actions) / WORLDS / world.agent_count


def lived(company: Company, seed: int, steps: int) -> Iterator[Transition]:
    """Steps of random play, as the training loop hands them on."""
    world, rng, wanted = company.world, np.random.default_rng(seed), {}
    states = world.new_states(WORLDS, seed)
    for _ in range(steps):
        before = world.copy(states)
        joint = rng.integers(0, len(world.actions), (WORLDS, world.agent_count)).astype(np.int8)
        world.step(states, joint)
        yield Transition(world, before, joint, states, wanted, policies=company.minds())


def price(name: str, agents: dict, seed: int, steps: int, step: float) -> str:
    """Microseconds for an agent-step, learning included, and how many steps of the world that is."""
    if why := lacking(rewards.make(name), playground(agents).world, 0):
        return why
    try:
        spent(name, playground(agents), seed, 1)  # compiles
        each = spent(name, playground(agents), seed, steps) / steps / WORLDS / AGENTS
    except ValueError as problem:
        return f"           - {problem}"
    return f"{each * 1e6:12.3f} {each / step:9.0f}x"


def spent(name: str, company: Company, seed: int, steps: int) -> float:
    """Seconds that a formulation takes in a run."""
    mix, seconds = rewards.make(name), 0.0
    for transition in lived(company, seed, steps):
        began = time.process_time()
        for agent in range(AGENTS):
            mix.pay(transition, agent)
        for term in mix.terms:
            if hasattr(term.formulation, "learn"):
                term.formulation.learn(transition)
        seconds += time.process_time() - began
    return seconds


if __name__ == "__main__":
    main()
