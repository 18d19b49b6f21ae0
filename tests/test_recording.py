"""A recording plays again to the byte, anywhere, and what is none is told in one line."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import sandbox
import scenarios
from sandbox.playback import recording
from sandbox.playback.episode import Episode
from sandbox.scenario.read import parse_scenario
from sandbox.training import evaluate
from sandbox.training.watched import seat_run
from tests.episode_walk import look, wander

ROOT = Path(__file__).parents[1]
PLAY = """
import hashlib, json, sys
from sandbox.playback import recording
episode = recording.load(sys.argv[1])
found = {}
for branch in episode.branches:
    episode.switch(branch.number)
    found[branch.number] = hashlib.sha256(episode.history.tobytes()).hexdigest()
    episode.go(episode.length)
    episode.forward()
    found[branch.number] += hashlib.sha256(episode.states.tobytes()).hexdigest() + repr(episode.total)
print(json.dumps(found))
"""


def same(episode: Episode, other: Episode) -> None:
    """Both remember the same and go on alike."""
    assert episode.branches == other.branches
    assert episode.first_step == other.first_step
    for branch in episode.branches:
        for each in (episode, other):
            each.switch(branch.number)
        assert episode.history.tobytes() == other.history.tobytes()
        for name in ("changes", "events", "bookmarks"):
            assert getattr(episode, name) == getattr(other, name), name
        for agent in range(episode.world.agent_count):
            for one, two in zip(episode.series(agent).values(), other.series(agent).values(), strict=True):
                assert one.tolist() == two.tolist()
        for index in (episode.first_step, branch.leaves_at, branch.length):
            for each in (episode, other):
                each.go(index)
            assert look(episode) == look(other)
        for each in (episode, other):
            each.forward()
        assert look(episode) == look(other)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[Path, Episode]:
    """A recording with branches and changes of all kinds, and the episode."""
    path = tmp_path_factory.mktemp("recorded") / "walk.recording"
    episode = Episode(sandbox.load_scenario("first_meeting"), {"helper": "kindness+0.5*count"}, 7)
    wander(episode, 11, 120)
    episode.toggle_bookmark("here")
    recording.save(path, episode)
    assert {"weight", "parameter", "put_agent", "toggle", "take_over"} <= {
        change.kind for line in episode.tree.lines.values() for change in line.changes
    }
    return path, episode


@pytest.mark.parametrize("name", scenarios.names())
def test_a_walk_through_any_scenario_plays_again(name, tmp_path):
    episode = Episode(sandbox.load_scenario(name), seed=6)
    wander(episode, 6, 40)
    present = episode.branch
    recording.save(tmp_path / "walk.recording", episode)
    again = recording.load(tmp_path / "walk.recording")
    assert (again.branch, again.index, again.seed) == (present, 0, 6)
    same(episode, again)


def test_a_fresh_process_plays_the_same(saved, tmp_path, monkeypatch, capsys):
    path, episode = saved
    copy = tmp_path / "copy.recording"
    copy.write_bytes(path.read_bytes())
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    found = json.loads(
        subprocess.check_output([sys.executable, "-c", PLAY, copy], env=environment, cwd=tmp_path)
    )
    monkeypatch.setattr(sys, "argv", ["", str(path)])
    exec(PLAY, {})
    assert found == json.loads(capsys.readouterr().out)
    assert {int(number) for number in found} == {branch.number for branch in episode.branches}


def test_the_same_episode_makes_the_same_file(saved, tmp_path):
    path, _ = saved
    recording.save(tmp_path / "again.recording", recording.load(path))
    first, second = recording.load(path), recording.load(tmp_path / "again.recording")
    same(first, second)


def test_what_was_forgotten_is_played_but_not_remembered(tmp_path):
    scenario = sandbox.load_scenario("open_field", {"max_cycles": 500})
    episode = Episode(scenario, "count", limit=60)
    for _ in range(20):
        episode.forward()
    episode.go(10)
    episode.put_agent(0, 1, 1)
    for _ in range(140):
        episode.forward()
    assert episode.first_step > 20
    path = tmp_path / "long.recording"
    recording.save(path, episode)
    again = recording.load(path, limit=60)
    assert again.first_step == episode.first_step
    same(episode, again)
    branched = Episode(scenario)
    for _ in range(30):
        branched.forward()
    branched.go(0)
    branched.take_over(0)
    recording.save(path, branched)
    with pytest.raises(ValueError, match="more than the 4 steps") as problem:
        recording.load(path, limit=4)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("overrides", [{}, {"max_cycles": 7, "agents.helper.view": 2}])
def test_a_scenario_is_kept_as_text_also_where_something_was_set(overrides, tmp_path):
    for name in scenarios.names():
        try:
            scenario = sandbox.load_scenario(name, overrides)
        except ValueError:
            continue  # nobody is a helper there
        text = recording.as_text(scenario)
        assert parse_scenario(text, f"{name}.yaml").hash == scenario.hash
        assert (text == scenario.text) == (not overrides)


def rewritten(path: Path, to: Path, change) -> Path:
    """A copy of a recording in which something else is said."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == recording.ABOUT:
                about = json.loads(data)
                change(about)
                data = json.dumps(about).encode()
            new.writestr(name, data)
    return to


