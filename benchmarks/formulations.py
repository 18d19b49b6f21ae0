"""What each reward formulation costs: time for an agent-step beside that of stepping the world, in one run on one core.

The world is the four-agent one of `benchmarks/empowerment.py`, 11x11 with boxes and doors, a goal for everybody added;
each formulation is asked about other steps of random play, so that little is remembered from an earlier asking. The bar
is 100 times the step for what is deterministic and looks no farther than three steps ahead.
"""

import argparse
import time

import numpy as np
from empowerment import GAME  # beside this file
from numba import set_num_threads

import rewards
from rewards.socket import Transition
from sandbox.environment.payment import lacking
from sandbox.experiments import catalogue
from sandbox.experiments.company import Company
from sandbox.scenario.schema import Scenario

ROOM = GAME.replace(".", "G", 1)
WORLDS, STEPS = 64, 12


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rewards", default="", help="specs, separated by commas (default: all, n = 3)")
    asked = parser.parse_args().rewards
    set_num_threads(1)
    agents = {"walker": {"letter": ".", "count": 4, "view": 3}}
    company = Company(Scenario(format=1, map=ROOM, agents=agents), "task")
    world, first = company.world, lived(company, 0)[0]
    states, actions = first.before.copy(), first.actions
    world.step(states, actions)
    rounds = 200
    began = time.perf_counter()
    for _ in range(rounds):
        world.step(states, actions)
    step = (time.perf_counter() - began) / rounds / WORLDS / world.agent_count
    print(
        f"11x11, 4 agents, boxes and doors, {WORLDS} worlds: {step * 1e9:.0f} ns for an agent-step of the world"
    )
    print(f"{'reward':34} {'cost':8} {'microseconds':>12} {'of a step':>10}")
    for seed, name in enumerate(rewards.split(asked, ",") if asked else rewards.names(), 1):
        kind = catalogue.entry(next(iter(rewards.parse(name)))).cost
        print(f"{name:34} {kind:8} {price(name, company, lived(company, seed), step)}", flush=True)


def lived(company: Company, seed: int) -> list[Transition]:
    """Steps of random play, others for each seed; the first ones are for compiling."""
    world, found, rng = company.world, [], np.random.default_rng(seed)
    states = world.new_states(WORLDS, seed)
    for _ in range(STEPS):
        before, joint = world.copy(states), rng.integers(0, len(world.actions), (WORLDS, world.agent_count))
        world.step(states, joint)
        found.append(
            Transition(world, before, joint.astype(np.int8), world.copy(states), policies=company.minds())
        )
    return found


def price(name: str, company: Company, steps: list[Transition], step: float) -> str:
    """Microseconds for an agent-step, learning included, and how many steps of the world that is."""
    mix, agents = rewards.make(name), range(company.world.agent_count)
    if why := lacking(mix, company.world, 0):
        return why
    half, seconds = len(steps) // 2, 0.0
    try:
        for number, transition in enumerate(steps):
            began = time.perf_counter()
            for agent in agents:
                mix.pay(transition, agent)
            for term in mix.terms:
                if hasattr(term.formulation, "learn"):
                    term.formulation.learn(transition)
            seconds += (time.perf_counter() - began) * (number >= half)
    except ValueError as problem:
        return f"           - {problem}"
    each = seconds / (len(steps) - half) / WORLDS / len(agents)
    return f"{each * 1e6:12.3f} {each / step:9.0f}x"


if __name__ == "__main__":
    main()
