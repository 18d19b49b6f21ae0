"""Looks this installation over: versions, threads, GPU, display, and packages that took our packages' names."""

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox.experiments.manifest import versions

OURS = ("sandbox", "rewards", "scenarios", "viewer")
Check = tuple[str, bool | None, str]


def checks() -> Iterator[Check]:
    """What was looked at, whether it is sound (None: neither good nor bad), and what was found."""
    yield from (_version(*item) for item in versions().items())
    yield from map(_package, OURS)
    yield _pygame()
    yield _threads()
    yield _gpu()
    yield _display()
    yield _cache()


def _version(name: str, version: str) -> Check:
    return name, (sys.version_info >= (3, 11)) if name == "python" else None, version


def _package(name: str) -> Check:
    """Other distributions on the package index install packages called `rewards` and `scenarios` over ours."""
    spec = importlib.util.find_spec(name)
    home = Path(__file__).resolve().parents[2]
    where = Path(spec.origin).resolve().parent if spec and spec.origin else None
    if where is None or where != home / name or not (where / "py.typed").is_file():
        return name, False, f"{where} is not ours; uninstall the distribution {name!r} and install again"
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return name, True, f"ours, in {where}"
    return (
        name,
        False,
        f"a distribution called {name!r} is installed too and may overwrite ours; uninstall it",
    )


def _pygame() -> Check:
    both = [name for name in ("pygame", "pygame-ce") if name in versions()]
    if len(both) == 2:
        return (
            "pygame",
            False,
            "pygame and pygame-ce are both installed; uninstall both, then install one again",
        )
    return "pygame", bool(both), both[0] if both else "missing: `sandbox watch` needs it"


def _threads() -> Check:
    import numba

    return "threads", True, f"{numba.config.NUMBA_NUM_THREADS} for batches of worlds ({os.cpu_count()} cores)"  # pyright: ignore


def _gpu() -> Check:
    from numba import cuda

    try:
        found = cuda.is_available()
    except Exception:
        found = False
    return "gpu", None, "CUDA device found" if found else "none; everything here runs on the CPU"


def _display() -> Check:
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "display", None, "none; instead of `sandbox watch` use `sandbox run SCENARIO --record out.mp4`"
    return "display", True, "found"


def _cache() -> Check:
    from sandbox.world.fuse import cache_folder

    files = [file for file in cache_folder().rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    return "cache", None, f"{size:.1f} MB of compiled kernels in {cache_folder()} (safe to delete)"
