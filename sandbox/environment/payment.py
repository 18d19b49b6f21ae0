"""Who is paid for what: turns reward specs, for all or by team, into one mix for each agent."""

from collections.abc import Mapping
from typing import Any

import rewards as formulations
from rewards.mix import Mix
from sandbox.world.world import World


def mixes(world: World, scenario: Any, rewards: Any = None) -> list[Mix]:
    """One reward mix for each agent.

    Args:
        world: the rules.
        scenario: gives each group's own reward spec where `rewards` says nothing.
        rewards: None, a spec for every agent, or a mapping from team or group to a spec.

    Raises:
        ValueError: a formulation or parameter that does not exist, or a team that this world does not have.
    """
    own = {name: group.rewards for name, group in scenario.agents.items()}
    if rewards is None:
        chosen = [own[group] for group in world.groups]
    elif by_team(world, rewards):
        chosen = [
            rewards.get(group, rewards.get(team, own[group]))
            for group, team in zip(world.groups, world.teams, strict=True)
        ]
    else:
        chosen = [rewards] * world.agent_count
    made: dict[int, Mix] = {}
    for spec in chosen:
        made.setdefault(id(spec), formulations.make(spec))
    return [made[id(spec)] for spec in chosen]


def by_team(world: World, rewards: Any) -> bool:
    """Whether a spec is a mapping from teams or groups to specs, not one from formulations to parameters."""
    owners = {*world.teams, *world.groups}
    if not isinstance(rewards, Mapping) or not owners & rewards.keys():
        return False
    if strange := rewards.keys() - owners:
        raise ValueError(
            f"no team or group {sorted(strange)[0]!r}; this world has {', '.join(sorted(owners))}"
        )
    return True


def is_task_only(mix: Mix) -> bool:
    """Whether a mix pays exactly what the world's own task pays, so that no formulation needs to be asked."""
    return mix.weights == {"task": 1.0}