def test_damaged_files_are_told_in_one_line(saved, tmp_path):
    path, episode = saved
    data, bad = path.read_bytes(), tmp_path / "bad.recording"
    rng = np.random.default_rng(0)
    tried = [data[:size] for size in rng.integers(0, len(data), 30)]
    for place in rng.integers(0, len(data), 120):
        tried.append(data[:place] + bytes([data[place] ^ rng.integers(1, 256)]) + data[place + 1 :])
    refused = []
    for each in tried:
        bad.write_bytes(each)
        try:
            loaded = recording.load(bad)
        except ValueError as problem:
            refused.append(str(problem))
        else:  # what was changed says nothing, as a date
            assert loaded.branches == episode.branches
    assert all(line.startswith(str(bad)) and "\n" not in line for line in refused)
    assert len(refused) > 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda about: about.update(format=2), "format 2, which this version does not know"),
        (lambda about: about.update(kind="something"), "no recording"),
        (lambda about: about.update(seed=8), "does not play to the same states"),
        (lambda about: about.update(seed="x"), "whole number"),
        (lambda about: about.pop("branches"), "damaged"),
        (lambda about: about["branches"][1].update(leaves_at=10**6), "damaged"),
        (lambda about: about["branches"][1].update(parent=99), "damaged"),
        (lambda about: about["branches"][0].update(number=5), "damaged"),
        (lambda about: about.update(present=[77, 0]), "damaged"),
        (lambda about: about.update(first_step=3), ""),
        (lambda about: about.update(first_step=10**9), "damaged"),
        (lambda about: about["scenario"].update(text="format: 1"), "scenario cannot be read"),
        (lambda about: about["scenario"].update(hash="0"), "reads differently"),
        (lambda about: about["mixes"][0]["terms"].update(nothing={}), "unknown reward"),
        (lambda about: about["branches"][0]["changes"].insert(0, [0, "run", {}]), "nobody knows the change"),
        (
            lambda about: about["branches"][0]["changes"].insert(0, [0, "put_agent", {"agent": 9, "row": 0}]),
            "no agent 9",
        ),
        (
            lambda about: about["branches"][0]["changes"].insert(
                0, [0, "weight", {"agent": 1, "term": "kindness", "value": "1"}]
            ),
            "finite number",
        ),
    ],
)
def test_foreign_and_newer_files_are_told_in_one_line(saved, tmp_path, change, words):
    path, _ = saved
    bad = rewritten(path, tmp_path / "bad.recording", change)
    if not words:
        assert recording.load(bad).first_step == 3
        return
    with pytest.raises(ValueError, match=words) as problem:
        recording.load(bad)
    assert str(problem.value).startswith(str(bad))
    assert "\n" not in str(problem.value)


def test_what_is_no_recording(tmp_path, saved):
    for name, data, words in [
        ("text", b"format: 1\n", "this is no recording"),
        ("empty", b"", "this is no recording"),
        ("zip", None, "this is no recording"),
    ]:
        path = tmp_path / f"{name}.recording"
        if data is None:
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("a", "b")
        else:
            path.write_bytes(data)
        with pytest.raises(ValueError, match=words):
            recording.load(path)
    with pytest.raises(ValueError, match="no such file"):
        recording.load(tmp_path / "gone.recording")


def test_nothing_in_a_file_is_run(saved, tmp_path):
    """An array that would be unpickled is refused, and so is one that does not fit the world."""
    path, _ = saved
    marker = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return Path.touch, (marker,)

    for array in (np.array([Bomb()], object), np.full((1, 2), 99, np.int8), np.zeros((1, 9), np.int8)):
        out = io.BytesIO()
        np.save(out, array, allow_pickle=True)
        bad = tmp_path / "bad.recording"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(bad, "w") as new:
            for name in old.namelist():
                new.writestr(name, out.getvalue() if name == "actions_0.npy" else old.read(name))
        with pytest.raises(ValueError, match=str(bad)):
            recording.load(bad)
        assert not marker.exists()


