"""What the commands that play have in common: from what was typed to episodes, and what is said of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rewards as formulations
from sandbox.terminal import console, errors, load
from sandbox.training.run_folder import is_run


def check_record(path: Path) -> None:
    """ValueError, one line, unless a film or a recording can be written there."""
    from sandbox.environment.film import SUFFIXES, check_film_path
    from sandbox.playback import recording

    if path.suffix.lower() not in (*SUFFIXES, recording.SUFFIX):
        raise ValueError(
            f"cannot record to {path.name!r}: the name must end in {recording.SUFFIX}, {' or '.join(SUFFIXES)}"
        )
    (recording.check_path if recording.is_recording(path) else check_film_path)(path)


def episodes_of(
    scenario: str, rewards: Sequence[str | None], team: str | None, seed: int, assignments: list[str] | None,
    whole: bool = False,
) -> list[Any]:  # fmt: skip
    """An episode for each reward, all in one world; `whole` says that none of its steps may be forgotten."""
    from sandbox.environment.payment import check_owner
    from sandbox.experiments.compare import default_team
    from sandbox.playback import recording
    from sandbox.playback.episode import Episode
    from sandbox.playback.history import MOST_STEPS
    from sandbox.world.world import World

    kind = "recording" if recording.is_recording(scenario) else "run" if is_run(scenario) else ""
    if kind:
        if any(rewards) or team or assignments:
            options = "--reward, --compare, --team and --set"
            raise ValueError(
                f"{scenario} is a {kind}, with a scenario and rewards of its own: leave {options} out"
            )
        return [_recorded(scenario) if kind == "recording" else _trained(scenario, seed)]
    loaded = load(scenario, assignments)
    if team and not any(rewards):
        raise ValueError("--team says whom --reward is for; give --reward too")
    world = World(loaded)
    if team:
        check_owner(world, team)
    limit = max(MOST_STEPS, loaded.max_cycles + 1) if whole else MOST_STEPS
    episodes = []
    for reward in rewards:
        spec = {team or default_team(loaded): formulations.parse(reward)} if reward else None
        episodes.append(Episode(loaded, spec, seed, world=world, limit=limit))
    return episodes


def _trained(run: str, seed: int) -> Any:
    from sandbox.training.evaluate import episode

    return episode(run, seed)


def _recorded(path: str) -> Any:
    """A recording; where it was made of a run that is still here, what was learned plays on after its end."""
    from sandbox.playback import recording

    episode = recording.load(path)
    run = next(filter(is_run, episode.run_sought), None)
    if run:
        from sandbox.training.watched import seat_run

        seat_run(episode, run)
    elif episode.run:
        errors.print(
            f"its run is not here, looked for as {' and as '.join(episode.run_sought)}: "
            "after what was recorded, the scenario's own policies play",
            markup=False,
        )
    return episode


def print_episode(episode: Any) -> None:
    """Who got what, on the terminal."""
    import numpy as np
    from rich import box
    from rich.table import Table

    from sandbox.experiments.compare import measured
    from sandbox.experiments.report import heading

    view = Table(
        title=f"{episode.title}, seed {episode.seed}, {episode.clock} steps",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    view.add_column("agent")
    view.add_column("paid for")
    view.add_column("total reward", justify="right")
    for agent, mix, total in zip(episode.agent_names, episode.company.mixes, episode.total, strict=True):
        view.add_row(agent, " + ".join(f"{term.weight:g} {term.name}" for term in mix.terms), f"{total:.3f}")
    console.print(view)
    for name, value in measured(episode.world, episode.history).items():
        if not np.isnan(value):
            console.print(f"  {heading(name)}: {value:g}", highlight=False)
