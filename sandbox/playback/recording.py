"""Episodes as files: what was done, from which it is all played again and compared byte by byte."""

import dataclasses
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rewards as formulations
from rewards.mix import Mix, Normalised
from sandbox.experiments.manifest import versions
from sandbox.playback.episode import Episode
from sandbox.playback.history import MOST_STEPS, Change
from sandbox.playback.replay import again, check_changes
from sandbox.scenario.read import parse_kept
from sandbox.scenario.schema import Scenario
from sandbox.scenario.source import ScenarioError
from sandbox.whole_file import write_whole

SUFFIX = ".recording"
KIND, FORMAT = "empowerment-sandbox recording", 1
ABOUT = "recording.json"
MOST_BYTES = 1 << 30
"""What is unpacked of one file, at most, so that none can fill the memory."""


def save(path: str | os.PathLike[str], episode: Episode) -> None:
    """Write all branches of an episode as one file, which is whole or, if the writing is cut short, as it was before.

    Raises:
        ValueError: its scenario or its rewards cannot be written as text, or there is no such folder; one line.
    """
    path = check_path(path)
    lines = list(episode.tree.lines.values())
    about = {
        "kind": KIND, "format": FORMAT, "versions": versions(),
        "scenario": {"name": episode.scenario.name, "text": as_text(episode.scenario), "hash": episode.scenario.hash},
        "title": episode.title, "run": _run_as_kept(episode.run, path), "seed": int(episode.seed),
        "mixes": _mixes_as_text(episode),
        "first_step": episode.first_step, "present": [episode.branch, episode.index],
        "branches": [
            {
                "number": line.number, "parent": line.parent.number if line.parent else None,
                "leaves_at": line.leaves_at, "cause": line.cause, "inherited": line.inherited,
                "changes": [[change.index, change.kind, dict(change.values)] for change in line.changes],
                "bookmarks": [[index, text] for index, text in line.bookmarks.items()],
                "states": line.fingerprint(),
            }
            for line in lines
        ],
    }  # fmt: skip
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        _put(file, ABOUT, json.dumps(about, indent=1).encode())
        for line in lines:
            for name in ("actions", "paid"):
                _put(file, f"{name}_{line.number}.npy", _packed(getattr(line, name).rows))
    write_whole(path, whole.getvalue())


def load(path: str | os.PathLike[str], limit: int = MOST_STEPS) -> Episode:
    """Play a recording again: an Episode at its first step that remembers all that was recorded.

    Nothing in the file is run as code. Policies are not asked, so that one of a run plays on only where that run is
    at hand; after the last step the scenario's own policies play. `run` is where that run is, or, where it is in none
    of the places of `run_sought`, would be.

    Args:
        path: the file.
        limit: as for `Episode`.

    Raises:
        ValueError: no such file, no recording, damaged, of a newer version, or its states are not the same here; one
            line.
    """
    path = Path(path)
    about, arrays = _read(path)
    try:
        return _played(about, arrays, path, limit)
    except ScenarioError as problem:
        first = str(problem).splitlines()[0]
        raise ValueError(f"{path}: its scenario cannot be read here: {first}") from None
    except ValueError as problem:
        raise problem if str(problem).startswith(str(path)) else ValueError(f"{path}: {problem}") from None
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as problem:
        raise ValueError(f"{path}: the recording is damaged ({type(problem).__name__})") from None


def is_recording(path: str | os.PathLike[str]) -> bool:
    """Whether this is the name of a recording."""
    return str(path).lower().endswith(SUFFIX)


def check_path(path: str | os.PathLike[str]) -> Path:
    """The path, when a recording can be written there; else ValueError, which commands want before they run."""
    path = Path(path)
    if not is_recording(path):
        raise ValueError(f"cannot record to {path.name!r}: the name must end in {SUFFIX}")
    if not path.parent.is_dir():
        raise ValueError(f"cannot record to {path}: there is no folder {path.parent}")
    return path


