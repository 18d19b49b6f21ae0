"""Arrows from agent to agent, with their figures."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

import numpy as np
import pygame

from viewer.overlay import Arrow, Layer
from viewer.strokes import PAPER, Looks, Pen, PlaceOfCell, Point, paint_tag, tag_box, tag_size, towards


def draw_arrows(image: pygame.Surface, layer: Layer, place: PlaceOfCell, looks: Looks, scale: float) -> None:
    """All arrows, the faint ones first, within as small a picture as holds them."""
    area = pygame.Rect(place(*layer.arrows[0].start))
    for arrow in layer.arrows:
        for x, y in arrow_curve(arrow, place, scale):
            area.union_ip(pygame.Rect(round(x), round(y), 1, 1))
    area = area.inflate(round(40 * scale), round(40 * scale)).clip(image.get_rect())
    if area.width <= 0 or area.height <= 0:
        return

    def near(row: int, column: int) -> pygame.Rect:
        return place(row, column).move(-area.x, -area.y)

    pen = Pen(area.size)
    for arrow in sorted(layer.arrows, key=lambda arrow: (not arrow.faint, arrow.strength)):
        _draw_arrow(pen, arrow, layer.high, near, looks, scale)
    image.blit(pen.shrunk(), area)


def arrow_curve(arrow: Arrow, place: PlaceOfCell, scale: float = 1.0) -> list[Point]:
    """Points of a bow from giver to receiver; those of there and back, and of both manners, lie apart."""
    first, last = place(*arrow.start), place(*arrow.end)
    (x1, y1), (x2, y2) = first.center, last.center
    length, size = hypot(x2 - x1, y2 - y1) or 1.0, first.width
    along = (x2 - x1) / length, (y2 - y1) / length
    bend = {"solid": 0.55, "dashed": 1.3}[arrow.manner] * max(size, 34 * scale) + 0.08 * length
    middle = (x1 + x2) / 2 - along[1] * bend * 1.4, (y1 + y2) / 2 + along[0] * bend * 1.4
    gap = size * 0.46
    start, end = towards((x1, y1), middle, gap), towards((x2, y2), middle, gap)
    return [
        tuple(
            (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
            for a, b, c in zip(start, middle, end, strict=True)
        )
        for t in np.linspace(0, 1, 25).tolist()
    ]  # type: ignore[return-value]


def _draw_arrow(pen: Pen, arrow: Arrow, high: float, place: PlaceOfCell, looks: Looks, scale: float) -> None:
    points, size = arrow_curve(arrow, place, scale), place(0, 0).width
    share = min(1.0, arrow.strength / (high or 1.0))
    width = max(1.4 * scale, size * (0.035 + 0.075 * share)) * (0.6 if arrow.faint else 1)
    head = max(6.0 * scale, width * 2.4)
    ink = (*looks.agent_colours[arrow.giver], 110 if arrow.faint else 255)
    tip, before = points[-1], points[-4]
    back = towards(tip, before, head)
    shaft = [point for point in points if hypot(point[0] - tip[0], point[1] - tip[1]) > head * 0.8]
    shaft.append(towards(tip, shaft[-1] if shaft else before, head * 0.8))
    across = (tip[1] - back[1]) / head * 0.55, (back[0] - tip[0]) / head * 0.55
    if not arrow.faint:
        pen.path(shaft, width + 3, (*PAPER, 255))
        _head(pen, tip, back, across, head + 2.5, PAPER)
    for piece in _strokes(shaft, max(5.0, 2 * width)) if arrow.manner == "dashed" else (shaft,):
        pen.path(piece, width, ink, blunt=True)
    _head(pen, tip, back, across, head, ink)


def _strokes(points: Sequence[Point], length: float) -> list[list[Point]]:
    """Every second piece of a curve, each about so long."""
    pieces: list[list[Point]] = [[]]
    along = 0.0
    for start, end in pairwise(points):
        parts = max(1, round(hypot(end[0] - start[0], end[1] - start[1])))
        for part in range(parts):
            here = tuple(a + (b - a) * part / parts for a, b in zip(start, end, strict=True))
            along += hypot(end[0] - start[0], end[1] - start[1]) / parts
            pieces[-1].append((here[0], here[1]))
            if along >= length:
                pieces.append([pieces[-1][-1]])
                along = 0.0
    return pieces[::2]


def _head(pen: Pen, tip: Point, back: Point, across: Point, size: float, ink: Sequence[int]) -> None:
    pen.polygon(
        [
            tip,
            (back[0] + across[0] * size, back[1] + across[1] * size),
            (back[0] - across[0] * size, back[1] - across[1] * size),
        ],
        ink,
    )


def paint_arrow_texts(
    image: pygame.Surface, layer: Layer, place: PlaceOfCell, looks: Looks, scale: float
) -> None:
    """Figures on the arrows, the strongest first; none where it would lie on another or on an agent."""
    if not layer.arrows:
        return
    size = tag_size(place(0, 0).width, scale)
    taken = [
        place(*cell).inflate(-place(*cell).width // 4, -place(*cell).width // 4)
        for cell in {cell for arrow in layer.arrows for cell in (arrow.start, arrow.end)}
    ]
    for arrow in sorted(
        (arrow for arrow in layer.arrows if not arrow.faint), key=lambda arrow: -arrow.strength
    ):
        points = arrow_curve(arrow, place, scale)
        for share in (0.5, 0.36, 0.64):
            box = tag_box(image, arrow.text, size, points[round(share * (len(points) - 1))])
            if box.collidelist(taken) < 0:
                taken.append(box)
                paint_tag(image, arrow.text, size, box.center, looks.agent_colours[arrow.giver])
                break
