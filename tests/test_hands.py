"""Changes by hand leave a state as a world built from the edited map has it at its start."""

import numpy as np
import pytest

from sandbox.scenario.read import parse_scenario
from sandbox.world import hands
from sandbox.world.world import World

HEAD = "format: 1\nmap: |\n"
TAIL = """
legend:
  1: {door: {by: plate, link: a}}
  2: {plate: {link: a}}
  3: {door: {by: key, link: b}}
  4: {key: {link: b}}
  5: {door: {open: true}}
agents:
  a: {letter: A}
  c: {letter: C}
"""
ROOM = ("A.b.C", ".b2.1", "D..34", "..5..")


def world_of(rows: tuple[str, ...], tail: str = TAIL) -> World:
    return World(parse_scenario(HEAD + "".join(f"  {row}\n" for row in rows) + tail.lstrip("\n")))


@pytest.fixture(scope="module")
def room() -> World:
    return world_of(ROOM)


def same(world: World, states: np.ndarray, rows: tuple[str, ...]) -> None:
    wanted = world_of(rows).new_states(1, 0)
    assert states.dtype.fields is not None
    for name in states.dtype.names or ():
        if not name.startswith(("rng", "end_")):
            np.testing.assert_array_equal(states[name], wanted[name], err_msg=name)


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        (lambda w, s: hands.put_agent(w, s, 0, 3, 4), ("..b.C", ".b2.1", "D..34", "..5.A")),
        (lambda w, s: hands.put_thing(w, s, "box", (0, 2), (3, 0)), ("A...C", ".b2.1", "D..34", "b.5..")),
        (lambda w, s: hands.put_thing(w, s, "box", (1, 1), (0, 1)), ("Abb.C", "..2.1", "D..34", "..5..")),
        (lambda w, s: hands.put_thing(w, s, "key", (2, 4), (1, 0)), ("A.b.C", "4b2.1", "D..3.", "..5..")),
    ],
)
def test_edits_equal_the_edited_map(room, edit, rows):
    states = room.new_states(1, 0)
    edit(room, states)
    same(room, states, rows)


def test_doors_turn_as_their_legend_has_them(room):
    for place, letter in (((2, 0), "o"), ((2, 3), "u"), ((3, 2), "D")):
        states = room.new_states(1, 0)
        hands.toggle(room, states, *place)
        rows = [list(row) for row in ROOM]
        rows[place[0]][place[1]] = letter
        tail = TAIL.replace(
            "legend:", "legend:\n  o: {door: {open: true}}\n  u: {door: {by: key, link: b, open: true}}"
        )
        wanted = world_of(tuple(map("".join, rows)), tail).new_states(1, 0)
        assert states["door_open"].tolist() == wanted["door_open"].tolist()
        np.testing.assert_array_equal(states["cells"], wanted["cells"])
        hands.toggle(room, states, *place)
        same(room, states, ROOM)


def test_plates_hold_their_doors_at_once_and_let_go(room):
    states = room.new_states(1, 0)
    door = hands.doors(room)[1, 4]
    hands.put_agent(room, states, 1, 1, 2)
    assert states["door_open"][0, door] == 1
    hands.put_agent(room, states, 0, 1, 4)
    hands.put_agent(room, states, 1, 0, 4)
    assert states["door_open"][0, door] == 1, "somebody stands in it"
    still = room.imagine(states, np.zeros((1, 2), np.int8))
    assert still["door_open"].tolist() == states["door_open"].tolist(), (
        "a step in which all stay changes nothing"
    )
    hands.put_agent(room, states, 0, 0, 0)
    assert states["door_open"][0, door] == 0
    same(room, states, ROOM)
    hands.put_thing(room, states, "box", (0, 2), (1, 2))
    assert states["door_open"][0, door] == 1


def test_who_shares_a_cell_is_shown_as_the_rules_show_it():
    tail = "mechanics: {movement: {share: true}}\nagents:\n  a: {letter: A}\n  c: {letter: C}\n"
    world = world_of(("A.C",), tail)
    states = world.new_states(1, 0)
    hands.put_agent(world, states, 1, 0, 1)
    walked = world.imagine(states, np.array([[4, 0]], np.int8))
    hands.put_agent(world, states, 0, 0, 1)
    for name in ("cell", "cells", "who"):
        np.testing.assert_array_equal(states[name], walked[name])
    hands.put_agent(world, states, 0, 0, 0)
    walked = world.imagine(walked, np.array([[3, 0]], np.int8))
    for name in ("cell", "cells", "who"):
        np.testing.assert_array_equal(states[name], walked[name])


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda w, s: hands.put_agent(w, s, 0, 0, 4), "row 0, column 4: c_0 is there"),
        (lambda w, s: hands.put_agent(w, s, 0, 0, 2), "a box is there"),
        (lambda w, s: hands.put_agent(w, s, 0, 2, 0), "a shut door is there"),
        (lambda w, s: hands.put_agent(w, s, 0, -1, 0), "off the map"),
        (lambda w, s: hands.put_agent(w, s, 0, 0, 5), "off the map"),
        (lambda w, s: hands.put_agent(w, s, 2, 0, 0), "no agent 2"),
        (lambda w, s: hands.put_thing(w, s, "box", (0, 0), (0, 1)), "there is no box on row 0, column 0"),
        (lambda w, s: hands.put_thing(w, s, "box", (0, 2), (1, 1)), "something lies there"),
        (lambda w, s: hands.put_thing(w, s, "box", (0, 2), (0, 0)), "a_0 is there"),
        (lambda w, s: hands.put_thing(w, s, "key", (2, 4), (2, 3)), "a shut door is there"),
        (lambda w, s: hands.put_thing(w, s, "goal", (0, 0), (0, 1)), "cannot be moved"),
        (lambda w, s: hands.put_thing(w, s, "coloured_coin", (0, 0), (0, 1)), "no coloured coin"),
        (lambda w, s: hands.toggle(w, s, 0, 0), "no door"),
        (lambda w, s: hands.toggle(w, s, 1, 4), "plates"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(room, edit, words):
    states = room.new_states(1, 0)
    before = states.tobytes()
    with pytest.raises(ValueError, match=words) as problem:
        edit(room, states)
    assert "\n" not in str(problem.value)
    assert states.tobytes() == before


def test_what_is_gone_stays_gone_and_doors_do_not_shut_on_people(room):
    states = room.new_states(1, 0)
    hands.put_agent(room, states, 0, 3, 2)
    with pytest.raises(ValueError, match="something stands in it"):
        hands.toggle(room, states, 3, 2)
    gone = room.without(room.new_states(1, 0), 0)
    with pytest.raises(ValueError, match="no longer in the world"):
        hands.put_agent(room, gone, 0, 0, 1)


def test_what_can_be_moved(room):
    states = room.new_states(1, 0)
    assert hands.movable(room, states[0]) == {(0, 2): "box", (1, 1): "box", (2, 4): "key"}
    assert hands.doors(room) == {(1, 4): 0, (2, 0): 1, (2, 3): 2, (3, 2): 3}
