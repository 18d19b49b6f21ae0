"""Two doors: trained kindness leaves the human more ways than trained self-empowerment, and lets it go if it looks far.

A helper in a gallery, which alone can work the doors to two wings, learns by PPO (1 million steps; no planner). The
human wants to get to a goal in one of the wings. Paid for its own empowerment, the helper goes where its own ways are
many; doors are nothing to it, it opens them by chance, and so the human arrives now and then. Paid for the human's, it
makes the human more powerful, and what that means to the human hangs on how far it looks. One or four steps ahead **it
keeps the human from its goal in every episode**, as the exact best helper does: the wings are narrow and the goals lie
in their corners. That is what was asked for, no failure to learn. Twelve steps ahead it lets it go, as the best does.
Eight steps ahead the best would keep it; learners fall short of that best, and let it go in half of all episodes or in
all, as their seed has it.

Empowerment is measured four steps ahead, the mean over an episode; policies are drawn from as they were learned.
"""

from pathlib import Path
from typing import Any

import numpy as np

import sandbox
from sandbox.reproduction.result import Claim, Figures, Table
from sandbox.reproduction.training import trained
from sandbox.scenario.read import load_scenario
from sandbox.training.solve import solve

SOURCE = "ours"
SCENARIOS = ("two_doors",)
HORIZON = 4
OWN, NEAR, FAR = "own empowerment, n = 4", "kindness, n = 4", "kindness, n = 12"
ARMS = {
    OWN: "empowerment:horizon=4",
    "kindness, n = 1": "kindness:horizon=1",
    NEAR: "kindness:horizon=4",
    "kindness, n = 8": "kindness:horizon=8",
    FAR: "kindness:horizon=12",
}
SEEDS = 5
SHOWN = {
    "goal": "human reaches its goal",
    "human": "the human's empowerment, bits",
    "helper": "the helper's, bits",
    "share": "share of the best return",
    "best goal": "human reaches its goal beside the exact best helper",
}


def _more(figure: str, first: str, second: str) -> Claim:
    return Claim(
        f"{SHOWN[figure]}: {first} beyond {second}",
        lambda table: table.mean(first, figure) - table.mean(second, figure),
        least=0.2,
    )


CLAIMS = (
    _more("human", NEAR, OWN),
    _more("helper", OWN, NEAR),
    _more("goal", FAR, OWN),
    Claim(f"human reaches its goal: {NEAR}", lambda table: table.mean(NEAR, "goal"), most=0.05),
)


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Train the helper, and play 400 episodes with what it learned."""
    trained(
        folder, "two_doors", ARMS[arm], "ppo", {"discount": 0.9, "entropy": 0.05}, steps=1_000_000, seed=seed,
        worlds=512, evaluation_seeds=0,
    )  # fmt: skip
    found = sandbox.evaluate(folder, seeds=400, greedy=False, horizons=[HORIZON]).summary()
    scenario = load_scenario("two_doors")
    best = solve(scenario, ARMS[arm], horizon=scenario.max_cycles)
    return {
        "goal": found["goal_reached/human"].mean,
        "human": found[f"empowerment_{HORIZON}/human"].mean,
        "helper": found[f"empowerment_{HORIZON}/helper"].mean,
        "share": found["reward/helper"].mean / best.value,
        "best goal": best.evaluate().measures["goal_reached/human"],
    }


def draw(table: Table, axes: Any) -> None:
    """How often the human reaches its goal, against how far kindness looks; beside it, own empowerment."""
    for place, arm in enumerate(ARMS):
        mean, low, high, _ = table.estimate(arm, "goal")
        values = table.values(arm, "goal")
        axes.plot(np.full(len(values), place), values, "o", color="#9aa5b1", markersize=4, zorder=1)
        axes.errorbar(place, mean, yerr=[[mean - low], [high - mean]], fmt="o", color="#20639b", capsize=3)
    axes.set_xticks(range(len(ARMS)), [arm.replace(", ", "\n") for arm in ARMS])
    axes.set_ylim(-0.05, 1.05)
    axes.set_ylabel("human reaches its goal")
