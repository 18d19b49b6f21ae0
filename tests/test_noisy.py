"""Noisy empowerment against explicit enumeration, and the tables of solved neighbourhoods."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.estimators import OUTCOMES, empowerment, neighbourhood, noisy
from rewards.estimators.capacity import channel_capacity
from rewards.estimators.neighbourhood import symmetries
from tests.drawn import Stage
from tests.drawn import settings as rules

ROOMS = """
...#...
...#...
.......
...#...
##.##.#
.......
...#..A
"""
WITH_A_BOX = """
..#..
.bA..
..D#.
"""
ACTIONS = ("stay", "north", "south", "west", "east")


def slips(actions, slip):
    """P(executed | chosen) where only the five steering actions slip."""
    noise = np.eye(actions)
    noise[:5, :5] = np.full((5, 5), slip / 4) + np.eye(5) * (1 - slip - slip / 4)
    return noise


WIND = np.array(
    [
        [0.9, 0.0, 0.1, 0.0, 0.0],
        [0.3, 0.6, 0.0, 0.05, 0.05],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.1, 0.0, 0.2, 0.7, 0.0],
        [0.0, 0.1, 0.2, 0.0, 0.7],
    ]
)
"""A wind from the north, and feet that do not all obey alike: no two directions are equal."""


def own(world):
    """The world's own noise."""
    assert world.noise is not None
    return world.noise


def everywhere(world):
    """States [cells] with agent 0 on every cell it may stand on."""
    cells = world.free_cells()
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])
    return states


@pytest.fixture(scope="module")
def rooms():
    """Four crooked rooms and states with the agent on each of their cells."""
    world = Stage(ROOMS, slip=0.2, bare=True).world
    return world, everywhere(world)


def enumerated(world, states, horizon, noise):
    """Channels [states, sequences, cells] of a world in which only the agent's cell changes, by matrix products."""
    cells = states["cell"][:, 0].tolist()
    executed = np.zeros((len(noise), len(cells), len(cells)))
    for action in range(len(noise)):
        after = world.imagine(states, np.full((len(states), 1), action, np.int8))
        for place, cell in enumerate(after["cell"][:, 0].tolist()):
            executed[action, place, cells.index(cell)] = 1
    chosen = np.einsum("ce,eij->cij", noise, executed)
    ends = []
    for sequence in itertools.product(range(len(noise)), repeat=horizon):
        where = np.eye(len(cells))
        for action in sequence:
            where = where @ chosen[action]
        ends.append(where)
    return np.array(ends).transpose(1, 0, 2)


def proven(p, inputs):
    """Bounds in bits that an input distribution proves, by the definition: (information, largest divergence)."""
    out = inputs @ p
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = np.where(p > 0, p * np.log2(p / out), 0.0).sum(axis=1)
    return inputs @ divergence, divergence.max()


@pytest.mark.parametrize("noise", [slips(5, 0.2), slips(5, 0.8), WIND], ids=["slip", "more slip", "wind"])
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_equals_explicit_enumeration(rooms, horizon, noise):
    """Every value lies between bounds that hold by definition for the channel of all sequences."""
    world, states = rooms
    found = empowerment(world, states, horizon, noise=noise)
    for bits, p in zip(found, enumerated(world, states, horizon, noise), strict=True):
        capacity = channel_capacity(p)
        information, largest = proven(p, capacity.inputs)
        assert largest - information < 1e-6
        assert information - 1e-9 <= bits <= largest + 1e-12
        assert bits == pytest.approx(capacity.bits, abs=1e-9)


def test_bounds_are_certified(rooms):
    """Lower and upper bound are 1e-9 apart, and in order."""
    world, states = rooms
    lower, upper = noisy.Noisy(world).bounds(states, 0, 0, 0, 4, own(world)).T
    assert (lower <= upper).all()
    assert (upper - lower <= 1e-9).all()


MIRRORED = """
.....#.....
.....#.....
...........
.....#.....
.....#.....
##.#####.##
.....#.....
.....#.....
...........
.....#.....
.....#....A
"""


def test_a_symmetric_map_has_symmetric_values():
    """Turned and mirrored cells of a symmetric map have exactly equal values, and are solved once."""
    world = Stage(MIRRORED, slip=0.15, bare=True).world
    states = everywhere(world)
    bits = np.full((11, 11), np.nan)
    bits[tuple(world.free_cells().T)] = empowerment(world, states, 3)
    np.testing.assert_array_equal(bits, bits.T)
    np.testing.assert_array_equal(bits, bits[::-1])
    assert (
        len(noisy.solved(tuple(world.actions), 3, own(world)))
        == len(np.unique(bits[np.isfinite(bits)]))
        == 14
    )


def test_solved_neighbourhoods_serve_other_worlds(rooms):
    """What one world has solved is looked up by the next, also turned."""
    world, states = rooms
    wanted = empowerment(world, states, 2)
    tables = noisy.solved(tuple(world.actions), 2, own(world))
    before = len(tables)
    turned = Stage("\n".join(map("".join, zip(*ROOMS.split(), strict=True))), slip=0.2, bare=True).world
    again = empowerment(turned, everywhere(turned), 2)
    assert len(tables) == before
    assert sorted(again) == sorted(wanted)


