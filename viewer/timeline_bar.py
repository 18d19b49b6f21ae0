"""The timeline: what was played, what happened when, bookmarks, and ghost lines of other branches."""

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.picture import TEAM_COLOURS
from sandbox.environment.shapes import Colour
from sandbox.playback.episode import Episode
from sandbox.playback.history import Branch, Change, Event
from viewer import draw
from viewer.player import Player
from viewer.widgets import Canvas, Range

MARKS: dict[str, tuple[str, Colour]] = {
    "door": ("square", TEAM_COLOURS[0]),
    "goal": ("star", TEAM_COLOURS[2]),
    "death": ("cross", TEAM_COLOURS[1]),
    "item": ("diamond", TEAM_COLOURS[4]),
    "end": ("post", TEAM_COLOURS[7]),
    "hand": ("ring", TEAM_COLOURS[3]),
}
"""The sign of each kind of event, and of changes by hand: another shape and another colour."""
MOST_LANES = 4
DONE: Colour = (158, 190, 214)
"""Of the track up to the present; paler than what lies on it."""


@dataclass(frozen=True)
class Place:
    """Where steps lie: the track, and its first and last step."""

    track: pygame.Rect
    first: int
    last: int

    def x(self, index: float) -> int:
        """Where a step lies."""
        return self.track.x + round(self.track.width * (index - self.first) / max(1, self.last - self.first))


def draw_timeline(canvas: Canvas, area: pygame.Rect, player: Player, episode: Episode) -> None:
    """The timeline of all panes, with the marks of one episode: the one of which the side panel speaks."""
    size = canvas.px(12)
    numbers = max(draw.wide(str(player.length), size), draw.wide("0000", size)) + canvas.px(8)
    high = area.y + canvas.px(31)
    track = pygame.Rect(area.x + numbers, high, max(8, area.width - 2 * numbers), canvas.px(6))
    place = Place(track, player.first, max(player.length, player.first + 1))
    draw_ghosts(canvas, place, area.y, episode)
    pygame.draw.rect(canvas.surface, draw.LINE, track, border_radius=canvas.px(3))
    x = place.x(player.index)
    done = pygame.Rect(track.x, track.y, x - track.x, track.height)
    pygame.draw.rect(canvas.surface, DONE, done, border_radius=canvas.px(3))
    for left, index, side in (
        (area.x, player.first, "left"),
        (track.right + canvas.px(8), player.length, "right"),
    ):
        canvas.write(str(index), left, track.centery - canvas.px(8), numbers - canvas.px(8), 12, FAINT, side)
    found = Range(track, place.first, place.last, True)
    canvas.spot(track.inflate(canvas.px(14), canvas.px(22)), "timeline", found)
    draw_events(canvas, place, episode)
    draw_bookmarks(canvas, place, episode.bookmarks)
    pygame.draw.circle(canvas.surface, draw.PANEL, (x, track.centery), canvas.px(9))
    pygame.draw.circle(canvas.surface, draw.ACCENT, (x, track.centery), canvas.px(7))


def draw_events(canvas: Canvas, place: Place, episode: Episode) -> None:
    """Events on the track and changes by hand below it; where many fall together, one sign tells of all."""
    told = grouped(episode.events, episode.changes, place, canvas.px(8))
    for (kind, x), (index, text) in told.items():
        shape, colour = MARKS[kind]
        y = place.track.bottom + canvas.px(8) if kind == "hand" else place.track.centery
        draw.mark(canvas.surface, shape, (x, y), canvas.px(6), colour)
        reach = canvas.px(7)
        canvas.spot(pygame.Rect(x - reach, y - reach, 2 * reach, 2 * reach), "mark", index, text)


