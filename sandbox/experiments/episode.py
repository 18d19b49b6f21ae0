"""One episode played step by step, remembered well enough to be shown, rewound and filmed."""

from typing import Any

import numpy as np

from sandbox.environment.picture import Painter
from sandbox.experiments.company import Company


class Episode:
    """One world with its company, as a source for films and the viewer.

    Args:
        scenario: a Scenario.
        rewards: as for `Company`.
        seed: of the first episode.
    """

    def __init__(self, scenario: Any, rewards: Any = None, seed: int = 0) -> None:
        self.company = Company(scenario, rewards)
        self.world = self.company.world
        self.agent_names = self.world.agent_ids
        self.title = scenario.name
        self.painter = Painter(self.world)
        self.reset(seed)

    def reset(self, seed: int | None = None) -> None:
        """Begin again with the given seed, or with the next one."""
        self.seed = self.seed + 1 if seed is None else seed
        self.states = self.company.start([self.seed])
        self.paid: list[dict[str, float]] = [
            dict.fromkeys((term.name for term in mix.terms), 0.0) for mix in self.company.mixes
        ]
        self.total = [0.0] * self.world.agent_count

    @property
    def clock(self) -> int:
        """Steps since the start."""
        return int(self.states["clock"][0])

    def step(self) -> bool:
        """One step; False once the episode is over."""
        if self.company.finished(self.states)[0]:
            return False
        transition = self.company.step(self.states)
        for agent, mix in enumerate(self.company.mixes):
            self.paid[agent] = {
                name: float(paid[0]) for name, paid in mix.terms_paid(transition, agent).items()
            }
            self.total[agent] += sum(self.paid[agent].values())
        self.company.learn(transition)
        return True

    def snapshot(self) -> Any:
        """All that `restore` needs to come back here."""
        return self.states.copy(), [dict(paid) for paid in self.paid], list(self.total)

    def restore(self, snapshot: Any) -> None:
        """Come back to a snapshot."""
        states, paid, total = snapshot
        self.states, self.paid, self.total = states.copy(), [dict(own) for own in paid], list(total)

    def paint(self) -> np.ndarray:
        """The present as a picture, uint8 [height, width, 3]."""
        return self.painter.paint(self.states[0])

    def view_box(self, agent: int) -> tuple[int, int, int] | None:
        """Top row, left column and side of what an agent sees; None once it is gone."""
        row, column = self.world.positions(self.states)[0, agent].tolist()
        radius = self.world.view_radii[agent]
        return (row - radius, column - radius, 2 * radius + 1) if row >= 0 else None

    def measures(self) -> dict[str, float]:
        """The world's own figures of this moment, by name and where they differ by agent."""
        figures = {}
        for name, measure in self.world.measures.items():
            values = np.atleast_1d(measure.read(self.world, self.states)[0])
            words = name.replace("_", " ")
            labels = [f"{agent} {words}" for agent in self.agent_names] if measure.per_agent else [words]
            if measure.over != "first":
                figures |= dict(zip(labels, values.tolist(), strict=True))
        return {label: value for label, value in figures.items() if not np.isnan(value)}

    def panel(self) -> list[tuple[str, list[tuple[str, str, float | None]]]]:
        """Headings with lines (label, value, length of a bar in -1..1 or None) for a side panel."""
        largest = max([1.0, *(abs(amount) for own in self.paid for amount in own.values())])
        rows: list[tuple[str, list[tuple[str, str, float | None]]]] = [
            (name, [*((term, f"{amount:+.3f}", amount / largest) for term, amount in own.items()),
                    ("sum", f"{total:+.2f}", None)])
            for name, own, total in zip(self.agent_names, self.paid, self.total, strict=True)
        ]  # fmt: skip
        return [
            *rows,
            ("measures", [(name, f"{value:.2f}", None) for name, value in self.measures().items()]),
        ]
