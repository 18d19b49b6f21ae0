"""The scenario beside the window: it is painted in the edit mode, and its file read again when it changes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from sandbox.playback.episode import Episode
from sandbox.playback.recording import as_text
from sandbox.scenario.draft import Draft
from viewer.authoring import EditMode
from viewer.panes import Pane

if TYPE_CHECKING:
    from viewer.app import App


def look_at_file(app: App) -> None:
    """Read the file again when it has changed, and play it unless it is being edited; say what is wrong with it."""
    edit = app.scene.edit
    if edit is not None and edit.poll(app.clock.now()):
        app.changed = True
        if not app.scene.editing:
            play_draft(app)
    problems = edit.draft.problems if edit is not None else []
    app.scene.problem = problems[0] if problems else ""


def open_editor(app: App) -> None:
    """Have the scenario's text at hand: its file, or a copy of what a run or a recording keeps, without a file yet."""
    if app.scene.edit is not None or app.unwritable:
        return
    scenario = app.episode.scenario
    try:
        if scenario.path is not None and scenario.path.exists():
            draft = Draft(scenario.path)
        else:
            draft = Draft(as_text(scenario), scenario.name)
    except (ValueError, OSError) as problem:
        app.settings.notice, app.unwritable = str(problem), True
        return
    app.scene.edit = EditMode(draft, app.folder)
    if draft.scenario is not None:
        app.scene.written = draft.scenario.hash  # without what was set on the command line


def play_draft(app: App) -> None:
    """Begin anew with the scenario as it is written now, where it differs from what is played."""
    scenario = app.scene.edit.draft.scenario if app.scene.edit else None
    if scenario is None or scenario.hash == app.scene.written:
        return
    app.scene.written = scenario.hash
    panes: list[Pane] = []
    told = "the scenario has changed; this is its first step"
    try:
        for pane in app.scene.panes:
            world = panes[0].episode.world if panes else None
            episode = Episode(scenario, copy.deepcopy(pane.rewards), app.player.seed, world=world)
            panes.append(Pane(episode, pane.title, pane.rewards, pane.run))
            told = seat_again(panes[-1]) or told
    except ValueError as problem:
        app.settings.notice = str(problem)
        return
    app.show(panes)
    app.settings.notice = told


def seat_again(pane: Pane) -> str:
    """Let what a run has learned act in the edited scenario too; gives back one line where it does not fit it."""
    if not pane.run:
        return ""
    from sandbox.training.watched import seat_run  # torch, which all else does without

    try:
        seat_run(pane.episode, pane.run)
    except ValueError as problem:
        return f"the scenario's own policies act, as what was learned does not fit: {problem}"
    return ""
