"""The tab Parameters: a slider for every weight and every number of what the selected agent is paid for."""

import pygame

from sandbox.environment.captions import FAINT
from viewer import draw
from viewer.lines import badge, wrapped
from viewer.panes import Pane
from viewer.settings import Settings
from viewer.widgets import Canvas, heading, slider


def draw_parameters(canvas: Canvas, area: pygame.Rect, pane: Pane, settings: Settings, top: int) -> int:
    """Terms with their sliders, from `top` on; gives back where they end."""
    episode = pane.episode
    agent = settings.agent or 0
    badge(canvas, episode, agent, area.x, top, canvas.px(22))
    canvas.write(episode.agent_names[agent], area.x + canvas.px(30), top, area.width - canvas.px(30), 16)
    top += canvas.px(28)
    mixes = episode.company.mixes
    sharing = [name for name, mix in zip(episode.agent_names, mixes, strict=True) if mix is mixes[agent]]
    about = "Changes count from the next step on"
    about += f", for {', '.join(sharing)} together." if len(sharing) > 1 else "."
    for text in wrapped(canvas, about, area.width):
        canvas.write(text, area.x, top, area.width, 13, FAINT)
        top += canvas.px(18)
    top += canvas.px(10)
    shown = ""
    for each in episode.parameters(agent):
        if each.term != shown:
            top = heading(canvas, each.term, area, top + (canvas.px(8) if shown else 0))
            shown = each.term
        text = f"{each.value:.4g}"
        canvas.write(each.parameter.replace("_", " "), area.x, top, area.width * 3 // 5, 14, FAINT)
        canvas.write(text, area.x, top, area.width, side="right")
        top += canvas.px(19)
        place = pygame.Rect(area.x, top, area.width, canvas.px(20))
        name = f"{each.term}: {each.parameter}, from {draw.number(each.least)} to {draw.number(each.most)}"
        slider(canvas, place, "parameter", each.value, each.least, each.most, each.is_whole,
               (agent, each.term, each.parameter), name)  # fmt: skip
        top += canvas.px(28)
    if not shown:
        canvas.write("It is paid for nothing.", area.x, top, area.width, 14, FAINT)
        top += canvas.row
    return top
