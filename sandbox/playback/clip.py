"""A film of an episode, or of a part of it: to be kept as a file or shown in a notebook."""

import base64
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.environment.film import save_film
from sandbox.environment.picture import Painter

LAST_STAYS = 4
"""How many frames longer the last picture is shown."""


class Clip:
    """States one after another as pictures, which are painted when they are asked for.

    Args:
        painter: what paints.
        states: records [steps].
        fps: steps shown a second.
    """

    def __init__(self, painter: Painter, states: NDArray[Any], fps: float = 6) -> None:
        if not len(states):
            raise ValueError("a clip needs at least one step")
        if not fps > 0:
            raise ValueError(f"fps has to be more than 0, not {fps!r}")
        self.painter, self.states, self.fps = painter, states, fps

    def __len__(self) -> int:
        return len(self.states)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The pictures, uint8 [height, width, 3]; the last one stays for a while."""
        picture = np.zeros((0, 0, 3), np.uint8)
        for state in self.states:
            picture = self.painter.paint(state)
            yield picture
        for _ in range(LAST_STAYS):
            yield picture

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a film, .mp4 or .gif; ValueError, one line, where there is no such folder or another suffix."""
        save_film(Path(path), self.frames(), self.fps)

    def show(self) -> Any:
        """The film within a notebook, as an IPython HTML object; a GIF where no MP4 can be made here."""
        from IPython.display import HTML  # only notebooks need it

        return HTML(self._repr_html_())

    def _repr_html_(self) -> str:
        height, width = self.painter.size
        try:
            film = base64.b64encode(self._bytes(".mp4")).decode()
            return (
                f'<video width="{width}" height="{height}" controls loop autoplay muted>'
                f'<source type="video/mp4" src="data:video/mp4;base64,{film}"></video>'
            )
        except (OSError, RuntimeError, ImportError):  # no encoder
            film = base64.b64encode(self._bytes(".gif")).decode()
            return f'<img width="{width}" height="{height}" src="data:image/gif;base64,{film}">'

    def _bytes(self, suffix: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"clip{suffix}"
            self.save(path)
            return path.read_bytes()
