"""Coin game: what one's critic says of the other's place helps less than an imagined reward of the other's.

Two agents learn by PPO, each with weights of its own, 2 million agent-steps in all. Coins pay 1 to whoever takes them
and cost their owner 2 if that is another one, so that plain learners grab whatever is near and earn nothing together.
What is added: nothing (`plain`); to the advantage, one's own critic on one's own next window (`own value`, the
control) or on the other's (`value swap`); to the reward, what a model of one's own rewards expects in the other's
place (`imagined reward`); or the other's true reward (`reward access`, the formulation `prosocial`). What is added to
an advantage is scaled to its spread.

An imagined reward does as well as the true one: nothing that the other is paid has to be seen. A value swap does better
than nothing, but so does the control, which knows of no other: most of what a swap of values seems to give is not
care. (It is myopic, and it cannot see a harm that is done: what a theft costs is not on the next board.)
"""

from pathlib import Path
from typing import Any

import numpy as np

import sandbox
from sandbox.reproduction.result import Claim, Figures, Table
from sandbox.reproduction.training import trained

SOURCE = "an unreviewed note on the swap in the Coin Game of Lerer and Peysakhovich (2017) and Foerster et al. (2018)"
SCENARIOS = ("coin_game",)
ARMS = {  # reward, and what PPO swaps
    "plain": ("task", "none"),
    "own value": ("task", "own"),
    "value swap": ("task", "level"),
    "imagined reward": ("task", "imagined"),
    "reward access": ("prosocial", "none"),
}
SEEDS = 5
SHOWN = {
    "collective return": "collective return of an episode",
    "cooperation": "coins taken by their owners, share",
    "coins": "coins taken in an episode",
}
PLAYERS = ("blue", "red")


def _ahead(first: str, second: str) -> Claim:
    return Claim(
        f"collective return of {first} beyond that of {second}",
        lambda table: table.mean(first, "collective return") - table.mean(second, "collective return"),
        least=0,
    )


CLAIMS = (
    _ahead("reward access", "imagined reward"),
    _ahead("imagined reward", "value swap"),
    _ahead("value swap", "plain"),
    _ahead("own value", "plain"),
)


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Train both, and let what they learned play 200 episodes of 150 steps."""
    reward, swap = ARMS[arm]
    trained(
        folder, "coin_game", reward, "ppo", {"swap": swap}, steps=2_000_000, seed=seed, teams=PLAYERS,
        evaluation_seeds=0,
    )  # fmt: skip
    found = sandbox.evaluate(folder, seeds=200, greedy=False)
    coins = np.array([found.values(f"coloured_taken/{player}") for player in PLAYERS])
    own = np.nan_to_num([found.values(f"own_share/{player}") for player in PLAYERS]) * coins
    return {
        "collective return": float(np.mean(found.values("collective_return"))),
        "cooperation": float(own.sum() / max(coins.sum(), 1)),
        "coins": float(coins.sum(axis=0).mean()),
    }


def draw(table: Table, axes: Any) -> None:
    """Collective return by arm: a dot a seed, the mean and its interval."""
    for place, arm in enumerate(ARMS):
        mean, low, high, _ = table.estimate(arm, "collective return")
        values = table.values(arm, "collective return")
        axes.plot(values, np.full(len(values), place), "o", color="#9aa5b1", markersize=4, zorder=1)
        axes.errorbar(mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color="#20639b", capsize=3)
    axes.set_yticks(range(len(ARMS)), list(ARMS))
    axes.axvline(0, color="#d0d5da", linewidth=1, zorder=0)
    axes.set_xlabel("collective return of an episode")
