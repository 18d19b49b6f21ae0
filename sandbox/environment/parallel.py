"""The PettingZoo face: one world as a ParallelEnv."""

import operator
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from pettingzoo import ParallelEnv

from rewards.mix import pupils
from rewards.socket import Transition
from sandbox.environment.batch import fresh_seed
from sandbox.environment.payment import is_task_only, mixes
from sandbox.world.codes import PLANE_COUNT
from sandbox.world.world import World

RENDER_MODES = ("rgb_array", "ansi")
HIGHEST_CODE = 127


class SandboxEnvironment(ParallelEnv):
    """One world of a scenario as a PettingZoo ParallelEnv.

    Observations are uint8 [side, side, 3] windows centred on the agent, one Box a team; actions are Discrete and
    named by `action_names`; infos hold `action_mask` (int8) and each reward term as `reward/<term>`.

    Args:
        scenario: a Scenario.
        rewards: None (the scenario's own), a spec for all, or a mapping from team or group to a spec.
        render_mode: None, "rgb_array" (a picture, uint8 [height, width, 3]) or "ansi" (the map as text).
        max_cycles: steps after which an episode is truncated, instead of the scenario's own.
    """

    def __init__(
        self,
        scenario: Any,
        rewards: Any = None,
        render_mode: str | None = None,
        max_cycles: int | None = None,
    ) -> None:
        if render_mode not in (None, *RENDER_MODES):
            raise ValueError(
                f"render_mode {render_mode!r} is not known; allowed: {', '.join(RENDER_MODES)} "
                "(for a window use `sandbox watch`)"
            )
        if max_cycles is not None and (not isinstance(max_cycles, int | np.integer) or max_cycles < 1):
            raise ValueError(f"max_cycles must be a whole number of steps from 1, not {max_cycles!r}")
        self.scenario = scenario
        self.world = world = World(scenario)
        self.render_mode = render_mode
        self.max_cycles = world.max_cycles if max_cycles is None else max_cycles
        self.metadata = {
            "name": f"{scenario.name}_v0",
            "render_modes": list(RENDER_MODES),
            "render_fps": 8,
            "is_parallelizable": True,
        }
        self.possible_agents = list(world.agent_ids)
        self.agents: list[str] = []
        self.action_names = world.actions
        self.mixes = mixes(world, scenario, rewards)
        self._wanted: dict = {}
        self._index = {agent: index for index, agent in enumerate(world.agent_ids)}
        self._radius = {team: max(r for r, t in zip(world.view_radii, world.teams, strict=True) if t == team)
                        for team in world.teams}  # fmt: skip
        views = {team: Box(0, HIGHEST_CODE, (2 * r + 1, 2 * r + 1, PLANE_COUNT), np.uint8)
                 for team, r in self._radius.items()}  # fmt: skip
        acts = {team: Discrete(len(world.actions)) for team in views}
        self.observation_spaces = dict(zip(world.agent_ids, (views[t] for t in world.teams), strict=True))
        self.action_spaces = dict(zip(world.agent_ids, (acts[t] for t in world.teams), strict=True))
        self.state_space = Box(0, HIGHEST_CODE, (world.rows, world.columns, PLANE_COUNT), np.uint8)
        self._states = np.zeros(1, world.state_type)
        self._seeded = False
        count = world.agent_count
        self._window_shape = (1, count, world.side, world.side, PLANE_COUNT)
        self._mask_shape = (1, count, len(world.actions))
        self._buffers = (
            np.zeros((1, count), np.float32), *np.zeros((2, 1, count), np.bool_), np.zeros(1, np.bool_),
            np.zeros((1, 0, *self._window_shape[2:]), np.uint8),
        )  # fmt: skip
        self._painter: Any = None
        self._terms = [tuple(f"reward/{term.name}" for term in mix.terms) for mix in self.mixes]
        self._mixes = list({id(mix): mix for mix in self.mixes}.values())
        self._same_views = len(set(self._radius.values())) == 1

    def observation_space(self, agent: str) -> Space:
        """The agent's observation space, the same object at every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space:
        """The agent's action space, the same object at every call."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict | None = None) -> tuple[dict, dict]:
        """Begin an episode; without a seed the stream of randomness goes on."""
        if seed is not None or not self._seeded:
            self._states[:] = self.world.new_states(1, fresh_seed() if seed is None else seed)
            self._seeded = True
        else:
            self.world.restart(self._states)
        self.agents = self.possible_agents.copy()
        windows = self.world.observe(self._states)[0]
        masks = self.world.action_mask(self._states)[0]
        infos = {
            agent: {"action_mask": mask} | dict.fromkeys(terms, 0.0)
            for agent, mask, terms in zip(self.agents, masks, self._terms, strict=True)
        }
        return self._windows(windows), infos

    def step(self, actions: dict[str, int]) -> tuple[dict, dict, dict, dict, dict]:
        """Let every live agent act: a missing action stays, actions of the gone and the unknown are ignored."""
        if not self.agents:
            if not self._seeded:
                raise ValueError("call reset() before step()")
            return {}, {}, {}, {}, {}
        world, states, (pay, gone, late, finished, finals) = self.world, self._states, self._buffers
        live, everybody = self.agents, self.possible_agents
        chosen = self._chosen(actions)
        before = None if all(map(is_task_only, self._mixes)) else world.copy(states)
        windows, masks = np.empty(self._window_shape, np.uint8), np.empty(self._mask_shape, np.int8)
        world.kernels.cycle_serial(
            world.level, world.first_words, self.max_cycles, states, self._words, chosen, windows, pay, gone, late,
            finals, masks, finished,
        )  # fmt: skip
        terms, paid = self._paid(pay, before, chosen)
        observations = self._windows(windows[0])
        rewards = dict(zip(everybody, paid, strict=True))
        terminated, truncated = gone[0].tolist(), late[0].tolist()
        terminations = dict(zip(everybody, terminated, strict=True))
        truncations = dict(zip(everybody, truncated, strict=True))
        for info, mask in zip(terms, masks[0], strict=True):
            info["action_mask"] = mask
        infos = dict(zip(everybody, terms, strict=True))
        results = (observations, rewards, terminations, truncations, infos)
        if len(live) < len(everybody):
            results = tuple({agent: result[agent] for agent in live} for result in results)
        if True in terminated or True in truncated:
            self.agents = [agent for agent in live if not (terminations[agent] or truncations[agent])]
        return results  # pyright: ignore[reportReturnType]

    def state(self) -> np.ndarray:
        """The whole map, uint8 [rows, columns, 3]; valid at any time."""
        if not self._seeded:
            self.reset()
        world = self.world
        grid = self._states[0]["cells"].reshape(-1, world.stride, PLANE_COUNT)
        return grid[world.pad : world.pad + world.rows, world.pad : world.pad + world.columns].copy()

    def render(self) -> np.ndarray | str | None:
        """A picture or the map as text, by `render_mode`."""
        if self.render_mode is None:
            return None
        from sandbox.environment.picture import Painter, as_text

        if self.render_mode == "ansi":
            return as_text(self.world, self._states[0])
        self._painter = self._painter or Painter(self.world)
        return self._painter.paint(self._states[0])

    @property
    def _words(self) -> np.ndarray:
        return self.world.words(self._states)

    def close(self) -> None:
        """Let the painter go."""
        self._painter = None

    def _chosen(self, actions: dict[str, int]) -> np.ndarray:
        chosen, count = [0] * len(self.possible_agents), len(self.action_names)
        for agent, action in actions.items():
            index = self._index.get(agent)
            if index is None or action is None:
                continue
            try:
                number = operator.index(action)
            except TypeError:
                number = -1
            if 0 <= number < count:
                chosen[index] = number
            elif agent in self.agents:
                allowed = f"0..{count - 1} ({', '.join(self.action_names)})"
                raise ValueError(f"{agent}: action {action!r} is not in {allowed}")
        return np.array([chosen], np.int8)

    def _paid(
        self, pay: np.ndarray, before: np.ndarray | None, chosen: np.ndarray
    ) -> tuple[list[dict], list[float]]:
        if before is None:
            paid = pay[0].tolist()
            return [{"reward/task": amount} for amount in paid], paid
        transition = Transition(self.world, before, chosen, self._states, self._wanted)
        terms = [
            {f"reward/{name}": float(amount[0]) for name, amount in mix.terms_paid(transition, agent).items()}
            if self.possible_agents[agent] in self.agents
            else {}
            for agent, mix in enumerate(self.mixes)
        ]
        for formulation in pupils(self.mixes):
            formulation.learn(transition)
        return terms, [float(sum(own.values())) for own in terms]

    def _windows(self, windows: np.ndarray) -> dict[str, np.ndarray]:
        if self._same_views:
            seen: Any = windows
        else:
            middle = windows.shape[1] // 2
            seen = [
                window[middle - r : middle + r + 1, middle - r : middle + r + 1].copy()
                for window, r in zip(windows, (self._radius[team] for team in self.world.teams), strict=True)
            ]
        return dict(zip(self.possible_agents, seen, strict=True))
