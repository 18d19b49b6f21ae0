"""What a result must know of itself: scenario, seeds, versions, machine."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = (
    "empowerment-sandbox",
    "numpy",
    "numba",
    "pettingzoo",
    "gymnasium",
    "torch",
    "safetensors",
    "pygame",
    "pygame-ce",
)


def versions() -> dict[str, str]:
    """Installed versions of the packages that results may depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def manifest(scenario: Any, seeds: list[int], **more: Any) -> dict[str, Any]:
    """A JSON-ready record of how a result came about."""
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "seeds": seeds,
        "versions": versions(),
        "commit": commit(),
        "cores": os.cpu_count(),
        **more,
    }


def commit() -> str | None:
    """The commit of the checkout that this package runs from, if it runs from one."""
    here = Path(__file__).resolve().parents[2]
    try:
        top, commit = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "--show-toplevel", "HEAD"],
            capture_output=True, text=True, timeout=5, check=True,
        ).stdout.split()  # fmt: skip
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return commit if Path(top) == here else None
