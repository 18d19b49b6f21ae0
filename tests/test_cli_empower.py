"""The command `sandbox empower`: what it prints, what it writes, and what it says about mistakes."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sandbox import cli
from sandbox.experiments import empower
from sandbox.scenario.read import load_scenario
from tests.conftest import world_of


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit code of the command, run in this process."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "argv", ["sandbox", "empower", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_table_arrays_and_heat_maps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "klyubin_maze", "--horizon", "1,5") == 0
    out = capsys.readouterr().out
    assert "outcome cell, others still, noise none" in " ".join(out.split())
    (five,) = [line.split() for line in out.splitlines() if line.split()[:1] == ["5"]]
    assert five == ["5", "3.4594", "4.7834", "5.5236", "(4,", "5)"]
    folder = tmp_path / "results/klyubin_maze/empowerment"
    assert {path.name for path in folder.iterdir()} == {
        "empowerment_1.npy", "empowerment_5.npy", "empowerment.png", "manifest.json",
    }  # fmt: skip
    bits = np.load(folder / "empowerment_5.npy")
    assert bits.shape == (10, 10)
    assert bits[4, 5] == bits.max() == np.log2(46)
    picture = np.asarray(Image.open(folder / "empowerment.png").convert("RGB"))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 30
    record = json.loads((folder / "manifest.json").read_text())
    assert record["scenario_hash"] == load_scenario("klyubin_maze").hash
    assert record["agent"] == "explorer_0"
    assert [each["horizon"] for each in record["definitions"]] == [1, 5]
    assert record["definitions"][1] == {
        "actors": [0], "perceiver": 0, "outcome": "cell", "horizon": 5, "others": "still", "noise": "none",
        "estimator": "exact", "samples": None,
    }  # fmt: skip


def test_agent_noise_and_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ("gilded_cage", "--horizon", 1, "--agent", "helper", "--noise", 0.1, "--out", tmp_path)
    assert call(monkeypatch, *arguments, "--set", "legend.D.door.open=false") == 0
    assert "empowerment of helper_0" in capsys.readouterr().out
    record = json.loads((tmp_path / "manifest.json").read_text())
    assert record["slip"] == 0.1
    assert record["definitions"][0]["noise"] == "given"
    assert record["scenario_hash"] != load_scenario("gilded_cage").hash
    bits = np.load(tmp_path / "empowerment_1.npy")
    assert np.isnan(bits[3, 6])  # the door is shut now
    assert 1 < bits[5, 9] < np.log2(3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "nowhere"),
        (("gilded_cage", "--horizon", "x"), "--horizon 'x' is not a list of whole numbers"),
        (("gilded_cage", "--horizon", "-1"), "horizon has to be a whole number"),
        (("gilded_cage", "--agent", "2"), "--agent 2 does not exist; numbers are 0 to 1"),
        (("gilded_cage", "--agent", "humn"), "did you mean human?"),
        (("open_field", "--agent", "walker"), "is several: walker_0, walker_1, walker_2, walker_3"),
        (("gilded_cage", "--outcome", "cel"), "did you mean cell?"),
        (("gilded_cage", "--noise", "2"), "noise is the probability of a slip"),
    ],
)
def test_mistakes_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "first run of" not in line]
    assert len(said) == 1
    assert words in said[0]
    assert not list(tmp_path.iterdir())


def test_every_way_to_name_an_agent() -> None:
    world = world_of("gilded_cage")
    assert [empower.agent_number(world, name) for name in ("0", "human_0", "human", "1", "helper")] == [
        0,
        0,
        0,
        1,
        1,
    ]


def test_heat_map_of_what_is_the_same_everywhere(tmp_path: Path) -> None:
    """No range of colours, many best cells, an odd number of panels."""
    result = empower.maps(load_scenario("klyubin_maze"), [0, 1, 2, 3, 0])
    assert list(result.bits) == [0, 1, 2, 3]
    empower.plot(result, tmp_path / "maps.png")
    assert (tmp_path / "maps.png").stat().st_size > 10_000
