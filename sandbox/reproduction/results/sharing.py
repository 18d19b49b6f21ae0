"""Sharing: the more a learner cares for the other, the more coins it leaves to it; in between shares are most even.

In `sharing` the k-th coin of an agent pays 1.1 - 0.1 k, so that fair shares are best for all together, too: splits 9/0,
7/2 and 5/4 are worth 5.4, 6.8 and 7.4. An empathic DQN learns beside another agent that sweeps over the map. Of what an
action is worth to it, `beta` is its own return, the rest what the other's next window would be worth to it.

What is not in `SETTINGS` is as published. A discount of 0.95 instead of 0.99 is the largest change: with 0.99 a coin
now is worth but a hundredth more than one a step later, too little for what networks learn in the few updates made here
(23 thousand instead of millions), so that even a selfish one dawdles and leaves much to the other.

Each run is judged by 100 episodes, without trying. They differ in who has the first step, and in nothing else.
"""

from pathlib import Path
from typing import Any

from sandbox.reproduction.result import Claim, Figures, Table
from sandbox.reproduction.training import trained
from sandbox.training.evaluate import evaluate

SOURCE = "Bussmann, Heinerman and Lehman 2019, section 5.2, which shows curves; the bar is this project's"
SCENARIOS = ("sharing",)
SEEDS = 5
BETAS = {f"beta {beta:g}": beta for beta in (0.0, 0.25, 0.5, 0.75, 1.0)}
ARMS = tuple(BETAS)
SHOWN = {
    "equality": "equality",
    "welfare": "welfare",
    "own": "own return",
    "other": "other's return",
    "steps": "steps",
}
CLAIMS = (
    Claim(
        "equality with beta 0.5 minus equality with beta 1",
        lambda table: table.mean("beta 0.5", "equality") - table.mean("beta 1", "equality"),
        least=0.15,
    ),
)

STEPS, WORLDS, EPISODES = 1_500_000, 256, 100
SETTINGS = {
    "quirks": "reset", "discount": 0.95, "explore_end": 0.05, "explore_steps": 750_000, "anneal": True,
    "each": 64, "batch": 128, "target_every": 250,
}  # fmt: skip


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Learn, then play."""
    run = trained(
        folder, "sharing", learner="empathic_dqn", parameters=SETTINGS | {"beta": BETAS[arm]}, steps=STEPS,
        worlds=WORLDS, seed=seed, device="cpu", evaluation_seeds=0, log_every=STEPS // 20, checkpoint_every=STEPS // 4,
    )  # fmt: skip
    found = evaluate(run, EPISODES, horizons=(1,)).summary()
    return {
        "equality": found["equality"].mean,
        "welfare": found["welfare"].mean,
        "own": found["task/learner"].mean,
        "other": found["task/other"].mean,
        "steps": found["steps"].mean,
    }


def draw(table: Table, axes: Any) -> None:
    """Equality and welfare over beta, each on its own scale, with intervals over the seeds."""
    betas, right = list(BETAS.values()), axes.twinx()
    for plot, name, label, colour, mark in (
        (axes, "equality", "equality, 2 min / sum", "#2a6f97", "o"),
        (right, "welfare", "welfare, sum of both returns", "#c8553d", "s"),
    ):
        mean, low, high, _ = zip(*(table.estimate(arm, name) for arm in ARMS), strict=True)
        plot.fill_between(betas, low, high, color=colour, alpha=0.18, linewidth=0)
        plot.plot(betas, mean, color=colour, marker=mark, linewidth=2, label=name)
        plot.set_ylabel(label, color=colour)
        plot.tick_params(axis="y", colors=colour)
    axes.set(xlabel="beta, the weight of one's own return", xticks=betas, ylim=(0, 1))
    right.set(ylim=(5.4, 7.4), yticks=(5.5, 6.0, 6.5, 7.0))
    right.spines[["top", "left"]].set_visible(False)
    lines = [plot.get_lines()[0] for plot in (axes, right)]
    axes.legend(handles=lines, frameon=False, loc="lower center", title="95 % intervals over seeds")
