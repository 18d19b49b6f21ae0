"""Empowerment in real worlds: published tables, brute force over all sequences, closed forms, laws."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.estimators import OUTCOMES, empowerment
from rewards.estimators.capacity import channel_capacity
from sandbox.world.state import all_fields
from tests.conftest import world_of
from tests.drawn import Stage, thing

HOUSE = """
######....
#A.b.#....
#.b..D.B..
#.k..#..p.
#..i.#....
###s######
#..L...Cb.
"""


@pytest.fixture(scope="module")
def house():
    """A world with boxes, doors of four kinds, keys, items and three agents."""
    return Stage(HOUSE, legend={"k": thing("key", link="x"), "L": thing("door", by="key", link="x")}).world


@pytest.fixture(scope="module")
def wandered(house):
    """States [24] of that world after some random steps."""
    states = house.new_states(24, 3)
    rng = np.random.default_rng(3)
    for step in range(30):
        house.step(
            states[step % 6 :], rng.integers(0, len(house.actions), (24 - step % 6, house.agent_count))
        )
    return states


def every_sequence(world, state, agent, horizon):
    """All action sequences of `agent` [sequences, horizon] and the states they lead to, the others still."""
    sequences = np.array(list(itertools.product(range(len(world.actions)), repeat=horizon)))
    futures = np.repeat(state, len(sequences))
    for step in range(horizon):
        actions = np.zeros((len(sequences), world.agent_count), np.int8)
        actions[:, agent] = sequences[:, step]
        futures = world.imagine(futures, actions)
    return sequences, futures


def told_apart(world, states, perceiver, outcome):
    """What `perceiver` tells apart, as a list of hashable things."""
    fields = all_fields(world.layout)
    if outcome == "world":
        parts = [states[f.name].reshape(len(states), -1).tolist() for f in fields if f.core]
        return [str(row) for row in zip(*parts, strict=True)]
    names = ["cell"] if outcome == "cell" else [f.name for f in fields if f.private]
    return list(zip(*(states[name][:, perceiver].tolist() for name in names), strict=True))


def counted(world, states, horizon, agent, perceiver, outcome):
    """Brute force: log2 of the number of outcomes over all action sequences."""
    bits = []
    for w in range(len(states)):
        _, futures = every_sequence(world, states[w : w + 1], agent, horizon)
        bits.append(np.log2(len(set(told_apart(world, futures, perceiver, outcome)))))
    return bits


MAZE = {
    1: (2, 5, 416),
    2: (3, 13, 922),
    3: (6, 23, 1532),
    4: (9, 34, 2192),
    5: (11, 46, 2884),
    10: (22, 85, 6410),
}
MAZE_AFTER_5 = """
21 26 27 28 29 31 29 28 26 21
24 29 27 22 30 34 32 32 30 26
28 32 29 23 18 38 37 36 34 29
31 36 32 25 18 42 42 40 36 32
32 40 42 42 44 46 45 42 38 34
30 37 36 37 40 44 43 41 38 33
26 31 29 29 32 36 14 34 31 28
21 25 24 24 25 27 18 27 26 26
11 13 16 19 21 22 22 23 24 25
11 13 15 18 21 21 20 20 21 21
"""


@pytest.fixture(scope="module")
def maze():
    """The maze of Klyubin, Polani and Nehaniv (2005) with its agent on each cell: (world, states [100])."""
    world = world_of("klyubin_maze")
    cells = world.free_cells()
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])
    return world, states


@pytest.mark.parametrize("horizon", MAZE)
def test_klyubin_maze(maze, horizon):
    """Fewest, most and all reached cells of the table, exactly."""
    world, states = maze
    bits = empowerment(world, states, horizon)
    fewest, most, total = MAZE[horizon]
    assert bits.min() == np.log2(fewest)
    assert bits.max() == np.log2(most)
    assert np.rint(2**bits).sum() == total


def test_klyubin_maze_cell_by_cell(maze):
    """The map of five steps, where only the cell changes, so that all outcomes agree."""
    world, states = maze
    wanted = np.log2(np.array(MAZE_AFTER_5.split(), float))
    for outcome in OUTCOMES:
        assert empowerment(world, states, 5, outcome=outcome).tolist() == wanted.tolist()


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_equals_brute_force(house, wandered, horizon, outcome):
    """Own empowerment of every agent equals the count over all action sequences."""
    few = wandered[:: 1 if horizon < 3 else 4]
    for agent in range(house.agent_count):
        found = empowerment(house, few, horizon, agent, outcome=outcome, noise=None)
        assert found.tolist() == counted(house, few, horizon, agent, agent, outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_transfer_equals_brute_force(house, wandered, outcome):
    """What one agent's actions do to another's outcome."""
    for agent, perceiver in itertools.permutations(range(house.agent_count), 2):
        found = empowerment(house, wandered[:6], 2, agent, perceiver, outcome)
        assert found.tolist() == counted(house, wandered[:6], 2, agent, perceiver, outcome)


def test_every_shipped_world(shipped_world):
    """Two steps in every scenario, for every agent, against brute force over everything that is true."""
    states = shipped_world.new_states(2, 1)
    for agent in range(shipped_world.agent_count):
        found = empowerment(shipped_world, states, 2, agent, outcome="world", noise=None)
        assert found.tolist() == counted(shipped_world, states, 2, agent, agent, "world")


def slips(world, slip):
    """P(executed | chosen) where only the five steering actions slip."""
    noise = np.eye(len(world.actions))
    noise[:5, :5] = np.full((5, 5), slip / 4) + np.eye(5) * (1 - slip - slip / 4)
    return noise


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("horizon", [1, 2])
def test_noisy_equals_enumeration(house, wandered, horizon, outcome):
    """The channel listed in full, all sequences by all that may be executed, has the same capacity."""
    noise = slips(house, 0.2)
    listed = noise
    for _ in range(horizon - 1):
        listed = np.kron(listed, noise)
    for w in range(6):
        _, futures = every_sequence(house, wandered[w : w + 1], 1, horizon)
        outcomes = told_apart(house, futures, 1, outcome)
        index = {each: k for k, each in enumerate(dict.fromkeys(outcomes))}
        p = np.zeros((len(listed), len(index)))
        for column, each in enumerate(outcomes):
            p[:, index[each]] += listed[:, column]
        found = empowerment(house, wandered[w : w + 1], horizon, 1, outcome=outcome, noise=noise)
        assert found[0] == pytest.approx(channel_capacity(p).bits, abs=2e-9)


@pytest.fixture(scope="module")
def field():
    """An open field with 20 % slip."""
    return Stage(".........\n" * 4 + "....A....\n" + ".........\n" * 4, slip=0.2, bare=True).world


def test_slip_on_an_open_field(field):
    """One step is a symmetric channel over five cells; the world's own noise is the default."""
    states = field.new_states(1, 0)
    closed_form = np.log2(5) + 0.8 * np.log2(0.8) + 0.2 * np.log2(0.05)
    assert empowerment(field, states, 1)[0] == pytest.approx(closed_form, abs=1e-9)
    assert empowerment(field, states, 1, noise=field.noise)[0] == pytest.approx(closed_form, abs=1e-9)
    assert empowerment(field, states, 1, noise=None)[0] == np.log2(5)
    assert empowerment(field, states, 3, noise=None)[0] == np.log2(25)
    assert empowerment(field, states, 3)[0] == pytest.approx(2.0922867312, abs=1e-8)
    assert empowerment(field, states, 1, noise=np.full((5, 5), 0.2))[0] == 0