def grouped(
    events: Sequence[Event], changes: Sequence[Change], place: Place, apart: int
) -> dict[tuple[str, int], tuple[int, str]]:
    """Marks by kind and place: the step and the text of the first, and how many more are within a sign's width."""
    marks: dict[tuple[str, int], tuple[int, list[str]]] = {}
    last: dict[str, int] = {}
    told = [(event.kind, event.index, event.text) for event in events]
    told += [("hand", change.index, said(change)) for change in changes]
    for kind, index, text in told:
        if not place.first <= index <= place.last or kind not in MARKS:
            continue
        x = place.x(index)
        if kind not in last or abs(x - last[kind]) >= apart:
            last[kind] = x
        marks.setdefault((kind, last[kind]), (index, []))[1].append(text)
    return {
        key: (
            index,
            f"step {index}: {texts[0]}" + (f", and {len(texts) - 1} more nearby" if len(texts) > 1 else ""),
        )
        for key, (index, texts) in marks.items()
    }


def said(change: Change) -> str:
    """A change by hand in plain words."""
    values = change.values
    if change.kind == "take_over":
        return "everybody plays" if values["agent"] is None else f"agent {values['agent']} is taken over"
    if change.kind in ("weight", "parameter"):
        return f"{values['term']} {values.get('parameter', 'weight')} set to {values['value']:g}"
    return {
        "put_agent": "an agent is moved",
        "put_thing": "a thing is moved",
        "toggle": "a door is turned",
    }.get(change.kind, change.kind.replace("_", " "))


def draw_bookmarks(canvas: Canvas, place: Place, bookmarks: dict[int, str]) -> None:
    """A flag above the track for each."""
    for index, text in bookmarks.items():
        x, y = place.x(index), place.track.y - canvas.px(8)
        draw.mark(canvas.surface, "flag", (x + canvas.px(3), y), canvas.px(6), TEAM_COLOURS[6])
        reach = canvas.px(8)
        canvas.spot(
            pygame.Rect(x - reach // 2, y - reach, 2 * reach, 2 * reach), "mark", index, f"bookmark: {text}"
        )


def draw_ghosts(canvas: Canvas, place: Place, top: int, episode: Episode) -> None:
    """Other branches as pale lines above the track, from where they leave to where they end; a click goes there."""
    for number, (branch, start) in enumerate(ghosts(episode)[-MOST_LANES:]):
        if branch.length < place.first:
            continue
        y = top + canvas.px(3 + 5.5 * number)
        left, right = place.x(max(start, place.first)), place.x(min(branch.length, place.last))
        beyond = branch.length > place.last
        line = pygame.Rect(left, y - canvas.px(3), max(canvas.px(10), right - left), canvas.px(6))
        hint = f"another branch, steps {start} to {branch.length} ({branch.cause}): click to go there"
        hovered = canvas.spot(line, "ghost", (branch.number, place), hint)
        colour = draw.ACCENT if hovered else (166, 176, 192)
        thick = max(2, canvas.px(2))
        pygame.draw.line(canvas.surface, colour, (left, y), (max(right, left + canvas.px(8)), y), thick)
        pygame.draw.circle(canvas.surface, colour, (left, y), canvas.px(3))
        if beyond:
            tip = [(right, y - canvas.px(3)), (right, y + canvas.px(3)), (right + canvas.px(6), y)]
            pygame.draw.polygon(canvas.surface, colour, tip)


def ghosts(episode: Episode) -> list[tuple[Branch, int]]:
    """All branches but the present one, with the step from which on each differs from it."""
    by_number = {branch.number: branch for branch in episode.branches}
    past: dict[int, int] = {}  # branch -> up to which step the present shares it
    here, last = by_number[episode.branch], by_number[episode.branch].length
    while True:
        past[here.number] = last
        if here.parent is None or here.parent not in by_number:
            break
        last, here = here.leaves_at, by_number[here.parent]
    found = []
    for branch in by_number.values():
        start = past.get(branch.number, branch.leaves_at)
        if branch.number != episode.branch and branch.length > start:
            found.append((branch, start))
    return found
