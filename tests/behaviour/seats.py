"""Who sits in a drawing: a company whose world is a stage, for the exact solver and for planners."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewards import Mix, Term, Transition, make
from sandbox.experiments.company import Company
from sandbox.scenario.read import parse_scenario
from sandbox.training.solve import Solution, solve
from tests.drawn import Stage

STILL = {"scripted": {"do": "still"}}
WALKS = {"scripted": {"do": "goal"}}


@dataclass
class AsItIs:
    """A formulation that learns no more, as the exact solver needs it.

    `start`: the state that is remembered as the one in which the episode began, by those who compare with it.
    """

    formulation: Any
    start: np.ndarray | None = None

    def pay(self, transition, agent):
        if self.start is not None:  # who remembers nothing takes a step to begin at the start
            begin = np.repeat(self.start, len(transition.before))
            transition = Transition(transition.dynamics, begin, transition.actions, transition.after)
        return self.formulation.pay(transition, agent)


def company(stage: Stage, **policies: Any) -> Company:
    """The agents of a stage, the first of them at random, the others still unless `policies` says more."""
    teams = dict(zip(stage.agents, stage.world.teams, strict=True))
    rows = "".join(
        f"  {letter}: {{letter: {letter}, team: {teams[letter]}, policy: {policies.get(letter, STILL)}}}\n"
        for letter in stage.agents
    )
    rows = f"map: |\n  {''.join(stage.agents)}\nagents:\n{rows}max_cycles: 50\n"
    text = f"format: 1\nname: drawn\nabout: A stage.\n{rows}"
    return Company(parse_scenario(text), world=stage.world)


def solved(
    spec: Any, drawing: str, legend: Mapping[str, Any] | None = None, gamma: float = 0.9, **more: Any
) -> Solution:
    """The best that A can do in a drawing for a reward. `more`: rules and teams of the stage, policies by letter."""
    stage = Stage(drawing, legend, more.pop("rules", None), more.pop("teams", None))
    terms = [
        Term(term.name, term.weight, AsItIs(term.formulation, stage.states))
        if getattr(term.formulation, "baseline", "") == "start"
        else Term(term.name, term.weight, AsItIs(term.formulation))
        if hasattr(term.formulation, "learn")
        else term
        for term in make(spec).terms
    ]
    return solve(company(stage, **more), Mix(terms), agent="A", gamma=gamma)


def first(solution: Solution) -> set[str]:
    """The actions that are best at the start."""
    (start,) = solution.starts
    worth = solution.action_values[start]
    return {
        name for name, each in zip(solution.world.actions, worth, strict=True) if each > worth.max() - 1e-6
    }
