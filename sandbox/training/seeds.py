"""Every seed of a run, grown from its one seed."""

from typing import Any

import numpy as np

from sandbox.training.settings import Settings


def seed_tree(settings: Settings) -> dict[str, Any]:
    """Seeds by whom they are for: worlds by rank, learners by team and rank, evaluation."""
    worlds, learning, evaluation = np.random.SeedSequence(settings.seed).spawn(3)
    return {
        "worlds": _numbers(worlds, settings.processes),
        "learners": {
            team: _numbers(branch, settings.processes)
            for team, branch in zip(settings.teams, learning.spawn(len(settings.teams)), strict=True)
        },
        "evaluation": _numbers(evaluation, settings.evaluation_seeds),
    }


def _numbers(branch: np.random.SeedSequence, count: int) -> list[int]:
    """One whole number below 2**63 for each child of a branch."""
    return [int(child.generate_state(1, np.uint64)[0] >> np.uint64(1)) for child in branch.spawn(count)]
