"""Empathic DQN (Bussmann, Heinerman and Lehman 2019): what would my next state be worth to me in the other's place?"""

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import torch
from torch.nn.functional import mse_loss

from sandbox.training import parallel
from sandbox.training.learner import Step, Task
from sandbox.training.learners import check_hidden, within
from sandbox.training.learners.dqn import of_actions, straight, venture
from sandbox.training.networks import (
    Towers,
    alphabet,
    moments,
    restore_module,
    restore_moments,
    single_thread,
    window_bytes,
)
from sandbox.training.others import Others
from sandbox.training.replay import Replay


@dataclass(frozen=True)
class Settings:
    """What Empathic DQN may be told; defaults are the paper's. An agent-step is one step of one own agent.

    beta          selfishness: 1 is double DQN, 0 lives for the imagined value of the other's next state.
    others        whose place: nearest, or all others averaged.
    quirks        none: another agent that is gone is worth 0, one that is there at the end of an episode what its last
                  window is worth; reset: at the end of an episode the other's window is that of the next episode's
                  start, as in the published code; published: that, and who is gone is worth what the network, which
                  never learns from empty windows, makes of one.
    rollout       steps of each world between two rounds of updates.
    each          agent-steps for one update.
    batch         rows of the replay that one update sees.
    replay        rows that are kept; first: rows before the first update.
    rate          learning rate of Adam; anneal: it falls to 0 along the run.
    discount      of rewards (gamma).
    target_every  updates between two copies of the selfish network to its target.
    explore       share of random actions at the start, explore_end: at the end, reached after explore_steps
                  agent-steps on a straight line.
    hidden        units of the hidden layers.
    """

    beta: float = 0.5
    others: Literal["nearest", "all"] = "nearest"
    quirks: Literal["none", "reset", "published"] = "none"
    rollout: int = 1
    each: int = 1
    batch: int = 32
    replay: int = 500_000
    first: int = 20_000
    rate: float = 1e-3
    anneal: bool = False
    discount: float = 0.99
    target_every: int = 10_000
    explore: float = 1.0
    explore_end: float = 0.01
    explore_steps: int = 1_000_000
    hidden: tuple[int, ...] = (128, 128)

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(self, 1, inf, "rollout", "each", "batch", "replay", "first", "target_every")
        within(self, 0, inf, "explore_steps")
        within(self, 0, 1, "beta", "rate", "discount", "explore", "explore_end")
        check_hidden(self.hidden)


