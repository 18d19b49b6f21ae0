"""Every overlay of the folder keeps the contract, and those that have closed forms agree with them."""

import copy
import dataclasses
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sandbox
from rewards import estimators
from rewards.estimators.anticipation import anticipation
from sandbox.experiments.company import Company
from sandbox.scenario.read import load_scenario
from tests.conftest import world_of
from tests.drawn import Stage
from viewer import overlay as socket
from viewer.overlay import Layer, Overlay, Stale, View, key_of, limits, overlays, portions
from viewer.overlays import influence_graph, messages, others_empowerment, reachable_cells, value, visits
from viewer.standing import occupied, places, standing

WORLDS = ("klyubin_maze", "two_doors", "coexistence")
"""One agent among thin walls; two with doors and goals; two that may share a cell of a torus."""
ROOM = """
A....
.....
..B..
.....
"""


@cache
def company_of(name: str) -> Company:
    return Company(load_scenario(name), world=world_of(name))


@cache
def room() -> Stage:
    return Stage(ROOM, bare=True)


def view_of(name: str, steps: int = 4, agent: int = 0, dead: bool = False) -> View:
    """The view of an agent of a shipped scenario after some steps."""
    company = company_of(name)
    states = company.start([3])
    trail = [states["cell"][0].copy()]
    for _ in range(steps):
        company.step(states)
        trail.append(np.where(states["alive"][0] == 1, states["cell"][0], 0))
    if dead:
        states = company.world.without(states, agent)
        trail.append(np.where(states["alive"][0] == 1, states["cell"][0], 0))
    return View(
        company.world, states, agent, 2, company.mixes, company.minds(), trail=np.array(trail, np.int64)
    )


