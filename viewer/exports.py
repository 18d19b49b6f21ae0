"""What goes out of the window into files: pictures, films of a range of steps, recordings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

from sandbox.environment.captions import side_by_side
from sandbox.environment.film import save_film
from sandbox.environment.picture import Painter, fitting_cell_size
from viewer.naming import free_path
from viewer.overlay import Stale
from viewer.panes import Pane

HOLD = 4
"""How often the last picture of a film is shown."""


@dataclass
class Film:
    """A film that is to be made: from which step to which, in which format, how fast, and how far it is.

    `path` is where it goes once it is asked for; `problem` says in one line why it could not be made.
    """

    first: int
    last: int
    kind: str = "mp4"
    speed: int = 6
    done: int = 0
    path: Path | None = None
    finished: bool = False
    problem: str = ""

    @property
    def count(self) -> int:
        """Pictures that are painted for it."""
        return self.last - self.first + 1

    @property
    def running(self) -> bool:
        """Whether it is being made."""
        return self.path is not None and not self.finished


def file_name(folder: Path, title: str, seed: int, steps: str, suffix: str) -> Path:
    """A name that tells what is in the file, and that no file has yet."""
    return free_path(folder, f"{title}_seed{seed}_{steps}", suffix)


def save_picture(surface: pygame.Surface, path: Path) -> str:
    """Save what the window shows as PNG; gives back one line on it."""
    try:
        pygame.image.save(surface, str(path))
    except (OSError, pygame.error) as error:
        return f"not saved: {error}"
    return f"saved {path.name}"


def save_recording(episode: Any, path: Path) -> str:
    """Save an episode so that it can be played again to the byte; gives back one line on it."""
    from sandbox.playback import recording

    try:
        recording.save(path, episode)
    except (OSError, ValueError) as error:
        return f"not saved: {error}"
    return f"saved {path.name}; open it with: sandbox watch {path.name}"


def filming(film: Film, panes: Sequence[Pane]) -> Callable[[Callable[[], bool]], Film]:
    """The work of making a film, for another thread: it has copies of all states that it needs."""
    shown = [states_of(pane, film.first, film.last) for pane in panes]
    worlds = [pane.episode.world for pane in panes]
    titles = [pane.title or pane.episode.title for pane in panes]
    clock = [f"step {step}" for step in range(film.first, film.last + 1)]

    def work(wanted: Callable[[], bool]) -> Film:
        painters = [Painter(world, fitting_cell_size(world.rows, world.columns)) for world in worlds]

        def frames() -> Iterator[NDArray[np.uint8]]:
            last = None
            for number, text in enumerate(clock):
                if not wanted():
                    raise Stale
                painted = [
                    painter.paint(states[number]) for painter, states in zip(painters, shown, strict=True)
                ]
                last = side_by_side(painted, titles, clock=text)
                film.done += 1
                yield last
            for _ in range(HOLD if last is not None else 0):
                yield last  # type: ignore[misc]

        try:
            if film.path is not None:
                save_film(film.path, frames(), fps=film.speed)
        except (ValueError, OSError) as problem:
            film.problem = str(problem)
        film.finished = True
        return film

    return work


def states_of(pane: Pane, first: int, last: int) -> NDArray[Any]:
    """States from one step to another, records [steps]; an episode that ended stays at its end."""
    past, start = pane.episode.history, pane.episode.first_step
    steps = np.clip(np.arange(first, last + 1) - start, 0, len(past) - 1)
    words = pane.episode.world.words(past)[steps]
    return words.view(pane.episode.world.state_type).reshape(len(steps))
