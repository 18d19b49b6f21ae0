"""The commands of the key table: what each does to the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygame

from viewer import drafts, hands
from viewer.board import zoomed
from viewer.exports import Film, file_name, save_picture, save_recording
from viewer.overlay import overlays
from viewer.screen import window
from viewer.settings import LONGEST_HORIZON

if TYPE_CHECKING:
    from viewer.app import App


def carry_out(app: App, command: str, number: int = 0) -> None:
    """Do what a command says; `number` is that of its key."""
    app.settings.notice = ""
    if command in STEPS:
        STEPS[command](app)
    elif command in hands.STEERING:
        app.settings.notice = hands.act(app.player, command)
    elif command == "other_action":
        names = hands.other_actions(app.episode.world)
        app.settings.notice = hands.act(
            app.player, names[number] if number < len(names) else f"number {number + 1}"
        )
    elif command == "overlay":
        names = {overlay.key: overlay.name for overlay in overlays().values()}
        turn_overlay(app, names.get(str(number + 1), ""))
    else:
        globals()[f"do_{command}"](app)
    app.changed = True


def do_play(app: App) -> None:
    """Play or pause."""
    app.player.play()


def do_slower(app: App) -> None:
    """Half the speed."""
    app.player.faster(-1)


def do_faster(app: App) -> None:
    """Twice the speed."""
    app.player.faster(1)


def do_step(app: App) -> None:
    """One step forward."""
    app.player.pause()
    app.player.forward()


STEPS = {
    "back": lambda app: app.player.go(app.player.index - 1),
    "first": lambda app: app.player.go(app.player.first),
    "last": lambda app: app.player.go(app.player.length),
    "reset": lambda app: app.player.reset(app.player.seed),
    "new_seed": lambda app: app.player.reset(app.player.seed + 1),
    "next_bookmark": lambda app: jump(app, "bookmark", 1),
    "previous_bookmark": lambda app: jump(app, "bookmark", -1),
    "next_event": lambda app: jump(app, "event", 1),
    "previous_event": lambda app: jump(app, "event", -1),
    "horizon_less": lambda app: set_horizon(app, app.settings.horizon - 1),
    "horizon_more": lambda app: set_horizon(app, app.settings.horizon + 1),
    "zoom_in": lambda app: zoom(app, 1.25),
    "zoom_out": lambda app: zoom(app, 0.8),
    "next_agent": lambda app: turn_agent(app, 1),
    "previous_agent": lambda app: turn_agent(app, -1),
    "show_agent": lambda app: open_tab(app, "agent"),
    "show_parameters": lambda app: open_tab(app, "parameters"),
    "show_probe": lambda app: open_tab(app, "probe"),
    "edit": lambda app: open_tab(app, "agent" if app.settings.tab == "edit" else "edit"),
    "undo": lambda app: edited(app, "undo"),
    "redo": lambda app: edited(app, "redo"),
    "save_as": lambda app: edited(app, "save_as"),
}
"""Commands that one line can say."""


def jump(app: App, what: str, by: int) -> None:
    """To the next or previous bookmark or event."""
    episode = app.episode
    steps = list(episode.bookmarks) if what == "bookmark" else [event.index for event in episode.events]
    if not app.player.jump(steps, by):
        app.settings.notice = f"there is no {what} {'after' if by > 0 else 'before'} this step"


def do_bookmark(app: App) -> None:
    """Mark the present step in every pane, or unmark it."""
    is_marked = app.player.index in app.episode.bookmarks
    for episode in app.player.episodes:
        if (episode.index in episode.bookmarks) == is_marked:
            episode.toggle_bookmark()
    what = "taken away from" if is_marked else "set at"
    app.settings.notice = f"bookmark {what} step {app.player.index}; [ and ] go from one to the next"


def do_other_branch(app: App) -> None:
    """To the next branch of the pane of which the side panel speaks."""
    numbers = [branch.number for branch in app.episode.branches]
    if len(numbers) < 2:
        app.settings.notice = "there is one branch only; change something in the past to begin another"
        return
    switch(app, numbers[(numbers.index(app.episode.branch) + 1) % len(numbers)], app.player.index)


def switch(app: App, number: int, index: int) -> None:
    """To another branch at a step, which the other panes go to as well."""
    app.player.pause()
    try:
        app.episode.switch(number, index)
    except ValueError as problem:
        app.settings.notice = str(problem)
        return
    here = app.episode.index
    for episode in app.player.episodes:
        if episode is not app.episode:
            episode.go(here)
    cause = next(branch.cause for branch in app.episode.branches if branch.number == app.episode.branch)
    app.settings.notice = f"in another branch now: {cause}"


def turn_overlay(app: App, name: str) -> None:
    """An overlay on, or off where it was on."""
    app.settings.overlay = None if app.settings.overlay == name or name not in overlays() else name
    if app.settings.overlay:
        app.settings.notice = f"overlay: {overlays()[name].title}; the same key takes it away"


def set_horizon(app: App, horizon: float) -> None:
    """How many steps overlays and tables look ahead."""
    app.settings.horizon = min(max(round(horizon), 1), LONGEST_HORIZON)
    app.settings.notice = f"horizon: {app.settings.horizon} steps ahead"


def zoom(app: App, factor: float) -> None:
    """Larger or smaller, around the middle."""
    if app.boards:
        zoomed(app.boards[0], app.settings, app.boards[0].place.center, factor)


def do_fit(app: App) -> None:
    """The whole map."""
    app.settings.zoom, app.settings.pan = 1.0, (0.0, 0.0)


def turn_agent(app: App, by: int) -> None:
    """Through all agents and then to none; with a hand on one, on to the next one to be played."""
    count, taken = len(app.episode.agent_names), app.episode.taken_over
    if taken is not None:
        select(app, (taken + by) % count)
        app.settings.notice = hands.take_over(app.player.episodes, app.settings.agent)
        return
    places = [None, *range(count)]
    here = places.index(app.settings.agent) if app.settings.agent in places else 0
    select(app, places[(here + by) % len(places)])


def select(app: App, agent: int | None) -> None:
    """Select an agent, or none."""
    if agent != app.settings.agent:
        app.settings.scroll.pop("agent", None)
    app.settings.agent = agent


def do_hand(app: App) -> None:
    """Take over the selected agent, or let go of the one that is played."""
    if app.episode.taken_over is not None:
        app.settings.notice = hands.take_over(app.player.episodes, None) or "everybody plays by itself again"
        return
    if app.settings.agent is None:
        select(app, 0)
    app.settings.notice = hands.take_over(app.player.episodes, app.settings.agent)


def open_tab(app: App, tab: str) -> None:
    """Open a tab of the side panel; leaving the edit mode plays what was painted."""
    leaving = app.scene.editing and tab != "edit"
    app.settings.tab = tab
    if tab == "edit":
        app.player.pause()
        drafts.open_editor(app)
    elif leaving:
        drafts.play_draft(app)


def edited(app: App, command: str) -> None:
    """Undo, redo or save under another name, in the edit mode."""
    if app.scene.editing and app.edit is not None:
        app.edit.do(command)
    else:
        app.settings.notice = "E opens the edit mode, where this works"


def do_reload(app: App) -> None:
    """Read the scenario's file again."""
    drafts.open_editor(app)
    if app.edit is None:
        return
    app.edit.reload()
    app.settings.notice = app.edit.notice
    if not app.scene.editing:
        drafts.play_draft(app)


