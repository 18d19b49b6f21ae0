"""From a scenario's name to something that runs: the functions of the public face."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from rewards import estimators
from rewards.estimators.map import position_map
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
    outcome: str = "cell",
    others: str = "still",
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
        outcome: `cell` (where the perceiver is), `self` (all that the state says of it) or `world`.
        others: what everybody else does meanwhile: `still`, or `random`, which is sampled where there is too much
            to work out (`rewards.estimators.several.among_others` gives the bias).

    Returns:
        Bits, float64 [worlds].
    """
    return estimators.empowerment(
        world, states, horizon, agent=agent, perceiver=perceiver, outcome=outcome, others=others
    )


def empowerment_map(
    name_or_world: str | PathLike | World,
    horizon: int,
    agent: int = 0,
    outcome: str = "cell",
    noise: float | None = None,
    others: str = "still",
) -> np.ndarray:
    """Empowerment of an agent put on each free cell in turn, all else as at the start.

    Where the agent turns out to change nothing but its own place, all cells are solved at once, in microseconds;
    else each is a state for the general estimator, with the same result.

    Args:
        name_or_world: a scenario's name, a file, or a World.
        horizon: steps.
        agent: who acts and perceives.
        outcome: `cell`, `self` or `world`.
        noise: probability of a slip, instead of the world's own.
        others: `still` or `random`.

    Returns:
        Bits, float64 [rows, columns]; nan on walls and where another agent stands.
    """
    world = name_or_world if isinstance(name_or_world, World) else World(load_scenario(name_or_world))
    if noise is not None and not 0 <= noise <= 1:
        raise ValueError(f"noise is the probability of a slip, 0..1, not {noise!r}")
    if not 0 <= agent < world.agent_count:
        raise ValueError(
            f"agent has to be the number of an agent, 0 to {world.agent_count - 1}, not {agent!r}"
        )
    bits = np.full((world.rows, world.columns), np.nan)
    start = world.new_states(1, 0)
    taken = {tuple(place) for index, place in enumerate(world.positions(start)[0]) if index != agent}
    cells = np.array([cell for cell in world.free_cells() if tuple(cell) not in taken])
    states = np.repeat(start, len(cells))
    world.place(states, agent, cells[:, 0], cells[:, 1])
    rows, columns = cells.T
    chances_used = "own" if noise is None else chances(noise, len(world.actions)) if noise else None
    certain = chances_used is None or (noise is None and world.noise is None)
    if certain and others == "still" and outcome in estimators.OUTCOMES:
        next_cell = _next_cells(world, states, agent)
        if next_cell is not None:  # every outcome tells the cell, and nothing else differs
            bits[rows, columns] = np.log2(position_map(next_cell, horizon))
            return bits
    bits[rows, columns] = estimators.empowerment(
        world, states, horizon, agent=agent, outcome=outcome, others=others, noise=chances_used
    )
    return bits


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
