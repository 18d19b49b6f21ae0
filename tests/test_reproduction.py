"""Results that one command reproduces: every file of the folder, and what becomes of figures and interruptions."""

import importlib.util
import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import scenarios
from sandbox.experiments.statistics import estimate
from sandbox.reproduction import report, result, runner
from sandbox.reproduction.record import Record
from sandbox.reproduction.result import Claim, Table

TINY = '''"""A coin is thrown.

Nothing is learned.
"""

from sandbox.reproduction.result import Claim

SOURCE = "this test"
SCENARIOS = ("doorway",)
ARMS = ("fair", "unfair: 1/3")
SEEDS = 3
SHOWN = {"heads": "heads", "edge": "on its edge"}
CLAIMS = (
    Claim("heads, fair less unfair", lambda table: table.mean("fair", "heads") - table.mean(ARMS[1], "heads"), 0.5),
    Claim("on its edge", lambda table: table.mean("fair", "edge"), most=1),
)
CALLS = []


def measure(arm, seed, folder):
    CALLS.append((arm, seed))
    folder.mkdir()
    if (folder.parents[1] / "stop").exists() and seed == 2:
        raise KeyboardInterrupt
    return {"heads": 1.0 + seed if arm == "fair" else 1 / 3, "edge": float("nan")}
'''


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A result of its own, whose seeds are measured in threads of this process."""
    place = tmp_path / "tiny.py"
    place.write_text(TINY)

    def find(name):
        spec = importlib.util.spec_from_file_location("tiny", place)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    module = find("tiny")
    monkeypatch.setattr(runner, "find", lambda name: module)
    monkeypatch.setattr(runner, "ProcessPoolExecutor", lambda count, *_: ThreadPoolExecutor(1))
    monkeypatch.setattr("sandbox.reproduction.record.inspect.getsource", lambda module: place.read_text())
    return module, place


def run(tmp_path, **more):
    return runner.reproduce("tiny", tmp_path / "out", runs=tmp_path / "runs", **more)


@pytest.mark.parametrize("name", result.names())
def test_files_say_what_they_must(name):
    found = result.find(name)
    first = (found.__doc__ or "").partition("\n")[0]
    assert first.endswith(".")
    assert found.SOURCE
    assert found.SCENARIOS
    assert set(found.SCENARIOS) <= set(scenarios.names())
    assert len(set(found.ARMS)) == len(found.ARMS)
    assert len({runner._place(Path(), arm, 0) for arm in found.ARMS}) == len(found.ARMS)
    assert found.SEEDS == 1 or found.SEEDS >= 5
    rng = np.random.default_rng(0)
    table = Table(
        {arm: {s: {each: rng.random() for each in found.SHOWN} for s in range(5)} for arm in found.ARMS}
    )
    for claim in found.CLAIMS:
        assert isinstance(claim.holds(table), bool)
        assert math.isfinite(claim.least) or math.isfinite(claim.most), f"{claim.text} cannot fail"


def test_figures_are_kept_and_not_measured_twice(tiny, tmp_path):
    module, _ = tiny
    told = []
    record = run(tmp_path, seeds=2, on_figures=lambda *news: told.append(news))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(module.CALLS) == 4
    again = run(tmp_path)
    assert sorted(module.CALLS[4:]) == [("fair", 2), ("unfair: 1/3", 2)]
    assert not list((tmp_path / "runs" / "tiny").rglob("2"))
    assert again.table(3).values("fair", "heads").tolist() == [1, 2, 3]
    assert again.table(3).estimate("fair", "heads") == estimate([1, 2, 3])
    assert record.table(2).values("fair", "heads").tolist() == [1, 2]
    kept = json.loads(again.path.read_text())
    assert kept["scenario_hashes"].keys() == {"doorway"}
    assert {"versions", "commit", "experiment_hash"} <= kept.keys()
    assert kept["rows"][0]["edge"] is None


def test_an_interruption_loses_nothing(tiny, tmp_path):
    module, _ = tiny
    (tmp_path / "runs" / "tiny").mkdir(parents=True)
    (tmp_path / "runs" / "tiny" / "stop").touch()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    kept = Record("tiny", module, tmp_path / "out")
    assert kept.seed_count() == 2
    assert (tmp_path / "runs/tiny/fair/2").is_dir()  # the next measurement goes on in it


def test_claims_and_page(tiny, tmp_path):
    record = run(tmp_path)
    (holds, line), (unknown, _) = report.verdicts(record)
    assert holds
    assert line == "heads, fair less unfair: 1.667 (claimed: at least 0.5)"
    assert not unknown  # nan is not what was claimed
    text = report.page([record], tmp_path).read_text()
    assert "| fair | 2 [1, 3] | - |" in text
    assert "Nothing is learned." in text
    assert "**holds**: heads" in text
    assert "**does not hold**: on its edge" in text


def test_figures_of_another_experiment_are_not_mixed_in(tiny, tmp_path):
    _, place = tiny
    run(tmp_path, seeds=1)
    place.write_text(TINY + "\n# changed\n")
    with pytest.raises(ValueError, match="another version of this experiment"):
        run(tmp_path, seeds=1)
    assert run(tmp_path, seeds=1, anew=True).seed_count() == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"rows": 3}', "\x00"])
def test_a_damaged_record_is_named(tiny, tmp_path, text):
    module, _ = tiny
    (tmp_path / "tiny.json").write_text(text)
    with pytest.raises(ValueError, match=r"tiny\.json is not a record of figures"):
        Record("tiny", module, tmp_path)


def test_unknown_names_and_numbers(tiny, tmp_path):
    with pytest.raises(ValueError, match="seeds has to be at least 1"):
        run(tmp_path, seeds=0)
    with pytest.raises(ValueError, match="no result 'coexistense'"):
        result.find("coexistense")


def test_a_claim_is_a_range():
    table = Table({"a": {0: {"x": 2.0}}})
    claim = Claim("x", lambda table: table.mean("a", "x"), least=2, most=2)
    assert claim.holds(table)
    assert not Claim("x", claim.value, least=2.1).holds(table)
    assert not Claim("x", claim.value, most=1.9).holds(table)


def test_the_docs_show_what_was_measured(tmp_path):
    """The page is that of the records beside it, and these are of the experiments and scenarios as they stand."""
    docs = Path(__file__).parents[1] / "docs" / "results"
    records = [
        Record(name, result.find(name), docs) for name in result.names() if (docs / f"{name}.json").exists()
    ]
    assert records
    for record in records:
        assert record.seed_count() == record.result.SEEDS, f"{record.name} is not measured to the end"
        assert not hasattr(record.result, "draw") or (docs / f"{record.name}.png").exists()
    assert (docs / "README.md").read_text(encoding="utf-8") == report.page(records, tmp_path).read_text(
        encoding="utf-8"
    )
