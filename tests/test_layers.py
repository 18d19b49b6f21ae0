"""Layers are drawn where they belong, stay readable, and have legends with ticks."""

import os

os.environ["SDL_VIDEODRIVER"] = "dummy"

from collections.abc import Callable
from typing import Any

import numpy as np
import pygame
import pytest

from sandbox.environment.picture import Painter
from tests.drawn import Stage
from viewer import arrows as drawing_arrows
from viewer import layers, strokes
from viewer.arrows import arrow_curve
from viewer.layers import draw_layer, draw_legend, legend_height
from viewer.overlay import Arrow, Label, Layer, Line, Outline, View, overlays
from viewer.scale import colours_of, legible_on, on_paper, scale, tick_text, ticks
from viewer.strokes import dashes

WHITE = (255, 255, 255)
DEUTERANOPIA = np.array(  # Machado, Oliveira, Fernandes (2009), severity 1; for linear light
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)


class Eight:
    """Looks of eight agents of one team."""

    def __init__(self) -> None:
        self.agent_colours = [(0, 114, 178)] * 8
        self.agent_labels = [f"W{number}" for number in range(8)]


def placing(size: int, left: int = 10, top: int = 20) -> Callable[[int, int], pygame.Rect]:
    return lambda row, column: pygame.Rect(left + column * size, top + row * size, size, size)


def canvas(width: int = 300, height: int = 260) -> pygame.Surface:
    surface = pygame.Surface((width, height))
    surface.fill(WHITE)
    return surface


def pixels(surface: pygame.Surface) -> np.ndarray:
    return pygame.surfarray.array3d(surface).swapaxes(0, 1)


def a_map(occupied: bool = False) -> Layer:
    cells = np.array([[0.0, 1.0, np.nan], [2.0, 3.0, 4.0]])
    return Layer("map", "bits", cells, 0.0, 4.0, occupied=np.full(cells.shape, occupied))


def linear(colours: np.ndarray) -> np.ndarray:
    share = colours / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("sight", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "no green", "no red"])
def test_the_scale_grows_lighter_for_any_eye(sight: np.ndarray):
    light = linear(scale().astype(float)) @ sight.T @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(light[::8]) > 0).all()
    assert light[0] < 0.1
    assert light[-1] > 0.6
    steps = np.diff(np.cbrt(light[::16]))  # about as even to the eye
    assert steps.max() < 4 * steps.min()


def test_figures_off_the_scale_have_the_colours_of_its_ends():
    assert (colours_of([-5, 0], 0, 1) == scale()[0]).all()
    assert (colours_of([1, 9], 0, 1) == scale()[-1]).all()
    assert (colours_of(0.5, 0, 1) == scale()[128]).all()


def test_figures_can_be_read_on_every_colour():
    for paper in on_paper(scale()):
        light = sorted(
            linear(np.array(colour)) @ (0.2126, 0.7152, 0.0722)
            for colour in (paper, legible_on(tuple(paper)))
        )
        assert (light[1] + 0.05) / (light[0] + 0.05) > 3.5


@pytest.mark.parametrize(
    ("low", "high", "whole", "expected"),
    [
        (0, 4, True, [0, 1, 2, 3, 4]),
        (0, 1, True, [0, 1]),
        (0, 30, True, [0, 10, 20, 30]),
        (2.81, 4.64, False, [3.0, 3.5, 4.0, 4.5]),
        (11.7, 12.02, False, [11.7, 11.8, 11.9, 12.0]),
        (-0.5, 0.5, False, [-0.4, -0.2, 0.0, 0.2, 0.4]),
        (2, 2, False, [2]),
    ],
)
def test_ticks_are_round_figures(low: float, high: float, whole: bool, expected: list[float]):
    assert ticks(low, high, 5, whole) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_there_are_two_to_five_ticks_within_the_scale(seed: int):
    generator = np.random.default_rng(seed)
    low = generator.normal() * 10 ** generator.uniform(-3, 4)
    high = low + 10 ** generator.uniform(-2, 5)
    marks = ticks(low, high)
    assert 2 <= len(marks) <= 5
    assert low - 1e-6 * (high - low) <= marks[0]
    assert marks[-1] <= high + 1e-6 * (high - low)
    texts = [tick_text(mark, marks) for mark in marks]
    assert len({*texts}) == len(texts)
    assert [float(text) for text in texts] == pytest.approx(marks, abs=0.3 * (marks[1] - marks[0]))