def _run_as_kept(run: str | None, path: Path) -> str | None:
    """A run's path as a recording keeps it: seen from there where both lie in one folder, which then can be moved."""
    if run is None:
        return None
    run, folder = os.path.abspath(run), os.path.dirname(os.path.abspath(path))
    try:
        common = os.path.commonpath([run, folder])
    except ValueError:  # on another drive
        return run
    return run if common == Path(common).anchor else Path(os.path.relpath(run, folder)).as_posix()


def _places_of_run(kept: str, path: Path) -> list[str]:
    """Where the run of a recording may be: as seen from the recording, beside it, or as it was given."""
    folder, seen = path.parent, [] if os.path.isabs(kept) else [path.parent / kept]
    return list(dict.fromkeys(os.path.abspath(place) for place in (*seen, folder / Path(kept).name, kept)))


def as_text(scenario: Scenario) -> str:
    """A text from which the same scenario is read again: its own, or one that is made, as where something was set.

    Raises:
        ValueError: there is none.
    """
    if scenario.text and _reads_as(scenario.text, scenario):
        return scenario.text
    said = scenario.model_dump(exclude={"legend", "mechanics"}, exclude_none=True)
    said["legend"] = {
        letter: [{laid.thing: dataclasses.asdict(laid.params)} for laid in things]
        for letter, things in scenario.legend.items()
    }
    said["mechanics"] = {name: dataclasses.asdict(value) for name, value in scenario.mechanics.items()}
    rows = "".join(
        f"  {row}\n" for row in said.pop("map").rstrip("\n").split("\n")
    )  # so that it can be painted on
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in said.items()) + f"map: |\n{rows}"
    if not _reads_as(text, scenario):
        raise ValueError(f"{scenario.name}: this scenario cannot be written as text, which a recording needs")
    return text


def _reads_as(text: str, scenario: Scenario) -> bool:
    try:
        return parse_kept(text, scenario.name).hash == scenario.hash
    except ScenarioError:
        return False


def _mixes_as_text(episode: Episode) -> list[dict[str, Any]]:
    """Each mix as it was at first: whose it is (groups of agents) and its terms with all their parameters."""
    found: dict[int, dict[str, Any]] = {}
    for group, (mix, terms, weights) in zip(episode.world.groups, episode.dials.first(), strict=True):
        entry = found.setdefault(
            id(mix),
            {"groups": [], "terms": {term.name: _as_spec(term, weights[term.name]) for term in terms}},
        )
        if group not in entry["groups"]:
            entry["groups"].append(group)
    return list(found.values())


