"""The command `sandbox empower`: what it prints, what it writes, and what it says about mistakes."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sandbox import cli
from sandbox.environment.make import places
from sandbox.experiments import empower
from sandbox.experiments.company import Company
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
    assert five == ["5", "3.4594", "4.7834", "5.5236", "exact", "(4,", "5)"]
    folder = tmp_path / "results/klyubin_maze/empowerment"
    assert {path.name for path in folder.iterdir()} == {
        "empowerment_1.npy", "empowerment_5.npy", "empowerment.png", "manifest.json",
    }  # fmt: skip
    bits = np.load(folder / "empowerment_5.npy")
    assert bits.shape == (10, 10)
    assert bits[4, 5] == bits.max() == np.log2(46)
    with Image.open(folder / "empowerment.png") as file:
        picture, meaning = np.asarray(file.convert("RGB")), file.info["Description"]
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 30
    record = json.loads((folder / "manifest.json").read_text())
    assert record["scenario_hash"] == load_scenario("klyubin_maze").hash
    assert record["agent"] == "explorer_0"
    assert [each["horizon"] for each in record["definitions"]] == [1, 5]
    assert record["definitions"][1] == {
        "array": "empowerment_5.npy", "actors": [0], "perceiver": 0, "outcome": "cell", "horizon": 5,
        "others": "still", "noise": "none", "estimator": "exact", "samples": None, "after": "", "largest_bias": None,
    }  # fmt: skip
    assert meaning.splitlines() == [
        f"E_{n}(0 -> 0), outcome cell, others still, noise none, exact" for n in (1, 5)
    ]


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
        (("gilded_cage", "--others", "polic"), "did you mean policy?"),
        (
            ("gilded_cage", "--others", "random", "--samples", "1"),
            "samples has to be a whole number, 2 or more",
        ),
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
    empower.save(result, tmp_path)
    assert (tmp_path / "empowerment.png").stat().st_size > 10_000


def test_random_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The table says what is exact and what is sampled, and by how much it is too high; so does the manifest."""
    arguments = ("box_room", "--horizon", "1,5", "--others", "random", "--samples", "8", "--out", tmp_path)
    assert call(monkeypatch, *arguments) == 0
    out = capsys.readouterr().out
    assert "outcome cell, others random, noise none" in " ".join(out.split())
    one, five = [line.split() for line in out.splitlines() if line.split()[:1] in (["1"], ["5"])]
    assert one[4:6] == ["exact", "-"]
    assert five[4:8] == ["sampled,", "K", "=", "8"]
    record = json.loads((tmp_path / "manifest.json").read_text())
    first, second = record["definitions"]
    assert (first["estimator"], first["samples"], first["largest_bias"]) == ("exact", None, None)
    assert (second["estimator"], second["samples"], second["others"]) == ("shared futures", 8, "random")
    assert second["largest_bias"] == pytest.approx(float(five[8]), abs=5e-5)
    assert 0 < second["largest_bias"] < 1
    assert np.nanmax(np.load(tmp_path / second["array"])) == pytest.approx(float(five[3]), abs=5e-5)


def test_others_with_their_own_policies() -> None:
    """Scripted, planning and random ones: the map is what the estimator says of what they do."""
    scenario = load_scenario("doorway")
    world = world_of("doorway")
    random = empower.maps(scenario, [2], "left", others="random")
    np.testing.assert_allclose(
        empower.maps(scenario, [2], "left", others="policy").bits[2], random.bits[2], atol=1e-9
    )  # the one on the right acts at random
    found = empower.maps(scenario, [2], "right", others="policy")
    assert found.definition(2).others == "policy"
    walker = Company(scenario).policies[0]
    cells = places(world, 1)
    for row, column in cells[::9].tolist():
        futures = world.new_states(1, 0)
        world.place(futures, 1, row, column)
        for _ in range(2):
            futures = np.repeat(futures, len(world.actions))
            actions = np.stack([walker.act(futures), np.arange(len(futures)) % len(world.actions)], axis=1)
            futures = world.imagine(futures, actions)
        count = len({tuple(place) for place in world.positions(futures)[:, 1].tolist()})
        assert found.bits[2][row, column] == np.log2(count)
    company = Company(scenario)
    policies: Any = company.policies
    policies[0].chances = lambda states: np.full((len(states), len(world.actions)), 1 / len(world.actions))
    here = world.new_states(3, 0)
    np.testing.assert_array_equal(empower.foreseen(company, 1)(here)[:, 0], np.full((3, 5), 0.2))
    planned = empower.maps(load_scenario("boxed_human"), [1], "human", others="policy")
    assert planned.definition(1).estimator == "exact"


def test_a_policy_that_cannot_be_foreseen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One that counts how often it was asked is refused in one line."""
    from sandbox.policies.scripted import Scripted

    def turn(self: Scripted, states: np.ndarray) -> np.ndarray:
        self.asked = getattr(self, "asked", 0) + 1
        return np.full(len(states), self.asked % 5, np.int8)

    monkeypatch.setattr(Scripted, "act", turn)
    arguments = ("doorway", "--agent", "right", "--others", "policy", "--out", tmp_path / "maps")
    assert call(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "policy scripted of left_0" in said[0]
    assert "keeps a memory or needs more" in said[0]
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("where", ["computing", "drawing", "writing"])
def test_interrupted_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, where: str
) -> None:
    """Ctrl-C at any time leaves all files of the run before, or none."""
    arguments = ("klyubin_maze", "--horizon", "1,2", "--out", tmp_path)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def interrupted() -> None:
        with monkeypatch.context() as patched:
            if where == "computing":
                patched.setattr(empower, "map_estimate", stop)
            elif where == "drawing":
                patched.setattr(empower, "plot", stop)
            else:
                real = Path.write_bytes
                patched.setattr(
                    Path, "write_bytes", lambda path, text: stop() if "_2" in path.name else real(path, text)
                )
            assert call(monkeypatch, *arguments, "--noise", "0.1") == 130

    interrupted()
    assert not list(tmp_path.iterdir())
    assert call(monkeypatch, *arguments) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    interrupted()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
