"""What is done by hand: dragging, turning doors, and playing an agent by keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.playback.episode import Episode
from sandbox.world.world import World
from viewer.keys import keys_of
from viewer.player import Player

Cell = tuple[int, int]
STEERING = ("north", "south", "west", "east", "stay")


@dataclass(frozen=True)
class Grip:
    """What is held: an agent by its number, or a thing by its name, and where it was."""

    cell: Cell
    agent: int | None = None
    thing: str = ""


def agent_at(episode: Episode, cell: Cell) -> int | None:
    """Who stands on a cell, the last drawn first."""
    places = episode.world.positions(episode.states)[0].tolist()
    found = [agent for agent, place in enumerate(places) if tuple(place) == cell]
    return found[-1] if found else None


def grip_at(episode: Episode, cell: Cell) -> Grip | None:
    """What can be dragged from a cell: whoever stands there, or a box, key or coin."""
    agent = agent_at(episode, cell)
    if agent is not None:
        return Grip(cell, agent)
    thing = episode.movables().get(cell)
    return Grip(cell, thing=thing) if thing else None


def drop(episodes: Sequence[Episode], grip: Grip, cell: Cell) -> str:
    """Put what is held on a cell, in all panes alike; gives back what happened, in one line."""
    if grip.agent is not None:
        agent = grip.agent
        done = f"{episodes[0].agent_names[agent]} is now on row {cell[0]}, column {cell[1]}"
        return in_all(episodes, lambda episode: episode.put_agent(agent, *cell), done)
    what = grip.thing.replace("_", " ")
    done = f"the {what} is now on row {cell[0]}, column {cell[1]}"
    return in_all(episodes, lambda episode: episode.put_thing(grip.thing, grip.cell, cell), done)


def toggle(episodes: Sequence[Episode], cell: Cell) -> str:
    """Turn the door on a cell, in all panes alike."""
    return in_all(
        episodes,
        lambda episode: episode.toggle(*cell),
        f"the door at row {cell[0]}, column {cell[1]} is turned",
    )


def in_all(episodes: Sequence[Episode], change: Callable[[Episode], None], done: str) -> str:
    """Make a change in every episode; where it cannot be made, the first reason is given back."""
    problems = []
    for episode in episodes:
        try:
            change(episode)
        except ValueError as problem:
            problems.append(str(problem))
    if len(problems) < len(episodes) and problems:
        return f"{done}, but not in every pane: {problems[0]}"
    return problems[0] if problems else done


def other_actions(world: World) -> list[str]:
    """Actions besides staying and steering, in order."""
    return [name for name in world.actions if name not in STEERING]


def mapping(world: World) -> list[tuple[str, str]]:
    """Keys and the action that each gives."""
    steering = [(keys_of(name), name) for name in STEERING if name in world.actions]
    return steering + [(f"Shift+{number}", name) for number, name in enumerate(other_actions(world)[:9], 1)]


def act(player: Player, action: str) -> str:
    """Have the agent taken over do this in the next step, which is made at once in a pause; "" where it worked."""
    taken = [episode for episode in player.episodes if episode.taken_over is not None]
    if not taken:
        return "take over an agent first: select it and press M"
    if action not in taken[0].world.actions:
        return f"there is no action {action} here"
    for episode in taken:
        episode.act(action)
    if not player.playing:
        player.forward()
    return ""


def take_over(episodes: Sequence[Episode], agent: int | None) -> str:
    """Take over an agent in all panes, or let it go; "" where it worked."""
    return in_all(episodes, lambda episode: episode.take_over(agent), "")
