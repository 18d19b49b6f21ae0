"""Writes frames to a video (mp4) or an animated picture (gif) that is whole on disk or not there at all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.whole_file import whole_file

SUFFIXES = (".mp4", ".gif")


def check_film_path(path: str | Path) -> Path:
    """The path, when a film can be written there; else ValueError, which commands want before they run."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"cannot record to {path.name!r}: the name must end in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise ValueError(f"cannot record to {path}: there is no folder {path.parent}")
    return path


def save_film(path: str | Path, frames: Iterable[np.ndarray], fps: float = 8) -> int:
    """Write the frames (uint8 [height, width, 3], all of one size) to `path`; gives back how many.

    The film appears under its name only when it is whole; Ctrl-C while it is made keeps the frames so far as
    a whole film and goes on as KeyboardInterrupt. Raises ValueError for an unknown suffix, a missing folder,
    or no frames.
    """
    path = check_film_path(path)
    with whole_file(path, f".part{path.suffix.lower()}") as part:
        count, interrupted = _write(part, frames, fps)
        if not count:
            raise interrupted or ValueError(f"nothing to record to {path}: there are no frames")
    if interrupted:
        raise interrupted
    return count


def _write(part: Path, frames: Iterable[np.ndarray], fps: float) -> tuple[int, KeyboardInterrupt | None]:
    count, interrupted = 0, None
    writer = _writer(part, fps)
    try:
        for frame in frames:
            writer.append_data(_even(frame))
            count += 1
    except KeyboardInterrupt as stop:
        interrupted = stop
    finally:
        writer.close()
    return count, interrupted


def _writer(part: Path, fps: float) -> Any:
    from imageio import v2  # here, because a run without a film should start fast

    if part.suffix == ".gif":
        return v2.get_writer(part, format="GIF", mode="I", duration=1000 / fps, loop=0)
    return v2.get_writer(
        part,
        format="FFMPEG",
        mode="I",
        fps=fps,
        codec="libx264",
        quality=8,
        macro_block_size=2,
        pixelformat="yuv420p",
    )


def _even(frame: np.ndarray) -> np.ndarray:
    """H.264 wants even sides: an odd one gets its last line twice."""
    height, width = frame.shape[:2]
    return (
        np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if height % 2 or width % 2
        else frame
    )
