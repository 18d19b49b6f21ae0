"""The command `sandbox`: what it prints, what it writes, and what it says about mistakes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import parquet

import rewards
import sandbox
import scenarios
import viewer
from sandbox import policies
from tests.conftest import Call

ROOT = Path(__file__).parents[1]
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "SDL_VIDEODRIVER": ""}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def start(*arguments: object, **env: str) -> subprocess.Popen:
    """Runs the command in a process of its own, which Ctrl-C reaches, also where tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *map(str, arguments)],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env=os.environ | {"PYTHONPATH": str(ROOT)} | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_help_teaches(call: Call) -> None:
    code, out, err = call("--help")
    assert (code, err) == (0, "")
    for command in ("list", "lint", "run", "watch", "compare", "empower", "doctor"):
        assert f" {command} " in out
    for command, words in {
        "run": (
            "--reward",
            "kindness:horizon=4",
            "--record",
            ".mp4",
            "--set",
            "agents.helper.view=5",
            "YAML",
        ),
        "compare": ("--rewards", "--seeds", "--horizon", "--out", "--film"),
    }.items():
        text = " ".join(call(command, "--help")[1].split())
        for word in words:
            assert word in text


def test_list_names_everything(call: Call) -> None:
    code, out, _ = call("list")
    assert code == 0
    for name in (*scenarios.names(), *rewards.names(), *policies.names()):
        assert any(line.split()[:1] == [name] and len(line.split()) > 4 for line in out.splitlines()), name


def test_lint(call: Call, tmp_path: Path) -> None:
    assert call("lint", "doorway", scenarios.path("gilded_cage"))[:2] == (
        0, f"doorway: fine\n{scenarios.path('gilded_cage')}: fine\n",
    )  # fmt: skip
    bad = tmp_path / "bad.yaml"
    for body, place in [
        ("map: |\n  A.x\nagents: {a: {letter: A}}\n", "3:5"),
        ("map: |\n  A..\nagents: {a: {letter: A, polcy: random}}\n", "4:25"),
    ]:
        bad.write_text("format: 1\n" + body)
        code, out, err = call("lint", bad, "doorway")
        wrong, fine = (out + err).splitlines()
        assert code == 2
        assert wrong.startswith(f"{bad}:{place}: ")
        assert fine == "doorway: fine"
    unusual = tmp_path / "unusual.yaml"
    unusual.write_text("format: 1\nmap: |\n  A..\nagents: {a: {letter: A}}\n")
    code, out, _ = call("lint", unusual)
    assert code == 0
    assert "warning" in out


def test_run_plays_and_films(call: Call, tmp_path: Path) -> None:
    film = tmp_path / "film.gif"
    code, out, _ = call(
        "run", "gilded_cage", "--reward", "kindness:horizon=3", "--record", film, "--set", "max_cycles=6"
    )
    assert code == 0
    assert "gilded_cage, seed 0, 6 steps" in out
    assert "kindness" in out
    assert f"film: {film}" in out
    assert film.read_bytes().startswith(b"GIF89a")
    assert list(tmp_path.iterdir()) == [film]
    assert (
        call("run", "gilded_cage", "--set", "max_cycles=6")[1]
        == call("run", "gilded_cage", "--set", "max_cycles=6")[1]
    )


def test_run_keeps_a_recording_that_runs_again(call: Call, tmp_path: Path) -> None:
    kept, film = tmp_path / "it.recording", tmp_path / "film.gif"
    first = call(
        "run", "gilded_cage", "--reward", "kindness:horizon=2", "--record", kept, "--set", "max_cycles=6"
    )
    assert first[0] == 0
    assert f"recording: {kept}" in first[1]
    code, out, err = call("run", kept, "--record", film)
    assert (code, err) == (0, "")
    assert out.partition("film:")[0] == first[1].partition("recording:")[0]
    assert film.read_bytes().startswith(b"GIF89a")
    for arguments, words in [
        (("run", kept, "--reward", "task"), "leave --reward"),
        (("run", kept, "--set", "max_cycles=3"), "leave --reward"),
        (("run", tmp_path / "gone.recording"), "no such file"),
        (("run", film.rename(tmp_path / "film.recording")), "this is no recording"),
        (("run", "gilded_cage", "--record", tmp_path / "no" / "it.recording"), "folder"),
    ]:
        code, out, err = call(*arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "titles", "rewards"),
    [
        ([], [], [None]),
        (["--reward", "task"], [], [{"helper": {"task": {}}}]),
        (["--compare", "task; kindness(horizon=2, aggregate=min)"], ["task", "kindness(horizon=2, aggregate=min)"],
         [{"helper": {"task": {}}}, {"helper": {"kindness": {"horizon": 2, "aggregate": "min"}}}]),
    ],
)  # fmt: skip
def test_watch_shows_an_episode_for_each_formulation(
    call: Call, monkeypatch, arguments, titles, rewards
) -> None:
    opened: list = []
    monkeypatch.setattr(viewer, "watch", lambda episodes, **more: opened.append((episodes, more)))
    assert call("watch", "first_meeting", *arguments, "--seed", 3)[0] == 0
    [(episodes, more)] = opened
    assert more == {"titles": titles, "rewards": rewards}
    assert [episode.seed for episode in episodes] == [3] * len(rewards)
    assert len({id(episode.world) for episode in episodes}) == 1
    asked = [set(episode.company.mixes[1].weights) for episode in episodes]
    assert asked == [set(reward["helper"]) if reward else {"kindness"} for reward in rewards]