def do_save(app: App) -> None:
    """Save the scenario in edit mode, else a recording."""
    if app.scene.editing and app.edit is not None:
        app.edit.do("save")
        return
    episode = app.episode
    name = file_name(app.folder, episode.title, episode.seed, f"{episode.length}_steps", "recording")
    app.settings.notice = save_recording(episode, name)


def do_screenshot(app: App) -> None:
    """Save what the window shows."""
    app.draw()
    name = file_name(app.folder, app.episode.title, app.player.seed, f"step{app.player.index}", "png")
    app.settings.notice = save_picture(window(), name)


def do_film(app: App) -> None:
    """Open the dialog for films: between the bookmarks around the present where there are two, else all."""
    app.player.pause()
    marks = sorted(index for index in app.episode.bookmarks if index >= app.player.first)
    first, last = (marks[0], marks[-1]) if len(marks) > 1 else (app.player.first, app.player.length)
    app.scene.film = Film(first, last)


def do_help(app: App) -> None:
    """Show or hide the keys."""
    app.settings.help = not app.settings.help


def do_close(app: App) -> None:
    """Close what lies on top, let go of what is held, or deselect."""
    settings = app.settings
    if settings.help:
        settings.help = False
    elif app.scene.film is not None:
        app.close_film()
    elif app.scene.grip is not None:
        app.scene.grip = app.held = None
    elif app.scene.editing:
        open_tab(app, "agent")
    elif app.episode.taken_over is not None:
        do_hand(app)
    elif settings.overlay:
        settings.overlay = None
    elif settings.agent is not None:
        select(app, None)
    else:
        settings.notice = "Q quits"


def do_quit(app: App) -> None:
    """Close the window."""
    app.done = True


def held_control() -> bool:
    """Whether Ctrl is held down."""
    return bool(pygame.key.get_mods() & pygame.KMOD_CTRL)
