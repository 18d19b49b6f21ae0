"""Deep Q-learning (Mnih et al. 2015) with two networks that check each other (van Hasselt et al. 2016)."""

from dataclasses import dataclass
from math import inf

import numpy as np
import torch
from torch.nn.functional import mse_loss

from sandbox.training import parallel
from sandbox.training.learner import Step, Task
from sandbox.training.learners import check_hidden, within
from sandbox.training.networks import (
    Towers,
    alphabet,
    moments,
    restore_module,
    restore_moments,
    single_thread,
    window_bytes,
)
from sandbox.training.replay import Replay


@dataclass(frozen=True)
class Settings:
    """What DQN may be told. An agent-step is one step of one own agent that is there, in one world.

    rollout       steps of each world between two rounds of updates.
    each          agent-steps for one update.
    batch         rows of the replay that one update sees.
    replay        rows that are kept; first: rows before the first update.
    rate          learning rate of Adam; anneal: it falls to 0 along the run.
    discount      of rewards (gamma).
    target_every  updates between two copies of the network to its target.
    explore       share of random actions at the start, explore_end: at the end, reached after explore_steps
                  agent-steps on a straight line.
    hidden        units of the hidden layers.
    double        the network chooses the action whose value the target says; else the target's own best.
    """

    rollout: int = 4
    each: int = 16
    batch: int = 128
    replay: int = 200_000
    first: int = 5_000
    rate: float = 1e-3
    anneal: bool = False
    discount: float = 0.99
    target_every: int = 500
    explore: float = 1.0
    explore_end: float = 0.05
    explore_steps: int = 200_000
    hidden: tuple[int, ...] = (64, 64)
    double: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(self, 1, inf, "rollout", "each", "batch", "replay", "first", "target_every")
        within(self, 0, inf, "explore_steps")
        within(self, 0, 1, "rate", "discount", "explore", "explore_end")
        check_hidden(self.hidden)


