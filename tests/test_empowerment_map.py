"""Maps of empowerment: the bits of words against sets of cells, and both ways of making a map against each other."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox
from rewards import estimators
from rewards.estimators.map import position_map
from sandbox.environment import make
from tests.conftest import world_of


def by_sets(next_cell: Any, horizon: int) -> list[int]:
    """The same counts from sets of cells."""
    counts = []
    for cell in range(len(next_cell)):
        reached = {cell}
        for _ in range(horizon):
            reached = {int(there) for here in reached for there in next_cell[here]}
        counts.append(len(reached))
    return counts


def grid(free: Any) -> np.ndarray:
    """The table of a map with the actions stay, north, south, west, east; int32 [cells, 5]."""
    number = np.full(np.add(free.shape, 2), -1)
    number[1:-1, 1:-1][free] = np.arange(free.sum())
    row, column = np.argwhere(free).T + 1
    steps = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    table = np.stack([number[row + down, column + right] for down, right in steps], axis=1)
    return np.where(table < 0, np.arange(len(table))[:, None], table).astype(np.int32)


@given(
    st.integers(1, 600),
    st.integers(1, 7),
    st.integers(0, 6),
    st.integers(0, 99),
    st.sampled_from([1, 20, 600]),
)
@settings(max_examples=60, deadline=None)
def test_equals_sets_of_cells(cells: int, actions: int, horizon: int, seed: int, jump: int) -> None:
    """Tables by chance, with and without a stay, with near and with far jumps, over several strips."""
    rng = np.random.default_rng(seed)
    jumps = rng.integers(-jump, jump + 1, (cells, actions))
    table = np.clip(np.arange(cells)[:, None] + jumps, 0, cells - 1).astype(np.int32)
    assert position_map(table, horizon).tolist() == by_sets(table, horizon)


@pytest.mark.parametrize("horizon", [0, 1, 2, 6, 13])
def test_large_map(horizon: int) -> None:
    """A map of many strips, most of which no step leads between."""
    table = grid(np.random.default_rng(5).random((40, 33)) > 0.2)
    found = position_map(table, horizon)
    assert found.dtype == np.int64
    assert found.tolist() == by_sets(table, horizon)


def test_open_plane_is_a_diamond() -> None:
    """2 n^2 + 2 n + 1 cells within n steps, far from the edge."""
    for horizon in range(8):
        counts = position_map(grid(np.ones((21, 21), bool)), horizon)
        assert counts.max() == counts[10 * 21 + 10] == 2 * horizon**2 + 2 * horizon + 1


def test_without_a_stay_exactly_n_steps_count() -> None:
    """In a ring of six, after n steps only every other cell can be reached."""
    ring = np.array([[(cell + 1) % 6, (cell - 1) % 6] for cell in range(6)])
    assert [position_map(ring, horizon).tolist() for horizon in (0, 1, 2, 3, 9)] == [
        [count] * 6 for count in (1, 2, 3, 3, 3)
    ]


def test_any_layout_of_numbers_will_do() -> None:
    table = grid(np.ones((6, 6), bool))
    wanted = position_map(table, 3).tolist()
    for same in (table.astype(np.uint8), table.astype(np.int64), np.asfortranarray(table), table.tolist()):
        assert position_map(same, 3).tolist() == wanted
    assert position_map(np.zeros((0, 5), np.int32), 3).tolist() == []


@pytest.mark.parametrize(
    ("table", "horizon", "words"),
    [
        ([[0, 1], [1, 2]], 1, r"row 1 is \[1, 2\]; cells are numbered 0 to 1"),
        ([[0, -1]], 1, r"row 0 is \[0, -1\]"),
        ([[0, 2**40]], 1, "row 0 is"),
        ([0, 1], 1, r"whole numbers \[cells, actions\]"),
        ([[0.0]], 1, "not float64"),
        (np.zeros((3, 0), int), 1, "of shape"),
        ([[0]], -1, "horizon has to be a whole number"),
        ([[0]], 1.5, "horizon has to be a whole number"),
    ],
)
def test_what_is_no_table(table: Any, horizon: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        position_map(np.array(table), horizon)


@pytest.mark.parametrize("outcome", estimators.OUTCOMES)
def test_both_ways_agree_in_every_scenario(
    shipped_world: Any, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every agent, whether or not its place is all that changes."""
    agents = range(shipped_world.agent_count)

    def maps() -> list[np.ndarray]:
        return [sandbox.empowerment_map(shipped_world, 2, agent, outcome, noise=0.0) for agent in agents]

    found = maps()
    monkeypatch.setattr(make, "_next_cells", lambda *_: None)
    for map_, wanted in zip(found, maps(), strict=True):
        np.testing.assert_array_equal(map_, wanted)


