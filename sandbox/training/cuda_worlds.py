"""The worlds that a run learns from, on a GPU: all that `Worlds` gives, as tensors that never leave it.

Kernels and torch share the memory. Nothing in a step waits for the GPU, with one exception: where empowerment is paid
for, one flag is looked at, whether any thread's sets were too small, since the CPU then counts those worlds again.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from rewards import estimators
from rewards.estimators import reachable_cuda
from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.policies.random import Random
from sandbox.policies.seat import Policy
from sandbox.training.cuda_rewards import After, added, terms_paid
from sandbox.training.cuda_rewards import why_not as why_not_paid
from sandbox.training.learner import Learner
from sandbox.training.worlds import Array, Happened, Worlds, check_saved
from sandbox.world.codes import PLANE_COUNT
from sandbox.world.run_cuda import CudaWorld, toolkit


def open_worlds(
    company: Company,
    states: np.ndarray,
    device: torch.device,
    others: Sequence[tuple[int, Policy]],
    learners: Iterable[Learner],
    say: Callable[[str], object],
) -> "Worlds | CudaWorlds":
    """The worlds of a run: on the GPU where its networks are, or on the CPU, and then a line that says why.

    Args:
        company: the agents with their rewards.
        states: records [worlds] to begin with.
        device: of the networks.
        others: agents that do not learn, with their policies.
        learners: what learns.
        say: told why the worlds of a GPU run are on the CPU.
    """
    if device.type != "cuda":
        return Worlds(company, states)
    if why := why_not(company, others, learners):
        say(f"networks are on the GPU, worlds on the CPU: {why}")
        return Worlds(company, states)
    return CudaWorlds(company, states, device)


def why_not(company: Company, others: Sequence[tuple[int, Policy]], learners: Iterable[Learner]) -> str:
    """What stands in the way of having a run's worlds on the GPU, in words; empty where nothing does."""
    for agent, policy in others:
        if not isinstance(policy, Random):
            who, name = company.world.agent_ids[agent], type(policy).__name__.lower()
            return f"{who} acts by the policy {name}, which reads states on the CPU"
    for learner in learners:
        if learner.reads_states or not getattr(learner, "takes_tensors", False):
            return f"{type(learner).__name__.lower()}, set as it is, learns from arrays on the CPU"
    if why := why_not_paid((*company.mixes, *company.true_mixes), company.world):
        return why
    try:
        toolkit()
    except RuntimeError as missing:
        return str(missing)
    return ""