def _as_spec(term: Any, weight: float) -> dict[str, Any]:
    scaled = isinstance(term.formulation, Normalised)
    inner = term.formulation.formulation if scaled else term.formulation
    if term.name not in formulations.names() or type(inner) is not formulations.formulation(term.name):
        raise ValueError(f"{term.name} is no formulation of this sandbox, so that no recording can name it")
    said = {each.name: getattr(inner, each.name) for each in dataclasses.fields(inner) if each.init}
    spec = {**said, "weight": weight, **({"normalise": True} if scaled else {})}
    try:
        same = json.loads(json.dumps(spec)) == spec
    except (TypeError, ValueError):
        same = False
    if not same:
        raise ValueError(
            f"{term.name} has parameters that are no plain numbers and text; no recording can keep them"
        )
    return spec


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What a file says, and its arrays by name; ValueError, one line, where that cannot be told."""
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        with zipfile.ZipFile(path) as file:
            if sum(member.file_size for member in file.infolist()) > MOST_BYTES:
                raise ValueError(f"{path}: the recording is too large")
            about = json.loads(file.read(ABOUT)) if ABOUT in file.namelist() else None
            if not isinstance(about, dict) or about.get("kind") != KIND:
                raise ValueError(f"{path}: this is no recording")
            if about.get("format") != FORMAT:
                raise ValueError(
                    f"{path}: a recording of format {about.get('format')!r}, which this version does not know; "
                    f"it knows {FORMAT}"
                )
            names = [name for name in file.namelist() if name.endswith(".npy")]
            return about, {name: _unpacked(file.read(name)) for name in names}
    except ValueError as problem:
        if str(problem).startswith(str(path)):
            raise
        raise ValueError(f"{path}: the recording is damaged") from None
    except OSError as problem:
        raise ValueError(f"{path}: cannot be read ({(problem.strerror or 'damaged').lower()})") from None
    except zipfile.BadZipFile as problem:
        what = "this is no recording" if not _begins_as_zip(path) else "the recording is damaged"
        raise ValueError(f"{path}: {what}") from problem
    except Exception:  # bytes that were changed make zip readers fail in many ways
        raise ValueError(f"{path}: the recording is damaged") from None


def _played(about: dict[str, Any], arrays: Mapping[str, NDArray[Any]], path: Path, limit: int) -> Episode:
    said = about["scenario"]
    scenario = parse_kept(said["text"], said["name"])
    if scenario.hash != said["hash"]:
        raise ValueError(f"{path}: its scenario reads differently here; it was recorded {_with(about)}")
    rewards: dict[str, Mix] = {}
    for entry in about["mixes"]:
        mix = formulations.make(entry["terms"])
        rewards |= dict.fromkeys(entry["groups"], mix)
    episode = Episode(scenario, rewards, about["seed"], limit=limit)
    episode.title = str(about["title"])
    if about["run"] is not None:
        episode.run_sought = _places_of_run(about["run"], path)
        episode.run = next(filter(os.path.isdir, episode.run_sought), episode.run_sought[0])
    _play_branches(episode, about, arrays, path)
    return episode


def _play_branches(
    episode: Episode, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], path: Path
) -> None:
    tree, world = episode.tree, episode.world
    tree.begin_again(int(about["first_step"]))
    lengths = {
        each["number"]: each["leaves_at"] + len(arrays[f"actions_{each['number']}.npy"])
        for each in about["branches"]
    }
    for said in about["branches"]:
        number = int(said["number"])
        line = tree.present
        if said["parent"] is not None:
            line = tree.graft(number, said["parent"], int(said["leaves_at"]), str(said["cause"]))
        if line.number != number:
            raise ValueError("the recording is damaged: its branches do not fit together")
        line.changes = [
            Change(int(index), str(kind), dict(values)) for index, kind, values in said["changes"]
        ]
        line.inherited = int(said["inherited"])
        check_changes(episode.dials, list(tree.walk("changes", line)), world.agent_count)
        actions, paid = arrays[f"actions_{number}.npy"], arrays[f"paid_{number}.npy"]
        again(world, tree, line, actions, paid, episode.ended, lengths[about["present"][0]])
        if line.fingerprint() != said["states"]:
            raise ValueError(
                f"{path}: it does not play to the same states here; it was recorded {_with(about)}"
            )
        line.bookmarks = {int(index): str(text) for index, text in said["bookmarks"]}
    tree.present = tree.lines[about["present"][0]]
    tree.sweep()
    while tree.count > tree.limit + tree.block and tree.forget_ghost():
        pass
    episode.go(0)


def _with(about: Mapping[str, Any]) -> str:
    """The versions that differ from those here, for whoever wonders."""
    here = versions()
    differs = [f"{name} {was}" for name, was in about["versions"].items() if here.get(name) != was]
    return f"with {', '.join(differs)}" if differs else "with the same versions"


def _packed(rows: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, rows, allow_pickle=False)
    return out.getvalue()


def _unpacked(data: bytes) -> NDArray[Any]:
    return np.load(io.BytesIO(data), allow_pickle=False)


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file that has no date, so that the same episode makes the same bytes."""
    file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"
