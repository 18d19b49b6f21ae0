"""Proximal policy optimisation (Schulman et al. 2017), with terms for the value of another's place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import torch
from torch.nn.functional import log_softmax, mse_loss

from sandbox.training import parallel
from sandbox.training.learner import Step, Task
from sandbox.training.learners import check_hidden, within
from sandbox.training.networks import (
    Towers,
    alphabet,
    at_once,
    moments,
    restore_module,
    restore_moments,
    window_bytes,
)
from sandbox.training.others import Others
from sandbox.training.transfer import as_given, there

NEVER = -1e9  # logit of an action that is masked; not -inf, which makes nan of 0 * -inf
FORGET = 0.9  # share of the old mean and scale of returns that outlives a rollout
SMALLEST_SCALE = 1e-3
PART, PLAYED = 8192, 1024  # most rows that one thread learns from, or plays, at a time
BELOW_ONE = 1 - 2**-20  # so that rounding never leads past the last action
FIGURES = ("policy_loss", "value_loss", "entropy", "kl", "clip_fraction", "imagined_loss")


@dataclass(frozen=True)
class Settings:
    """What PPO may be told.

    rollout      steps of each world between two updates.
    epochs       passes over a rollout.
    minibatches  parts that a rollout is cut into, anew in each pass.
    rate         learning rate of Adam; anneal: it falls to 0 along the run.
    discount     of rewards (gamma); trace: of temporal differences in the advantages (lambda).
    clip         how far the chance of an action may move from what it was, as a ratio.
    entropy      weight of the policy's entropy; value_weight: of the critic's error.
    gradient     longest gradient.
    hidden       units of the hidden layers of policy and critic each.
    central      the critic sees the windows of all agents, its own first.
    swap         none; level: own critic on the other's next window, added to the advantage, scaled to its spread;
                 imagined: a reward, learned on own steps, for what the other saw before and after; own: the control
                 for `level`, own critic on one's own next window.
    swap_weight  how much that counts; others: which (nearest, or all averaged); one who is gone counts 0.
    compile      networks through torch.compile where they are on a GPU, which takes a while at the start; on the CPU,
                 where their first layer is compiled anyway, it changes nothing.
    """

    rollout: int = 32
    epochs: int = 3
    minibatches: int = 6
    rate: float = 1e-3
    anneal: bool = True
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    entropy: float = 0.01
    value_weight: float = 0.5
    gradient: float = 0.5
    hidden: tuple[int, ...] = (64, 64)
    central: bool = False
    swap: Literal["none", "level", "imagined", "own"] = "none"
    swap_weight: float = 1.0
    others: Literal["nearest", "all"] = "all"
    compile: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(self, 1, inf, "rollout", "epochs", "minibatches")
        within(self, 0, 1, "rate", "discount", "trace")
        within(self, 0, inf, "entropy", "value_weight")
        within(self, 1e-9, inf, "clip", "gradient")
        within(self, -1e9, 1e9, "swap_weight")
        check_hidden(self.hidden)
        if self.central and self.swap in ("level", "own"):
            raise ValueError("swap needs a critic that sees one agent's window; set central: false")


class Ppo:
    """Agents with one policy and one critic; returns are learned in units of their own spread (van Hasselt 2016)."""

    def __init__(self, task: Task, settings: Settings) -> None:
        self.task, self.settings, world = task, settings, task.world
        self.rollout = settings.rollout
        self.own = list(task.agents)
        self._others = (
            None if settings.swap in ("none", "own") else Others(world, task.agents, settings.others)
        )
        self.reads_states = bool(self._others and self._others.reads_states)
        self.takes_tensors = self._others is None
        slots, cells, chance = alphabet(world), world.side**2, task.generator
        actions, outputs, gains = len(world.actions), (1,), (0.1,)
        if not settings.central:
            self.actor = Towers(slots, cells, settings.hidden, (actions, 1), (0.01, 0.1), chance)
            modules = {"actor": self.actor}
        else:
            self.actor = Towers(slots, cells, settings.hidden, (actions,), (0.01,), chance)
            self.critic = Towers(slots, world.agent_count * cells, settings.hidden, outputs, gains, chance)
            modules = {"actor": self.actor, "critic": self.critic}
        if settings.swap == "imagined":
            self.imagined = Towers(slots, 2 * cells, settings.hidden, outputs, gains, chance)
            modules["imagined"] = self.imagined
        self._modules = {name: module.to(task.device) for name, module in modules.items()}
        if settings.compile and task.device.type != "cpu":
            for module in self._modules.values():
                module.compile(dynamic=True)
        self._places = torch.tensor(self.own).to(task.device)
        self._weights = [weight for module in modules.values() for weight in module.parameters()]
        self._adam = torch.optim.Adam(self._weights, lr=settings.rate, eps=1e-5, fused=True)
        self._device_chance: torch.Generator | None = None
        # mean and mean square of returns, and how much of them is known yet
        self._returns = torch.zeros(3, dtype=torch.float64)
        self._done = 0
        self._now = 0
        views = [[own, *(each for each in range(world.agent_count) if each != own)] for own in self.own]
        self._views = torch.tensor(views).to(task.device)
        self._make_room()

    def _make_room(self) -> None:
        world, settings, task = self.task.world, self.settings, self.task
        size, device = window_bytes(world), task.device
        shape = (settings.rollout, task.worlds, len(self.own))
        seen_by = world.agent_count if settings.central else len(self.own)
        self._seen = torch.zeros(*shape[:2], seen_by, size, dtype=torch.uint8, device=device)
        self._allowed = torch.zeros(*shape, len(world.actions), dtype=torch.bool, device=device)
        self._actions = torch.zeros(shape, dtype=torch.int64, device=device)
        self._present = torch.zeros(shape, dtype=torch.bool, device=device)
        self._cut = torch.zeros(shape, dtype=torch.bool, device=device)
        figures = (torch.zeros(shape, device=device) for _ in range(5))
        self._chances, self._values, self._rewards, self._ahead, self._swapped = figures
        if settings.swap == "imagined":
            self._pairs = torch.zeros(*shape, 2 * size, dtype=torch.uint8, device=device)
            self._paid = torch.zeros(shape, device=device)

    # --- playing ----------------------------------------------------------------------------------------

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        """Actions int8 [worlds, own agents]: drawn from the policy, or its likeliest where it is judged."""
        with torch.inference_mode():
            everybody = self._tensor(observations).flatten(2)
            seen = self._of_own(everybody).flatten(0, 1)
            allowed = self._of_own(self._tensor(masks)).flatten(0, 1) > 0
            wanted, *values = self._at_once(self.actor, seen)
            wanted = wanted.masked_fill_(~allowed, NEVER)
            if not explore:
                return as_given(self._spread(wanted.argmax(1)).to(torch.int8), observations)
            logs = log_softmax(wanted.t().contiguous(), 0)  # [actions, rows], as in `_slopes`
            heaped = logs.exp().cumsum(0)
            drawn = self._uniform(logs) * heaped[-1] * BELOW_ONE
            actions = (heaped <= drawn).sum(0)  # the first whose heap is higher, so never one of chance 0
            now = self._now
            self._seen[now] = everybody if self.settings.central else self._of_own(everybody)
            self._allowed[now] = allowed.view_as(self._allowed[now])
            self._actions[now] = self._spread(actions)
            self._chances[now] = self._spread(logs.gather(0, actions[None])[0])
            value = values[0] if values else self._at_once(self.critic, self._all_windows(everybody))[0]
            self._values[now] = self._spread(self._in_units(value))
            return as_given(self._actions[now].to(torch.int8), observations)

    def probabilities(self, observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """The policy, float32 [worlds, own agents, actions]."""
        with torch.inference_mode():
            seen = self._tensor(observations).flatten(2)[:, self.own].flatten(0, 1)
            allowed = self._tensor(masks)[:, self.own] > 0
            wanted = self.actor(seen)[0].view(allowed.shape).masked_fill(~allowed, NEVER)
            return wanted.softmax(2).cpu().numpy()

    def record(self, step: Step) -> None:
        """Keep what the step paid, and what the critic thinks of where it led where the episode was cut there."""
        now, places = self._now, self._places
        with torch.inference_mode():
            present, rewards, ended, late = (
                self._tensor(each)[:, places]
                for each in (step.present, step.rewards, step.terminated, step.truncated)
            )
            self._present[now], self._rewards[now], self._cut[now] = present, rewards, ended | late
            late = late & present & ~ended
            last = now == self.rollout - 1
            self._ahead[now] = 0
            if last or late.device.type != "cpu" or bool(late.any()):  # on a GPU to look would be to wait
                ahead = self._spread(self.value_of(self._tensor(step.next_observations).flatten(2)))
                self._ahead[now] = torch.where(~ended if last else late, ahead, 0.0)
            if self.settings.swap != "none":
                self._swap_places(step)
        self._now += 1

    def _swap_places(self, step: Step) -> None:
        now = self._now
        if self.settings.swap == "own":
            value = self._spread(self.value_of(self._tensor(step.next_observations).flatten(2)))
            self._swapped[now] = torch.where(self._tensor(step.terminated)[:, self._places], 0.0, value)
            return
        assert self._others is not None
        after = self._tensor(self._others.seen(step.next_observations))
        if self.settings.swap == "imagined":
            before = self._tensor(self._others.seen(step.observations))
            self._pairs[now] = torch.cat((before, after), 2)[:, self.own]
            self._paid[now] = self._tensor(step.rewards)[:, self.own]
            value = self._at_once(self.imagined, torch.cat((before, after), 2).flatten(0, 1))[0]
            who, there = self._others.chosen(step.observations, step.before)
        else:
            value = self._in_units(self._at_once(self.actor, after.flatten(0, 1))[1])
            who, there = self._others.chosen(step.next_observations, step.after)
        value = value.view(after.shape[:2])[:, None].expand(-1, len(self.own), -1)
        self._swapped[now] = (value.gather(2, self._tensor(who)) * self._tensor(there)).mean(2)

    # --- learning ---------------------------------------------------------------------------------------

    def learn(self) -> dict[str, float]:
        """Several passes over the rollout."""
        settings = self.settings
        if settings.anneal:
            share = self._done * self.rollout / max(self.task.steps, 1)
            self._adam.param_groups[0]["lr"] = settings.rate * max(0.0, 1 - share)
        rewards = self._rewards
        if settings.swap == "imagined":
            rewards = rewards + settings.swap_weight * self._swapped
        following = torch.where(self._cut[:-1], self._ahead[:-1], self._values[1:])
        following = torch.cat((following, self._ahead[-1:]))
        advantages = general_advantages(
            rewards, self._values, following, self._cut, settings.discount, settings.trace
        )
        rows = self._present.flatten().nonzero()[:, 0]
        returns = (advantages + self._values).flatten()
        figures = {"explained_variance": _explained(self._values.flatten()[rows], returns[rows])}
        self._rescale(returns[rows])
        advantages = advantages.flatten()
        if settings.swap in ("level", "own"):
            advantages = advantages + settings.swap_weight * _in_proportion(
                advantages, self._swapped.flatten(), rows
            )
        if settings.swap != "none":
            figures["swap"] = self._swapped.flatten()[rows].mean().item() if len(rows) else 0.0
        chosen = advantages[rows]
        advantages = (advantages - chosen.mean()) / _spread_of(chosen)
        kept = {
            "seen": self._all_rows(),
            "allowed": self._allowed.flatten(0, 2),
            "actions": self._actions.flatten(),
            "chances": self._chances.flatten(),
            "advantages": advantages,
            "targets": (returns - self._mean) / self._scale,
        }
        if settings.swap == "imagined":
            kept |= {"pairs": self._pairs.flatten(0, 2), "paid": self._paid.flatten()}
        sums: dict[str, torch.Tensor] = {}
        for _ in range(settings.epochs):
            order = rows[torch.randperm(len(rows), generator=self._chance(), device=rows.device)]
            for part in order.tensor_split(settings.minibatches):
                for name, figure in self._improve(
                    {key: value.index_select(0, part) for key, value in kept.items()}
                ).items():
                    sums[name] = sums.get(name, 0) + figure
        self._done += 1
        self._now = 0
        updates = settings.epochs * settings.minibatches
        figures |= {name: figure.item() / updates for name, figure in sums.items()}
        if settings.swap != "imagined":
            del figures["imagined_loss"]
        return figures | {"rate": float(self._adam.param_groups[0]["lr"])}

    def _improve(self, rows: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """One step of Adam on some rows; figures as tensors, so that a GPU need not wait for them."""
        count = max(len(rows["actions"]), 1)
        found = at_once(lambda part: self._slopes(part, count), self._parts(rows))
        for weight, *slopes in zip(self._weights, *(slopes for slopes, _ in found), strict=True):
            weight.grad = sum(slopes[1:], slopes[0])
        parallel.average_gradients(self._weights)
        gradient = torch.nn.utils.clip_grad_norm_(self._weights, self.settings.gradient)
        self._adam.step()
        figures = torch.stack([figures for _, figures in found]).sum(0)
        return dict(zip(FIGURES, figures, strict=True)) | {"gradient_norm": gradient}

    def _slopes(
        self, rows: dict[str, torch.Tensor], count: int
    ) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
        """Gradients and figures of some of `count` rows, as their share of the sum over all."""
        settings = self.settings
        seen = rows["seen"]
        if settings.central:
            size = window_bytes(self.task.world)
            wanted, values = self.actor(seen[:, :size])[0], self.critic(seen)[0]
        else:
            wanted, values = self.actor(seen)
        # [actions, rows]: along the first axis a softmax is ten times as fast on the CPU
        logs = log_softmax(wanted.masked_fill(~rows["allowed"], NEVER).t().contiguous(), 0)
        change = logs.gather(0, rows["actions"][None])[0] - rows["chances"]
        ratio = change.exp()
        advantages = rows["advantages"]
        clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
        policy_loss = -torch.minimum(ratio * advantages, clipped * advantages).sum() / count
        entropy = -(logs.exp() * logs).sum() / count
        value_loss = mse_loss(values[:, 0], rows["targets"], reduction="sum") / count
        loss = policy_loss - settings.entropy * entropy + settings.value_weight * value_loss
        imagined_loss = loss.new_zeros(())
        if settings.swap == "imagined":
            imagined_loss = (
                mse_loss(self.imagined(rows["pairs"])[0][:, 0], rows["paid"], reduction="sum") / count
            )
            loss = loss + imagined_loss
        slopes = torch.autograd.grad(loss, self._weights)
        with torch.no_grad():
            distance = (ratio - 1 - change).sum() / count
            clips = ((ratio - 1).abs() > settings.clip).sum() / count
            return slopes, torch.stack(
                (policy_loss, value_loss, entropy, distance, clips, imagined_loss)
            ).detach()

    def _parts(self, rows: dict[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """Rows cut into parts that several threads can work on; one on a GPU."""
        if self.task.device.type != "cpu":
            return [rows]
        rows_in_all = len(rows["actions"])
        count = 1 if rows_in_all <= PART else 2 * math.ceil(rows_in_all / (2 * PART))  # even, for two cores
        cut = {name: column.tensor_split(count) for name, column in rows.items()}
        return [{name: column[each] for name, column in cut.items()} for each in range(count)]

    def _at_once(self, towers: Towers, seen: torch.Tensor) -> list[torch.Tensor]:
        """What towers say of windows, uint8 [rows, bytes], without gradients."""
        if self.task.device.type != "cpu":
            return towers(seen)

        def say(part: torch.Tensor) -> list[torch.Tensor]:
            with torch.inference_mode():
                return towers(part)

        found = at_once(say, seen.split(PLAYED))
        return [torch.cat(each) for each in zip(*found, strict=True)]

    # --- the critic's units -----------------------------------------------------------------------------

    @property
    def _mean(self) -> float:
        known, mean = self._returns[2].item(), self._returns[0].item()
        return mean / known if known else 0.0

    @property
    def _scale(self) -> float:
        known, square = self._returns[2].item(), self._returns[1].item()
        return max(square / known - self._mean**2, SMALLEST_SCALE**2) ** 0.5 if known else 1.0

    def _rescale(self, returns: torch.Tensor) -> None:
        """Follow the mean and spread of returns, and turn the critic's last layer so that its values stay."""
        if len(returns):
            new = torch.stack((returns.mean(), (returns**2).mean(), returns.new_ones(())))
        else:
            new = torch.zeros(3)
        new = parallel.mean(new.double().cpu())
        mean, scale = self._mean, self._scale
        self._returns = FORGET * self._returns + (1 - FORGET) * new
        critic = self.critic if self.settings.central else self.actor
        head = critic.last(-1)
        with torch.no_grad():
            head.weight.mul_(scale / self._scale)
            head.bias.mul_(scale).add_(mean - self._mean).div_(self._scale)

    def _in_units(self, value: torch.Tensor) -> torch.Tensor:
        return value * self._scale + self._mean

    def value_of(self, everybody: torch.Tensor) -> torch.Tensor:
        """The critic's values for windows of everybody, uint8 [worlds, agents, bytes]."""
        if self.settings.central:
            return self._in_units(self._at_once(self.critic, self._all_windows(everybody))[0])
        return self._in_units(self._at_once(self.actor, everybody[:, self._places].flatten(0, 1))[1])

    # --- shapes -----------------------------------------------------------------------------------------

    def _all_windows(self, everybody: torch.Tensor) -> torch.Tensor:
        """For each own agent all windows side by side, its own first: [worlds * own agents, agents * bytes]."""
        return everybody[:, self._views].flatten(2).flatten(0, 1)

    def _all_rows(self) -> torch.Tensor:
        if self.settings.central:
            return self._all_windows(self._seen.flatten(0, 1))
        return self._seen.flatten(0, 2)

    def _of_own(self, everybody: torch.Tensor) -> torch.Tensor:
        return everybody if len(self.own) == everybody.shape[1] else everybody[:, self._places]

    def _spread(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.view(-1, len(self.own))

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return there(array, self.task.device)

    def _uniform(self, logs: torch.Tensor) -> torch.Tensor:
        """A number from 0 to 1 for each row."""
        return torch.rand(logs.shape[1], device=logs.device, generator=self._chance())

    def _chance(self) -> torch.Generator:
        """The learner's chance, on a GPU a generator there that grew from it."""
        chance, device = self.task.generator, self.task.device
        if device.type != "cpu":
            if self._device_chance is None:
                self._device_chance = torch.Generator(device)
                self._device_chance.manual_seed(int(torch.randint(2**62, (), generator=chance)))
            chance = self._device_chance
        return chance

    # --- what is kept -----------------------------------------------------------------------------------

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights, moments, the units of the critic, and how far the run is."""
        found = {
            f"{name}.{key}": value.contiguous()
            for name, module in self._modules.items()
            for key, value in module.state_dict().items()
        }
        found |= moments(self._adam, "adam")
        found |= {"returns": self._returns, "done": torch.tensor(self._done)}
        if self._device_chance is not None:
            found["device_chance"] = self._device_chance.get_state()
        return found

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        for name, module in self._modules.items():
            restore_module(module, name, tensors)
        restore_moments(self._adam, "adam", tensors)
        self._returns = tensors["returns"].clone()
        self._done, self._now = int(tensors["done"]), 0
        if "device_chance" in tensors:
            self._device_chance = chance = torch.Generator(self.task.device)
            chance.set_state(tensors["device_chance"].cpu())


def general_advantages(
    rewards: torch.Tensor,
    values: torch.Tensor,
    following: torch.Tensor,
    cut: torch.Tensor,
    discount: float,
    trace: float,
) -> torch.Tensor:
    """Generalised advantage estimates (Schulman et al. 2016), float [steps, ...] like all that is given.

    following: values of the states that steps led to, 0 where nothing can follow; cut: bool, an episode ended there.
    """
    differences = rewards + discount * following - values
    decay = discount * trace * ~cut
    advantages = torch.empty_like(differences)
    carried = torch.zeros_like(differences[0])
    for step in range(len(differences) - 1, -1, -1):
        carried = differences[step] + decay[step] * carried
        advantages[step] = carried
    return advantages


def _spread_of(values: torch.Tensor) -> torch.Tensor:
    return values.std(correction=0) + 1e-8


def _in_proportion(advantages: torch.Tensor, term: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """A term about its mean, scaled to the spread of the advantages; 0 where it hardly differs between rows."""
    chosen = term[rows]
    spread = _spread_of(chosen)
    if spread < 1e-5 * (1 + chosen.abs().mean()):
        return torch.zeros_like(term)
    return (term - chosen.mean()) * (_spread_of(advantages[rows]) / spread)


def _explained(values: torch.Tensor, returns: torch.Tensor) -> float:
    """Share of the variance of returns that values explain; 0 where there is none to explain."""
    spread = returns.var(correction=0) if len(returns) else torch.zeros(())
    return float(1 - (returns - values).var(correction=0) / spread) if spread > 1e-12 else 0.0
