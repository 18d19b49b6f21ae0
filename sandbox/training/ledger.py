"""What a run writes down of its episodes: per-episode sums of every reward term, task and true objective, by team."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.experiments.compare import members_of
from sandbox.training.worlds import Happened


class Ledger:
    """Sums over the episodes that run, and over those that ended since the last row.

    Args:
        company: the agents with their rewards.
        worlds: how many.
    """

    def __init__(self, company: Company, worlds: int) -> None:
        self._company, self._teams = company, members_of(company.world)
        self._true = [not is_task_only(mix) for mix in company.true_mixes]
        self.needs_transition = any(self._true)
        agents = company.world.agent_count
        names = ["reward", "task", "true_objective"]
        if not all(map(is_task_only, company.mixes)):
            names += dict.fromkeys(f"term.{name}" for mix in company.mixes for name in mix.weights)
        self._running = {name: np.zeros((worlds, agents)) for name in names}
        self._length = np.zeros(worlds)
        self._ended = {name: np.zeros(agents) for name in names}
        self._ended_length = np.zeros(1)
        self._episodes = np.zeros(1)

    def note(self, happened: Happened) -> None:
        """Write down a step."""
        running, objective = self._running, happened.task
        running["reward"] += happened.rewards
        running["task"] += happened.task
        if happened.transition is not None and self.needs_transition:
            objective = happened.task.astype(np.float64)
            for agent, mix in enumerate(self._company.true_mixes):
                if self._true[agent]:
                    objective[:, agent] = mix.pay(happened.transition, agent)
        running["true_objective"] += objective
        for agent, terms in enumerate(happened.terms):
            for name, paid in terms.items():
                running[f"term.{name}"][:, agent] += paid
        self._length += 1
        if len(done := happened.finished):
            for name, sums in running.items():
                self._ended[name] += sums[done].sum(axis=0)
                sums[done] = 0
            self._ended_length += self._length[done].sum()
            self._length[done] = 0
            self._episodes += len(done)

    def row(self) -> dict[str, float | int | None]:
        """Means over the episodes that ended since the last row, None where none did; then counts anew."""
        count = int(self._episodes[0])
        row: dict[str, float | int | None] = {
            "episodes": count,
            "episode_steps": float(self._ended_length[0] / count) if count else None,
        }
        for name, sums in self._ended.items():
            for team, members in self._teams.items():
                kind, _, term = name.partition(".")
                if term and not any(term in self._company.mixes[agent].weights for agent in members):
                    continue
                label = f"reward/{team}/{term}" if term else f"{kind}/{team}"
                row[label] = float(sums[members].mean() / count) if count else None
        for sums in (*self._ended.values(), self._ended_length, self._episodes):
            sums[:] = 0
        return row

    def returns(self, agents: tuple[int, ...]) -> float | None:
        """Mean reward of an episode among those that ended since the last row, over these agents."""
        count = self._episodes[0]
        return float(self._ended["reward"][list(agents)].mean() / count) if count else None

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that has to be kept."""
        return {name: torch.from_numpy(array) for name, array in self._arrays().items()}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        for name, array in self._arrays().items():
            array[:] = tensors[name].numpy()

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays: dict[str, Any] = {f"running.{name}": array for name, array in self._running.items()}
        arrays |= {f"ended.{name}": array for name, array in self._ended.items()}
        return arrays | {
            "length": self._length, "ended_length": self._ended_length, "episodes": self._episodes
        }  # fmt: skip
