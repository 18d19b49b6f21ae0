"""The tab Agent: what the selected agent sees, would do, expects, was paid, can bring about."""

import numpy as np
import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.shapes import INK, Colour
from sandbox.playback.episode import Episode
from viewer import draw
from viewer.chart import draw_chart, style
from viewer.consequences import draw_consequences
from viewer.lines import Told, badge, line, wrapped
from viewer.panes import Pane
from viewer.settings import Settings
from viewer.widgets import Canvas, button, heading

LIKED: Colour = (214, 150, 20)
"""Of bars that show what actions are worth, where how likely they are is not known."""
CHART_STEPS = 200
"""Steps of the running chart."""


def draw_inspector(
    canvas: Canvas, area: pygame.Rect, pane: Pane, settings: Settings, told: Told, top: int
) -> int:
    """Everything from `top` on; gives back where it ends."""
    episode = pane.episode
    if settings.agent is None:
        return draw_everybody(canvas, area, episode, top)
    agent = settings.agent
    top = draw_head(canvas, area, pane, agent, top)
    top = draw_policy(canvas, area, episode, agent, top)
    top = draw_pay(canvas, area, episode, agent, top)
    return draw_consequences(canvas, area, episode, agent, settings.horizon, told, top)


def draw_everybody(canvas: Canvas, area: pygame.Rect, episode: Episode, top: int) -> int:
    """All agents with what they were paid, to be clicked on, and the world's own measures."""
    figures, total = area.width * 2 // 5, episode.total
    for number, text in enumerate(("this step", "in all")):
        left = area.right - figures + number * figures // 2
        canvas.write(text, left, top + canvas.px(1), figures // 2, 13, FAINT, "right")
    top = heading(canvas, "Agents", area, top)
    for agent, name in enumerate(episode.agent_names):
        place = pygame.Rect(
            area.x - canvas.px(4), top - canvas.px(2), area.width + canvas.px(8), canvas.px(26)
        )
        if canvas.spot(place, "agent", agent, f"select {name}"):
            pygame.draw.rect(canvas.surface, draw.BUTTON, place, border_radius=canvas.px(5))
        badge(canvas, episode, agent, area.x, top, canvas.px(20))
        gone = episode.view_box(agent) is None
        canvas.write(name + (" (gone)" if gone else ""), area.x + canvas.px(28), top + canvas.px(1),
                     area.width - figures - canvas.px(32), 14, FAINT if gone else INK)  # fmt: skip
        paid = sum(episode.paid(agent).values())
        for number, text in enumerate((f"{paid:+.2f}", f"{total[agent]:+.2f}")):
            canvas.write(
                text,
                area.right - figures + number * figures // 2,
                top + canvas.px(1),
                figures // 2,
                side="right",
            )
        top += canvas.px(28)
    top += canvas.px(10)
    found = episode.measures()
    if found:
        top = heading(canvas, "The world", area, top)
        for name, value in found.items():
            top = line(canvas, area, name, draw.number(value), top)
    hint = "Click an agent, or press Tab, to see why it does what it does."
    for text in wrapped(canvas, hint, area.width):
        canvas.write(text, area.x, top + canvas.px(8), area.width, 13, FAINT)
        top += canvas.px(19)
    return top


def draw_head(canvas: Canvas, area: pygame.Rect, pane: Pane, agent: int, top: int) -> int:
    """Who it is, and the part of the picture that it sees."""
    episode = pane.episode
    side = canvas.px(116)
    view = pygame.Rect(area.right - side, top, side, side)
    draw_view(canvas, view, pane, agent)
    room = area.width - side - canvas.px(12)
    badge(canvas, episode, agent, area.x, top, canvas.px(24))
    canvas.write(
        episode.agent_names[agent], area.x + canvas.px(32), top + canvas.px(1), room - canvas.px(32), 17
    )
    group = next(each for each in episode.world.blueprint.groups if each.name == episode.world.groups[agent])
    box = episode.view_box(agent)
    radius = episode.world.view_radii[agent]
    where = f"row {box[0] + radius}, column {box[1] + radius}" if box else "no longer in the world"
    policy = type(episode.seated.policies[agent]).__name__.lower()
    lines = [f"{group.role} of team {group.team}" if group.role else f"team {group.team}", where,
             "played by you" if policy == "hand" else f"policy: {policy}"]  # fmt: skip
    for number, text in enumerate(lines):
        canvas.write(text, area.x, top + canvas.px(29 + 18 * number), room, 13, FAINT)
    taken = episode.taken_over == agent
    text = "Let it go" if taken else "Take over"
    place = pygame.Rect(area.x, top + canvas.px(88), min(room, canvas.px(110)), canvas.px(28))
    button(canvas, place, "hand", text, "play this agent by keyboard (M)", on=taken)
    return view.bottom + canvas.px(14)


def draw_view(canvas: Canvas, place: pygame.Rect, pane: Pane, agent: int) -> None:
    """The window of cells that an agent sees, cut out of the picture; walls lie beyond the map."""
    episode, surface = pane.episode, canvas.surface
    box = episode.view_box(agent)
    pygame.draw.rect(surface, (78, 82, 94), place)
    if box is not None:
        cell, edge = pane.cell, pane.margin
        image = pane.picture(cell)
        wanted = pygame.Rect(box[1] * cell + edge, box[0] * cell + edge, box[2] * cell, box[2] * cell)
        seen = wanted.clip(image.get_rect())
        if seen.width > 0 and seen.height > 0:
            factor = place.width / wanted.width
            size = max(1, round(seen.width * factor)), max(1, round(seen.height * factor))
            piece = pygame.transform.smoothscale(image.subsurface(seen), size)
            corner = (
                place.x + round((seen.x - wanted.x) * factor),
                place.y + round((seen.y - wanted.y) * factor),
            )
            surface.blit(piece, corner)
    pygame.draw.rect(surface, pane.episode.painter.agent_colours[agent], place, max(2, canvas.px(2)))
    canvas.spot(place, "view", None, "what it sees")


def draw_policy(canvas: Canvas, area: pygame.Rect, episode: Episode, agent: int, top: int) -> int:
    """How likely each action is, with what the policy expects of it."""
    chances, values = episode.chances(agent), episode.values(agent)
    actions = episode.world.actions
    expected = np.array([values.get(name, np.nan) for name in actions])
    columns = [] if chances is None else [[f"{chance:.0%}" for chance in chances]]
    columns += [[draw.number(value) for value in expected]] if np.isfinite(expected).any() else []
    told = ["chance"] * (chances is not None) + ["value"] * bool(np.isfinite(expected).any())
    top = heading(canvas, "What it will do", area, top, ", ".join(told))
    if not columns:
        text = "you decide" if episode.taken_over == agent else "its policy does not say"
        canvas.write(text, area.x, top, area.width, 13, FAINT)
        top += canvas.row
    else:
        shares = (
            chances if chances is not None else (expected - np.nanmin(expected)) / (np.ptp(expected) or 1.0)
        )
        names = max(draw.wide(name, canvas.letters) for name in actions) + canvas.px(10)
        figures = canvas.px(52) * len(columns)
        for action, name in enumerate(actions):
            colour = INK if shares[action] > 0 else FAINT
            canvas.write(name, area.x, top, names, 14, colour)
            place = pygame.Rect(
                area.x + names, top + canvas.px(5), area.width - names - figures - canvas.px(6), canvas.px(9)
            )
            draw.level(
                canvas.surface, place, float(shares[action]), draw.ACCENT if chances is not None else LIKED
            )
            for number, column in enumerate(columns):
                left = area.right - figures + number * canvas.px(52)
                canvas.write(column[action], left, top, canvas.px(52), 14, colour, "right")
            top += canvas.px(20)
    for name, value in values.items():
        if name not in actions:
            top = line(canvas, area, f"it expects ({name})", draw.number(value, 3), top)
    return top + canvas.px(12)


def draw_pay(canvas: Canvas, area: pygame.Rect, episode: Episode, agent: int, top: int) -> int:
    """What each term paid for this step, with the sum, and how that went on."""
    top = heading(canvas, "Reward of this step", area, top, f"in all {episode.total[agent]:+.2f}")
    paid = episode.paid(agent)
    widest = max((draw.wide(term, canvas.letters) for term in paid), default=0) + canvas.px(30)
    figures, largest = canvas.px(64), max([1e-9, *(abs(amount) for amount in paid.values())])
    for number, (term, amount) in enumerate(paid.items()):
        colour, shape = style(number)
        draw.mark(canvas.surface, shape, (area.x + canvas.px(6), top + canvas.px(10)), canvas.px(4), colour)
        names = min(widest, round((area.width - figures) * 0.66))
        canvas.write(term, area.x + canvas.px(18), top, names - canvas.px(22), 14, FAINT)
        place = pygame.Rect(
            area.x + names, top + canvas.px(5), area.width - names - figures - canvas.px(4), canvas.px(9)
        )
        draw.bar(canvas.surface, place, amount / largest)
        canvas.write(f"{amount:+.3f}", area.right - figures, top, figures, side="right")
        top += canvas.row
    if len(paid) > 1:
        top = line(canvas, area, "sum", f"{sum(paid.values()):+.3f}", top)
    series = episode.series(agent)
    if paid and episode.index > episode.first_step:
        first = max(1, episode.first_step, episode.index - CHART_STEPS)  # nothing is paid before step 1
        start, end = first - episode.first_step, episode.index - episode.first_step + 1
        chart = pygame.Rect(area.x, top + canvas.px(2), area.width, canvas.px(110))
        draw_chart(
            canvas, chart, {term: values[start:end] for term, values in series.items()}, first, episode.index
        )
        top = chart.bottom
    return top + canvas.px(12)
