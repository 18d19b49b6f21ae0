"""The tab Probe: what every formulation would pay here, as `sandbox probe` prints it."""

from typing import Any

import numpy as np
import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.shapes import INK
from sandbox.experiments.probe import Probe
from viewer import draw
from viewer.lines import Told, badge, wrapped
from viewer.panes import Pane
from viewer.settings import Settings
from viewer.widgets import Canvas, button, heading


def draw_probe(
    canvas: Canvas, area: pygame.Rect, pane: Pane, settings: Settings, told: Told, top: int
) -> int:
    """The table from `top` on; gives back where it ends."""
    episode, agent = pane.episode, settings.agent or 0
    half = (area.width - canvas.px(8)) // 2
    for number, (everybody, text, hint) in enumerate(
        ((False, "By action", "others stay, and it does each of its actions"), (True, "By agent", "all stay"))
    ):
        place = pygame.Rect(area.x + number * (half + canvas.px(8)), top, half, canvas.px(28))
        on = settings.everybody == everybody
        button(canvas, place, "everybody", text, f"paid where {hint}", on=on, value=everybody)
    top += canvas.px(38)
    badge(canvas, episode, agent, area.x, top, canvas.px(20))
    what = "all stay; paid to" if settings.everybody else f"others stay; {episode.agent_names[agent]} does"
    canvas.write(what, area.x + canvas.px(28), top + canvas.px(1), area.width - canvas.px(52), 14)
    if told.stale:
        draw.spinner(
            canvas.surface, (area.right - canvas.px(10), top + canvas.px(10)), canvas.px(7), canvas.phase
        )
    top += canvas.px(28)
    found: Probe | None = told.value
    if told.problem or found is None:
        text = told.problem or "every formulation is asked; the first time takes a while ..."
        for each in wrapped(canvas, text, area.width):
            canvas.write(each, area.x, top, area.width, 13, FAINT)
            top += canvas.px(18)
        return top
    rows = found.everybody if settings.everybody else found.actions
    labels = list(found.world.agent_ids if settings.everybody else found.world.actions)
    top = draw_rows(canvas, area, rows, labels, top)
    if found.silent:
        top = heading(canvas, "Silent here", area, top + canvas.px(8))
        for name, why in found.silent.items():
            for each in wrapped(canvas, why if why.startswith(name) else f"{name}: {why}", area.width, 12):
                canvas.write(each, area.x, top, area.width, 12, FAINT)
                top += canvas.px(16)
    return top


def draw_rows(canvas: Canvas, area: pygame.Rect, rows: dict[str, Any], labels: list[str], top: int) -> int:
    """A formulation with its figures; the largest ones are strong. Names lie above where figures need the room."""
    column = max(
        canvas.px(38),
        *(min(draw.wide(label, canvas.px(12)), canvas.px(44)) + canvas.px(4) for label in labels),
    )
    across = max(1, min(len(labels), area.width // column))
    column = area.width // across
    for start in range(0, len(labels), across):
        for number, label in enumerate(labels[start : start + across]):
            canvas.write(label, area.x + column * number, top, column - canvas.px(4), 12, FAINT, "right")
        top += canvas.px(17)
    top += canvas.px(4)
    for name, values in rows.items():
        pygame.draw.line(
            canvas.surface, draw.LINE, (area.x, top - canvas.px(2)), (area.right, top - canvas.px(2))
        )
        canvas.write(name, area.x, top, area.width, 13)
        top += canvas.px(18)
        told = not np.isclose(np.nanmax(values), np.nanmin(values)) if np.isfinite(values).any() else False
        for number, value in enumerate(values.tolist()):
            best = told and np.isclose(value, np.nanmax(values))
            left = area.x + column * (number % across)
            text = "-" if np.isnan(value) else f"{value:.3g}"
            place = top + canvas.px(17) * (number // across)
            if best:
                width = draw.wide(text, canvas.px(13)) + canvas.px(8)
                mark = pygame.Rect(left + column - width, place - canvas.px(1), width, canvas.px(18))
                pygame.draw.rect(canvas.surface, draw.CHOSEN, mark, border_radius=canvas.px(4))
            canvas.write(text, left, place, column - canvas.px(4), 13, INK, "right")
        top += canvas.px(17) * -(-len(values) // across) + canvas.px(6)
    return top