def test_compare_writes_what_it_found(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "results"
    specs = ["task", "kindness:horizon=3", "task+0.5*kindness:horizon=3"]
    code, text, _ = call(
        "compare", "gilded_cage", "--rewards", ",".join(specs), "--seeds", 2, "--out", out, "--film", "gif",
        "--horizon", "1,2", "--set", "max_cycles=8",
    )  # fmt: skip
    assert code == 0
    assert {file.name for file in out.iterdir()} == {
        "comparison.csv", "comparison.gif", "comparison.parquet", "comparison.png", "manifest.json", "scenario.yaml",
        "summary.csv",
    }  # fmt: skip
    for name in ("comparison.csv", "comparison.png", "comparison.gif"):
        assert str(out / name) in text
    rows = read_csv(out / "comparison.csv")
    assert [(row["formulation"], row["seed"]) for row in rows] == [
        (spec, str(seed)) for spec in specs for seed in (0, 1)
    ]
    assert {
        "empowerment_1/human",
        "empowerment_2/helper",
        "goal_reached/human",
        "doors_shut",
        "steps",
    } <= rows[0].keys()
    table = parquet.read_table(out / "comparison.parquet")
    columns = [name for name in table.column_names if name != "formulation"]
    assert list(rows[0]) == table.column_names
    for row, same in zip(rows, table.to_pylist(), strict=True):
        assert row["formulation"] == same["formulation"]
        for name in columns:
            assert float(row[name]) == pytest.approx(same[name], nan_ok=True)
    record = json.loads((out / "manifest.json").read_text())
    loaded = sandbox.load_scenario("gilded_cage", {"max_cycles": 8})
    assert record["scenario_hash"] == loaded.hash
    assert record["seeds"] == [0, 1]
    assert record["formulations"] == specs
    assert {"python", "numpy", "numba", "pettingzoo"} <= record["versions"].keys()
    assert json.loads(table.schema.metadata[b"manifest"]) == record
    assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")
    summary = read_csv(out / "summary.csv")
    mean = sum(float(row["doors_shut"]) for row in rows[:2]) / 2
    told = next(row for row in summary if (row["formulation"], row["measure"]) == ("task", "doors_shut"))
    assert float(told["mean"]) == pytest.approx(mean)
    assert float(told["low"]) <= mean <= float(told["high"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "gilded_cag"], "did you mean"),
        (["run", "gone.yaml"], "gone.yaml"),
        (["run", "gilded_cage", "--reward", "kindnes"], "did you mean kindness"),
        (["run", "gilded_cage", "--reward", "kindness:horizon=far"], "horizon"),
        (["run", "gilded_cage", "--reward", "task", "--team", "nobody"], "no team or group 'nobody'"),
        (["run", "gilded_cage", "--team", "helper"], "--reward"),
        (["run", "gilded_cage", "--set", "agents.helper.vieww=3"], "view"),
        (["run", "gilded_cage", "--set", "view"], "PATH=VALUE"),
        (["run", "gilded_cage", "--set", "max_cycles=["], "--set"),
        (["run", "gilded_cage", "--set", "agents.helper.policy=planer"], "planner"),
        (["run", "gilded_cage", "--record", "film.avi"], ".mp4 or .gif"),
        (["run", "gilded_cage", "--record", "no/such/folder/film.gif"], "folder"),
        (["watch", "gilded_cage", "--compare", "task"], "two to four"),
        (["watch", "gilded_cage", "--compare", "task;task;task;task;task"], "two to four"),
        (["watch", "gilded_cage", "--compare", "task;kindness", "--reward", "task"], "no --reward"),
        (["watch", "gilded_cage", "--compare", "task;kindnes"], "did you mean kindness"),
        (["watch", "gone.recording"], "no such file"),
        (["compare", "gilded_cage", "--rewards", "task,kind"], "kind"),
        (["compare", "gilded_cage", "--rewards", ","], "formulation"),
        (["compare", "gilded_cage", "--horizon", "two"], "--horizon"),
        (["compare", "gilded_cage", "--horizon", "0"], "horizon"),
        (["compare", "gilded_cage", "--film", "avi"], "allowed: mp4, gif, none"),
        (["compare", "gilded_cage", "--team", "nobody"], "no team or group 'nobody'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments, words
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["run", "gilded_cage", "--sed", "3"], ["run"], ["runn"], ["compare", "gilded_cage", "--seeds", "0"]],
)
def test_a_wrong_command_line_is_explained(call: Call, arguments: list[str]) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert "Usage:" in err
    assert "Traceback" not in err


def test_doctor(call: Call) -> None:
    code, out, _ = call("doctor")
    for word in ("python", "numba", "rewards", "scenarios", "ours, in", "threads", "gpu", "display", "cache"):
        assert word in out
    assert code == (1 if "bad " in out else 0)


def test_watch_without_a_screen_names_the_way_out() -> None:
    process = start("watch", "gilded_cage", **NO_SCREEN)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, err
    assert "run SCENARIO --record" in err
    assert err.count("\n") == 1
    assert out == ""


def test_ctrl_c_leaves_what_was_finished(tmp_path: Path) -> None:
    asked = ["task", *(f"kindness:horizon={horizon}" for horizon in range(12, 24))]
    process = start(
        "compare", "gilded_cage", "--rewards", ",".join(asked), "--seeds", 600, "--out", tmp_path / "results",
    )  # fmt: skip
    first, until = tmp_path / "results" / "manifest.json", time.monotonic() + 300
    while not first.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped" in err
    assert str(tmp_path / "results") in err
    finished = json.loads(first.read_text())["formulations"]
    assert finished == asked[: len(finished)]
    assert len(finished) < len(asked)
    rows = read_csv(tmp_path / "results" / "comparison.csv")
    assert len(rows) == 600
    assert {row["formulation"] for row in rows} == {"task"}
