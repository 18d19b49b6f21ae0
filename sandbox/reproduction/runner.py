"""Every arm of a result with every seed, on all cores, kept as soon as it is known."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from sandbox.reproduction.record import Record
from sandbox.reproduction.result import Figures, find
from sandbox.training.parallel import on_one_thread

OnFigures = Callable[[int, int], object]


def reproduce(
    name: str,
    out: str | os.PathLike[str] = "results/reproduction",
    seeds: int | None = None,
    jobs: int | None = None,
    runs: str | os.PathLike[str] = "runs/reproduction",
    anew: bool = False,
    on_figures: OnFigures | None = None,
) -> Record:
    """Measure what is missing of a result.

    Args:
        name: a file in `sandbox/reproduction/results`.
        out: folder of its record, `<name>.json`; figures that are there already are kept.
        seeds: 0, 1, ... for each arm; None for as many as the result asks for.
        jobs: processes that work side by side, each on one core; None for one a core.
        runs: folder of runs that are under way; one is removed once its figures are known.
        anew: forget figures and runs that are there.
        on_figures: told how many of how many were measured.

    Raises:
        ValueError: no such result, or a record of another version; one line.
        KeyboardInterrupt: Ctrl-C; what was measured is kept, and interrupted runs are gone on with next time.
    """
    result = find(name)
    wanted = result.SEEDS if seeds is None else seeds
    for what, value in (("seeds", wanted), ("jobs", 1 if jobs is None else jobs)):
        if value < 1:
            raise ValueError(f"{what} has to be at least 1, not {value}")
    record = Record(name, result, Path(out), anew)
    work = Path(runs) / name
    if anew:
        shutil.rmtree(work, ignore_errors=True)
    missing, tell = record.missing(wanted), on_figures or (lambda *_: None)
    total = wanted * len(result.ARMS)
    tell(total - len(missing), total)
    if not missing:
        return record
    workers = min(jobs or os.cpu_count() or 1, len(missing))
    with ProcessPoolExecutor(workers, get_context("spawn"), _alone) as pool:
        waiting = {
            pool.submit(_measure, name, arm, seed, _place(work, arm, seed)): (arm, seed)
            for arm, seed in missing
        }
        try:
            for done, each in enumerate(as_completed(waiting), 1):
                arm, seed = waiting[each]
                record.add(arm, seed, *each.result())
                shutil.rmtree(_place(work, arm, seed), ignore_errors=True)
                tell(total - len(missing) + done, total)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return record


def _place(work: Path, arm: str, seed: int) -> Path:
    return work / "".join(letter if letter.isalnum() else "-" for letter in arm) / str(seed)


def _alone() -> None:
    """One thread, so that figures do not hang on how many there are; Ctrl-C is for the loop, which then saves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_one_thread()


def _measure(name: str, arm: str, seed: int, folder: Path) -> tuple[Figures, float]:
    began = time.perf_counter()
    folder.parent.mkdir(parents=True, exist_ok=True)
    figures = find(name).measure(arm, seed, folder)
    return {each: float(value) for each, value in figures.items()}, time.perf_counter() - began
