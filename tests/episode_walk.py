"""A random walk through an episode: steps to and fro, branches, changes by hand; with what was seen on the way."""

import random
from contextlib import suppress
from typing import Any

from sandbox.playback.episode import Episode
from sandbox.world import hands

Seen = dict[tuple[int, int], Any]


def look(episode: Episode) -> Any:
    """All that has to be the same whenever one comes here."""
    mixes = [(repr(mix), dict(mix.weights)) for mix in episode.company.mixes]
    agents = range(episode.world.agent_count)
    paid = [episode.paid(agent) for agent in agents]
    return episode.states.tobytes(), episode.total, paid, mixes, episode.taken_over, episode.over


def wander(episode: Episode, seed: int, moves: int) -> Seen:
    """Do anything that can be done; gives what was seen last at each step of each branch."""
    chance, seen, world = random.Random(seed), {}, episode.world

    def place() -> tuple[int, int]:
        return chance.randrange(world.rows), chance.randrange(world.columns)

    def turn() -> None:
        agent = chance.randrange(world.agent_count)
        one = chance.choice(episode.parameters(agent))
        value = chance.uniform(one.least, one.most)
        if one.parameter == "weight":
            episode.set_weight(agent, one.term, value)
        else:
            value = round(min(value, 3)) if one.is_whole else value
            episode.set_parameter(agent, one.term, one.parameter, value)

    def move_thing() -> None:
        here = chance.choice(sorted(episode.movables()) or [(0, 0)])
        episode.put_thing(episode.movables().get(here, "box"), here, place())

    deeds = [
        *[episode.forward] * 8,
        *[lambda: episode.go(chance.randint(-2, episode.length + 2))] * 3,
        lambda: episode.switch(chance.choice(episode.branches).number),
        lambda: episode.put_agent(chance.randrange(world.agent_count), *place()),
        move_thing,
        lambda: episode.toggle(*chance.choice(sorted(hands.doors(world)) or [(0, 0)])),
        turn,
        lambda: episode.take_over(chance.choice([None, *range(world.agent_count)])),
        lambda: episode.act(chance.randrange(len(world.actions))),
    ]
    for _ in range(moves):
        with suppress(ValueError):  # what cannot be done changes nothing
            chance.choice(deeds)()
        seen[episode.branch, episode.index] = look(episode)
    return seen