class Dqn:
    """Agents with one network of action values.

    Masks are not heeded: an action that does nothing is worth what staying is worth, and bootstraps may ask for it.
    """

    reads_states = False

    def __init__(self, task: Task, settings: Settings) -> None:
        self.task, self.settings, world = task, settings, task.world
        self.rollout, self.own = settings.rollout, list(task.agents)
        single_thread()
        shape = (alphabet(world), world.side**2, settings.hidden, (len(world.actions),), (0.01,))
        self.network = Towers(*shape, task.generator).to(task.device)
        self.target = Towers(*shape, task.generator).to(task.device).requires_grad_(False)
        self.target.load_state_dict(self.network.state_dict())
        self._adam = torch.optim.Adam(self.network.parameters(), lr=settings.rate, fused=True)
        size = window_bytes(world)
        self.replay = Replay(settings.replay, {
            "seen": ((size,), np.uint8), "action": ((), np.int8), "reward": ((), np.float32),
            "following": ((size,), np.uint8), "ended": ((), np.bool_),
        })  # fmt: skip
        self._lived = self._updates = self._owed = 0
        self._most = task.steps * task.worlds * len(self.own)  # agent-steps of the whole run

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        """Actions int8 [worlds, own agents]: the best, or now and then any."""
        own = observations[:, self.own]
        with torch.inference_mode():
            seen = torch.as_tensor(own, device=self.task.device).flatten(0, 1).flatten(1)
            actions = self.network(seen)[0].argmax(1).to(torch.int8).cpu().numpy().reshape(own.shape[:2])
        return (
            venture(actions, self.exploring, len(self.task.world.actions), self.task) if explore else actions
        )

    @property
    def exploring(self) -> float:
        """Share of random actions now."""
        settings = self.settings
        return straight(settings.explore, settings.explore_end, self._lived, settings.explore_steps)

    def record(self, step: Step) -> None:
        """Keep what agents that were there lived through."""
        there = step.present[:, self.own]
        rows = self.replay.add(
            seen=step.observations[:, self.own][there].reshape(-1, window_bytes(self.task.world)),
            action=step.actions[:, self.own][there],
            reward=step.rewards[:, self.own][there],
            following=step.next_observations[:, self.own][there].reshape(-1, window_bytes(self.task.world)),
            ended=step.terminated[:, self.own][there],
        )
        self._lived += len(rows)
        self._owed += len(rows)

    def learn(self) -> dict[str, float]:
        """As many updates as are due."""
        settings = self.settings
        if any(parallel.anywhere(self.replay.size < settings.first)):
            self._owed = 0
            return {"explore": self.exploring}
        # as many in each process, whoever was there
        updates = int(parallel.mean(torch.tensor([float(self._owed // settings.each)])))
        self._owed -= updates * settings.each
        if settings.anneal:
            self._adam.param_groups[0]["lr"] = straight(settings.rate, 0.0, self._lived, self._most)
        sums: dict[str, torch.Tensor] = {}
        for _ in range(updates):
            figures = self._update(self.replay.draw(settings.batch, self.task.generator))
            sums = {name: sums.get(name, 0) + figure.detach() for name, figure in figures.items()}
        return {name: float(figure) / updates for name, figure in sums.items()} | {"explore": self.exploring}

    def _update(self, places: np.ndarray) -> dict[str, torch.Tensor]:
        """One step of Adam; its figures."""
        column = self._column(places)
        targets = self.targets(column("following"), column("reward"), column("ended"))
        values = of_actions(self.network(column("seen"))[0], column("action"))
        loss = mse_loss(values, targets)
        gradient = self._step(loss, list(self.network.parameters()))
        return {"loss": loss, "value": values.mean(), "gradient_norm": gradient}

    def _step(self, loss: torch.Tensor, weights: list[torch.nn.Parameter]) -> torch.Tensor:
        """One step of Adam, and the target's copy when it is due; the length of the gradient."""
        self._adam.zero_grad()
        loss.backward()
        parallel.average_gradients(weights)
        gradient = torch.nn.utils.get_total_norm(
            [weight.grad for weight in weights if weight.grad is not None]
        )
        self._adam.step()
        self._updates += 1
        if self._updates % self.settings.target_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        return gradient

    def targets(self, following: torch.Tensor, rewards: torch.Tensor, ended: torch.Tensor) -> torch.Tensor:
        """What action values are drawn to, float32 [rows]: reward plus the discounted value of what follows."""
        with torch.no_grad():
            judged = self.target(following)[0]
            chooser = self.network(following)[0] if self.settings.double else judged
            value = of_actions(judged, chooser.argmax(1))
            return rewards + self.settings.discount * ~ended * value

    def _column(self, places: np.ndarray):
        columns, device = self.replay.columns, self.task.device
        return lambda name: torch.as_tensor(columns[name][places], device=device)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Both networks, moments, replay and counters."""
        found = {f"network.{key}": value for key, value in self.network.state_dict().items()}
        found |= {f"target.{key}": value for key, value in self.target.state_dict().items()}
        counters = torch.tensor([self._lived, self._updates, self._owed])
        return found | moments(self._adam, "adam") | self.replay.tensors() | {"counters": counters}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        restore_module(self.network, "network", tensors)
        restore_module(self.target, "target", tensors)
        restore_moments(self._adam, "adam", tensors)
        self.replay.restore(tensors)
        self._lived, self._updates, self._owed = tensors["counters"].tolist()


def of_actions(values: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """The values of these actions: float32 [rows] of [rows, actions]."""
    return values.gather(1, actions.long()[:, None])[:, 0]


def straight(start: float, end: float, done: int, over: int) -> float:
    """A straight line from `start` to `end`, then flat."""
    return end + (start - end) * max(0.0, 1 - done / over) if over else end


def venture(actions: np.ndarray, share: float, action_count: int, task: Task) -> np.ndarray:
    """The actions, int8 of any shape, with this share of them drawn anew."""
    anew = torch.rand(actions.shape, generator=task.generator).numpy() < share
    drawn = torch.randint(action_count, actions.shape, dtype=torch.int8, generator=task.generator).numpy()
    return np.where(anew, drawn, actions)
