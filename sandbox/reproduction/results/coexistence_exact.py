"""Coexistence, exact: one that is selfish kills, one that cares as much for the other lives beside it.

In `coexistence` each of two agents strikes whoever stands east or south of it. One of them chooses its steps, the other
wanders at random. The chooser takes the best action by `beta Q(s, a) + (1 - beta) gamma E[V(places swapped)]`, where Q
and V are those of a selfish one (beta 1), by dynamic programming over all joint states; a dead other is worth 0.

A selfish one can live through all 500 steps whether it kills or not: **these rows hang on near-ties**. In the first
three V looks 70 steps ahead, and is the true one once the other is dead, so that what is sure sooner wins. In the last
two V is solved to the end, and of equal actions the first in a fixed order is taken, or each as often: the same beta
then kills in 15 or 6 of 100 episodes.
"""

from pathlib import Path

import numpy as np

from sandbox.reproduction.result import Claim, Figures, Table
from sandbox.scenario.read import load_scenario
from sandbox.training.solve import Solution, exchange, solve
from sandbox.world.world import World

SOURCE = "Bussmann, Heinerman and Lehman 2019, section 5.1; figures by dynamic programming"
SCENARIOS = ("coexistence",)
SEEDS = 1
BETAS = {"beta 1": 1.0, "beta 0.5": 0.5, "beta 0": 0.0}
TO_THE_END = {"beta 0.5, to the end, by order": True, "beta 0.5, to the end, evenly": False}
ARMS = (*BETAS, "random", *TO_THE_END)
SHOWN = {
    "alive": "steps alive",
    "kills": "P(other killed)",
    "dies": "P(self killed)",
    "both": "P(both alive)",
}
HORIZON, STEPS, GAMMA = 70, 500, 0.99
ORDER = (4, 3, 2, 1, 0)
"""Among equal actions the first of these: east, west, south, north, stay."""


def _claims(arm: str, alive: float, kills: float) -> tuple[Claim, Claim]:
    def of(name: str):
        return lambda table: Table.mean(table, arm, name)

    return (
        Claim(f"steps alive, {arm}", of("alive"), alive - 0.05, alive + 0.05),
        Claim(f"P(other killed), {arm}", of("kills"), kills - 5e-5, kills + 5e-5),
    )


CLAIMS = (*_claims("beta 1", 500.0, 1.0), *_claims("beta 0.5", 499.9, 0.0007), *_claims("beta 0", 93.6, 0.0))


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Nothing is left to chance: one seed."""
    if arm in BETAS:
        solution = _solved(HORIZON)
        chances = solution.greedy(solution.empathic(BETAS[arm]), tie=0.0, order=ORDER)
    else:
        solution = _solved(None)
        chances = solution.uniform()
        if arm in TO_THE_END:
            chances = solution.greedy(solution.empathic(0.5), order=ORDER if TO_THE_END[arm] else None)
    apart = {"apart": lambda world, states: ~world.alive(states).all(axis=1)}
    found = solution.evaluate(chances, STEPS)
    return {
        "alive": found.alive,
        "kills": found.events["other_0 is gone"],
        "dies": found.events["learner_0 is gone"],
        "both": 1 - solution.evaluate(chances, STEPS, apart).events["apart"],
    }


def _solved(horizon: int | None) -> Solution:
    scenario = load_scenario("coexistence")
    world = World(scenario)
    fresh = exchange(world, world.new_states(1, 0), 0, 1)[0]

    def swap(world: World, states: np.ndarray) -> np.ndarray:
        """The two change places; after the learner's end it is the next episode's start, as in the published code."""
        swapped = exchange(world, states, 0, 1)
        swapped[states["alive"][:, 0] == 0] = fresh
        swapped["clock"], swapped["over"] = states["clock"], 0
        return swapped

    def alone(world: World, states: np.ndarray) -> np.ndarray:
        """1 at every step for ever, once nobody can strike; what is left when the steps looked ahead are over."""
        return np.where(states["alive"][:, 1] == 0, 1 / (1 - GAMMA), 0.0)

    return solve(
        scenario, agent="learner", gamma=GAMMA, tolerance=1e-11, swap=swap, horizon=horizon,
        final=alone if horizon else None,
    )  # fmt: skip
