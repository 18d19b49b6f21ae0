"""What the exact solver says of a scenario, worked out once for all seeds of an experiment."""

import json
from pathlib import Path

from sandbox.reproduction.result import Figures
from sandbox.scenario.read import load_scenario
from sandbox.training.solve import solve
from sandbox.whole_file import whole_file

GOAL = "G"


def best(path: Path, scenario: str, reward: str, horizon: int, gamma: float = 1.0) -> Figures:
    """What the best helper is paid and what follows from it: `paid` and the expected measures of an episode.

    It sees everything, goals that are drawn for each episode included: one map for each of them is solved, in which
    the others are left out, and the mean taken, since each is as likely.

    Args:
        path: file in which the figures are kept, and found next time.
        scenario: name; its goals have the letter G.
        reward: what the helper is paid, a spec's text.
        horizon: steps that count.
        gamma: weight of a reward one step later.
    """
    if not path.exists():
        found: list[Figures] = []
        for rows in one_goal_each(load_scenario(scenario).map):
            solution = solve(load_scenario(scenario, {"map": rows}), reward, horizon=horizon, gamma=gamma)
            found.append({"paid": solution.value} | solution.evaluate().measures)
            del solution
        means = {name: sum(each[name] for each in found) / len(found) for name in found[0]}
        with whole_file(path) as draft:
            draft.write_text(json.dumps(means))
    return json.loads(path.read_text())


def one_goal_each(rows: str) -> list[str]:
    """The map once for each goal on it, without the others."""
    places = [place for place, letter in enumerate(rows) if letter == GOAL]
    bare = rows.replace(GOAL, ".")
    return [bare[:place] + GOAL + bare[place + 1 :] for place in places]
