"""Several episodes of one seed side by side: at the same step, with their measures and what differs."""

import numpy as np
import pygame
import pytest

from tests.viewing import DOOR, cell, click, closed, opened, press, room, seen, spot, state, where
from viewer.panes import figures, pane_places

REWARDS = ("task", "empowerment:horizon=1", "2*task", "task+empowerment:horizon=1")


@pytest.fixture(params=[2, 3, 4])
def app(request, tmp_path):
    app = opened(*(room(spec) for spec in REWARDS[: request.param]), folder=tmp_path)
    yield app
    closed(app)


def test_panes_keep_to_the_same_step(app):
    assert len(app.boards) == len(app.player.episodes)
    press(app, ".", 5)
    assert {episode.index for episode in app.player.episodes} == {5}
    press(app, ",", 2)
    assert {episode.index for episode in app.player.episodes} == {3}
    press(app, "home")
    assert {episode.index for episode in app.player.episodes} == {0}
    press(app, "space")
    app.clock.wait(1.1)
    app.tick()
    assert {episode.index for episode in app.player.episodes} == {4}
    press(app, "shift+r")
    assert {(episode.index, episode.seed) for episode in app.player.episodes} == {(0, 1)}


def test_panes_lie_apart_and_say_what_they_are(app):
    assert all(
        not one.place.colliderect(other.place) for k, one in enumerate(app.boards) for other in app.boards[:k]
    )
    titles = [each for each in app.canvas.spots if each.name == "pane"]
    assert [each.value for each in titles] == list(range(len(app.boards)))
    assert len({pane.title for pane in app.scene.panes}) == len(app.scene.panes)
    click(app, titles[1].place.center)
    assert app.settings.pane == 1
    assert app.episode is app.player.episodes[1]
    click(app, cell(app, 3, 5, pane=0))
    assert app.settings.pane == 0, "a click on a picture as well"


def test_one_that_ends_before_waits_at_its_end(app):
    first = app.player.episodes[0]
    press(app, ".", 3)
    first.world.max_cycles, kept = 5, first.world.max_cycles  # shared by all panes: they all end at step 5
    try:
        press(app, ".", 10)
        assert {episode.index for episode in app.player.episodes} == {5}
        assert app.player.over
    finally:
        first.world.max_cycles = kept


def test_hands_work_in_all_panes_and_parameters_in_one(app):
    press(app, ".", 4)
    press(app, ",", 2)
    click(app, cell(app, *DOOR, pane=1), button=3)
    assert {int(episode.states["door_open"][0][0]) for episode in app.player.episodes} == {1}
    assert {episode.branch for episode in app.player.episodes} == {1}
    press(app, "tab")
    press(app, "m")
    press(app, "d")
    assert {episode.taken_over for episode in app.player.episodes} == {0}
    assert {episode.index for episode in app.player.episodes} == {3}
    assert len({where(episode, 0) for episode in app.player.episodes}) == 1
    press(app, "m")
    press(app, "p")
    click(
        app, next(each.place for each in app.canvas.spots if each.name == "pane" and each.value == 0).center
    )
    slider = next(each for each in app.canvas.spots if each.name == "parameter")
    click(app, (slider.value.track.right, slider.place.centery))
    changed = [any(change.kind == "weight" for change in episode.changes) for episode in app.player.episodes]
    assert changed == [True] + [False] * (len(changed) - 1)


def test_bookmarks_and_branches_go_together(app):
    press(app, ".", 6)
    press(app, "b")
    assert all(list(episode.bookmarks) == [6] for episode in app.player.episodes)
    press(app, ",", 3)
    app.episode.toggle(*DOOR)
    press(app, ".", 2)
    assert {episode.index for episode in app.player.episodes} == {5}
    press(app, "g")
    assert app.episode.branch == 0
    assert {episode.index for episode in app.player.episodes} == {5}


def test_overlays_share_one_scale(app):
    press(app, "tab")
    press(app, "1")
    app.player.episodes[1].put_agent(1, 1, 7)
    app.player.episodes[1].toggle(*DOOR)
    app.draw()
    layers = [layer for layer, _ in app.scene.layers]
    assert len({(layer.low, layer.high) for layer in layers}) == 1
    assert layers[0].high == max(np.nanmax(layer.cells) for layer in layers)
    app.draw()
    assert [layer for layer, _ in app.scene.layers] == layers, "the same objects, which are kept finished"


def test_measures_stand_beneath_with_the_difference_to_the_first(app):
    before = seen()
    app.player.episodes[1].toggle(*DOOR)
    app.draw()
    found = [figures(pane) for pane in app.scene.panes]
    assert found[0]["doors shut"] - found[1]["doors shut"] == 1
    assert (seen() != before).any()


def test_maps_are_as_large_as_they_can_be():
    area = pygame.Rect(0, 0, 900, 600)
    wide = pane_places(area, 2, 10, (4, 40), 0)
    assert wide[0].x == wide[1].x
    square = pane_places(area, 2, 10, (20, 20), 0)
    assert square[0].y == square[1].y
    four = pane_places(area, 4, 10, (20, 20), 50)
    assert len({place.x for place in four}) == len({place.y for place in four}) == 2
    assert pane_places(area, 1, 10, (5, 5), 0) == [area]


def test_the_same_formulation_twice_gives_the_same_states():
    app = opened(room("task"), room("task"))
    try:
        press(app, ".", 8)
        assert len({state(episode) for episode in app.player.episodes}) == 1
        press(app, "v")
        click(app, spot(app, "film:save").center)
        assert app.scene.film.finished or app.scene.film.problem
    finally:
        path = app.scene.film.path if app.scene.film else None
        closed(app)
        if path:
            path.unlink(missing_ok=True)
