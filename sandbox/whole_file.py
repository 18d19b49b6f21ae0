"""Files that are whole on disk or as they were before, whatever cuts the writing short."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, ending: str = ".part") -> Iterator[Path]:
    """A path to write to that takes the name, and the rights of the file before, at the end.

    Where something goes wrong meanwhile nothing of it is left, and the file before stays. A link stays one. `ending`
    is that of the path to write to, for those who go by endings.
    """
    path = path.resolve()
    part = path.with_name(f".{path.name}{ending}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write all of a file, or nothing."""
    with whole_file(path) as part:
        part.write_bytes(data)