def plain(value: Any) -> Any:
    """A layer as what can be compared."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


each_overlay = pytest.mark.parametrize("overlay", overlays().values(), ids=lambda overlay: overlay.name)


# The contract ---------------------------------------------------------------------------------------------


@each_overlay
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("dead", [False, True], ids=["alive", "dead"])
def test_a_layer_fits_the_map_and_leaves_all_as_it_was(overlay: Overlay, name: str, dead: bool):
    view = view_of(name, dead=dead)
    before = view.states.tobytes(), view.trail.tobytes() if view.trail is not None else b""
    layer = overlay.look(view)
    assert isinstance(layer, Layer)
    assert layer.title
    assert layer.low < layer.high
    assert all(isinstance(note, str) and "\n" not in note for note in layer.notes)
    if layer.cells is not None:
        assert layer.cells.shape == view.shape
        assert layer.cells.dtype == np.float64
        shown = layer.cells[~np.isnan(layer.cells)]
        assert np.isfinite(shown).all()
        assert ((shown >= layer.low - 1e-9) & (shown <= layer.high + 1e-9)).all()
        assert layer.occupied is not None
        assert layer.occupied.shape == view.shape
    for mark in layer.marks:
        assert mark.cells.shape == view.shape
        assert mark.cells.dtype == bool
    for arrow in layer.arrows:
        assert arrow.giver != arrow.receiver
        assert np.isfinite(arrow.strength)
        assert arrow.strength <= layer.high
        assert (arrow.start, arrow.end) == (view.positions[arrow.giver], view.positions[arrow.receiver])
    for cell in (cell for line in layer.lines for cell in line.cells if cell):
        assert 0 <= cell[0] < view.shape[0]
        assert 0 <= cell[1] < view.shape[1]
    assert plain(overlay.look(view)) == plain(layer)
    assert (view.states.tobytes(), view.trail.tobytes() if view.trail is not None else b"") == before


@each_overlay
@pytest.mark.parametrize("name", WORLDS)
def test_a_twin_of_the_world_gives_the_same_layer(overlay: Overlay, name: str):
    view = view_of(name)
    twin = dataclasses.replace(view, world=copy.copy(view.world))
    assert twin.world is not view.world
    assert plain(overlay.look(twin)) == plain(overlay.look(view))


@each_overlay
def test_a_layer_hangs_on_nothing_but_what_it_says_it_needs(overlay: Overlay):
    view = view_of("two_doors")
    other = view_of("two_doors", steps=9)
    cell = view.states["cell"][0]
    changed: dict[str, Any] = {
        "agent": 1,
        "horizon": 3,
        "mixes": Company(load_scenario("two_doors"), "2*task", view.world).mixes,
        "minds": (None, None),
        "critics": (lambda states: np.arange(len(states)) * 1.0, None),
        "trail": np.array([cell, cell]),
        "visits": np.ones((2, *view.shape), np.int64),
        "states": other.states,
    }
    assert {*changed} | {"record"} == {*socket.NEEDS}
    as_it_was, kept_by = plain(overlay.look(view)), key_of(overlay, view)
    for word, instead in changed.items():
        there = dataclasses.replace(view, **{word: instead})
        if word not in overlay.needs and not (word == "states" and "record" in overlay.needs):
            assert key_of(overlay, there) == kept_by, word
            assert plain(overlay.look(there)) == as_it_was, word
        else:
            assert key_of(overlay, there) != kept_by, word


@each_overlay
@pytest.mark.parametrize("name", WORLDS)
def test_horizon_0_and_a_world_that_has_just_begun(overlay: Overlay, name: str):
    company = company_of(name)
    layer = overlay.look(View(company.world, company.start([0]), horizon=0))
    assert layer.cells is None or not np.isinf(layer.cells).any()


def test_overlays_are_the_files_of_the_folder_each_with_a_key_of_its_own():
    folder = Path(socket.folder.__file__).parent
    assert {*overlays()} == {path.stem for path in folder.glob("*.py")} - {"__init__"}
    keys = [overlay.key for overlay in overlays().values()]
    assert keys == sorted(keys)
    assert len({*keys}) == len(keys)
    assert {*keys} <= {*"123456789"}
    assert all(0 < len(overlay.title) <= 30 for overlay in overlays().values())


def test_an_overlay_that_needs_what_there_is_not_is_refused_in_one_line(monkeypatch):
    module = SimpleNamespace(needs="states weather", NAME="", KEY="", UNIT="", HEAVY=False, look=None)
    monkeypatch.setattr(socket.importlib, "import_module", lambda name: module)
    with pytest.raises(ValueError, match=r"sunny\.py: needs names 'weather'; allowed: states, "):
        socket._read("sunny")


# What overlays share --------------------------------------------------------------------------------------


def test_a_view_has_states_of_its_own():
    stage = room()
    states = stage.states.copy()
    view = View(stage.world, states)
    states["cell"] = 0
    assert view.positions == [(0, 0), (2, 2)]


def test_the_agent_is_put_on_every_free_cell_and_the_others_stay():
    view = View(room().world, room().states)
    cells = places(view)
    assert len(cells) == 5 * 4 - 1
    assert [2, 2] not in cells.tolist()
    assert (view.world.positions(standing(view, cells))[:, 0] == cells).all()
    assert (view.world.positions(standing(view, cells))[:, 1] == (2, 2)).all()
    assert [tuple(cell) for cell in np.argwhere(occupied(view)).tolist()] == [(0, 0), (2, 2)]


def test_portions_cover_all_and_end_when_nobody_waits():
    left = [True, True, False]
    view = dataclasses.replace(View(room().world, room().states), wanted=lambda: left.pop(0))
    parts = portions(view, 10, 4)
    assert [next(parts), next(parts)] == [slice(0, 4), slice(4, 8)]
    with pytest.raises(Stale):
        next(parts)
    whole = list(portions(View(room().world, room().states), 10, 4))
    assert whole == [slice(0, 4), slice(4, 8), slice(8, 10)]


def test_limits_lie_apart_even_where_all_is_equal_or_nothing_there():
    assert limits(np.array([1.0, np.nan, 3.0])) == (1.0, 3.0)
    assert limits(np.full(3, 2.0)) == (1.5, 2.5)
    assert limits(np.full(3, np.nan)) == (0.0, 1.0)


# Closed forms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["klyubin_maze", "two_doors"])
def test_own_empowerment_is_the_map_that_the_command_prints(name: str):
    world = world_of(name)
    layer = overlays()["own_empowerment"].look(View(world, world.new_states(1, 0), 0, 3))
    assert layer.cells is not None
    free = ~np.isnan(layer.cells)
    np.testing.assert_allclose(layer.cells[free], sandbox.empowerment_map(world, 3)[free], atol=1e-9)
    start = world.positions(world.new_states(1, 0))[0, 0]
    assert free.sum() == (~np.isnan(sandbox.empowerment_map(world, 3))).sum()
    assert free[tuple(start)]


def test_own_empowerment_in_an_empty_room_is_the_number_of_cells_within_reach():
    view = View(room().world, room().states, 0, 2)
    layer = overlays()["own_empowerment"].look(view)
    assert layer.cells is not None
    for row, column in places(view).tolist():
        near = walk({(row, column)}, 2, {(2, 2)})
        assert layer.cells[row, column] == pytest.approx(np.log2(len(near)))


def walk(cells: set, steps: int, taken: set) -> set:
    """Cells of the empty room within so many steps."""
    for _ in range(steps):
        around = {(r + a, c + b) for r, c in cells for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        cells = cells | {(r, c) for r, c in around if 0 <= r < 4 and 0 <= c < 5} - taken
    return cells


def test_reachable_cells_are_those_of_a_breadth_first_count():
    for horizon in (0, 1, 3, 9):
        steps, looked = reachable_cells.fewest_steps(View(room().world, room().states, 0, horizon))
        assert looked == horizon
        for step in range(horizon + 1):
            found = {tuple(cell) for cell in np.argwhere(steps <= step).tolist()}
            assert found == walk({(0, 0)}, step, {(2, 2)})


def test_reachable_cells_heed_thin_walls():
    world = world_of("klyubin_maze")
    states = world.new_states(1, 5)
    steps, _ = reachable_cells.fewest_steps(View(world, states, 0, 6))
    found = {int(states["cell"][0, 0]): 0}
    for step in range(1, 7):
        for cell in list(found):
            for near in world.ways[cell].tolist():
                found.setdefault(near, step)
    rows, columns = world.layout.row_column(np.array([*found]))
    assert {(r, c): steps[r, c] for r, c in zip(rows, columns, strict=True)} == dict(
        zip(zip(rows, columns, strict=True), found.values(), strict=True)
    )
    assert (~np.isnan(steps)).sum() == len(found)


def test_reachable_cells_say_where_the_search_ended(monkeypatch):
    monkeypatch.setattr(reachable_cells, "MOST", 9)
    layer = reachable_cells.look(View(room().world, room().states, 0, 5))
    assert layer.cells is not None
    assert np.nanmax(layer.cells) == layer.high == 1
    assert layer.notes[-1] == "too much to look 5 steps ahead"


@pytest.mark.parametrize("name", ["two_doors", "relay_plates", "coexistence"])
@pytest.mark.parametrize("agent", [0, 1])
def test_the_others_empowerment_is_that_of_every_placing_asked_one_by_one(name: str, agent: int):
    world = world_of(name)
    for seed in range(2):
        view = View(world, world.new_states(1, seed), agent, 2)
        cells = places(view)
        found = others_empowerment.bits_of_others(view, cells, [1 - agent])
        asked = estimators.empowerment(world, standing(view, cells), 2, 1 - agent)
        np.testing.assert_allclose(found, asked, atol=1e-9)


def test_the_others_empowerment_is_the_sum_over_them():
    stage = Stage("A....\n..B..\n....C", bare=True)
    view = View(stage.world, stage.states, 1, 2)
    layer = others_empowerment.look(view)
    assert layer.cells is not None
    states = standing(view, places(view))
    total = sum(estimators.empowerment(stage.world, states, 2, other) for other in (0, 2))
    np.testing.assert_allclose(layer.cells[~np.isnan(layer.cells)], total)
    assert "sum of 2 others" in layer.notes[0]


def test_arrows_are_transfer_empowerment_and_anticipation():
    stage = Stage("A.B..\n.....\n....C", bare=True)
    view = View(stage.world, stage.states, 0, 2)
    layer = influence_graph.look(view)
    spread = np.ptp(anticipation(stage.world, view.states, 2).bits[0], axis=1)
    found = {(arrow.giver, arrow.receiver, arrow.manner): arrow for arrow in layer.arrows}
    for giver in range(3):
        for receiver in {0, 1, 2} - {giver}:
            transfer = estimators.empowerment(stage.world, view.states, 2, giver, receiver, others="random")[
                0
            ]
            for manner, bits in (("solid", transfer), ("dashed", spread[giver, receiver])):
                arrow = found.get((giver, receiver, manner))
                assert (arrow is not None) == (bits >= influence_graph.LEAST)
                if arrow:
                    assert arrow.strength == pytest.approx(bits)
                    assert arrow.text == f"{bits:.2f}"
                    assert arrow.faint == (0 not in (giver, receiver))
    assert (0, 1, "solid") in found
    assert (0, 1, "dashed") in found
    graph = influence_graph.influence_graph(view)
    assert {*graph.nodes} == {0, 1, 2}
    assert graph.number_of_edges() == 6


def test_views_are_windows_that_go_on_beyond_the_edge_of_a_torus_only():
    world = world_of("coexistence")
    states = world.new_states(1, 0)
    world.place(states, 0, np.array([0]), np.array([3]))
    seen = overlays()["view_ranges"].look(View(world, states)).marks[0].cells
    assert seen.sum() == 25
    assert {*np.flatnonzero(seen.any(axis=1)).tolist()} == {0, 1, 2, 5, 6}
    corner = overlays()["view_ranges"].look(View(room().world, room().states)).marks[0].cells
    assert corner.sum() == (room().world.view_radii[0] + 1) ** 2
    assert corner[0, 0]
    assert not corner[3, 4]


def test_trails_end_where_agents_are_and_stop_where_they_have_left():
    world, cell = room().world, room().cell
    trail = np.array([[cell(0, 0), cell(2, 2)], [cell(0, 1), cell(2, 3)], [cell(1, 1), 0]])
    lines = overlays()["trails"].look(View(world, room().states, trail=trail)).lines
    assert lines[0].cells == ((0, 0), (0, 1), (1, 1))
    assert lines[1].cells == ((2, 2), (2, 3), None)


def test_the_value_of_a_way_to_a_goal_is_discounted_by_its_length():
    stage = Stage("A...G", bare=True)
    layer = value.look(View(stage.world, stage.states))
    assert layer.cells is not None
    np.testing.assert_allclose(
        layer.cells[0], [value.GAMMA ** max(0, steps - 1) for steps in (4, 3, 2, 1, 0)]
    )
    assert "in all" in layer.notes[0]


def test_values_of_few_steps_where_situations_are_many(monkeypatch):
    stage = Stage("A...G", bare=True)
    monkeypatch.setattr(value, "MOST", 4)
    layer = value.look(View(stage.world, stage.states))
    assert layer.cells is not None
    assert "in 1 step," in layer.notes[0]
    np.testing.assert_allclose(layer.cells[0], [0, 0, 0, 1, 1])


def test_the_value_is_what_a_trained_critic_says_where_there_is_one():
    view = dataclasses.replace(
        View(room().world, room().states), critics=(lambda states: states["cell"][:, 0] * 0.5, None)
    )
    layer = value.look(view)
    assert layer.cells is not None
    assert layer.cells[3, 4] == room().cell(3, 4) * 0.5
    assert "critic" in layer.notes[0]


def test_visits_are_counted_from_the_trail_or_told():
    cell = room().cell
    trail = np.array([[cell(0, 0), 0], [cell(0, 0), 0], [cell(1, 0), cell(2, 2)]])
    view = View(room().world, room().states, trail=trail)
    counts = visits.counted(view)
    assert counts[0, 0] == 2
    assert counts[1, 0] == 1
    assert counts.sum() == 3
    assert visits.counted(dataclasses.replace(view, agent=1)).sum() == 1
    told = np.arange(40).reshape(2, 4, 5)
    layer = visits.look(dataclasses.replace(view, agent=1, visits=told))
    assert layer.cells is not None
    assert layer.cells[3, 4] == 39 == layer.high


def test_messages_are_beside_those_who_said_them():
    kind = np.dtype([("alive", np.int8, 2), ("message", np.int16, 2)])
    states = np.array([((1, 1), (0, 7))], kind)
    where = np.array([[[0, 0], [2, 1]]])
    world: Any = SimpleNamespace(
        copy=lambda states: states.copy(), positions=lambda states: where, agent_ids=["a_0", "b_0"]
    )
    layer = messages.look(View(world, states))
    assert [(label.agent, label.cell, label.text) for label in layer.labels] == [(1, (2, 1), "message 7")]
    assert messages.look(View(room().world, room().states)).notes == (
        "this world has no messages and no cues",
    )