def test_too_much_noise_and_horizon_is_said(field):
    """A horizon that keeps too many sequences apart gives one line that says what to lower."""
    lopsided = np.eye(5) * 0.5 + np.array([0.2, 0.13, 0.1, 0.04, 0.03])
    with pytest.raises(ValueError, match="lower the horizon"):
        empowerment(field, field.new_states(1, 0), 9, noise=lopsided)


def test_the_present_is_untouched(house, wandered):
    """Not a byte of the states changes, noise or not, and the same question gets the same answer."""
    before = wandered.tobytes()
    first = empowerment(house, wandered, 3, outcome="world")
    empowerment(house, wandered, 2, noise=slips(house, 0.1))
    assert wandered.tobytes() == before
    assert (empowerment(house, wandered, 3, outcome="world") == first).all()


def test_a_batch_is_its_states_one_by_one(house, wandered):
    """Batches on all threads, repeated states, and views that skip states agree with single states."""
    many = np.tile(wandered, 12)
    rng = np.random.default_rng(0)
    for _ in range(4):
        house.step(many, rng.integers(0, len(house.actions), (len(many), house.agent_count)))
    batch = empowerment(house, many, 4, 2, outcome="self")
    fresh = Stage(HOUSE, legend={"k": thing("key", link="x"), "L": thing("door", by="key", link="x")}).world
    for w in range(0, len(many), 29):
        assert empowerment(fresh, many[w : w + 1], 4, 2, outcome="self")[0] == batch[w]
    assert (empowerment(house, many[::2], 4, 2, outcome="self") == batch[::2]).all()