def test_symmetries_leave_the_noise_as_it_is():
    """All eight for slip; the mirror alone where wind blows; none where nothing is alike; pulls turn along."""
    assert len(symmetries(ACTIONS, slips(5, 0.2))) == 8
    assert symmetries(ACTIONS, WIND).tolist() == [[0, 1, 2, 3, 4]]
    wind = np.eye(5) * 0.9
    wind[:, 2] += 0.1
    assert symmetries(ACTIONS, wind).tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 4, 3]]
    pulls = (*ACTIONS, "interact", *(f"pull_{way}" for way in ACTIONS[1:]))
    orders = symmetries(pulls, slips(len(pulls), 0.2))
    assert len(orders) == 8
    assert (orders[:, 6:] - 5 == orders[:, 1:5]).all()
    assert len(symmetries(("wait", "go"), np.eye(2))) == 1


def test_pulls_and_boxes_with_symmetries(monkeypatch):
    """With and without symmetries of the actions the values are the same, boxes, doors and pulls and all."""
    world = Stage(WITH_A_BOX, rules=rules(boxes={"pull": True}), slip=0.3, bare=True).world
    states = world.new_states(8, 0)
    rng = np.random.default_rng(1)
    for step in range(12):
        world.step(states[step % 4 :], rng.integers(0, len(world.actions), (8 - step % 4, 1)))
    asked = [(outcome, horizon) for outcome in range(3) for horizon in (1, 2)]
    one = noisy.Noisy(world)
    noisy._solved.clear()
    wanted = [one.bounds(states, 0, 0, outcome, horizon, own(world))[:, 0] for outcome, horizon in asked]
    noisy._solved.clear()
    monkeypatch.setattr(noisy, "symmetries", lambda actions, noise: np.arange(len(actions))[None])
    for (outcome, horizon), bits in zip(asked, wanted, strict=True):
        plain = one.bounds(states, 0, 0, outcome, horizon, own(world))[:, 0]
        np.testing.assert_allclose(plain, bits, rtol=0, atol=2e-9)
    noisy._solved.clear()


def test_small_rooms_are_grown(rooms, monkeypatch):
    """Scratch, buffers and tables that overflow are made larger or start anew; the values are the same."""
    world, states = rooms
    wanted = noisy.Noisy(world).bounds(states, 0, 0, 0, 3, own(world))
    monkeypatch.setattr(neighbourhood, "FIRST_ROOM", 2)
    monkeypatch.setattr(neighbourhood, "LIMIT", 3000)
    monkeypatch.setattr(noisy, "FIRST_ROOM", 10)
    monkeypatch.setattr(noisy, "CHUNK", 7)
    noisy._solved.clear()
    found = noisy.Noisy(world).bounds(states, 0, 0, 0, 3, own(world))
    noisy._solved.clear()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    monkeypatch.setattr(neighbourhood, "SCRATCH_BYTES", 10_000)
    with pytest.raises(ValueError, match="lower the horizon"):
        noisy.Noisy(world).bounds(states, 0, 0, 0, 6, own(world))


def test_a_failed_question_leaves_nothing_behind(rooms, monkeypatch):
    """After an error the tables hold no graphs without values."""
    world, states = rooms
    wanted = empowerment(world, states, 2, noise=WIND)
    noisy._solved.clear()
    one = noisy.Noisy(world)
    with monkeypatch.context() as patch:
        patch.setattr(noisy, "PREFIX_LIMIT", 6)
        with pytest.raises(ValueError, match="lower the horizon"):
            one.bounds(states, 0, 0, 0, 2, WIND)
    np.testing.assert_array_equal(one.bounds(states, 0, 0, 0, 2, WIND)[:, 0], wanted)


@pytest.fixture(scope="module")
def furnished():
    """A world with a box and a door."""
    return Stage(WITH_A_BOX, bare=True).world


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 2), st.floats(0.01, 0.9))
def test_laws(furnished, seed, horizon, slip):
    """More horizon is never less if staying does not slip; coarser outcomes and noise never carry more."""
    states = furnished.new_states(2, seed)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        furnished.step(states, rng.integers(0, len(furnished.actions), (2, 1)))
    noise = slips(len(furnished.actions), slip)
    noise[0] = np.eye(len(noise))[0]
    cell, own, world = (
        empowerment(furnished, states, horizon, outcome=each, noise=noise) for each in OUTCOMES
    )
    assert (cell <= own + 1e-9).all()
    assert (own <= world + 1e-9).all()
    assert (world <= empowerment(furnished, states, horizon + 1, outcome="world", noise=noise) + 1e-9).all()
    assert (world <= empowerment(furnished, states, horizon, outcome="world", noise=None) + 1e-9).all()