def test_which_worlds_are_nothing_but_places() -> None:
    """Walls and people that stand still may be in the way; what moves, opens, or is taken tells."""

    def is_all(name: str, agent: int) -> bool:
        world = world_of(name)
        start = world.new_states(1, 0)
        others = {tuple(place) for index, place in enumerate(world.positions(start)[0]) if index != agent}
        cells = np.array([cell for cell in world.free_cells() if tuple(cell) not in others])
        states = np.repeat(start, len(cells))
        world.place(states, agent, *cells.T)
        before = states.tobytes()
        table = make._next_cells(world, states, agent)
        assert states.tobytes() == before
        return table is not None

    assert is_all("klyubin_maze", 0)
    for name, agent in [
        ("gilded_cage", 1),
        ("doorway", 0),
        ("box_room", 1),
        ("open_field", 0),
        ("klyubin_box", 0),
    ]:
        assert not is_all(name, agent), name  # a switch, a goal, boxes, items, a box


def test_the_quick_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise the maze never meets the general estimator; with noise it does, and mistakes are named."""
    world = world_of("klyubin_maze")
    with monkeypatch.context() as patched:
        patched.setattr(make, "solved", None)
        for noise in (None, 0.0):
            assert np.nanmax(sandbox.empowerment_map(world, 5, noise=noise)) == np.log2(46)
    assert np.nanmax(sandbox.empowerment_map(world, 1, noise=0.2)) < np.log2(5)
    for wrong, words in [
        ({"horizon": -1}, "horizon has to be"),
        ({"outcome": "cel"}, "did you mean cell"),
        ({"others": "stil"}, "did you mean still"),
        ({"others": "policy"}, "policies have to be given"),
        ({"noise": 1.5}, "noise is the probability"),
        ({"agent": 3}, "agent has to be the number"),
    ]:
        with pytest.raises(ValueError, match=words):
            sandbox.empowerment_map(world, **({"horizon": 1} | wrong))


def test_maps_among_others() -> None:
    """Cell by cell what the estimator says, with its definition and bias, for random others and for policies."""
    world = world_of("doorway")
    cells = make.places(world, 0)
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])

    def north(states: np.ndarray) -> np.ndarray:
        return np.ones((len(states), world.agent_count), int)

    def row(world: Any, states: np.ndarray) -> np.ndarray:
        return world.positions(states)[:, 0, 0]

    asks: list[dict[str, Any]] = [
        {"others": "random"},
        {"others": "policy", "policies": north},
        {"others": "random", "outcome": row},
        {"outcome": row},
        {"outcome": "self"},
    ]
    for asked in asks:
        told: list[int] = []
        found = make.map_estimate(world, 2, report=told.append, **asked)
        wanted = estimators.estimate(world, states, 2, **asked)
        assert found.definition == wanted.definition
        assert found.bits.shape == (world.rows, world.columns)
        assert found.bits[tuple(cells.T)].tolist() == wanted.bits.tolist()
        assert np.isnan(found.bits).sum() == found.bits.size - len(cells)
        assert found.lower is not None
        assert found.lower[tuple(cells.T)].tolist() == wanted.bits.tolist()
        assert told == sorted(told)
        assert told[-1] == len(cells)
        np.testing.assert_array_equal(sandbox.empowerment_map(world, 2, **asked), found.bits)
    few = make.map_estimate("open_field", 3, others="random", samples=4)
    assert (few.definition.estimator, few.definition.samples) == ("shared futures", 4)
    assert few.bias is not None
    assert few.bias.shape == few.bits.shape
    assert few.largest_bias == np.nanmax(few.bias)


def test_definitions_of_maps() -> None:
    """What was really used: the quick way and the general one, and every kind of noise."""
    world = world_of("klyubin_maze")
    for noise, name in ((None, "none"), (0.0, "none"), (0.1, "given")):
        found = make.map_estimate(world, 1, noise=noise, outcome="self")
        assert str(found.definition) == f"E_1(0 -> 0), outcome self, others still, noise {name}, exact"
        assert found.upper is not None
        assert np.nanmax(found.upper - found.bits) < 2e-9
