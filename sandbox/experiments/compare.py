"""One scenario, the same seeds, agents that differ only in what they are paid for: who got what?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

import rewards as formulations
from rewards import estimators
from sandbox.environment.payment import check_owner
from sandbox.experiments.company import Company
from sandbox.experiments.statistics import Estimate, estimate
from sandbox.scenario.read import load_scenario
from sandbox.world.mechanic import Measure
from sandbox.world.world import World

HELPER = "helper"


@dataclass
class Comparison:
    """Outcome measures of each formulation on each seed.

    rows: one mapping for each formulation and seed: `formulation`, `seed`, then measures by name.
    histories: formulation -> the states of the first seed's episode, records [steps + 1].
    """

    scenario: Any
    world: World
    team: str
    horizons: tuple[int, ...]
    seeds: list[int]
    rows: list[dict[str, Any]] = field(default_factory=list)
    histories: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def formulations(self) -> list[str]:
        """Names of the formulations that are done, in the order given."""
        return list(dict.fromkeys(row["formulation"] for row in self.rows))

    @property
    def measures(self) -> list[str]:
        """Names of the measures that say something on at least one seed."""
        names = [name for name in self.rows[0] if name not in ("formulation", "seed")] if self.rows else []
        return [name for name in names if not all(np.isnan(row[name]) for row in self.rows)]

    def values(self, formulation: str, measure: str) -> list[float]:
        """A measure's value on each seed."""
        return [row[measure] for row in self.rows if row["formulation"] == formulation]

    def summary(self) -> dict[str, dict[str, Estimate]]:
        """Formulation -> measure -> mean with its 95 % confidence interval."""
        return {
            name: {measure: estimate(self.values(name, measure)) for measure in self.measures}
            for name in self.formulations
        }


def compare(
    scenario: Any,
    rewards: str | Sequence[Any] | Mapping[str, Any],
    seeds: int | Sequence[int] = 10,
    team: str | None = None,
    horizons: Sequence[int] = (3,),
    overrides: Mapping[str, Any] | None = None,
    on_step: Callable[[str, int, int], None] | None = None,
    on_done: Callable[[Comparison], object] | None = None,
) -> Comparison:
    """Play a scenario once for each formulation and seed, the team under study paid by that formulation.

    Args:
        scenario: a name, a file or a Scenario.
        rewards: specs or their text (`"task+0.5*kindness:horizon=4"`), or a mapping from labels to them.
        seeds: how many, from 0 on, or which.
        team: who is paid differently; by default the team of the first group whose role is `helper`.
        horizons: steps of the empowerment that is measured (bits, outcome `cell`, others still).
        overrides: changes to the scenario by dotted path.
        on_step: called with formulation, step and the most steps there can be.
        on_done: called with the comparison so far after each formulation, so that nothing finished is lost.

    Raises:
        ScenarioError, ValueError: a mistake in what was given; one line.
    """
    if isinstance(scenario, str | PathLike):
        scenario = load_scenario(scenario, overrides)
    if isinstance(rewards, str):
        rewards = [rewards]
    labelled = dict(rewards) if isinstance(rewards, Mapping) else {label_of(spec): spec for spec in rewards}
    specs = {
        label: formulations.parse(spec) if isinstance(spec, str) else spec for label, spec in labelled.items()
    }
    team = team or default_team(scenario)
    world = World(scenario)
    check_owner(world, team)
    companies = {label: Company(scenario, {team: spec}, world) for label, spec in specs.items()}
    chosen = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    if not chosen or not companies:
        raise ValueError("compare needs at least one seed and one formulation")
    if any(horizon < 1 for horizon in horizons):
        raise ValueError(f"horizons must be at least 1 step, not {min(horizons)}")
    result = Comparison(scenario, world, team, tuple(horizons), chosen)
    for label, company in companies.items():
        rows, history = play(company, chosen, result.horizons, lambda step, most, label=label:
                             on_step(label, step, most) if on_step else None)  # fmt: skip
        result.rows += [
            {"formulation": label, "seed": seed, **row} for seed, row in zip(chosen, rows, strict=True)
        ]
        result.histories[label] = history
        if on_done:
            on_done(result)
    return result


def label_of(spec: Any) -> str:
    """A spec as a short label."""
    if isinstance(spec, str):
        return spec
    if isinstance(spec, Mapping):
        return "+".join(
            name + "".join(f":{key}={value}" for key, value in (params or {}).items())
            for name, params in spec.items()
        )
    return type(spec).__name__.lower()


