"""The smallest learner that satisfies the socket: a linear softmax policy trained by REINFORCE."""

from typing import Any

import numpy as np
import torch

from sandbox.training.learner import Step, Task


class Tiny:
    """Weights [features, actions]; learns every 4 steps."""

    rollout = 4
    reads_states = False

    def __init__(self, task: Task, rate: float = 0.05) -> None:
        self.task, self.rate, self.own = task, rate, list(task.agents)
        side, count = task.world.side, len(task.world.actions)
        self.weights = 0.01 * torch.randn(side * side * 3 + 1, count, generator=task.generator)
        self.baseline = torch.zeros(1)
        self.seen: list[torch.Tensor] = []
        self.done: list[torch.Tensor] = []
        self.paid: list[torch.Tensor] = []

    def features(self, observations: np.ndarray) -> torch.Tensor:
        windows = torch.from_numpy(observations[:, self.own]).flatten(2).float() / 64
        return torch.cat([windows, torch.ones_like(windows[..., :1])], 2)

    def probabilities(self, observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        return torch.softmax(self.features(observations) @ self.weights, -1).numpy()

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        features = self.features(observations)
        logits = features @ self.weights
        if not explore:
            return logits.argmax(-1).numpy().astype(np.int8)
        chances = torch.softmax(logits, -1)
        actions = torch.multinomial(chances.flatten(0, 1), 1, generator=self.task.generator).reshape(
            chances.shape[:2]
        )
        self.seen.append(features)
        self.done.append(actions)
        return actions.numpy().astype(np.int8)

    def record(self, step: Step) -> None:
        self.paid.append(torch.from_numpy(step.rewards[:, self.own]))

    def learn(self) -> dict[str, float]:
        features, actions, paid = torch.stack(self.seen), torch.stack(self.done), torch.stack(self.paid)
        chances = torch.softmax(features @ self.weights, -1)
        hot = torch.nn.functional.one_hot(actions, chances.shape[-1])
        gains = (
            (paid - self.baseline)[..., None, None] * features[..., :, None] * (hot - chances)[..., None, :]
        )
        self.weights += self.rate * gains.mean((0, 1, 2))
        self.baseline += 0.1 * (paid.mean() - self.baseline)
        self.seen, self.done, self.paid = [], [], []
        return {"entropy": float(-(chances * chances.log()).sum(-1).mean()), "baseline": float(self.baseline)}

    def tensors(self) -> dict[str, torch.Tensor]:
        return {"weights": self.weights, "baseline": self.baseline}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        if tensors["weights"].shape != self.weights.shape:
            raise ValueError("the weights do not fit this world")
        self.weights, self.baseline = tensors["weights"].clone(), tensors["baseline"].clone()


def make(name: str, parameters: dict[str, Any], task: Task) -> Tiny:
    """In place of `sandbox.training.learner.make`."""
    return Tiny(task, **parameters)
