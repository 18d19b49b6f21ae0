"""Playing again what was done: states that were forgotten, and whole branches from a file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.playback.dials import WEIGHT, Dials
from sandbox.playback.happenings import happenings
from sandbox.playback.history import Change, Event, History, Line
from sandbox.world import hands
from sandbox.world.world import World

KINDS = ("put_agent", "put_thing", "toggle", "weight", "parameter", "take_over")


def redo(world: World, states: NDArray[Any], changes: Sequence[Change], index: int) -> None:
    """Make the changes of a step to its state, in place; those that only concern agents' seats and pay do nothing."""
    for change in changes:
        values = change.values
        if change.index != index:
            continue
        if change.kind == "put_agent":
            hands.put_agent(world, states, int(values["agent"]), int(values["row"]), int(values["column"]))
        elif change.kind == "put_thing":
            here, there = values["here"], values["there"]
            start, end = (int(here[0]), int(here[1])), (int(there[0]), int(there[1]))
            hands.put_thing(world, states, str(values["name"]), start, end)
        elif change.kind == "toggle":
            hands.toggle(world, states, int(values["row"]), int(values["column"]))


def state_at(world: World, history: History, line: Line, index: int) -> NDArray[Any]:
    """The state at any step of a branch, a record array [1]; played again from the start where it was forgotten."""
    if len(history.owner(line, index).states) and index >= history.first_step:
        return history.words(index, line).copy().view(world.state_type).reshape(1)
    states = history.first.copy().view(world.state_type).reshape(1)
    changes = list(history.walk("changes", line))
    redo(world, states, changes, 0)
    for step in range(index):
        world.step(states, history.actions(step, line)[None])
        redo(world, states, changes, step + 1)
    return states


def again(
    world: World, history: History, line: Line, actions: NDArray[Any], paid: NDArray[Any], end: Any, last: int
) -> None:
    """Play a new branch as it was recorded.

    Args:
        world: the rules.
        history: where the branch is, with nothing but its changes.
        line: the branch.
        actions: int8 [steps, agents].
        paid: float64 [the last states, agents, terms and sum]: what was kept of pay.
        end: whether an episode is over after given states.
        last: up to which step states may be forgotten.

    Raises:
        ValueError: something does not fit the world.
    """
    wide = history.present.paid.rows.shape[1:]
    fits = actions.dtype == np.int8 and actions.ndim == 2 and actions.shape[1] == world.agent_count
    fits &= line.leaves_at + len(actions) <= world.max_cycles
    if not fits or paid.dtype != np.float64 or paid.shape[1:] != wide or len(paid) > len(actions) + 1:
        raise ValueError("the recording is damaged: its arrays do not fit its world")
    if line.parent is None:
        states, own = history.first.copy().view(world.state_type).reshape(1), line.changes
    else:
        states, own = state_at(world, history, line.parent, line.leaves_at), line.changes[line.inherited :]
    redo(world, states, own, line.leaves_at)
    unpaid, nothing = len(actions) + 1 - len(paid), np.zeros(wide)
    for step in range(len(actions) + 1):
        index = line.leaves_at + step
        if step:
            before = world.copy(states)
            world.step(states, actions[step - 1][None])
            found = happenings(world, before[0], states[0], end(states))
            line.events += [Event(index, *each) for each in found if index > history.first_step]
            redo(world, states, own, index)
            line.actions.add(actions[step - 1])
        history.put(line, index, world.words(states)[0], paid[step - unpaid] if step >= unpaid else nothing)
        most = history.limit + history.block  # as many as there may be while an episode is played
        while history.count > most and (first := history.next_first(last)) is not None:
            history.forget(first, sweep=False)
        if history.count > most + len(history.lines):
            raise ValueError(
                f"the recording has more than the {history.limit} steps that are remembered here"
            )


def check_changes(dials: Dials, changes: Sequence[Change], agent_count: int) -> None:
    """Raise ValueError, one line, where weights, parameters or seats of a recording are none that could be set."""
    dials.reset()
    for change in changes:
        if change.kind not in KINDS:
            raise ValueError(f"the recording is damaged: nobody knows the change {change.kind!r}")
        agent: Any = change.values.get("agent", 0)
        nobody = agent is None and change.kind == "take_over"
        if not nobody and agent not in range(agent_count):
            raise ValueError(f"the recording is damaged: there is no agent {agent!r}")
        if change.kind in ("weight", "parameter"):
            own, term = change.values["agent"], change.values["term"]
            parameter = change.values.get("parameter", WEIGHT)
            dials.set(own, term, parameter, dials.checked(own, term, parameter, change.values["value"]))
    dials.reset()
