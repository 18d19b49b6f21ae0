"""An episode of a scenario as a film, in one call."""

import os
from collections.abc import Mapping
from typing import Any

from sandbox.playback.clip import Clip
from sandbox.playback.episode import Episode
from sandbox.scenario.read import load_scenario


def film(
    name_or_path: str | os.PathLike[str],
    rewards: Any = None,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    steps: int | None = None,
    fps: float = 6,
) -> Clip:
    """Play an episode of a scenario and film it.

    Args:
        name_or_path: a shipped scenario's name, or a file.
        rewards: as for `make`.
        seed: same seed, same episode.
        overrides: changes to the scenario by dotted path.
        steps: how many at most; None for the whole episode.
        fps: steps shown a second.
    """
    scenario = load_scenario(name_or_path, overrides)
    most = scenario.max_cycles if steps is None else steps
    episode = Episode(scenario, rewards, seed, limit=most + 1)
    while episode.length < most and episode.forward():
        pass
    return episode.clip(fps=fps)