def default_team(scenario: Any) -> str:
    """The team of the first agents whose role is `helper`, or else the first team."""
    groups = list(scenario.agents.items())
    name, group = next((item for item in groups if item[1].role == HELPER), groups[0])
    return group.team or name


def play(
    company: Company,
    seeds: list[int],
    horizons: tuple[int, ...],
    on_step: Callable[[int, int], None],
    learn: bool = True,
) -> tuple[list[dict[str, float]], np.ndarray]:
    """Play one episode a seed, all together; gives measures for each seed and the first seed's states.

    `learn` says whether formulations that learn along see the steps.
    """
    world = company.world
    states = company.start(seeds)
    episodes: list[list[np.ndarray]] = [[state.copy()] for state in states[:, None]]
    paid = np.zeros((3, len(seeds), world.agent_count))  # own mix, task, true objective
    for step in range(world.max_cycles):
        running = np.flatnonzero(~company.finished(states))
        if not len(running):
            break
        now = states[running]
        transition = company.step(now)
        states[running] = now
        for agent in range(world.agent_count):
            paid[0, running, agent] += company.mixes[agent].pay(transition, agent)
            paid[2, running, agent] += company.true_mixes[agent].pay(transition, agent)
        paid[1, running] += world.pay(now)
        if learn:
            company.learn(transition)
        for index, seed in enumerate(running):
            episodes[seed].append(now[index : index + 1].copy())
        on_step(step + 1, world.max_cycles)
    histories = [np.concatenate(episode) for episode in episodes]
    bits = empowerments(world, histories, horizons)
    rows = [
        _row(company, history, paid[:, index], {horizon: own[index] for horizon, own in bits.items()})
        for index, history in enumerate(histories)
    ]
    on_step(world.max_cycles, world.max_cycles)
    return rows, histories[0]


def empowerments(
    world: World, histories: list[np.ndarray], horizons: tuple[int, ...]
) -> dict[int, list[np.ndarray]]:
    """Every agent's empowerment along each history: horizon -> bits [steps + 1, agents] of each episode."""
    states, ends = np.concatenate(histories), np.cumsum([len(history) for history in histories])[:-1]
    found = {}
    for horizon in horizons:
        bits = [
            estimators.empowerment(world, states, horizon, agent=agent) for agent in range(world.agent_count)
        ]
        found[horizon] = np.split(np.stack(bits, axis=1), ends)
    return found


def _row(
    company: Company, history: np.ndarray, paid: np.ndarray, bits: dict[int, np.ndarray]
) -> dict[str, float]:
    """One episode's figures; those of single agents as their team's mean."""
    row, teams = measured(company.world, history), members_of(company.world)
    for team, members in teams.items():
        for horizon, own in bits.items():
            row[f"empowerment_{horizon}/{team}"] = float(own[:, members].mean())
    for team, members in teams.items():
        row[f"reward/{team}"], row[f"task/{team}"], row[f"true_objective/{team}"] = (
            paid[:, members].mean(axis=1).tolist()
        )
    row["steps"] = len(history) - 1
    return row


def members_of(world: World) -> dict[str, list[int]]:
    """Each team's agents."""
    return {
        team: [i for i, own in enumerate(world.teams) if own == team] for team in dict.fromkeys(world.teams)
    }


def measured(world: World, history: np.ndarray) -> dict[str, float]:
    """The world's own measures of one episode, `name` or `name/team`, from its states, records [steps + 1]."""
    figures = {}
    for name, measure in world.measures.items():
        values = over_episode(measure, measure.read(world, history))
        if measure.per_agent:
            figures |= {f"{name}/{team}": mean_known(values[own]) for team, own in members_of(world).items()}
        else:
            figures[name] = float(values)
    return figures


def over_episode(measure: Measure, values: np.ndarray) -> np.ndarray:
    """A measure's values along an episode, float [steps + 1, ...], as one figure (or one an agent)."""
    if measure.over == "mean":
        return values.mean(axis=0)
    if measure.over == "last":
        return values[-1]
    return np.where((values == 1).any(axis=0), (values == 1).argmax(axis=0), np.nan)


def mean_known(values: np.ndarray) -> float:
    """Mean of the values that are numbers, nan where there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