class CudaWorlds:
    """Worlds on a GPU that step together; the face is that of `Worlds`, with tensors for arrays.

    `reward_seconds` says how long it took to ask for the rewards of the last step.

    Args:
        company: the agents with their rewards; `why_not` has to have nothing against it.
        states: records [worlds] to begin with, on the CPU.
        device: which GPU (the CPU in Numba's simulator).
    """

    observations: Array
    masks: Array

    def __init__(self, company: Company, states: np.ndarray, device: torch.device) -> None:
        self.company, self.world, self.device = company, company.world, device
        self.reward_seconds = 0.0
        if device.type == "cuda":
            toolkit().select_device(device.index or 0)
        self._rules = CudaWorld(self.world)
        self._task_only = all(map(is_task_only, company.mixes))
        self._aims = [agent for agent, mix in enumerate(company.true_mixes) if not is_task_only(mix)]
        self._make = partial(torch.empty, device=device)
        self._shape = (len(states), self.world.agent_count)
        self._view = (self.world.side, self.world.side, PLANE_COUNT)
        self._bytes = torch.from_numpy(self.world.words(states).view(np.uint8).copy()).to(device)
        self._records = self._share(self._bytes).view(self.world.state_type).reshape(len(states))
        offset = (self.world.state_type.fields or {})["alive"][1]
        self._alive = self._bytes[:, offset : offset + self.world.agent_count]
        self._logarithms: torch.Tensor | None = None
        self._drawing: dict[tuple[int, ...], Any] = {}
        self._look()

    @property
    def states(self) -> None:
        """Nothing: whoever needs them as records cannot have them here."""
        return None

    def _share(self, tensor: torch.Tensor) -> Any:
        return self._rules.share(tensor)

    def _look(self) -> None:
        self.observations = self._make((*self._shape, *self._view), dtype=torch.uint8)
        self.masks = self._make((*self._shape, len(self.world.actions)), dtype=torch.int8)
        self._rules.observe(self._records, self._share(self.observations))
        self._rules.action_mask(self._records, self._share(self.masks))

    def present(self) -> Array:
        """Who is in the world, bool [worlds, agents]."""
        return self._alive != 0

    def idle(self) -> Array:
        """Actions by which everybody stays, int8 [worlds, agents], to be written into."""
        return torch.zeros(self._shape, dtype=torch.int8, device=self.device)

    def places(self, agents: Sequence[int]) -> Array:
        """What finds these agents along the axis agents, on the GPU."""
        return torch.tensor(agents).to(self.device)

    def play(self, others: Sequence[tuple[int, Policy]], actions: Array) -> None:
        """Write what agents with policies do; all of them are `random`."""
        who = tuple(agent for agent, _ in others)
        if who not in self._drawing:
            self._drawing[who] = self._share(torch.tensor(who, dtype=torch.int64).to(self.device))
        if who:
            self._rules.draw(self._records, self._drawing[who], self._share(actions))

    def advance(self, actions: Array, keep: bool = False, imagine: bool = False) -> Happened:
        """Let all agents act; call `restart` with what finished before the next time.

        Args:
            actions: int8 [worlds, agents], trusted to be actions of this world.
            keep, imagine: as for `Worlds`; neither can be had here.
        """
        if keep or imagine:
            raise ValueError("states and transitions are not to be had from worlds on a GPU")
        shape = self._shape
        observations = self._make((*shape, *self._view), dtype=torch.uint8)
        task = self._make(shape, dtype=torch.float32)
        terminated, truncated = self._make(shape, dtype=torch.bool), self._make(shape, dtype=torch.bool)
        masks = self._make((*shape, len(self.world.actions)), dtype=torch.int8)
        finished = self._make(shape[0], dtype=torch.bool)
        present = self.present()
        given = (actions, observations, task, terminated, truncated, masks, finished)
        self._rules.cycle(self._records, *map(self._share, given))
        began = time.perf_counter()
        rewards, objective, terms = self._paid(task, present)
        self.reward_seconds = time.perf_counter() - began
        self.observations, self.masks = observations, masks
        return Happened(
            None, None, None, observations, rewards, task, objective, terms, terminated, truncated, finished
        )

    def _paid(
        self, task: torch.Tensor, present: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, list[dict[str, torch.Tensor]]]:
        """Rewards, true objective and terms of the step that has just been made."""
        found: dict[tuple[int, str], torch.Tensor] = {}

        def bits(horizon: int, outcome: str) -> torch.Tensor:
            if (horizon, outcome) not in found:
                found[horizon, outcome] = self._bits(horizon, outcome)
            return found[horizon, outcome]

        after, rewards, terms, objective = (
            After(self.world, present, self.present(), task, bits),
            task,
            [],
            task,
        )
        if not self._task_only:
            terms = [terms_paid(mix, after, agent) for agent, mix in enumerate(self.company.mixes)]
            rewards = torch.stack([added(paid.values(), task[:, 0]) for paid in terms], 1).float()
        if self._aims:
            objective = task.double()
            for agent in self._aims:
                paid = terms_paid(self.company.true_mixes[agent], after, agent)
                objective[:, agent] = added(paid.values(), task[:, 0])
        return rewards, objective, terms

    def _bits(self, horizon: int, outcome: str) -> torch.Tensor:
        """Everybody's empowerment now, others still, float64 [worlds, agents]."""
        counts = self._make(self._shape, dtype=torch.int32)
        number = estimators.OUTCOMES.index(outcome)
        reachable_cuda.count_into(self._share(counts.view(-1)), self._rules, self._records, horizon, number)
        if self._logarithms is None:  # by table, so that they have the bits of the CPU's
            most = reachable_cuda.specialised(self.world).NODES
            self._logarithms = torch.from_numpy(np.log2(np.arange(1, most + 1))).to(self.device)
        bits = self._logarithms[counts.long().clamp_(min=1) - 1]
        redo = (counts < 1).any(1)
        if bool(redo.any()):  # the one wait
            rows = redo.nonzero()[:, 0]
            known = reachable_cuda.bits_of(
                counts[rows].cpu().numpy(), self.world, lambda: self._records_of(rows), horizon, outcome
            )
            bits[rows] = torch.from_numpy(known).to(self.device)
        return bits

    def restart(self, finished: Array) -> None:
        """Begin the next episode in these worlds, bool [worlds]; nothing is waited for."""
        self.observations = self.observations.clone()  # the old ones are part of what happened
        self._rules.renew(self._records, *map(self._share, (finished, self.observations, self.masks)))

    def some(self, count: int) -> np.ndarray:
        """Copies of the first states on the CPU, records [count]."""
        return self._records_of(slice(count))

    def _records_of(self, rows: Any) -> np.ndarray:
        kept = self._bytes[rows].cpu().numpy().copy()
        return kept.view(self.world.state_type).reshape(len(kept))

    def saved(self) -> torch.Tensor:
        """The states as bytes, uint8 [worlds, bytes], on the CPU."""
        return self._bytes.cpu().clone()

    def restore(self, saved: torch.Tensor) -> None:
        """Go on from what `saved` gave; raises ValueError with one line where it does not fit."""
        check_saved(saved, tuple(self._bytes.shape))
        self._bytes.copy_(saved)
        self._look()
