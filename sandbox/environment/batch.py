"""Many worlds at once as arrays: the step that training uses and that the PettingZoo face is a batch of one of."""

from typing import Any, NamedTuple

import numpy as np

from rewards.mix import Mix, pupils
from rewards.socket import Transition
from sandbox.environment.payment import is_task_only, mixes
from sandbox.world.codes import PLANE_COUNT
from sandbox.world.world import World


class StepResult(NamedTuple):
    """What a step of a batch gives back; all arrays are fresh.

    observations: uint8 [worlds, agents, side, side, 3]; of the new episode where one has just begun.
    rewards: float32 [worlds, agents].
    terminated: bool [worlds, agents]; the agent is gone or the episode is over.
    truncated: bool [worlds, agents]; time is up for an agent that was still there.
    final_observations: as observations, of the last state of the worlds that have just finished, zeros elsewhere.
    """

    observations: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    final_observations: np.ndarray


def fresh_seed() -> int:
    """A seed that nobody chose, for a first reset without one."""
    return int(np.random.SeedSequence().generate_state(1)[0])


class BatchEnvironment:
    """`count` worlds of one scenario that step together; finished worlds start anew by themselves.

    Args:
        scenario: a Scenario.
        count: how many worlds.
        rewards: None (the scenario's own), a spec for all, or a mapping from team or group to a spec.
        device: "cpu".
    """

    def __init__(self, scenario: Any, count: int, rewards: Any = None, device: str = "cpu") -> None:
        if device != "cpu":
            raise ValueError(f"device {device!r} is not one that batches run on; allowed: cpu")
        if not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"count must be a whole number of worlds from 1, not {count!r}")
        self.scenario, self.count, self.device = scenario, count, device
        self.world = World(scenario)
        self.mixes: list[Mix] = mixes(self.world, scenario, rewards)
        self.states = np.zeros(count, self.world.state_type)
        self._seeded = False
        self._wanted: dict = {}

    @property
    def agent_ids(self) -> tuple[str, ...]:
        """Names of the agents, along the axis agents."""
        return self.world.agent_ids

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Begin a new episode in every world; without a seed each world's own stream goes on."""
        if seed is not None or not self._seeded:
            self.states = self.world.new_states(self.count, fresh_seed() if seed is None else seed)
            self._seeded = True
        else:
            self.world.restart(self.states)
        return self.world.observe(self.states)

    def step(self, actions: np.ndarray) -> StepResult:
        """Let all agents of all worlds act.

        Args:
            actions: integers [worlds, agents].

        Raises:
            ValueError: wrong shape, an unknown action, or no `reset` yet.
        """
        if not self._seeded:
            raise ValueError("call reset() before step()")
        world, states = self.world, self.states
        actions = world.check_actions(states, actions)
        shape = (self.count, world.agent_count)
        view = (world.side, world.side, PLANE_COUNT)
        observations = np.empty((*shape, *view), np.uint8)
        pay = np.empty(shape, np.float32)
        terminated, truncated = np.empty(shape, np.bool_), np.empty(shape, np.bool_)
        finished = np.empty(self.count, np.bool_)
        only_task = all(map(is_task_only, self.mixes))
        finals = np.zeros((*shape, *view) if only_task else (self.count, 0, *view), np.uint8)
        before = None if only_task else world.copy(states)
        world.run_kernel(
            "cycle", states, world.level, world.first_words, world.max_cycles, states, world.words(states),
            actions, observations, pay, terminated, truncated, finals,
            np.empty((self.count, 0, len(world.actions)), np.int8), finished,
        )  # fmt: skip
        if before is not None:
            transition = Transition(world, before, actions, states, self._wanted)
            for agent, mix in enumerate(self.mixes):
                pay[:, agent] = mix.pay(transition, agent)
            for formulation in pupils(self.mixes):
                formulation.learn(transition)
            finals = np.where(finished[:, None, None, None, None], observations, np.uint8(0))
            if finished.any():
                ended = states[finished]
                world.restart(ended)
                states[finished] = ended
                observations[finished] = world.observe(ended)
        return StepResult(observations, pay, terminated, truncated, finals)