def test_a_killed_save_leaves_the_old_file_whole(saved, tmp_path, monkeypatch):
    path, episode = saved
    kept = tmp_path / "kept.recording"
    kept.write_bytes(path.read_bytes())

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        recording.save(kept, episode)
    assert kept.read_bytes() == path.read_bytes()
    assert list(tmp_path.iterdir()) == [kept]


def test_what_cannot_be_recorded(tmp_path, saved):
    _, episode = saved
    with pytest.raises(ValueError, match=r"must end in \.recording"):
        recording.save(tmp_path / "film.mp4", episode)
    with pytest.raises(ValueError, match="no folder"):
        recording.save(tmp_path / "no" / "a.recording", episode)

    class Own:
        def pay(self, transition, agent):
            return np.ones(len(transition.after))

    mine = Episode(sandbox.load_scenario("first_meeting"), Own())
    mine.forward()
    with pytest.raises(ValueError, match="own is no formulation of this sandbox"):
        recording.save(tmp_path / "a.recording", mine)
    assert not list(tmp_path.iterdir())


def test_a_run_plays_on_where_it_is_at_hand_and_says_what_it_expects(call, tmp_path):
    run, path = tmp_path / "run", tmp_path / "it.recording"
    sandbox.train(
        "first_meeting", learner="dqn", steps=200, worlds=4, out=run, evaluation_seeds=0, device="cpu"
    )
    watched = evaluate.episode(run, 1)
    values, chances = watched.values(1), watched.chances(1)
    assert list(values) == list(watched.world.actions)
    best = max(values, key=values.__getitem__)
    assert chances is not None
    assert chances[watched.world.actions.index(best)] == 1
    watched.forward()
    assert watched.tree.actions(0)[1] == watched.world.actions.index(best)
    for _ in range(4):
        watched.forward()
    recording.save(path, watched)
    code, out, err = call("run", path)
    assert (code, err) == (0, "")
    assert "first_meeting, dqn, seed 1, 5 steps" in " ".join(out.split())
    again = recording.load(path)
    assert again.run == str(run)
    seat_run(again, again.run)
    for each in (watched, again):
        while each.forward():
            pass
    assert again.history.tobytes() == watched.history.tobytes()
    run.rename(tmp_path / "elsewhere")
    code, _, err = call("run", path)
    assert code == 0
    assert "is not here" in err
    assert str(run) in err
    assert err.count("\n") == 1


def test_a_run_and_its_recording_can_be_moved_together(call, tmp_path, monkeypatch):
    """A recording says where its run is as seen from itself; one that says it from the root of the disk still plays."""
    project, moved = tmp_path / "project", tmp_path / "moved"
    run, path = project / "runs" / "kind", project / "seen" / "it.recording"
    path.parent.mkdir(parents=True)
    sandbox.train(
        "first_meeting", learner="tabular", steps=200, worlds=4, out=run, evaluation_seeds=0, device="cpu"
    )
    watched = evaluate.episode(run)
    watched.forward()
    recording.save(path, watched)
    old = rewritten(path, tmp_path / "old.recording", lambda about: about.update(run=str(run)))
    beside = rewritten(path, project / "runs" / "x.recording", lambda about: about.update(run=str(run)))
    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read(recording.ABOUT))["run"] == "../runs/kind"
    assert recording.load(old).run == str(run)

    project.rename(moved)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sandbox.training.watched.seat_run", lambda episode, run: seated.append(Path(run)))
    for each, wanted in [
        (moved / "seen" / "it.recording", [moved / "runs" / "kind"]),
        (moved / "runs" / beside.name, [moved / "runs" / "kind"]),
        (old, []),
    ]:
        seated: list[Path] = []
        code, _, err = call("run", each)
        assert (code, seated, err == "") == (0, wanted, bool(wanted))
    assert f"looked for as {tmp_path / 'kind'} and as {run}" in err

    (moved / "runs" / "kind").rename(moved / "seen" / "kind")
    assert recording.load(moved / "seen" / "it.recording").run == str(moved / "seen" / "kind")


@pytest.mark.parametrize("run", [{}, 3])
def test_a_run_that_no_folder_can_be_is_told_in_one_line(saved, tmp_path, run):
    path, _ = saved
    bad = rewritten(path, tmp_path / "bad.recording", lambda about: about.update(run=run))
    with pytest.raises(ValueError, match=str(bad)) as problem:
        recording.load(bad)
    assert "\n" not in str(problem.value)
