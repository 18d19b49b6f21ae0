"""PPO against the exact solver: what is learned is worth as much as the best that there is, or nearly.

In three scenarios one agent learns by PPO, the others follow the scenario's policies, and the exact solver says what
the best policy is paid. That best one sees the whole state, goals that are drawn for each episode and shown to nobody
included, and how long an episode has run, so that it is a bound which a learner may be unable to reach. What was
learned is evaluated exactly too, its likeliest actions, except in `boxed_human`, where 1,000 episodes are played.

`doorway`          its first agent is paid 1 for reaching its goal, 5 % less with every step; the other walks at random.
`two_doors`        kindness four steps ahead. Learners find one of two policies: 140.2, or 146.2 of 150.4.
`boxed_human`      kindness ten steps ahead: once the human is out, every corner is within its reach.
`boxed_human, 3`   kindness three steps ahead, as this scenario's planner looks. The best one sees where the human is
                   bound for and, with that, walls the farther two corners off for ever, pushing boxes back and forth
                   before its feet. By itself PPO sets it free and no more, for 0.90 of the best after 20 million steps
                   too. Paid also for what it has seldom seen, of which less and less is left, it finds such walls; what
                   that is worth is measured without this pay.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.experiments.company import Company
from sandbox.reproduction.exact import best
from sandbox.reproduction.result import Claim, Figures
from sandbox.reproduction.training import trained
from sandbox.scenario.read import load_scenario
from sandbox.training.acting import load, seat
from sandbox.training.evaluate import company_of
from sandbox.training.evaluate import measure as played
from sandbox.training.solve import solve

SOURCE = "the bar is ours"
SCENARIOS = ("doorway", "two_doors", "boxed_human")
LEARNING = {"discount": 0.9, "entropy": 0.05}


class Arm(NamedTuple):
    """Who learns what for how long: `paid` counts, `curiosity` is paid besides while learning."""

    scenario: str
    team: str
    paid: str
    steps: int
    gamma: float = 1.0
    curiosity: str = ""
    learning: Mapping[str, Any] = LEARNING


ARMS = {
    "doorway": Arm("doorway", "left", "task", 500_000, gamma=0.95),
    "two_doors": Arm("two_doors", "helper", "kindness:horizon=4", 1_000_000),
    "boxed_human": Arm("boxed_human", "helper", "kindness:horizon=10", 500_000),
    "boxed_human, 3": Arm(
        "boxed_human", "helper", "kindness:horizon=3", 10_000_000,
        curiosity="+count:of=view", learning={"discount": 0.97, "entropy": 0.01},
    ),
}  # fmt: skip
SEEDS = 5
SHOWN = {"learned": "return of PPO", "best": "best", "share": "share"}
CLAIMS = tuple(
    Claim(f"share of the best return, {arm}", lambda table, arm=arm: table.mean(arm, "share"), 0.95)
    for arm in ARMS
)


def measure(arm: str, seed: int, folder: Path) -> Figures:
    """Train, evaluate, and compare with the best."""
    name, team, paid, steps, gamma, curiosity, learning = ARMS[arm]
    trained(
        folder, name, paid + curiosity, "ppo", learning, steps=steps, seed=seed, worlds=512, teams=team,
        evaluation_seeds=0,
    )  # fmt: skip
    scenario = load_scenario(name)
    if name == "boxed_human":  # 3.5 million states: the best is worked out once, for one goal after the other
        top = best(folder.parent / "best.json", name, paid, horizon=scenario.max_cycles)["paid"]
        company = Company(scenario, {team: paid})
        seat(company, load(folder, company.world))
        learned = played(company, range(1000), (3,)).summary()[f"reward/{team}"].mean
    else:
        solution = solve(scenario, paid, team, horizon=scenario.max_cycles, gamma=gamma)
        company = company_of(folder)[1]
        top = solution.value
        learned = solution.evaluate(company.policies[solution.agent]).discounted
    return {"learned": learned, "best": top, "share": learned / top}
