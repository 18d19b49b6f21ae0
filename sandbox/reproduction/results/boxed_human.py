"""Boxed human: a helper that learned kindness frees the human almost as fast as one that knows where it wants to go.

A human stands boxed in on all four sides; its goal is one of the corners, drawn for each episode and shown to nobody.
A helper, who alone can push boxes, learns by PPO (500,000 steps) to be paid for the human's empowerment ten steps
ahead, which says nothing of goals. Beside it stands the best that one could do who sees the goal and is paid for the
human's arrival, the sooner the better (the exact solver, one map for each of the corners).

So far ahead, the whole room counts once the human is out, and where it then goes costs the helper nothing. Three steps
ahead, as this scenario's planner looks, corners are poor places: the exact best of that kindness keeps the human from
two of the four corners for ever, once it sees where it is bound for (see `optimum`).
"""

from pathlib import Path

import sandbox
from sandbox.reproduction.exact import best
from sandbox.reproduction.result import Claim, Figures
from sandbox.reproduction.training import trained

SOURCE = "the case `center` of Du et al. (2020), Assistance via empowerment; the bar is ours"
SCENARIOS = ("boxed_human",)
LEARNED, KNOWS = "kindness, learned", "knows the goal"
ARMS = (LEARNED, KNOWS)
SEEDS = 5
SHOWN = {"success": "human reaches its goal", "steps": "steps until then"}
CLAIMS = (
    Claim("human reaches its goal, helped by learned kindness", lambda table: table.mean(LEARNED, "success"), 0.95),
    Claim(
        "steps until then, over those with a helper that knows the goal",
        lambda table: table.mean(LEARNED, "steps") / table.mean(KNOWS, "steps"),
        most=1.3,
    ),
)  # fmt: skip


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Train a helper and let it help in 1,000 episodes; or solve for the best that it could do."""
    if arm == KNOWS:
        found = best(folder.parent / "best.json", "boxed_human", "prosocial", horizon=40, gamma=0.95)
    else:
        trained(
            folder, "boxed_human", "kindness:horizon=10", "ppo", {"discount": 0.9, "entropy": 0.05}, steps=500_000,
            seed=seed, worlds=512, evaluation_seeds=0,
        )  # fmt: skip
        played = sandbox.evaluate(folder, seeds=1000).summary()
        found = {name: each.mean for name, each in played.items()}
    return {"success": min(found["goal_reached/human"], 1.0), "steps": found["steps_to_goal/human"]}
