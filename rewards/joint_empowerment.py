"""Joint empowerment: paid for all that a group could bring about if it acted as one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import while_there
from rewards.estimators.joint import joint_empowerment
from rewards.estimators.once import once
from rewards.socket import Dynamics, Transition

FORMULA = "E_n(G -> G | s') / |G|, bits: the capacity from joint action sequences to joint outcomes"
SOURCE = "Capdepuy, Polani and Nehaniv 2007; as a reward for several, When Empowerment Disempowers 2025 (2511.04177)"
FAILS = "a group is as powerful as its powerful ones: it gives up one member for more bits of another"
COST = "joint"


@dataclass(frozen=True)
class JointEmpowerment:
    """A share of the empowerment of a group after the step, in bits; all its members act at once, the rest is still.

    Members who are far apart add their bits; near one another they lose what they take from each other, and gain what
    only together they can do. All joint actions are listed, A^members a step: keep horizon and group small (8 members
    that can meet: one step). Somebody who is gone adds nothing. Who is alone has no group and is paid 0.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: the members' cells, their selves, or the whole world.
        team: the group by its team; everybody, the payer included, when empty.
        share: pay bits divided by the number of members, true or false.
    """

    horizon: int = 1
    outcome: str = "cell"
    team: str = ""
    share: bool = True

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """The group's bits or a share of them, float64 [worlds]."""
        group = self.members(transition.dynamics)
        if set(group) <= {agent}:
            return np.zeros(len(transition.after))
        bits = once(
            transition,
            ("joint", tuple(group), self.horizon, self.outcome),
            lambda: (
                joint_empowerment(
                    transition.dynamics, transition.after, self.horizon, group, self.outcome
                ).bits
            ),
        )
        return while_there(transition, agent, bits / len(group) if self.share else bits)

    def members(self, dynamics: Dynamics) -> list[int]:
        """Numbers of the agents in the group."""
        if self.team:
            check_choice("team", self.team, dynamics.teams)
        return [agent for agent, team in enumerate(dynamics.teams) if self.team in ("", team)]
