"""Worlds of a few places given by a function, for closed forms: nothing to compile."""

from collections.abc import Callable, Sequence

import numpy as np

from rewards import Transition


class Graph:
    """`move(places [worlds, agents], agent, actions [worlds])` says where everybody is after one agent has acted.

    Agents act in their order. An agent at a place below 0 is gone. Place p is cell p + 1. `goals` are places that
    all want; `earns(places)` is what the task pays, [worlds, agents].
    """

    def __init__(
        self,
        move: Callable,
        places: int,
        actions: int,
        agents: int = 1,
        goals: Sequence[int] = (),
        noise: np.ndarray | None = None,
        earns: Callable | None = None,
    ) -> None:
        self.move, self.earns, self.noise, self.named = move, earns, noise, list(goals)
        self.agent_count, self.core_words = agents, agents
        self.actions, self.teams = [str(action) for action in range(actions)], ["all"] * agents
        self.level = np.zeros(1)
        self.ways = np.array([0, *(place % places + 1 for place in range(1, places + 1))])[:, None]
        self.type = np.dtype([("place", "i8", (agents,)), ("pay", "f8", (agents,)), ("clock", "i8")])

    def at(self, *places: int | Sequence[int]) -> np.ndarray:
        """A state for each entry: where the only agent is, or where each of several is."""
        states = np.zeros(len(places), self.type)
        states["place"] = np.reshape(places, (len(places), self.agent_count))
        return states

    def new_states(self, count: int, seed: int) -> np.ndarray:
        return np.zeros(count, self.type)

    def imagine(self, states, actions):
        after = states.copy()
        for agent in range(self.agent_count):
            moved = self.move(after["place"].copy(), agent, np.asarray(actions)[:, agent])
            after["place"] = np.where(after["place"][:, [agent]] < 0, after["place"], moved)
        after["pay"] = 0 if self.earns is None else self.earns(after["place"])
        after["clock"] += 1
        return after

    def key(self, states):
        return states["place"].astype(np.uint64)

    def pay(self, states):
        return states["pay"].astype(np.float32)

    def alive(self, states):
        return states["place"] >= 0

    def fresh(self, states):
        return states["clock"] == 0

    def cells(self, states):
        return states["place"] + 1

    def goals(self, states, agent):
        found = np.zeros((len(states), len(self.ways)), bool)
        found[:, np.array(self.named, int) + 1] = True
        return found

    def step(self, states, *actions) -> Transition:
        """All worlds act alike."""
        joint = np.tile(actions, (len(states), 1))
        return Transition(self, states, joint, self.imagine(states, joint))

    def arrived(self, states) -> Transition:
        """A transition that ends in these states."""
        return Transition(self, states, np.zeros((len(states), self.agent_count), int), states)


def table(*rows: Sequence[int]) -> Callable:
    """The move of all agents: rows[place][action] is where one comes to."""
    lookup = np.array(rows)

    def move(places, agent, actions):
        places[:, agent] = lookup[places[:, agent], actions]
        return places

    return move
