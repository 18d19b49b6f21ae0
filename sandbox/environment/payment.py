"""Who is paid for what: turns reward specs, for all or by team, into one mix for each agent."""

from collections.abc import Mapping
from typing import Any

import rewards as formulations
from rewards.mix import Mix
from rewards.task import Task
from sandbox.world.world import World


def mixes(world: World, scenario: Any, rewards: Any = None) -> list[Mix]:
    """One reward mix for each agent.

    Args:
        world: the rules.
        scenario: gives each group's own reward spec where `rewards` says nothing.
        rewards: None, a spec for every agent, or a mapping from team or group to a spec.

    Raises:
        ValueError: a formulation or parameter that does not exist, a team that this world does not have, or a fact that
            a formulation needs and this world does not have.
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
    found = [made[id(spec)] for spec in chosen]
    for agent, mix in enumerate(found):
        if why := lacking(mix, world, agent):
            raise ValueError(why)
    return found


def lacking(mix: Mix, world: World, agent: int) -> str:
    """What a mix needs and an agent has not in a world, in a line; empty where nothing is missing."""
    for term in mix.terms:
        lacks = getattr(term.formulation, "lacks", None)
        if lacks and (why := lacks(world, agent)):
            return f"reward {term.name} {why}, which {world.agent_ids[agent]} has not in this world"
    return ""


def by_team(world: World, rewards: Any) -> bool:
    """Whether a spec is a mapping from teams or groups to specs, not one from formulations to parameters."""
    if not isinstance(rewards, Mapping) or rewards.keys().isdisjoint({*world.teams, *world.groups}):
        return False
    for name in rewards:
        check_owner(world, name)
    return True


def check_owner(world: World, name: str) -> None:
    """Raise ValueError unless there are agents of this team or group."""
    owners = {*world.teams, *world.groups}
    if name not in owners:
        raise ValueError(f"no team or group {name!r}; this world has {', '.join(sorted(owners))}")


def is_task_only(mix: Mix) -> bool:
    """Whether a mix pays exactly what the world's own task pays, so that no formulation needs to be asked."""
    return mix.weights == {"task": 1.0} and isinstance(mix.terms[0].formulation, Task)