class EmpathicDqn:
    """Three networks of one shape: a selfish one, its target, and one that acts and never bootstraps on itself.

    Windows are read by code, not as numbers divided by 100 as in the published program. Masks are not heeded.
    """

    def __init__(self, task: Task, settings: Settings) -> None:
        self.task, self.settings, world = task, settings, task.world
        self.rollout, self.own = settings.rollout, list(task.agents)
        single_thread()
        self.others = Others(world, task.agents, settings.others)
        self.reads_states = self.others.reads_states
        shape = (alphabet(world), world.side**2, settings.hidden, (len(world.actions),), (0.01,))
        self.selfish, self.target, self.empathic = (
            Towers(*shape, task.generator).to(task.device) for _ in range(3)
        )
        self.target.load_state_dict(self.selfish.state_dict())
        self.target.requires_grad_(False)
        self._weights = [*self.selfish.parameters(), *self.empathic.parameters()]
        self._adam = torch.optim.Adam(self._weights, lr=settings.rate, fused=True)
        self._size, count = window_bytes(world), self.others.count
        self.replay = Replay(settings.replay, {
            "seen": ((self._size,), np.uint8), "action": ((), np.int8), "reward": ((), np.float32),
            "following": ((self._size,), np.uint8), "ended": ((), np.bool_),
            "swapped": ((count, self._size), np.uint8), "there": ((count,), np.bool_),
        })  # fmt: skip
        self._lived = self._updates = self._owed = 0
        self._most = task.steps * task.worlds * len(self.own)  # agent-steps of the whole run
        # rows of the last step: all, and those [rows, (place, world, own agent)] that wait for the next episode
        self._newest, self._waiting = 0, np.zeros((0, 3), np.int64)

    # --- playing ----------------------------------------------------------------------------------------

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        """Actions int8 [worlds, own agents]: the best in the eyes of the empathic network, or now and then any."""
        own = observations[:, self.own]
        with torch.inference_mode():
            seen = torch.as_tensor(own, device=self.task.device).flatten(0, 1).flatten(1)
            actions = self.empathic(seen)[0].argmax(1).to(torch.int8).cpu().numpy().reshape(own.shape[:2])
        if not explore:
            return actions
        self._meet_the_next_episode(observations, states)
        return venture(actions, self.exploring, len(self.task.world.actions), self.task)

    @property
    def exploring(self) -> float:
        """Share of random actions now."""
        settings = self.settings
        return straight(settings.explore, settings.explore_end, self._lived, settings.explore_steps)

    def record(self, step: Step) -> None:
        """Keep what agents that were there lived through, and what it looked like in the other's place."""
        present = step.present[:, self.own]
        swapped, there = self._places_of_others(step.next_observations, step.after)
        places = self.replay.add(
            seen=step.observations[:, self.own][present].reshape(-1, self._size),
            action=step.actions[:, self.own][present],
            reward=step.rewards[:, self.own][present],
            following=step.next_observations[:, self.own][present].reshape(-1, self._size),
            ended=step.terminated[:, self.own][present],
            swapped=swapped[present],
            there=there[present],
        )
        self._lived += len(places)
        self._owed += len(places)
        if self.settings.quirks != "none":
            over = (step.terminated | step.truncated)[:, self.own][present]
            self._newest = len(places)
            self._waiting = np.column_stack((places, np.argwhere(present)))[over]

    def _places_of_others(
        self, observations: np.ndarray, states: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Windows of the others that count, uint8 [worlds, own agents, others, bytes], and whether they are there."""
        who, there = self.others.chosen(observations, states)
        seen = self.others.seen(observations)[np.arange(len(observations))[:, None, None], who]
        return seen, there | (self.settings.quirks == "published")

    def _meet_the_next_episode(self, observations: np.ndarray, states: np.ndarray | None) -> None:
        """A quirk of the published code: the world began anew before the last step was written down."""
        if len(self._waiting):
            swapped, there = self._places_of_others(observations, states)
            place, world, agent = self._waiting.T
            self.replay.columns["swapped"][place] = swapped[world, agent]
            self.replay.columns["there"][place] = there[world, agent]
        self._newest, self._waiting = 0, self._waiting[:0]

    # --- learning ---------------------------------------------------------------------------------------

    def learn(self) -> dict[str, float]:
        """As many updates as are due."""
        settings = self.settings
        if any(parallel.anywhere(self.replay.size - self._newest < settings.first)):
            self._owed = 0
            return {"explore": self.exploring}
        # as many in each process, whoever was there
        updates = int(parallel.mean(torch.tensor([float(self._owed // settings.each)])))
        self._owed -= updates * settings.each
        if settings.anneal:
            self._adam.param_groups[0]["lr"] = straight(settings.rate, 0.0, self._lived, self._most)
        sums: dict[str, torch.Tensor] = {}
        for _ in range(updates):
            figures = self._update(self.replay.draw(settings.batch, self.task.generator, self._newest))
            sums = {name: sums.get(name, 0) + figure.detach() for name, figure in figures.items()}
        return {name: float(figure) / updates for name, figure in sums.items()} | {"explore": self.exploring}

    def _update(self, places: np.ndarray) -> dict[str, torch.Tensor]:
        """One step of Adam for both networks; its figures."""
        columns, device = self.replay.columns, self.task.device
        row = {name: torch.as_tensor(column[places], device=device) for name, column in columns.items()}
        selfish_target, other_target, empathic_target = self.targets(
            row["following"], row["reward"], row["ended"], row["swapped"], row["there"]
        )
        selfish = of_actions(self.selfish(row["seen"])[0], row["action"])
        empathic = of_actions(self.empathic(row["seen"])[0], row["action"])
        selfish_loss, empathic_loss = mse_loss(selfish, selfish_target), mse_loss(empathic, empathic_target)
        self._adam.zero_grad()
        (selfish_loss + empathic_loss).backward()
        parallel.average_gradients(self._weights)
        gradient = torch.nn.utils.get_total_norm(
            [each.grad for each in self._weights if each.grad is not None]
        )
        self._adam.step()
        self._updates += 1
        if self._updates % self.settings.target_every == 0:
            self.target.load_state_dict(self.selfish.state_dict())
        return {
            "selfish_loss": selfish_loss, "empathic_loss": empathic_loss, "gradient_norm": gradient,
            "value_self": selfish_target.mean(), "value_other": other_target.mean(),
        }  # fmt: skip

    def targets(
        self,
        following: torch.Tensor,
        rewards: torch.Tensor,
        ended: torch.Tensor,
        swapped: torch.Tensor,
        there: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What the selfish values, the other's and the empathic ones are drawn to, float32 [rows] each.

        y_self = r + gamma (1 - done) Q^-(s', argmax_a Q(s', a)), y_other = gamma max_a Q^-(s'_swapped, a), mean over
        the others, y_emp = beta y_self + (1 - beta) y_other. The empathic network is in none of them.
        """
        gamma, beta = self.settings.discount, self.settings.beta
        with torch.no_grad():
            rows, count = swapped.shape[:2]
            judged = self.target(torch.cat((following, swapped.flatten(0, 1))))[0]
            choice = self.selfish(following)[0].argmax(1)
            own = rewards + gamma * ~ended * of_actions(judged[:rows], choice)
            other = gamma * (judged[rows:].max(1).values.view(rows, count) * there).mean(1)
            return own, other, beta * own + (1 - beta) * other

    # --- what is kept -----------------------------------------------------------------------------------

    def tensors(self) -> dict[str, torch.Tensor]:
        """All three networks, moments, replay and counters."""
        found = {
            f"{name}.{key}": value
            for name, network in self._networks().items()
            for key, value in network.state_dict().items()
        }
        counters = torch.tensor([self._lived, self._updates, self._owed, self._newest])
        found |= moments(self._adam, "adam") | self.replay.tensors()
        return found | {"counters": counters, "waiting": torch.from_numpy(self._waiting)}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        for name, network in self._networks().items():
            restore_module(network, name, tensors)
        restore_moments(self._adam, "adam", tensors)
        self.replay.restore(tensors)
        self._lived, self._updates, self._owed, self._newest = tensors["counters"].tolist()
        self._waiting = tensors["waiting"].numpy().copy()

    def _networks(self) -> dict[str, Towers]:
        return {"selfish": self.selfish, "target": self.target, "empathic": self.empathic}