def test_tick_texts_have_the_decimals_that_they_need():
    assert [tick_text(mark, [0.5, 1.0]) for mark in (0.5, 1.0)] == ["0.5", "1.0"]
    assert tick_text(20, [0, 20]) == "20"


def test_cells_have_the_colour_of_their_figure_and_others_are_left_alone():
    surface = canvas()
    draw_layer(surface, a_map(), placing(20), Eight())
    seen = pixels(surface)
    for row, column, figure in ((0, 0, 0), (0, 1, 1), (1, 2, 4)):
        middle = seen[20 + 20 * row + 10, 10 + 20 * column + 10]
        expected = on_paper(colours_of(figure, 0, 4))
        assert np.abs(middle.astype(int) - expected).max() <= 2
    assert (seen[30, 60] == 255).all()  # nan
    assert (seen[:20] == 255).all()
    assert (seen[60:] == 255).all()


def test_what_stands_on_a_cell_is_not_covered():
    surface = canvas()
    surface.fill((200, 10, 10))
    draw_layer(surface, a_map(occupied=True), placing(40), Eight())
    seen = pixels(surface)
    radius = int(40 * layers.HOLE) - 2
    middle = seen[40 - radius + 6 : 40 + radius - 6, 30 - radius + 6 : 30 + radius - 6]
    assert (middle == (200, 10, 10)).all()
    corner = seen[20 + 4, 10 + 4].astype(int)
    assert np.abs(corner - (200, 10, 10)).max() > 60  # yet the figure's colour shows


