"""A world: the rules of one scenario made ready. It holds nothing that changes; states are arrays of records."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from sandbox.world import fuse, randomness
from sandbox.world.blueprint import Blueprint
from sandbox.world.codes import AGENT, CROWD, GROUND, PLANE_COUNT, SOLID, THING, WALL
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Measure
from sandbox.world.mechanics.slip import chances
from sandbox.world.state import all_fields, level_record, state_type

SERIAL_BELOW = 64  # agents in all worlds together; fewer are not worth waking other threads for


class World:
    """The rules of one scenario.

    Axes run worlds, agents, rest. States are structured arrays [worlds]; copying one is an assignment, and equal
    `key`s mean equal truth.

    Args:
        scenario: a Scenario (anything with `blueprint()`) or a Blueprint.
    """

    def __init__(self, scenario: Any) -> None:
        self.blueprint: Blueprint = scenario if isinstance(scenario, Blueprint) else scenario.blueprint()
        self.layout = layout = Layout(self.blueprint)
        self.name = self.blueprint.name
        self.rows, self.columns = layout.rows, layout.columns
        self.pad, self.stride = layout.pad, layout.stride
        self.agent_ids, self.agent_count = layout.agent_ids, layout.agent_count
        self.teams, self.groups, self.roles = layout.teams, layout.groups, layout.roles
        self.view_radii, self.actions = layout.view_radii, layout.actions
        self.max_cycles, self.slip = self.blueprint.max_cycles, self.blueprint.slip
        self.noise = chances(self.slip, len(self.actions)) if self.slip else None
        fields = all_fields(layout)
        self.state_type, self.core_words = state_type(fields)
        constants: dict[str, Any] = {"stride": np.int16(layout.stride), "team_of": layout.team_of}
        for rule in layout.rules.values():
            constants |= rule.constants(layout)
        self.level = level_record(constants)
        self.kernels = fuse.world_module(layout, fields, self.state_type, self.core_words, self.level.dtype)
        self.measures: dict[str, Measure] = {
            name: measure for rule in layout.rules.values() for name, measure in rule.measures.items()
        }

    def __reduce__(self):
        """Pickled and copied as its blueprint: kernels are found again in the cache."""
        return World, (self.blueprint,)

    @property
    def side(self) -> int:
        """Cells along the side of the largest view."""
        return 2 * max(self.view_radii) + 1

    @property
    def renewing(self) -> list[str]:
        """The rules by which chance acts after a step, as coins come back, which imagined steps leave out."""
        return [name for name, rule in self.layout.rules.items() if "renew" in rule.kernels]

    @cached_property
    def first_words(self) -> np.ndarray:
        """The start of every episode before chance has a say, uint64 [words]."""
        state = np.zeros(1, self.state_type)
        for rule in self.layout.rules.values():
            if rule.place:
                rule.place(self.layout, state[0])
        return state.view(np.uint64)

    def new_states(self, count: int, seed: int) -> np.ndarray:
        """Fresh states, records [count]; world k depends on the seed and k alone."""
        states = np.zeros(count, self.state_type)
        states["rng_key"] = randomness.keys(seed, count)
        self.restart(states)
        return states

    def restart(self, states: np.ndarray) -> None:
        """Begin the next episode in place; each with the next of its own streams of randomness."""
        self.run_kernel("restart", states, self.level, self.first_words, states, self.words(states))

    def step(self, states: np.ndarray, actions: np.ndarray) -> None:
        """Let all agents act, in place, noise included.

        Args:
            states: records [worlds].
            actions: integers [worlds, agents].

        Raises:
            ValueError: a wrong shape or an action that this world does not have.
        """
        self.run_kernel("step", states, self.level, states, self.check_actions(states, actions))

    def imagine(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Copies of the states, records [worlds], in which the actions were executed: noise never strikes here."""
        futures = self.copy(states)
        self.run_kernel("imagine", futures, self.level, futures, self.check_actions(states, actions))
        return futures

    def observe(self, states: np.ndarray) -> np.ndarray:
        """What agents see, uint8 [worlds, agents, side, side, 3]; zeros outside their views and once they are gone."""
        out = np.empty((len(states), self.agent_count, self.side, self.side, PLANE_COUNT), np.uint8)
        self.run_kernel("observe", states, states, out)
        return out

    def action_mask(self, states: np.ndarray) -> np.ndarray:
        """0 where an action surely does nothing now, int8 [worlds, agents, actions]."""
        out = np.empty((len(states), self.agent_count, len(self.actions)), np.int8)
        self.run_kernel("permit", states, self.level, states, out)
        return out

    def copy(self, states: np.ndarray) -> np.ndarray:
        """The same states again, records [worlds], word by word (NumPy's own copy goes field by field)."""
        return self.words(np.ascontiguousarray(states)).copy().view(self.state_type).reshape(len(states))

    def words(self, states: np.ndarray) -> np.ndarray:
        """A second view of the same records, uint64 [worlds, words]; the first `core_words` are the key."""
        return states.view(np.uint64).reshape(len(states), self.state_type.itemsize // 8)

    def key(self, states: np.ndarray) -> np.ndarray:
        """Equal keys, equal truth: uint64 [worlds, core_words]; clock and randomness are left out."""
        return self.words(states)[:, : self.core_words].copy()

    def pay(self, states: np.ndarray) -> np.ndarray:
        """What the last step's task paid, float32 [worlds, agents]."""
        return states["pay"]

    def alive(self, states: np.ndarray) -> np.ndarray:
        """Who is still in the world, bool [worlds, agents]."""
        return states["alive"].astype(bool)

    def fresh(self, states: np.ndarray) -> np.ndarray:
        """Whether an episode begins with each state, bool [worlds]."""
        return states["clock"] == 0

    @cached_property
    def ways(self) -> np.ndarray:
        """The cell that each step of the feet leads to, walls standing and doors open, [cells, steps]."""
        ahead = self.level[0]["neighbour"].astype(np.int64)
        ground = self.first_words.view(self.state_type)[0]["cells"][:, GROUND]
        return np.where(ground[ahead] == WALL, np.arange(len(ahead))[:, None], ahead)

    def cells(self, states: np.ndarray) -> np.ndarray:
        """Where each agent is, int64 [worlds, agents]; 0 once it is gone."""
        return np.where(states["alive"] == 1, states["cell"], 0).astype(np.int64)

    def goals(self, states: np.ndarray, agent: int) -> np.ndarray:
        """Which cells are goals of this agent that count, bool [worlds, cells]."""
        found = np.zeros((len(states), len(self.ways)), bool)
        names = self.level.dtype.names or ()
        if "goal_cell" in names:
            for goal, (cell, owners) in enumerate(
                zip(self.level[0]["goal_cell"], self.level[0]["goal_of"], strict=True)
            ):
                pick = states["goal_pick"][:, agent]
                found[:, cell] |= bool(owners[agent]) & ((pick < 0) | (pick == goal))
        return found

    @property
    def openable(self) -> int:
        """Number of things that open and close: the doors."""
        return len(self.layout.things("door"))

    def things_open(self, states: np.ndarray) -> np.ndarray:
        """Which of the things that open are open, bool [worlds, openable]."""
        if not self.openable:
            return np.zeros((len(states), 0), bool)
        return states["door_open"][:, : self.openable] == 1

    def without(self, states: np.ndarray, agent: int) -> np.ndarray:
        """Copies of `states` one still step after the agent has left the world with all that it carries."""
        futures, index = self.copy(states), np.arange(len(states))
        here = futures["cell"][:, agent].copy()
        futures["who"][index, here] = 0
        futures["cells"][index, here, AGENT] = 0
        for name in ("alive", "cell", "target", "moved"):
            futures[name][:, agent] = 0
        if self.blueprint.shares_cells:
            self._show_left(futures, here)
        return self.imagine(futures, np.zeros((len(states), self.agent_count), np.int8))

    def positions(self, states: np.ndarray) -> np.ndarray:
        """Row and column of every agent, int16 [worlds, agents, 2]; (-1, -1) once it is gone."""
        where = np.stack(self.layout.row_column(states["cell"].astype(np.int16)), axis=-1)
        return np.where(states["alive"][..., None] == 1, where, -1).astype(np.int16)

    def place(self, states: np.ndarray, agent: int, rows, columns) -> None:
        """Put an agent elsewhere, in place; one cell for all states or one each.

        Raises:
            ValueError: the cell is not one that an agent may stand on, or another agent stands there (also where
                agents may share a cell).
        """
        index = np.arange(len(states))
        cells = np.broadcast_to(
            (np.asarray(rows) + self.pad) * self.stride + np.asarray(columns) + self.pad, index.shape
        )
        occupant = states["who"][index, cells]
        solid = (states["cells"][index, cells][:, [GROUND, THING]] >= SOLID).any(axis=1)
        if bad := np.flatnonzero(solid | ((occupant != 0) & (occupant != agent + 1))).tolist():
            row, column = self.layout.row_column(int(cells[bad[0]]))
            raise ValueError(
                f"agent {agent} cannot stand on row {row}, column {column}: it is taken or solid"
            )
        here = states["cell"][:, agent].copy()
        states["who"][index, here] = 0
        states["cells"][index, here, AGENT] = 0
        states["cell"][:, agent] = states["target"][:, agent] = cells
        states["alive"][:, agent] = 1
        states["who"][index, cells] = agent + 1
        states["cells"][index, cells, AGENT] = states["look"][:, agent]
        if self.blueprint.shares_cells:
            self._show_left(states, here)

    def _show_left(self, states: np.ndarray, cells: np.ndarray) -> None:
        """Show again those who stand on a cell, int [worlds], that one of them has left."""
        for state, cell in zip(states, cells.tolist(), strict=True):
            staying = np.flatnonzero((state["cell"] == cell) & (state["alive"] == 1))
            if len(staying):
                state["who"][cell] = staying[0] + 1
                state["cells"][cell, AGENT] = state["look"][staying[0]] + CROWD * (len(staying) > 1)

    def free_cells(self) -> np.ndarray:
        """Row and column of the cells on which agents may stand at the start, int [cells, 2], in reading order."""
        first = self.first_words.view(self.state_type)[0]
        planes = first["cells"][:, [GROUND, THING]].reshape(-1, self.stride, 2)
        inside = planes[self.pad : self.pad + self.rows, self.pad : self.pad + self.columns]
        return np.argwhere((inside < SOLID).all(axis=2))

    def specialise(self, module: ModuleType) -> ModuleType:
        """A kernel module written against `rewards.kernel_socket`, with this world's kernels in it."""
        return fuse.specialise(module, "rewards.kernel_socket", self.kernels)

    def is_compiled(self) -> bool:
        """Whether the kernels are in the cache; the first run of a scenario compiles them for some seconds."""
        return fuse.is_compiled(self.kernels)

    def check_actions(self, states: np.ndarray, actions) -> np.ndarray:
        """The actions as int8 [worlds, agents], or a ValueError that says what is wrong."""
        actions = np.asarray(actions)
        if actions.shape != (len(states), self.agent_count) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"actions must be integers of shape {(len(states), self.agent_count)} [worlds, agents], "
                f"not {actions.dtype} of shape {actions.shape}"
            )
        if actions.size and actions.astype(np.uint64).max() >= len(self.actions):  # negative ones become huge
            raise ValueError(f"actions must lie in 0..{len(self.actions) - 1} ({', '.join(self.actions)})")
        return np.ascontiguousarray(actions, np.int8)

    def run_kernel(self, name: str, states: np.ndarray, *arguments) -> None:
        """Call a batch kernel: on all cores where there are worlds enough, else on this one."""
        suffix = "serial" if len(states) * self.agent_count < SERIAL_BELOW else "parallel"
        kernel = getattr(self.kernels, f"{name}_{suffix}")
        if kernel.overloads:
            kernel(*arguments)
        else:
            with _nothing_collected():
                kernel(*arguments)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """For a kernel's first call: Numba then makes a great many lasting objects, and looking for garbage among them
    takes a third as long again.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
