"""One state of a world with its company, and what can be read off it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.environment.picture import Painter
from sandbox.experiments.company import Company
from sandbox.policies.planner import Planner
from sandbox.world import hands
from sandbox.world.world import World


class Present:
    """What is now: what stands where, what everybody would do, and what the world says of itself.

    Args:
        scenario: a Scenario.
        rewards: as for `Company`.
        world: the scenario's rules, where they are made already.
    """

    states: NDArray[Any]
    """The state, records [1]."""

    def __init__(self, scenario: Any, rewards: Any = None, world: World | None = None) -> None:
        self._company = Company(scenario, rewards, world)
        self.scenario, self.rewards, self.world = scenario, rewards, self._company.world
        self.agent_names = self.world.agent_ids
        self.title = scenario.name
        self.painter = Painter(self.world)

    @property
    def company(self) -> Company:
        """All agents with their policies and mixes."""
        return self._company

    @property
    def seated(self) -> Company:
        """The same, at once: everybody in their seats, but what formulations know may be that of another step."""
        return self._company

    @property
    def over(self) -> bool:
        """Whether this is the end of the episode, by its rules or by time."""
        return self.ended(self.states)

    def ended(self, states: NDArray[Any]) -> bool:
        """Whether an episode is over after this state, a record array [1]."""
        return bool(self._company.finished(states)[0])

    def movables(self) -> dict[tuple[int, int], str]:
        """What can be moved by hand besides agents: (row, column) -> name."""
        return hands.movable(self.world, self.states[0])

    def chances(self, agent: int) -> NDArray[np.float64] | None:
        """How likely an agent's policy takes each action now, float64 [actions]; None where nobody can tell.

        One that was learned and takes its best action says how likely each one is when it explores.
        """
        company = self._company_for(agent)
        leanings = getattr(company.policies[agent], "leanings", None)
        if leanings is not None:
            return leanings(self.states)[0]
        mind = company.minds()[agent]
        try:
            return None if mind is None else mind.chances(self.states)[0]
        except ValueError:
            return None

    def values(self, agent: int) -> dict[str, float]:
        """What an agent's policy expects of the present, by name, as far as it says: a critic, or a planner's plans."""
        say = getattr(self._company_for(agent).policies[agent], "values", None)
        if say is None:
            return {}
        try:
            found = np.asarray(say(self.states), np.float64)[0]
        except ValueError:
            return {}
        names = self.world.actions if found.ndim else ["value"]
        return dict(zip(names, np.atleast_1d(found).tolist(), strict=True))

    def _company_for(self, agent: int) -> Company:
        """The company as this agent's policy needs it: planners alone ask what they would be paid."""
        return self.company if isinstance(self.seated.policies[agent], Planner) else self.seated

    def paint(self) -> NDArray[np.uint8]:
        """The present as a picture, uint8 [height, width, 3]."""
        return self.painter.paint(self.states[0])

    def view_box(self, agent: int) -> tuple[int, int, int] | None:
        """Top row, left column and side of what an agent sees; None once it is gone."""
        row, column = self.world.positions(self.states)[0, agent].tolist()
        radius = self.world.view_radii[agent]
        return (row - radius, column - radius, 2 * radius + 1) if row >= 0 else None

    def measures(self) -> dict[str, float]:
        """The world's own figures of this moment, by name and where they differ by agent."""
        figures = {}
        for name, measure in self.world.measures.items():
            values = np.atleast_1d(measure.read(self.world, self.states)[0])
            words = name.replace("_", " ")
            labels = [f"{agent} {words}" for agent in self.agent_names] if measure.per_agent else [words]
            if measure.over != "first":
                figures |= dict(zip(labels, values.tolist(), strict=True))
        return {label: value for label, value in figures.items() if not np.isnan(value)}
