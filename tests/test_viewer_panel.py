"""The side panel and the overlays: the same numbers as everywhere else, worked out aside."""

import numpy as np
import pytest

import rewards
from rewards import estimators
from rewards.estimators.anticipation import anticipation
from sandbox.experiments.probe import probe
from tests.viewing import (
    Later,
    cell,
    click,
    closed,
    drag,
    opened,
    point,
    press,
    room,
    seen,
    spot,
    state,
    wheel,
)
from viewer.chart import thinned
from viewer.consequences import consequences
from viewer.overlay import overlays
from viewer.titles import titles_of


@pytest.fixture
def app(tmp_path):
    app = opened(folder=tmp_path)
    yield app
    closed(app)


def track_of(app, name: str, term: str = "", parameter: str = ""):
    return next(
        each for each in app.canvas.spots
        if each.name == name and (not term or each.value.of[1:] == (term, parameter))
    )  # fmt: skip


def set_slider(app, found, share: float) -> None:
    track = found.value.track
    click(app, (track.x + round(share * track.width), found.place.centery))


def test_tabs_open_by_click_and_key(app):
    looks = []
    for tab, key in (("agent", "i"), ("parameters", "p"), ("probe", "o")):
        press(app, key)
        assert app.settings.tab == tab
        looks.append(seen())
    for number, tab in enumerate(("agent", "parameters", "probe")):
        click(app, spot(app, f"tab:{tab}").center)
        point(app, (3, 400))
        assert app.settings.tab == tab
        assert np.array_equal(seen(), looks[number])


def test_consequences_are_what_the_estimators_say(app):
    press(app, ".", 3)
    press(app, "tab", 2)
    episode, told = app.episode, app.scene.told
    found = told.value
    assert not told.stale
    assert (found.agent, found.horizon) == (1, 3)
    own = [estimators.empowerment(episode.world, episode.states, 3, agent)[0] for agent in (0, 1)]
    assert found.now == pytest.approx(own)
    table = anticipation(episode.world, episode.states, 3).bits[0, 1]
    assert found.after == pytest.approx(table)
    press(app, ">")
    assert app.scene.told.value.horizon == 4


def test_slips_count_in_consequences():
    from sandbox.scenario.read import parse_scenario
    from sandbox.world.world import World
    from tests.viewing import ROOM

    world = World(parse_scenario(ROOM + "noise: {slip: 0.2}\n"))
    states = world.new_states(1, 0)
    assert consequences(world, states, 0, 1).after == pytest.approx(anticipation(world, states, 1).bits[0, 0])


def test_the_probe_is_that_of_the_command(app):
    press(app, ".", 2)
    press(app, "tab")
    press(app, "o")
    shown = app.scene.told.value
    expected = probe(app.episode.scenario, None, 0, seed=0, steps=2)
    assert shown.actions.keys() == expected.actions.keys()
    for name, values in expected.actions.items():
        assert shown.actions[name] == pytest.approx(values, nan_ok=True), name
    look = seen()
    click(app, spot(app, "everybody", True).center)
    assert app.settings.everybody
    assert not np.array_equal(seen(), look)


def test_a_long_tab_scrolls_and_comes_back(app):
    press(app, "o")
    before = seen()
    point(app, app.parts.panel.center)
    for _ in range(60):
        wheel(app, -1)
    assert 0 < app.settings.scroll["probe"] == app.settings.overflow["probe"]
    for _ in range(60):
        wheel(app, 1)
    point(app, (3, 400))
    assert np.array_equal(seen(), before)


def test_weights_are_turned_from_the_next_step_on_and_written_down(app):
    press(app, "p")
    set_slider(app, track_of(app, "parameter", "task", "weight"), 0.75)
    assert app.episode.parameters(0)[0].value == 1.0
    assert app.settings.notice == "task: weight is 1 from the next step on"
    set_slider(app, track_of(app, "parameter", "task", "weight"), 1.0)
    assert app.episode.parameters(0)[0].value == 2.0
    assert [(change.kind, change.values["value"]) for change in app.episode.changes] == [("weight", 2.0)]
    press(app, ".", 6)
    press(app, ",", 3)
    set_slider(app, track_of(app, "parameter", "empowerment", "horizon"), 0.5)
    horizon = next(each for each in app.episode.parameters(0) if each.parameter == "horizon")
    assert horizon.value == round(horizon.value) != 1
    assert app.episode.branch == 1, "in the past it begins a branch"


def test_a_slider_can_be_dragged_and_keeps_to_its_range(app):
    press(app, "p")
    found = track_of(app, "parameter", "task", "weight")
    y = found.place.centery
    drag(app, (found.value.track.centerx, y), (found.value.track.right + 500, y))
    assert app.episode.parameters(0)[0].value == 2.0
    set_slider(app, track_of(app, "horizon"), 1.0)
    assert app.settings.horizon == 8
    set_slider(app, track_of(app, "horizon"), 0.0)
    assert app.settings.horizon == 1
    press(app, "<")
    assert app.settings.horizon == 1


