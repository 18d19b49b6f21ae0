"""From a scenario's name to something that runs: the functions of the public face."""

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from rewards import estimators
from rewards.estimators.definition import Estimate, Outcome
from rewards.estimators.map import position_map
from rewards.estimators.question import Policies, check_agent, question
from rewards.estimators.several import Report, alone, solved
from sandbox.environment.batch import BatchEnvironment
from sandbox.environment.parallel import SandboxEnvironment
from sandbox.scenario.read import load_scenario
from sandbox.world.mechanics.slip import chances
from sandbox.world.world import World


def make(
    name_or_path: str | PathLike,
    rewards: Any = None,
    render_mode: str | None = None,
    max_cycles: int | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> SandboxEnvironment:
    """A scenario as a PettingZoo ParallelEnv.

    Args:
        name_or_path: a shipped scenario's name or a YAML file.
        rewards: a spec for every agent, or a mapping from team or group to one; None for the scenario's own.
        render_mode: None, "rgb_array" or "ansi".
        max_cycles: steps after which an episode is truncated.
        overrides: changes to the scenario by dotted path, such as {"agents.helper.view": 3}.

    Raises:
        ScenarioError: the file is not a scenario; one line for each mistake.
        ValueError: an unknown reward, render mode or parameter.
    """
    return SandboxEnvironment(load_scenario(name_or_path, overrides), rewards, render_mode, max_cycles)


def make_batch(
    name_or_path: str | PathLike,
    count: int,
    rewards: Any = None,
    device: str = "cpu",
    overrides: Mapping[str, Any] | None = None,
) -> BatchEnvironment:
    """`count` worlds of a scenario that step together on all cores; arguments otherwise as for `make`."""
    return BatchEnvironment(load_scenario(name_or_path, overrides), count, rewards, device)


def empowerment(
    world: World,
    states: np.ndarray,
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: Outcome = "cell",
    others: str = "still",
    policies: Policies | None = None,
) -> np.ndarray:
    """How much an agent's next `horizon` actions can determine of what the perceiver's state will be.

    The capacity of the channel from action sequences to outcomes (Klyubin, Polani, Nehaniv 2005): log2 of the number
    of outcomes where nothing is left to chance. Exact while the others are still; with the world's own noise.

    Args:
        world: the rules.
        states: records [worlds].
        horizon: steps.
        agent: who acts.
        perceiver: whose outcome is read; None for the agent itself.
        outcome: `cell` (where the perceiver is), `self` (all that the state says of it), `world`, or a function of
            (world, states) whose rows [worlds] or [worlds, k] are told apart.
        others: what everybody else does meanwhile: `still`, `random` (sampled where there is too much to work out;
            `rewards.estimators.estimate` gives the bias), or `policy`.
        policies: with `policy`, a function of states [worlds] that gives actions int [worlds, agents] or their chances
            float [worlds, agents, actions].

    Returns:
        Bits, float64 [worlds].
    """
    return estimators.empowerment(
        world, states, horizon, agent, perceiver, outcome, others, policies=policies
    )


def empowerment_map(
    name_or_world: str | PathLike | World,
    horizon: int,
    agent: int = 0,
    outcome: Outcome = "cell",
    noise: float | None = None,
    others: str = "still",
    policies: Policies | None = None,
) -> np.ndarray:
    """Empowerment of an agent put on each free cell in turn, all else as at the start.

    Where the agent turns out to change nothing but its own place, all cells are solved at once, in microseconds;
    else each is a state for the general estimator, with the same result.

    Args:
        name_or_world: a scenario's name, a file, or a World.
        horizon: steps.
        agent: who acts and perceives.
        outcome: `cell`, `self`, `world`, or a function, as for `empowerment`.
        noise: probability of a slip, instead of the world's own.
        others: `still`, `random` or `policy`.
        policies: with `policy`, what the others do, as for `empowerment`.

    Returns:
        Bits, float64 [rows, columns]; nan on walls and where another agent stands.
    """
    return map_estimate(name_or_world, horizon, agent, outcome, noise, others, policies).bits


def map_estimate(
    name_or_world: str | PathLike | World,
    horizon: int,
    agent: int = 0,
    outcome: Outcome = "cell",
    noise: float | None = None,
    others: str = "still",
    policies: Policies | None = None,
    samples: int = estimators.SAMPLES,
    report: Report | None = None,
) -> Estimate:
    """The map of `empowerment_map` with its definition, bounds and bias, each [rows, columns].

    `samples` futures are drawn for a cell where others are random and that takes too much to work out; `report`
    hears how many cells are done.
    """
    world = name_or_world if isinstance(name_or_world, World) else World(load_scenario(name_or_world))
    if noise is not None and not 0 <= noise <= 1:
        raise ValueError(f"noise is the probability of a slip, 0..1, not {noise!r}")
    start, cells = world.new_states(1, 0), places(world, check_agent("agent", agent, world))
    states = np.repeat(start, len(cells))
    world.place(states, agent, cells[:, 0], cells[:, 1])
    slips = "own" if noise is None else chances(noise, len(world.actions)) if noise else None
    asked = question(world, states, horizon, agent, None, outcome, others, slips, policies)
    quick = _next_cells(world, states, agent) if alone(asked) and asked.noise is None else None
    if quick is not None:  # every outcome tells the cell, and nothing else differs
        bits = np.log2(position_map(quick, horizon))
        found = asked.answer(bits, lower=bits, upper=bits)
    else:
        found = solved(asked, samples=samples, report=report)

    def laid(values: np.ndarray | None) -> Any:
        if values is None:
            return None
        out = np.full((world.rows, world.columns), np.nan)
        out[cells[:, 0], cells[:, 1]] = values
        return out

    return replace(
        found, bits=laid(found.bits), lower=laid(found.lower), upper=laid(found.upper), bias=laid(found.bias)
    )


def places(world: World, agent: int) -> np.ndarray:
    """Rows and columns of the cells where `agent` could start while all others stand where they do, int [cells, 2]."""
    taken = {
        tuple(place)
        for index, place in enumerate(world.positions(world.new_states(1, 0))[0])
        if index != agent
    }
    return np.array([cell for cell in world.free_cells() if tuple(cell) not in taken])


def _next_cells(world: World, states: np.ndarray, agent: int) -> np.ndarray | None:
    """To which of `states` each action of `agent` leads from each, int32 [states, actions].

    None unless every action leads from every state to one of them, so that nothing else can ever come about.
    """
    number = {key.tobytes(): index for index, key in enumerate(world.key(states))}
    table = np.empty((len(states), len(world.actions)), np.int32)
    for action in range(len(world.actions)):
        actions = np.zeros((len(states), world.agent_count), np.int8)
        actions[:, agent] = action
        for index, key in enumerate(world.key(world.imagine(states, actions))):
            table[index, action] = number.get(key.tobytes(), -1)
        if (table[:, action] < 0).any():
            return None
    return table
