"""The scenario's file beside the window: it is read again when it changes, and painted in the edit mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.playback.episode import Episode
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
    """Have the scenario's text at hand, from its file where it has one."""
    if app.scene.edit is not None or app.unwritable:
        return
    scenario, policies = app.episode.scenario, app.episode.company.policies
    app.unwritable = True
    try:
        if any(type(policy).__module__.startswith("sandbox.training") for policy in policies):
            return  # a run's agents know the run's world only
        if scenario.path is not None and scenario.path.exists():
            app.scene.edit = EditMode(Draft(scenario.path))
        elif "\n" in scenario.text:
            app.scene.edit = EditMode(Draft(scenario.text))
        app.unwritable = app.scene.edit is None
        if app.scene.edit is not None and app.scene.edit.draft.scenario is not None:
            app.scene.written = app.scene.edit.draft.scenario.hash  # without what was set on the command line
    except (ValueError, OSError) as problem:
        app.settings.notice = str(problem)


def play_draft(app: App) -> None:
    """Begin anew with the scenario as it is written now, where it differs from what is played."""
    scenario = app.scene.edit.draft.scenario if app.scene.edit else None
    if scenario is None or scenario.hash == app.scene.written:
        return
    app.scene.written = scenario.hash
    panes: list[Pane] = []
    try:
        for pane in app.scene.panes:
            world = panes[0].episode.world if panes else None
            panes.append(
                Pane(Episode(scenario, pane.rewards, app.player.seed, world=world), pane.title, pane.rewards)
            )
    except ValueError as problem:
        app.settings.notice = str(problem)
        return
    app.show(panes)
    app.settings.notice = "the scenario has changed; this is its first step"
