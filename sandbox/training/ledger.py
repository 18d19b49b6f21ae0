"""What a run writes down of its episodes: per-episode sums of every reward term, task and true objective, by team."""

from collections.abc import Mapping

import torch

from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.experiments.compare import members_of
from sandbox.training.worlds import Happened


class Ledger:
    """Sums over the episodes that run, and over those that ended since the last row; on a GPU only a row waits for it.

    Args:
        company: the agents with their rewards.
        worlds: how many.
        device: where the worlds are.
    """

    def __init__(self, company: Company, worlds: int, device: torch.device) -> None:
        self._company, self._teams, self._device = company, members_of(company.world), device
        agents = company.world.agent_count
        names = ["reward", "task", "true_objective"]
        if not all(map(is_task_only, company.mixes)):
            names += dict.fromkeys(f"term.{name}" for mix in company.mixes for name in mix.weights)
        self._running = {name: self._zeros(worlds, agents) for name in names}
        self._length = self._zeros(worlds)
        self._ended = {name: self._zeros(agents) for name in names}
        self._ended_length, self._episodes = self._zeros(1), self._zeros(1)

    def _zeros(self, *shape: int) -> torch.Tensor:
        return torch.zeros(shape, dtype=torch.float64, device=self._device)

    def note(self, happened: Happened) -> None:
        """Write down a step."""
        running, there = self._running, torch.as_tensor
        running["reward"] += there(happened.rewards)
        running["task"] += there(happened.task)
        running["true_objective"] += there(happened.objective)
        for agent, terms in enumerate(happened.terms):
            for name, paid in terms.items():
                running[f"term.{name}"][:, agent] += there(paid)
        self._length += 1
        over = there(happened.finished)
        if over.device.type == "cpu" and not over.any():  # on a GPU to look would be to wait
            return
        for name, sums in running.items():
            self._ended[name] += sums.where(over[:, None], 0).sum(0)
            sums.masked_fill_(over[:, None], 0)
        self._ended_length += self._length.where(over, 0).sum()
        self._length.masked_fill_(over, 0)
        self._episodes += over.sum()

    def row(self) -> dict[str, float | int | None]:
        """Means over the episodes that ended since the last row, None where none did; then counts anew."""
        count = int(self._episodes)
        row: dict[str, float | int | None] = {
            "episodes": count,
            "episode_steps": float(self._ended_length) / count if count else None,
        }
        for name, there in self._ended.items():
            sums = there.cpu().numpy()
            for team, members in self._teams.items():
                kind, _, term = name.partition(".")
                if term and not any(term in self._company.mixes[agent].weights for agent in members):
                    continue
                label = f"reward/{team}/{term}" if term else f"{kind}/{team}"
                row[label] = float(sums[members].mean() / count) if count else None
        for sums in (*self._ended.values(), self._ended_length, self._episodes):
            sums.zero_()
        return row

    def returns(self, agents: tuple[int, ...]) -> float | None:
        """Mean reward of an episode among those that ended since the last row, over these agents."""
        count = float(self._episodes)
        return float(self._ended["reward"].cpu()[list(agents)].mean()) / count if count else None

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that has to be kept."""
        found = {f"running.{name}": sums for name, sums in self._running.items()}
        found |= {f"ended.{name}": sums for name, sums in self._ended.items()}
        return found | {
            "length": self._length,
            "ended_length": self._ended_length,
            "episodes": self._episodes,
        }

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        for name, sums in self.tensors().items():
            sums.copy_(tensors[name])