def test_figures_are_written_into_cells_that_have_room_for_them():
    counts = []
    for size in (16, 60):
        surface = canvas()
        draw_layer(surface, a_map(), placing(size), Eight())
        cell = pixels(surface)[20 + size // 8 : 20 + size * 7 // 8, 10 + size // 8 : 10 + size * 7 // 8]
        counts.append(len(np.unique(cell.reshape(-1, 3), axis=0)))
    assert counts[0] == 1
    assert counts[1] > 1


def test_writing_grows_with_the_window_where_cells_have_the_room():
    def height(scale: float, size: int, digits: bool = True) -> int:
        surface = canvas()
        layer = a_map() if digits else Layer("said", labels=(Label(0, (1, 1), "cue"),))
        plain = canvas()
        draw_layer(surface, layer, placing(size), Eight(), scale)
        inside = slice(20 + size // 6, 20 + size * 5 // 6), slice(10 + size // 6, 10 + size * 5 // 6)
        part = pixels(surface)[inside] if digits else pixels(surface)
        ground = part[0, 0] if digits else pixels(plain)
        return int((part != ground).any(axis=(1, 2)).sum())

    assert height(1.0, 80) < height(2.0, 80) < 0.5 * 80
    assert height(1.0, 30) == height(2.7, 30), "no room for more"
    assert height(0.9, 80) == height(1.0, 80), "in a small window it stays legible"
    assert 1.7 * height(1.0, 80, False) < height(2.0, 80, False)


def test_an_arrow_is_whole_at_any_size():
    """From its head to its shaft there is no gap, however far the points of the curve lie apart."""
    for size in (20, 200):
        surface = canvas(8 * size, 5 * size)
        arrow = Arrow(0, 1, (1, 0), (1, 5), 1.0, "", "solid")
        draw_layer(surface, Layer("arrows", high=1.0, arrows=(arrow,)), placing(size), Eight())
        tip, before = (np.array(point) for point in arrow_curve(arrow, placing(size))[:-3:-1])
        along = (before - tip) / np.hypot(*(before - tip))
        for far in np.arange(2, 0.6 * size):
            x, y = np.round(tip + along * far).astype(int)
            around = pixels(surface)[y - 1 : y + 2, x - 1 : x + 2].astype(int).sum(axis=2)
            assert around.min() < 600, f"nothing is drawn {far} pixels from the tip"


def test_nothing_is_drawn_outside_the_clip():
    surface = canvas()
    surface.set_clip(pygame.Rect(0, 0, 40, 40))
    draw_layer(surface, a_map(), placing(40), Eight())
    surface.set_clip(None)
    seen = pixels(surface)
    assert (seen[40:] == 255).all()
    assert (seen[:, 40:] == 255).all()
    assert (seen[:40, :40] != 255).any()


def test_a_layer_off_the_surface_draws_nothing():
    surface = canvas()
    draw_layer(surface, a_map(), placing(40, 5000, 20), Eight())
    assert (pixels(surface) == 255).all()


def test_a_finished_layer_is_kept_until_it_lies_elsewhere(monkeypatch):
    layers.forget_layers()
    painted = []
    paint = layers._painted
    monkeypatch.setattr(layers, "_painted", lambda *rest: painted.append(rest) or paint(*rest))
    layer, first, again = a_map(), canvas(), canvas()
    draw_layer(first, layer, placing(20), Eight())
    draw_layer(again, layer, placing(20), Eight())
    assert len(painted) == 1
    assert (pixels(first) == pixels(again)).all()
    draw_layer(canvas(), layer, placing(21), Eight())
    draw_layer(canvas(), layer, placing(20, 11), Eight())
    draw_layer(canvas(), a_map(), placing(20), Eight())
    assert len(painted) == 4
    for size in range(30, 60):
        draw_layer(canvas(), layer, placing(size), Eight())
    assert len(layers._finished) == layers.KEPT


def test_a_layer_that_is_larger_than_its_window_is_painted_anew_when_it_is_dragged():
    layer, seen = Layer("map", "bits", np.arange(400.0).reshape(20, 20), 0.0, 400.0), []
    for left in (-300, -250):
        surface = canvas()
        draw_layer(surface, layer, placing(60, left, -200), Eight())
        seen.append(pixels(surface).astype(int))
    assert (np.abs(seen[0][:, 60:250] - seen[1][:, 110:300]) <= 1).all()
    assert (seen[0] != seen[1]).any()


def test_outlines_of_several_agents_do_not_cover_one_another():
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:4] = True
    counts = []
    for agents in ((0,), (0, 1)):
        surface = canvas()
        marks = tuple(Outline(agent, mask) for agent in agents)
        draw_layer(surface, Layer("views", marks=marks), placing(40), Eight())
        near = np.abs(pixels(surface).astype(int) - Eight().agent_colours[0]).max(axis=2) < 40
        counts.append(int(near.sum()))
        inside = pixels(surface)[20 + 70 : 20 + 90, 10 + 60 : 10 + 140]
        assert (inside == 255).all()
    assert counts[1] > 1.3 * counts[0]


def test_agents_have_patterns_that_differ():
    drawn = {tuple(dashes((0.0, 0.0), (100.0, 0.0), agent, 10)) for agent in range(4)}
    assert len(drawn) == 4
    for agent in range(4):
        pieces = dashes((0.0, 0.0), (100.0, 0.0), agent, 10)
        assert pieces[0][0] == (0, 0)
        assert all(0 <= x <= 100 for piece in pieces for x, _ in piece)


def test_arrows_there_and_back_and_of_both_manners_lie_apart():
    there, back = (2, 2), (2, 5)
    curves = [
        arrow_curve(Arrow(giver, 1 - giver, *ends, 1.0, "", manner), placing(30))
        for giver, ends in ((0, (there, back)), (1, (back, there)))
        for manner in ("solid", "dashed")
    ]
    middles = sorted(curve[12][1] for curve in curves)
    assert min(np.diff(middles)) > 12
    for curve in curves:
        assert 0.3 * 30 < np.hypot(curve[0][0] - curve[-1][0], curve[0][1] - curve[-1][1]) < 3 * 30


def test_arrows_grow_with_what_they_stand_for_and_faint_ones_are_paler():
    inks = []
    for strength, faint in ((0.1, False), (1.0, False), (1.0, True)):
        surface = canvas()
        arrow = Arrow(0, 1, (1, 0), (1, 5), strength, f"{strength:.2f}", "solid", faint)
        draw_layer(surface, Layer("arrows", high=1.0, arrows=(arrow,)), placing(40), Eight())
        inks.append(int((255 - pixels(surface).astype(int)).sum()))
    assert inks[0] < inks[1]
    assert inks[2] < inks[1]


def test_the_figures_of_a_crowd_of_arrows_do_not_lie_on_one_another(monkeypatch):
    boxes = []
    paint = strokes.paint_tag

    def noted(image: Any, text: str, size: int, middle: Any, colour: Any) -> None:
        boxes.append(strokes.tag_box(image, text, size, middle))
        paint(image, text, size, middle, colour)

    monkeypatch.setattr(drawing_arrows, "paint_tag", noted)
    spots = [(1, 1), (1, 2), (2, 1), (2, 3)]
    arrows = tuple(
        Arrow(
            giver,
            receiver,
            spots[giver],
            spots[receiver],
            0.1 * giver + 0.01 * receiver + 0.1,
            "0.12",
            manner,
        )
        for giver in range(4)
        for receiver in range(4)
        for manner in ("solid", "dashed")
        if giver != receiver
    )
    draw_layer(canvas(), Layer("arrows", high=1.0, arrows=arrows), placing(40), Eight())
    assert boxes
    assert all(box.collidelist(boxes[:k]) < 0 for k, box in enumerate(boxes))


def test_trails_are_drawn_with_gaps_where_agents_were_gone_and_jumped():
    surface = canvas()
    line = Line(0, ((0, 0), (0, 1), None, (4, 5), (4, 0)))
    draw_layer(surface, Layer("trails", lines=(line,)), placing(40), Eight())
    seen = pixels(surface)
    inked = (seen != 255).any(axis=2)
    assert inked[20:60, 30:70].any()  # from the first to the second
    assert not inked[60:180, :].any()
    assert not inked[180:, 60:200].any()


def test_labels_stand_beside_agents():
    surface = canvas()
    draw_layer(surface, Layer("said", labels=(Label(3, (1, 2), "cue 4"),)), placing(40), Eight())
    inked = (pixels(surface) != 255).any(axis=2)
    assert inked[50:70, 90:130].any()
    assert not inked[120:].any()


@pytest.mark.parametrize("width", [150, 284, 600])
@pytest.mark.parametrize("letters", [11, 13, 24])
def test_a_legend_is_as_high_as_measured_and_as_wide_as_its_place(width: int, letters: int):
    layer = Layer(
        "A title of several words, by where somebody stands", "bits", np.array([[1.0, 3.7]]), 1.0, 3.7,
        marks=tuple(Outline(agent, np.ones((1, 2), bool)) for agent in range(8)),
        arrows=(Arrow(0, 1, (0, 0), (0, 1), 1.0, "1"),),
        manners=(("solid", "what goes from one to another"), ("dashed", "and what does not")),
        notes=("a note that is so long that it has to be broken into lines", "another"),
    )  # fmt: skip
    surface = canvas(width + 40, 1600)
    surface.fill((90, 90, 90))
    covered = draw_legend(surface, layer, pygame.Rect(20, 10, width, 0), Eight(), letters)
    assert (covered.width, covered.height) == (width, legend_height(layer, width, letters))
    seen = pixels(surface)
    outside = np.ones(seen.shape[:2], bool)
    outside[covered.top : covered.bottom, covered.left : covered.right] = False
    assert (seen[outside] == 90).all()
    assert (seen[covered.bottom - 6, covered.left + 30] > 200).all()


def test_a_legend_shows_the_whole_scale():
    surface = canvas(300, 200)
    draw_legend(surface, a_map(), pygame.Rect(10, 10, 280, 0), Eight())
    row = max(range(200), key=lambda y: len(np.unique(pixels(surface)[y], axis=0)))
    shown = pixels(surface)[row].astype(int)
    for end in (0, -1):
        assert np.abs(shown - on_paper(scale()[end])).sum(axis=1).min() <= 3


@pytest.mark.parametrize("size", [4, 22, 96])
@pytest.mark.parametrize("overlay", overlays().values(), ids=lambda overlay: overlay.name)
def test_every_overlay_can_be_drawn_at_any_size(overlay: Any, size: int):
    stage = Stage("A..B.\n.....", bare=True)
    cells = stage.states["cell"].astype(int)
    layer = overlay.look(View(stage.world, stage.states, horizon=2, trail=np.concatenate([cells + 1, cells])))
    surface, painter = canvas(700, 500), Painter(stage.world)
    draw_layer(surface, layer, placing(size), painter)
    covered = draw_legend(surface, layer, pygame.Rect(500, 10, 190, 0), painter)
    assert (pixels(surface)[:, :490] != 255).any() == bool(
        layer.cells is not None or layer.marks or layer.lines or layer.arrows or layer.labels
    )
    assert covered.height > 20
