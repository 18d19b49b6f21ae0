"""Goal power: paid for the power of the others over their possible goals, averse to risk and to inequality."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice, check_horizon
from rewards.estimators.situations import Situations, lacks_cells, situations, total
from rewards.socket import Dynamics, Transition

FORMULA = "U = -( sum over others j of X_j(s')^-xi )^eta, X_j = sum over goals g of V^e_j(s', g)^zeta, W_j = log2 X_j"
SOURCE = "Heitzig and Potham 2025 (2508.00159), equations 1 to 10"
FAILS = "keep-alive: who leaves the world counts as one who can attain a single goal, so leaving is to be prevented"
COST = "solver"

GOALS = ("cells", "own")
LEAST = 2.0**-10
"""Power is never taken to be less: X of somebody alive who can attain nothing would make U endless."""


@dataclass(frozen=True)
class GoalPower:
    """U_r of Heitzig and Potham, "Model-based soft maximization of suitable metrics of long-term human power".

    As formalised here: each other, H, plays with the paid agent, R, while the rest is still. In each step H acts, then
    R, who sees it. A goal of H is to have come to a cell within the horizon; who is there has attained it, so that the
    cell where one stands counts 1, and W is at least 0 bits over `cells`, as it is for those who are gone (X = 1).
    Backward induction over the horizon gives, for H, what it expects, guarding against the worst of R (1), its habits
    mixed with a soft choice (2, 3), for R the soft choice by power law that lowers its loss (4, 5, 9), and what H will
    in truth attain (6). All of a horizon's steps are looked ahead anew after each step.

    Args:
        horizon: steps looked ahead, from 0.
        gamma: discount of one step, for H and R, above 0, to 1.
        zeta: aversion to risk, from 1: sure goals count more than chances.
        xi: aversion to inequality between others, from 1.
        eta: aversion to inequality over time, from 1.
        beta: how sharply H chooses, above 0; inf for the best.
        habit: chance that H acts at random (the paper's nu), 0 to 1.
        beta_r: how sharply R chooses, from 0.
        guarded: whether H takes R for its worst enemy, as in (1), or knows how R chooses.
        goals: cells (all of H's walkable surroundings, doors standing open) or own (those that the scenario names).
    """

    horizon: int = 4
    gamma: float = 0.99
    zeta: float = 2.0
    xi: float = 1.0
    eta: float = 1.1
    beta: float = float("inf")
    habit: float = 0.0
    beta_r: float = 5.0
    goals: str = "cells"
    guarded: bool = True

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("goals", self.goals, GOALS)
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must lie in 0..1, above 0, not {self.gamma}")
        for name in ("zeta", "xi", "eta"):
            if not 1 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.beta > 0:
            raise ValueError(f"beta must be above 0, not {self.beta}")
        if not 0 <= self.beta_r < np.inf:
            raise ValueError(f"beta_r must be 0 or more, not {self.beta_r}")
        if not 0 <= self.habit <= 1:
            raise ValueError(f"habit must lie in 0..1, not {self.habit}")

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells."""
        return lacks_cells(dynamics)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """U after the step, float64 [worlds], below 0; 0 for the dead, and where there is nobody else."""
        dynamics, after = transition.dynamics, transition.after
        others = [other for other in range(dynamics.agent_count) if other != agent]
        if not others:
            return np.zeros(len(after))
        power = np.stack([self.power(dynamics, after, agent, other) for other in others])
        return self.loss(power) * dynamics.alive(after)[:, agent]

    def loss(self, power: Any) -> NDArray[np.float64]:
        """(8): U_r of the power X of each, [others, worlds]."""
        return -((np.asarray(power, np.float64) ** -self.xi).sum(axis=0) ** self.eta)

    def together(self, attained: NDArray[np.float64], wanted: Any = 1.0) -> NDArray[np.float64]:
        """(7): X of the chances V^e to attain each goal, [..., goals]."""
        return np.maximum(total(wanted * attained**self.zeta), LEAST)

    def power(self, dynamics: Any, states: NDArray[Any], agent: int, other: int) -> NDArray[np.float64]:
        """(7): X of `other` in each state while `agent` is R, float64 [worlds]; its log2 is W in bits (10)."""
        table = situations(dynamics, other, agent, steps=self.horizon)
        numbers = table.numbers(states)
        known = table.kept.setdefault(self, {})
        if missing := sorted(set(numbers.tolist()) - known.keys()):
            known |= zip(missing, self._solved(dynamics, table, np.array(missing)).tolist(), strict=True)
        return np.array([known[number] for number in numbers.tolist()], np.float64)

    def _solved(self, dynamics: Any, table: Situations, asked: NDArray[np.int64]) -> NDArray[np.float64]:
        """X of the situations `asked`: (1) to (9), with ever more steps to go."""
        layers = [asked]  # the situations in which so many steps are gone
        for _ in range(self.horizon):
            layers.append(np.unique(table.next[np.unique(table.next[layers[-1], 0]), 1]))
        wanted, there = self._wanted(dynamics, table, layers)
        prior = wanted / np.maximum(wanted.sum(axis=1, keepdims=True), 1)
        gone = ~dynamics.alive(table.states)[:, table.actors[0]]
        expected = there.copy()  # V^m, by situation and goal
        attained, ahead = there.copy(), np.zeros(table.count)  # V^e and V_r
        for rows in layers[-2::-1]:
            first = table.next[rows, 0]
            between, back = np.unique(first, return_inverse=True)
            back = back.reshape(first.shape)
            second = table.next[between, 1]
            loss = -self.gamma * table.choose(ahead[second])  # (4), turned round
            answer = _power_law(loss, self.beta_r)  # (5), [between, actions]
            taken = table.choose(expected[second])  # [between, actions of R, goals]
            taken = (taken.min(axis=1) if self.guarded else (answer[..., None] * taken).sum(axis=1))[back]
            mine = self.gamma * table.choose(taken)  # (1), [rows, actions of H, goals]
            policy = self._policy(mine)  # (2)
            reply = (answer[..., None] * table.choose(attained[second])).sum(axis=1)[back]
            future = (answer * -loss).sum(axis=1)[back]  # [rows, executed actions]
            arrived = there[rows] > 0
            chosen = total(policy * prior[rows][:, None])
            new_attained = self.gamma * (policy * table.choose(reply)).sum(axis=1)  # (6)
            new_expected = (policy * mine).sum(axis=1)  # (3)
            attained[rows] = np.where(arrived, 1.0, new_attained)
            expected[rows] = np.where(arrived, 1.0, new_expected)
            power = np.where(gone[rows], 1.0, self.together(attained[rows], wanted[rows]))
            ahead[rows] = self.loss(power[None]) + (chosen * table.choose(future)).sum(axis=1)  # (9)
        power = self.together(attained[asked], wanted[asked])
        return np.where(gone[asked], 1.0, power)

    def _wanted(self, dynamics: Any, table: Situations, layers: Any) -> tuple[Any, NDArray[np.float64]]:
        """Which goals count in each situation, and which of them are attained, float64 [situations, goals]."""
        met = np.unique(np.concatenate(layers))
        cells = dynamics.cells(table.states)[:, table.actors[0]]
        if self.goals == "own":
            wanted = np.zeros((table.count, len(dynamics.ways)), bool)
            wanted[met] = dynamics.goals(table.states[met], table.actors[0])
        else:
            part = _parts(dynamics.ways)
            wanted = (part[cells][:, None] == part[None]) & (cells > 0)[:, None]
        used = np.flatnonzero(wanted[met].any(axis=0))
        return wanted[:, used].astype(np.float64), (cells[:, None] == used).astype(np.float64)

    def _policy(self, worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """(2): the chance of each action, [rows, actions, goals]."""
        worth = worth - worth.max(axis=1, keepdims=True)
        odds = 1.0 * (worth > -1e-12) if np.isinf(self.beta) else np.exp(self.beta * worth)
        soft = odds / odds.sum(axis=1, keepdims=True)
        return self.habit / worth.shape[1] + (1 - self.habit) * soft


def _power_law(loss: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """(5): chances proportional to loss^-beta along axis 1; even where nothing is lost, at the end."""
    low = loss.min(axis=1, keepdims=True)
    odds = np.where(low > 0, np.divide(low, loss, out=np.ones_like(loss), where=loss > 0), 1.0) ** beta
    return odds / odds.sum(axis=1, keepdims=True)


def _parts(ways: NDArray[Any]) -> NDArray[np.int64]:
    """A number for each cell, equal where one can walk from one to the other; others for each cell within walls."""
    own = np.arange(len(ways))
    entered = np.zeros(len(ways), bool)
    entered[ways[ways != own[:, None]]] = True
    ways = np.where(entered[:, None], ways, own[:, None])
    part = own
    while True:
        new = np.minimum(part, part[ways].min(axis=1))
        if np.array_equal(new, part):
            return part
        part = new