def test_small_scratch_is_grown(house, wandered, monkeypatch):
    """Tables that overflow are made larger; the answer is the same."""
    from rewards.estimators import reachable

    wanted = reachable.Expander(house).counts(wandered, [0], [0], 2, 4)
    monkeypatch.setattr(reachable, "FIRST_ROOM", 3)
    assert (reachable.Expander(house).counts(wandered, [0], [0], 2, 4) == wanted).all()
    monkeypatch.setattr(reachable, "SCRATCH_BYTES", 40_000)
    with pytest.raises(ValueError, match="lower the horizon"):
        reachable.Expander(house).counts(wandered, [0], [0], 2, 6)


def test_what_is_remembered_is_exact(house, wandered, monkeypatch):
    """Answers kept from other questions and states, and a memory that starts anew again and again, change nothing."""
    from rewards.estimators import reachable

    def ask(expander, agents, perceivers, outcome, horizon):
        return expander.counts(wandered, agents, perceivers, outcome, horizon)

    questions = list(itertools.product([[0, 1, 2], [2, 0, 0]], [[0, 1, 2], [1, 1, 0]], [0, 1, 2], [1, 2, 3]))
    kept = reachable.Expander(house)
    first = [ask(kept, *question) for question in questions]
    again = [ask(kept, *question) for question in questions]
    monkeypatch.setattr(reachable, "REMEMBERED", 4)
    forgetful = reachable.Expander(house)
    for question, one, two in zip(questions, first, again, strict=True):
        assert (one == two).all()
        assert (ask(forgetful, *question) == one).all()
        assert (ask(reachable.Expander(house), *question) == one).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2), st.integers(1, 4), st.floats(0.01, 0.7))
def test_laws(house, seed, agent, horizon, slip):
    """More horizon is never less with a stay action; a coarser outcome never more; noise never more."""
    states = house.new_states(2, seed)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        house.step(states, rng.integers(0, len(house.actions), (2, house.agent_count)))
    cell, own, world = (empowerment(house, states, horizon, agent, outcome=outcome) for outcome in OUTCOMES)
    assert (cell <= own).all()
    assert (own <= world).all()
    assert (cell >= empowerment(house, states, horizon - 1, agent)).all()
    if horizon < 3:
        assert (empowerment(house, states, horizon, agent, noise=slips(house, slip)) <= cell + 1e-9).all()


def test_horizon_zero_and_no_states(house, wandered):
    """Nothing can be said in no time, nor of no states."""
    assert empowerment(house, wandered, 0).tolist() == [0.0] * len(wandered)
    assert empowerment(house, wandered[:0], 3).shape == (0,)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "negative horizon": ({"horizon": -1}, "horizon"),
    "broken horizon": ({"horizon": 1.5}, "horizon"),
    "true horizon": ({"horizon": True}, "horizon"),
    "outcome": ({"outcome": "cells"}, "did you mean cell.*allowed: cell, self, world"),
    "others": ({"others": "policies"}, "did you mean policy.*allowed: still, random, policy"),
    "no policies": ({"others": "policy"}, "policies have to be given"),
    "agent": ({"agent": 3}, "agent has to be the number of an agent, 0 to 2"),
    "perceiver": ({"perceiver": -1}, "perceiver"),
    "noise shape": ({"noise": np.eye(3)}, "noise"),
    "noise rows": ({"noise": "rows"}, "noise"),
    "noise name": ({"noise": "mine"}, "allowed: own"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_questions_are_refused(house, wandered, name):
    """One line of ValueError for everything that is not allowed."""
    wrong, message = WRONG[name]
    question: dict[str, Any] = {"horizon": 2} | wrong
    if name == "noise rows":
        question["noise"] = 0.5 * np.eye(len(house.actions))
    with pytest.raises(ValueError, match=message):
        empowerment(house, wandered, **question)
    with pytest.raises(ValueError, match="for a single one"):
        empowerment(house, wandered[0], 2)
