"""What the mouse does: presses, drags, releases and the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer import commands, hands
from viewer.board import Board, moved, zoomed
from viewer.cards import range_of
from viewer.hands import agent_at, grip_at
from viewer.layout import layout
from viewer.widgets import Range, Spot

if TYPE_CHECKING:
    from viewer.app import App

Place = tuple[int, int]
STILL = 4
"""Pixels that the mouse may move for a press to be a click."""


def press(app: App, place: Place, right: bool) -> None:
    """Answer a press of the left or right button."""
    app.pressed, app.held = place, None
    spot = app.canvas.found(place)
    if app.settings.help:
        commands.carry_out(app, "help")
    elif app.scene.film is not None and (spot is None or not spot.name.startswith("film:")):
        return
    elif app.edit is not None and app.edit.naming is not None:
        app.changed |= spot is not None and app.edit.answer_name(spot.name)
    elif spot is not None and spot.name != "view" and not right:
        on_spot(app, spot, place)
    elif app.scene.editing:
        on_map(app, place, right)
    else:
        on_board(app, place, right or commands.held_control())


def on_spot(app: App, spot: Spot, place: Place) -> None:
    """Press on something that answers."""
    name, value, settings = spot.name, spot.value, app.settings
    if isinstance(value, Range):
        app.held = spot
        slide(app, spot, place[0])
    elif name.startswith("tab:"):
        settings.notice = ""
        commands.open_tab(app, value)
    elif name.startswith("film:"):
        app.film_button(name.removeprefix("film:"), value)
    elif name == "overlay":
        commands.turn_overlay(app, value)
    elif name == "agent":
        commands.select(app, value)
    elif name == "pane":
        settings.pane = value
    elif name == "mark":
        app.player.go(value)
        app.held = next((each for each in app.canvas.spots if each.name == "timeline"), None)
    elif name == "ghost":
        number, track = value
        share = (place[0] - track.track.x) / max(1, track.track.width)
        commands.switch(app, number, round(track.first + share * (track.last - track.first)))
    elif name == "everybody":
        settings.everybody = value
    elif name == "action":
        settings.notice = hands.act(app.player, value)
    elif name == "edit panel" and app.edit is not None:
        app.edit.click(place, app.parts.panel)
    elif name not in ("panel", "card", "problem", "behind"):
        commands.carry_out(app, name)
    app.changed = True


def on_map(app: App, place: Place, right: bool) -> None:
    """Press on the map that is being painted: paint, or take the letter."""
    edit, area = app.edit, app.parts.pictures
    cell = edit.cell_at(place, area) if edit else None
    if edit is None or not area.collidepoint(place):
        return
    if right and cell is not None:
        edit.pick(*cell)
    elif not right and edit.press_at(place, area):
        app.held = "paint"
    app.changed = True


def board_at(app: App, place: Place) -> Board | None:
    """The picture under a place; its pane becomes the one of which the side panel speaks."""
    for number, board in enumerate(app.boards):
        if board.place.collidepoint(place):
            app.settings.pane = number
            return board
    return None


def on_board(app: App, place: Place, turns: bool) -> None:
    """Press on a picture: turn a door, take hold of what is there, or of the picture itself."""
    board = board_at(app, place)
    if board is None:
        return
    app.changed, app.settings.notice = True, ""
    cell = board.at(place)
    if turns:
        if cell is not None:
            app.player.pause()
            app.settings.notice = hands.toggle(app.player.episodes, cell)
        return
    app.held = (cell is not None and grip_at(app.episode, cell)) or "picture"


def drag(app: App, place: Place) -> None:
    """The mouse moves with its left button down."""
    held, before = app.held, app.pointed
    far = max(abs(place[0] - app.pressed[0]), abs(place[1] - app.pressed[1])) > STILL
    if isinstance(held, Spot):
        slide(app, held, place[0])
    elif held == "paint" and app.edit is not None:
        app.edit.drag_at(place, app.parts.pictures)
    elif held == "picture" and far and app.boards:
        if not app.dragged:
            before = app.pressed
        board = app.boards[min(app.settings.pane, len(app.boards) - 1)]
        moved(board, app.settings, (place[0] - before[0], place[1] - before[1]))
        app.dragged = True
    elif isinstance(held, hands.Grip) and far:
        if app.scene.grip is None:
            app.player.pause()
        app.scene.grip = held
    else:
        return
    app.changed = True


def release(app: App, place: Place) -> None:
    """The left button comes up: what is dragged is put down; what was only clicked is selected."""
    held, app.held = app.held, None
    grip, app.scene.grip = app.scene.grip, None
    board = next((board for board in app.boards if board.place.collidepoint(place)), None)
    if held == "paint" and app.edit is not None:
        app.edit.release()
    elif grip is not None:
        cell = board.at(place) if board else None
        if cell is not None and cell != grip.cell:
            app.settings.notice = hands.drop(app.player.episodes, grip, cell)
        app.changed = True
    elif held is not None and not isinstance(held, Spot) and not app.dragged:
        cell = board.at(place) if board else None
        commands.select(app, None if cell is None else agent_at(app.episode, cell))
        app.changed = True
    app.dragged = False


def slide(app: App, spot: Spot, x: int) -> None:
    """A slider, or the timeline, is taken to a place."""
    track: Range = spot.value
    value = track.at(x)
    if spot.name == "timeline":
        app.player.go(round(value))
    elif spot.name == "horizon":
        commands.set_horizon(app, value)
    elif spot.name.startswith("film:") and app.scene.film is not None:
        if app.scene.film.path is None:
            range_of(app.scene.film, spot.name.removeprefix("film:"), value)
    elif spot.name == "parameter":
        agent, term, parameter = track.of
        app.player.pause() if app.player.index < app.player.length else None
        try:
            app.episode.set_parameter(agent, term, parameter, value)
            app.settings.notice = f"{term}: {parameter} is {value:g} from the next step on"
        except ValueError as problem:
            app.settings.notice = str(problem)
    app.changed = True


def wheel(app: App, lines: int) -> None:
    """Zoom to the mouse, or scroll the side panel."""
    settings, place = app.settings, app.pointed
    if (
        app.settings.help
        or app.scene.film is not None
        or (app.edit is not None and app.edit.naming is not None)
    ):
        return
    panel = layout(app.canvas.surface.get_size(), app.canvas.scale).panel
    if app.scene.editing and app.edit is not None:
        app.edit.wheel(-lines, panel)
    elif panel.collidepoint(place):
        moved_to = settings.scroll.get(settings.tab, 0) - app.canvas.px(44) * lines
        settings.scroll[settings.tab] = min(max(moved_to, 0), settings.overflow.get(settings.tab, 0))
    else:
        board = next((board for board in app.boards if board.place.collidepoint(place)), None)
        if board is None:
            return
        zoomed(board, settings, place, 1.2**lines)
    app.changed = True
