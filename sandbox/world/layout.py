"""A blueprint laid out on the padded grid: cells as numbers, agents one by one, actions, and the rules that apply."""

from functools import cached_property
from typing import Any

import numpy as np

from sandbox.world.blueprint import Blueprint, Placed
from sandbox.world.mechanic import Mechanic, mechanics

STEERING = ("stay", "north", "south", "west", "east")
OPPOSITE = (0, 2, 1, 4, 3)


class Layout:
    """The unchanging geometry that mechanics read when they fill a level and a first state."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.rows, self.columns = len(blueprint.rows), len(blueprint.rows[0])
        agents = [group for group in blueprint.groups for _ in range(group.count)]
        self.groups = tuple(group.name for group in agents)
        self.teams = tuple(group.team for group in agents)
        self.roles = tuple(group.role for group in agents)
        self.view_radii = tuple(group.view for group in agents)
        self.agent_count = len(agents)
        self.team_names = tuple(dict.fromkeys(self.teams))
        self.team_of = np.array([self.team_names.index(team) for team in self.teams], np.int8)
        looks = [group.look or group.team for group in agents]
        self.look_names = tuple(dict.fromkeys(looks))
        self.look_of = np.array([self.look_names.index(look) for look in looks], np.int8)
        self.agent_ids = tuple(
            f"{team}_{self.teams[:index].count(team)}" for index, team in enumerate(self.teams)
        )
        self.pad = max(1, *self.view_radii)
        self.stride = self.columns + 2 * self.pad
        self.cell_count = self.stride * (self.rows + 2 * self.pad)
        self.rules = self._rules()
        self.actions = STEERING + tuple(
            dict.fromkeys(name for rule in self.rules.values() for name in rule.actions(blueprint))
        )
        self.steps = (0, -self.stride, self.stride, -1, 1)

    def _rules(self) -> dict[str, Mechanic]:
        known = mechanics()
        on_map = {thing.name for thing in self.blueprint.things}
        used = {
            name
            for name, rule in known.items()
            if (
                rule.applies(self.blueprint)
                if rule.applies
                else rule.things is None or on_map & set(rule.things)
            )
        }
        while missing := {need for name in used for need in known[name].needs} - used:
            used |= missing
        return {name: rule for name, rule in known.items() if name in used}

    def cell(self, row: int, column: int) -> int:
        """The flat index of a cell in the padded grid."""
        return (row + self.pad) * self.stride + column + self.pad

    def row_column(self, cell):
        """The inverse of `cell`, also for arrays."""
        return cell // self.stride - self.pad, cell % self.stride - self.pad

    def action(self, name: str) -> int:
        """The number of an action, or -1 where this world has none of that name."""
        return self.actions.index(name) if name in self.actions else -1

    def things(self, name: str) -> list[Placed]:
        """All things of one kind in reading order."""
        return [thing for thing in self.blueprint.things if thing.name == name]

    def draw(self, state, name: str, plane: int, code: int) -> None:
        """Write a code into a plane wherever there is such a thing."""
        for thing in self.things(name):
            state["cells"][self.cell(thing.row, thing.column), plane] = code

    def cells_of(self, name: str) -> np.ndarray:
        """Cells of all things of one kind, int16 [things]; one cell 0 (nowhere) when there are none."""
        return np.array([self.cell(t.row, t.column) for t in self.things(name)] or [0], np.int16)

    def number_of_link(self, link: str) -> int:
        """A link name as a small number, so that kernels can compare links."""
        return self._links.index(link)

    def links_of(self, name: str) -> np.ndarray:
        """Link numbers of all things of one kind, int16 [things]; -1 when there are none."""
        return np.array([self.number_of_link(t.params.link) for t in self.things(name)] or [-1], np.int16)

    @cached_property
    def _links(self) -> list[str]:
        return sorted({t.params.link for t in self.blueprint.things if hasattr(t.params, "link")})

    def permission(self, names) -> np.ndarray:
        """Which agents belong to the named teams or groups, int8 [agents]; nobody named means all."""
        return np.array(
            [
                not names or team in names or group in names
                for team, group in zip(self.teams, self.groups, strict=True)
            ],
            np.int8,
        )

    def settings(self, name: str) -> Any:
        """A mechanic's settings, its defaults where the blueprint says nothing."""
        kind = mechanics()[name].settings
        return self.blueprint.settings.get(name) or (kind() if kind else None)