def test_a_value_that_is_refused_is_said(app, monkeypatch):
    press(app, "p")

    def refuse(*_):
        raise ValueError("not this one")

    monkeypatch.setattr(app.episode, "set_parameter", refuse)
    set_slider(app, track_of(app, "parameter", "task", "weight"), 0.2)
    assert app.settings.notice == "not this one"


@pytest.mark.parametrize("name", list(overlays()))
def test_overlays_have_keys_buttons_and_legends(app, name):
    press(app, ".", 4)
    press(app, "tab")
    plain = seen()
    press(app, overlays()[name].key)
    assert app.settings.overlay == name
    layer, stale = app.scene.layers[0]
    assert layer is not None
    assert not stale
    assert layer.title.split()[0]
    legend = app.parts.panel
    changed = (seen() != plain).any(axis=2)
    assert changed[legend.left : legend.right, legend.bottom - 60 : legend.bottom].any()
    click(app, spot(app, "overlay", name).center)
    assert app.settings.overlay is None
    point(app, (3, 400))
    assert np.array_equal(seen()[:, :740], plain[:, :740])


def test_overlays_look_as_far_ahead_as_the_slider_says(app):
    press(app, "tab")
    press(app, "1")
    cells = app.scene.layers[0][0].cells
    press(app, ">")
    assert np.nanmax(app.scene.layers[0][0].cells) > np.nanmax(cells)


def test_what_takes_long_never_freezes_the_window_and_a_spinner_turns():
    later = Later()
    app = opened(executor=later)
    try:
        press(app, "tab")
        press(app, "1")
        assert app.scene.layers == [(None, True)]
        assert app.scene.told.stale
        first = seen()
        app.clock.wait(0.2)
        app.tick()
        assert not np.array_equal(seen(), first), "the spinner turns"
        later.work()
        app.tick()
        layer, stale = app.scene.layers[0]
        assert not stale
        assert not app.scene.told.stale
        app.episode.put_agent(1, 3, 4)
        app.draw()
        assert app.scene.layers[0] == (layer, True), "the old one meanwhile"
        app.episode.put_agent(1, 2, 4)
        app.draw()
        later.work()
        app.tick()
        assert app.scene.layers[0][0] is not layer
        assert not app.worker.busy
    finally:
        closed(app)


def test_an_overlay_that_fails_says_so_and_the_window_goes_on(app, monkeypatch):
    from dataclasses import replace

    from viewer import asking

    def broken(view):
        raise ValueError("nothing to see")

    own = replace(overlays()["visits"], look=broken)
    monkeypatch.setattr(asking, "overlays", lambda: overlays() | {"visits": own})
    press(app, "8")
    assert app.scene.layers[0][0].notes == ("nothing to see",)


def test_trails_follow_branches_and_changes(app):
    press(app, ".", 6)
    pane = app.scene.pane
    history = app.episode.history
    expected = np.where(history["alive"], history["cell"], 0)
    assert np.array_equal(pane.trail(), expected)
    press(app, ",", 3)
    assert np.array_equal(pane.trail(), expected[:4])
    app.episode.put_agent(0, 3, 4)
    assert app.episode.world.layout.row_column(pane.trail()[-1, 0]) == (3, 4)
    press(app, ".", 2)
    history = app.episode.history
    assert np.array_equal(pane.trail(), np.where(history["alive"], history["cell"], 0))


def test_drawing_changes_nothing(app):
    press(app, "tab")
    before = state(app.episode)
    for key in "123456789iop":
        press(app, key)
    assert state(app.episode) == before


def test_titles_say_what_differs():
    plain = room("task")
    assert titles_of([plain]) == ["task"]
    both = [room(None), room(None)]
    both[1].company.mixes[1] = rewards.make("2*empowerment:horizon=2+task")
    assert titles_of(both) == ["helper: task", "helper: 2*empowerment:horizon=2 + task"]


def test_a_long_series_is_thinned_to_its_extremes():
    values = np.sin(np.linspace(0, 700, 10_000))
    values[5_000] = 9.0
    places = thinned(values, 300)
    assert len(places) <= 300
    assert 5_000 in places
    assert np.all(np.diff(places) > 0)
    assert thinned(values[:10], 300).tolist() == list(range(10))


def test_an_agent_that_left_is_inspected_without_harm(app):
    app.episode.states["alive"][0, 0] = 0
    app.episode.states["cell"][0, 0] = 0
    app.settings.agent = 0
    for key in "123456789iop":
        press(app, key)
    click(app, cell(app, 1, 1))
