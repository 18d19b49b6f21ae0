"""Runs of an experiment: begun, gone on with, or found finished."""

from pathlib import Path
from typing import Any

from sandbox.training.loop import resume, train
from sandbox.training.run_folder import RunFolder, is_run


def trained(folder: Path, *what: Any, **how: Any) -> Path:
    """The folder of a finished run of `sandbox.train(*what, **how)`.

    One that lies there interrupted is gone on with; one that is over is taken as it is.
    """
    quiet: dict[str, Any] = {"say": lambda _: None}
    if not is_run(folder):
        train(*what, out=folder, threads=1, **quiet, **how)
    else:
        checkpoint = RunFolder(folder).newest(say=quiet["say"])
        if checkpoint is None or not checkpoint.state["why"]:
            resume(folder, **quiet)
    return folder
