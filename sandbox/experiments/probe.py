"""Every formulation in one state: what it pays everybody there, and for each next action of one agent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rewards as formulations
from rewards.mix import Mix, pupils
from rewards.socket import Transition
from sandbox.environment.payment import lacking
from sandbox.experiments.company import Company
from sandbox.scenario.schema import Scenario
from sandbox.world.world import World

Asked = list[tuple[Mix, list[bool]]]
"""Formulations that are asked, with the agents whom each can pay."""


@dataclass(frozen=True)
class Probe:
    """What formulations pay in a state, by their names as given.

    everybody  float64 [agents]: what each agent is paid for a step in which all stay; nan where a formulation needs
               something that the agent has not.
    actions    float64 [actions]: what `agent` is paid for each of its actions while all others stay.
    silent     why a formulation says nothing to anybody, one line each.
    """

    world: World
    states: NDArray[Any]
    agent: int
    everybody: dict[str, NDArray[np.float64]]
    actions: dict[str, NDArray[np.float64]]
    silent: dict[str, str]

    def tables(self) -> list[Any]:
        """Both as rich Tables."""
        return [
            _table("all stay; paid to", self.world.agent_ids, self.everybody),
            _table(f"others stay; {self.world.agent_ids[self.agent]} does", self.world.actions, self.actions),
        ]


def probe(
    scenario: Scenario,
    rewards: Sequence[str] | None = None,
    agent: int = 0,
    seed: int = 0,
    steps: int = 0,
    states: NDArray[Any] | None = None,
    past: Iterable[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = (),
    world: World | None = None,
) -> Probe:
    """Ask formulations about one state; those that learn along know nothing yet but what was lived through.

    Args:
        scenario: which world.
        rewards: specs as text; None for every formulation with its defaults.
        agent: whose actions are tried.
        seed: of the episode; steps: how many of it are played by the scenario's policies first.
        states: the state itself, a record array [1], in place of an episode's.
        past: what was lived through before `states`, step by step: (before, actions, after), as of `Episode.lived`.
        world: the scenario's rules, where they are made already.

    Raises:
        ValueError: a formulation that does not exist, or a state that an episode does not reach; one line.
    """
    company = Company(scenario, None, world)
    world = company.world
    if not 0 <= agent < world.agent_count:
        raise ValueError(f"no agent {agent}; there are {', '.join(world.agent_ids)}")
    made, silent, able = {}, {}, {}
    for name in formulations.names() if rewards is None else rewards:
        mix = formulations.make(name)
        lacks = [lacking(mix, world, each) for each in range(world.agent_count)]
        if all(lacks):
            silent[name] = lacks[agent]
        else:
            made[name], able[name] = mix, [not each for each in lacks]
    asked = [(mix, able[name]) for name, mix in made.items()]
    if states is None:
        states = _lived(company, asked, seed, steps)
    for before, actions, after in past:
        _see(company, asked, Transition(world, before, actions, after, policies=company.minds()))
    joint = np.zeros((1, world.agent_count), np.int8)
    tried = np.repeat(joint, len(world.actions), 0)
    tried[:, agent] = np.arange(len(world.actions))
    still, many = _step(company, states, joint), _step(company, np.repeat(states, len(tried)), tried)
    everybody, actions = {}, {}
    for name, mix in made.items():
        try:
            everybody[name] = np.array(
                [mix.pay(still, each)[0] if can else np.nan for each, can in enumerate(able[name])]
            )
            actions[name] = mix.pay(many, agent) if able[name][agent] else np.full(len(tried), np.nan)
        except ValueError as problem:
            silent[name] = str(problem)
    return Probe(world, states, agent, everybody, actions, silent)


def _lived(company: Company, asked: Asked, seed: int, steps: int) -> NDArray[Any]:
    states = company.start([seed])
    for step in range(steps):
        if company.finished(states)[0]:
            raise ValueError(f"the episode of seed {seed} is over after {step} steps, before step {steps}")
        _see(company, asked, company.step(states))
    return states


def _see(company: Company, asked: Asked, transition: Transition) -> None:
    """Let those who learn along see a step once it has been paid: those who are asked, and those who pay."""
    paying = [
        (mix, [each is mix for each in company.mixes]) for mix in {id(m): m for m in company.mixes}.values()
    ]
    for mix, able in [*asked, *paying]:
        if pupils([mix]):
            for agent in np.flatnonzero(able).tolist():
                mix.pay(transition, agent)
    for pupil in pupils([mix for mix, _ in [*asked, *paying]]):
        pupil.learn(transition)


def _step(company: Company, states: NDArray[Any], actions: NDArray[np.int8]) -> Transition:
    world = company.world
    return Transition(world, states, actions, world.imagine(states, actions), policies=company.minds())


def _table(title: str, columns: Sequence[str], rows: dict[str, NDArray[np.float64]]):
    from rich import box
    from rich.table import Table

    view = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    view.add_column("reward")
    for column in columns:
        view.add_column(column, justify="right", overflow="fold")
    for name, values in rows.items():
        best = np.isclose(values, values.max()) & ~np.isclose(values.max(), values.min())
        view.add_row(
            name, *(f"[bold]{v:.3g}[/]" if top else f"{v:.3g}" for v, top in zip(values, best, strict=True))
        )
    return view
