"""New node: pays 1 for a situation in which the agent never was before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.cared import while_there
from rewards.estimators.novelty import SITUATIONS, Tables, lacks, numbered, situations
from rewards.socket import Dynamics, Transition

FORMULA = "1 if the situation after the step was not met before, else 0"
SOURCE = "Xin et al. 2024 (RMaxTS), where a node is one of the search tree"
FAILS = "noisy television, as long as it has something new to show (of=view, of=world)"
COST = "learned"

WITHIN = ("run", "episode")


@dataclass
class NewNode:
    """1 for the first meeting with a situation, which each agent remembers for itself.

    Args:
        of: what is told apart: one's cell, one's view, or the whole world.
        within: first in the run, over all of its worlds, or first in the episode.
    """

    of: str = "cell"
    within: str = "run"
    _met: Tables = field(default_factory=Tables, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_choice("of", self.of, SITUATIONS)
        check_choice("within", self.within, WITHIN)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells or views, where they are to be told apart and there are none."""
        return lacks(dynamics, self.of)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """1 where the situation is new, else 0, float64 [worlds]; 0 for one who is gone."""
        nodes = self._nodes(transition, "after")[:, agent]
        new = ~self._met.of(agent).find(nodes)[1] & (nodes != self._nodes(transition, "before")[:, agent])
        if self.within == "episode":  # what is remembered of the episode before is forgotten in `learn`
            new |= transition.dynamics.fresh(transition.before) & (
                nodes != self._nodes(transition, "before")[:, agent]
            )
        return while_there(transition, agent, new)

    def learn(self, transition: Transition) -> None:
        """Remember where all agents were and are."""
        before, after = self._nodes(transition, "before"), self._nodes(transition, "after")
        present, alive = (transition.dynamics.alive(each) for each in (transition.before, transition.after))
        worlds = np.arange(len(before))
        begins = transition.dynamics.fresh(transition.before)
        for agent in range(before.shape[1]):
            table = self._met.own(agent)
            if self.within == "episode" and begins.any() and len(table):
                of = table.values[:, 0].astype(np.int64)
                table.keep(~((of < len(begins)) & begins[np.minimum(of, len(begins) - 1)]))
            nodes = np.concatenate([before[present[:, agent], agent], after[alive[:, agent], agent]])
            of = np.concatenate([worlds[present[:, agent]], worlds[alive[:, agent]]])
            nodes, first = np.unique(nodes, return_index=True)
            new = ~table.find(nodes)[1]
            table.add(nodes[new], of[first][new][:, None].astype(np.float64))

    def _nodes(self, transition: Transition, when: str) -> NDArray[np.int64]:
        """Situations as numbers, int64 [worlds, agents]; within an episode those of each world are its own."""
        found = situations(transition, when, self.of)
        if self.within == "run":
            return found
        worlds = np.broadcast_to(np.arange(len(found))[:, None], found.shape)
        return numbered(np.stack([found, worlds], axis=-1).reshape(-1, 2)).reshape(found.shape)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """What has been met."""
        return self._met.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._met.restore(tensors)

    def figures(self) -> dict[str, float]:
        """How many situations are remembered, all agents together."""
        return {"met": float(self._met.size)}
