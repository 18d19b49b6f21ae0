"""A world with everybody seated: rewards and policies for each agent, and the step that they take together."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import rewards as formulations
from rewards.mix import Mix, pupils
from rewards.socket import Transition
from sandbox import policies
from sandbox.environment.payment import mixes
from sandbox.policies import conduct
from sandbox.policies.seat import Seat
from sandbox.scenario.read import locate
from sandbox.scenario.schema import Scenario
from sandbox.scenario.source import ScenarioError
from sandbox.world.world import World


class Company:
    """All agents of a scenario with their policies and reward mixes.

    Args:
        scenario: a Scenario.
        rewards: None (the scenario's own), a spec for all, or a mapping from team or group to a spec.
        world: the scenario's rules, where another company has them already; what was worked out in it is shared.
    """

    def __init__(self, scenario: Scenario, rewards: Any = None, world: World | None = None) -> None:
        self.scenario = scenario
        self.world = world = world or World(scenario)
        if problems := misnamed(scenario, world):
            raise ScenarioError(problems)
        self.mixes: list[Mix] = mixes(world, scenario, rewards)
        objective = {group: scenario.true_objective.get(group, scenario.true_objective.get(team, "task"))
                     for group, team in zip(world.groups, world.teams, strict=True)}  # fmt: skip
        self.true_mixes: list[Mix] = mixes(world, scenario, objective)
        specs = [scenario.agents[group].policy for group in world.groups]
        self.policies = policies.seated(world, specs, self.mixes)
        self._seated: tuple[int, ...] = ()
        self._minds: list[conduct.Mind | None] = []

    def start(self, seeds: list[int]) -> np.ndarray:
        """Fresh states, one for each seed: records [seeds]."""
        return np.concatenate([self.world.new_states(1, seed) for seed in seeds])

    def step(self, states: np.ndarray) -> Transition:
        """Let every agent act by its policy, in place; gives back what happened."""
        before = self.world.copy(states)
        actions = np.stack([policy.act(states) for policy in self.policies], axis=1)
        self.world.step(states, actions)
        return Transition(self.world, before, actions, states, policies=self.minds())

    def minds(self) -> list[conduct.Mind | None]:
        """What each agent will do, for formulations that ask."""
        seated = tuple(map(id, self.policies))  # others may have taken a seat meanwhile
        if seated != self._seated:
            self._seated, self._minds = seated, conduct.minds(self.world, self.policies)
        return self._minds

    def learn(self, transition: Transition) -> None:
        """Let formulations that learn along or remember see a step, once it has been paid."""
        for formulation in pupils(self.mixes):
            formulation.learn(transition)

    def finished(self, states: np.ndarray) -> np.ndarray:
        """Whether the episode is over, by its rules or by time: bool [worlds]."""
        over = (states["over"] != 0) | ~self.world.alive(states).any(axis=1)
        return over | (states["clock"] >= self.world.max_cycles)


def misnamed(scenario: Scenario, world: World) -> list[str]:
    """Rewards and policies that a scenario names and that do not exist or do not work so, one line each."""
    problems = []

    def check(place: str, make: Callable[[], object]) -> None:
        try:
            make()
        except ValueError as problem:
            problems.append(f"{locate(scenario, place)}: {problem}")

    for name, group in scenario.agents.items():
        seat = Seat(world, world.groups.index(name))
        check(f"agents.{name}.rewards", partial(formulations.make, group.rewards))
        check(f"agents.{name}.policy", partial(policies.make, group.policy, seat))
    for name, spec in scenario.true_objective.items():
        check(f"true_objective.{name}", partial(formulations.make, spec))
    return problems
