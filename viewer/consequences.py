"""What an agent's next actions make of everybody's empowerment: worked out aside, and shown as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

from rewards.estimators import empowerment
from sandbox.environment.captions import FAINT
from sandbox.environment.shapes import INK
from sandbox.playback.episode import Episode
from viewer import draw
from viewer.lines import Told, badge, line
from viewer.widgets import Canvas, heading


@dataclass(frozen=True)
class Consequences:
    """Empowerment in bits: of everybody now [agents], and after each action of one agent [actions, agents]."""

    agent: int
    horizon: int
    now: NDArray[np.float64]
    after: NDArray[np.float64]


def draw_consequences(
    canvas: Canvas, area: pygame.Rect, episode: Episode, agent: int, horizon: int, told: Told, top: int
) -> int:
    """Its empowerment, and what each of its next actions would make of everybody's, in bits."""
    found: Consequences | None = told.value
    top = heading(canvas, "Empowerment", area, top, f"bits, n = {horizon}, others still")
    if told.stale:
        spot = area.x + draw.wide("Empowerment", canvas.px(15)) + canvas.px(16), top - canvas.px(15)
        draw.spinner(canvas.surface, spot, canvas.px(6), canvas.phase)
    if told.problem or found is None:
        canvas.write(told.problem or "being worked out ...", area.x, top, area.width, 13, FAINT)
        return top + canvas.row
    top = line(canvas, area, "its own now", f"{found.now[found.agent]:.2f} bits", top)
    canvas.write("after its action, of", area.x, top, area.width, 13, FAINT)
    return draw_table(canvas, area, episode, found, top)


def draw_table(canvas: Canvas, area: pygame.Rect, episode: Episode, found: Consequences, top: int) -> int:
    """The anticipation table: a row for each action, a column for each agent; more and less than now are marked."""
    actions = episode.world.actions
    names = max(draw.wide(name, canvas.letters) for name in actions) + canvas.px(8)
    column = canvas.px(54)
    most = max(1, (area.width - names) // column)
    others = [other for other in range(len(found.now)) if other != found.agent]
    shown = [found.agent, *others][:most]
    left = area.right - column * len(shown)
    for number, other in enumerate(shown):
        badge(
            canvas,
            episode,
            other,
            left + column * (number + 1) - canvas.px(20),
            top - canvas.px(1),
            canvas.px(18),
        )
    top += canvas.px(22)
    for action, name in enumerate(actions):
        canvas.write(name, area.x, top, names, 14, FAINT)
        for number, other in enumerate(shown):
            value, before = found.after[action, other], found.now[other]
            colour = draw.GAIN if value > before + 5e-3 else draw.LOSS if value < before - 5e-3 else INK
            text, place = f"{value:.2f}", left + column * number
            canvas.write(text, place, top, column, 14, colour, "right")
            if colour != INK:
                up = 1 if colour == draw.GAIN else -1
                x, y, size = (
                    place + column - draw.wide(text, canvas.letters) - canvas.px(9),
                    top + canvas.px(10),
                    canvas.px(4),
                )
                points = [
                    (x - size, y + up * size * 0.7),
                    (x + size, y + up * size * 0.7),
                    (x, y - up * size),
                ]
                pygame.draw.polygon(canvas.surface, colour, points)
        top += canvas.px(20)
    if len(shown) < len(found.now):
        canvas.write(f"and {len(found.now) - len(shown)} more agents", area.x, top, area.width, 13, FAINT)
        top += canvas.row
    return top


def consequences(
    world: Any, states: NDArray[Any], agent: int, horizon: int, check: Callable[[], None] = lambda: None
) -> Consequences:
    """Everybody's empowerment now, and after each action that the agent alone chooses; slips count.

    `check` is called between portions of the work, and may raise to end it.
    """
    actions, agents = len(world.actions), world.agent_count
    joint = np.zeros((actions, agents), np.int8)
    joint[:, agent] = np.arange(actions)
    words = np.repeat(world.words(states), actions, axis=0)
    after = world.imagine(words.view(world.state_type).reshape(actions), joint)
    now, table = np.zeros(agents), np.zeros((actions, agents))
    for other in range(agents):
        check()
        now[other] = empowerment(world, states, horizon, other)[0]
        table[:, other] = empowerment(world, after, horizon, other)
    return Consequences(agent, horizon, now, table if world.noise is None else world.noise @ table)
