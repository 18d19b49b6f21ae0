"""Run folders: whole or not at all, damage found, the checkpoint before used, no code run."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sandbox.training import run_folder
from sandbox.training.run_folder import RunFolder, pack, unpack

MANIFEST = {"settings": {}}


def tensors(number: int) -> dict[str, torch.Tensor]:
    return {"weights": torch.full((5, 7), float(number)), "count": torch.tensor(number)}


def rows(*steps: int) -> list[run_folder.Row]:
    return [{"steps": step, "reward/helper": step / 3} if step > 10 else {"steps": step} for step in steps]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run with checkpoints at 10, 20 and 30 steps, of which two are kept."""
    made = RunFolder.create(tmp_path / "run", "format: 1\n", MANIFEST)
    for step in (10, 20, 30):
        made.save(
            step, {"why": "", "number": step / 7}, [pack(tensors(step))], rows(*range(10, step + 1, 10))
        )
    return made


def files(run: RunFolder) -> list[str]:
    return sorted(path.name for path in (run.path / "checkpoints").iterdir())


def test_tensors_come_back_to_the_bit() -> None:
    whole = torch.arange(12.0)
    given = {
        "whole": whole, "view": whole[3:5], "same": whole, "across": whole.reshape(3, 4).T, "none": torch.zeros(0, 3),
        "bits": torch.tensor([True, False]), "bytes": torch.tensor([0, 255], dtype=torch.uint8),
        "one": torch.tensor(2**60), "half": torch.tensor([1.5], dtype=torch.bfloat16),
        "odd": torch.tensor([-0.0, torch.nan]),
    }  # fmt: skip
    back = unpack(pack(given))
    assert back.keys() == given.keys()
    for name, tensor in given.items():
        assert back[name].dtype == tensor.dtype
        assert back[name].shape == tensor.shape
        assert torch.equal(back[name].nan_to_num(7), tensor.nan_to_num(7)), name
    assert pack(given) == pack(back)


def test_the_last_two_are_kept_and_the_newest_is_read(run: RunFolder) -> None:
    names = [f"{step:015d}" for step in (20, 30)]
    assert files(run) == sorted(f"{name}.{end}" for name in names for end in ("0.safetensors", "json"))
    found = RunFolder(run.path).newest()
    assert found
    assert (found.steps, found.state) == (30, {"why": "", "number": 30 / 7})
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in tensors(30).items())
    assert run.rows(30) == rows(10, 20, 30)
    assert run.rows(20) == rows(10, 20)
    assert not list(run.path.rglob("*.part"))


def test_several_processes_each_get_their_own(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", "", MANIFEST)
    run.save(5, {}, [pack(tensors(1)), pack(tensors(2))], [])
    for rank in (0, 1):
        found = RunFolder(run.path).newest(rank)
        assert found
        assert found.tensors["count"] == rank + 1


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [truncate, empty, flip, Path.unlink])
@pytest.mark.parametrize("file", ["30.json", "30.0.safetensors"])
def test_damage_is_found_and_the_one_before_is_used(
    run: RunFolder, damage: Callable[[Path], None], file: str
) -> None:
    step, _, end = file.partition(".")
    damage(run.path / "checkpoints" / f"{int(step):015d}.{end}")
    said: list[str] = []
    again = RunFolder(run.path)
    found = again.newest(0, said.append)
    assert found
    assert found.steps == 20
    assert again.rows(found.steps) == rows(10, 20)
    if damage is Path.unlink and end == "json":  # then it was never there
        assert not said
    else:
        [line] = said
        assert "is damaged" in line
        assert line.endswith("using the checkpoint before it")
        assert "\n" not in line
    again.save(30, {}, [pack(tensors(30))], rows(10, 20, 30))
    mended = RunFolder(run.path).newest(0, said.append)
    assert mended
    assert mended.steps == 30
    assert [name for name in files(run) if name.startswith(f"{20:015d}")], "the good one before is kept"


def test_every_bit_of_a_record_counts(run: RunFolder) -> None:
    record = run.path / "checkpoints" / f"{30:015d}.json"
    good = record.read_bytes()
    for place in range(0, len(good), 3):
        record.write_bytes(good[:place] + bytes([good[place] ^ 2]) + good[place + 1 :])
        found = RunFolder(run.path).newest(0, lambda _: None)
        assert found
        assert found.steps == 20 or found.state == {"why": "", "number": 30 / 7}, place


def test_damage_everywhere_is_one_line(run: RunFolder) -> None:
    for path in (run.path / "checkpoints").glob("*.safetensors"):
        flip(path)
    said: list[str] = []
    with pytest.raises(ValueError, match="every checkpoint is damaged"):
        run.newest(0, said.append)
    assert len(said) == 2


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_a_pickle_is_refused_even_with_the_right_checksum(
    run: RunFolder, tmp_path: Path, writer: str
) -> None:
    bomb = tmp_path / "exploded"
    place = run.path / "checkpoints" / "bomb"
    if writer == "pickle":
        place.write_bytes(pickle.dumps(Bomb(bomb)))
    else:
        torch.save(Bomb(bomb), place)
    run.save(40, {}, [place.read_bytes()], [])
    assert not (run.path / "checkpoints" / "bomb").exists(), "what does not belong there is removed"
    said: list[str] = []
    found = RunFolder(run.path).newest(0, said.append)
    assert found
    assert found.steps == 30
    assert "no safetensors file" in said[0]
    assert not bomb.exists()


class Killed(BaseException):
    """Stands for a kill."""


@pytest.mark.parametrize("whole_draft", [False, True])
@pytest.mark.parametrize("nth", range(3))
def test_a_kill_in_any_write_leaves_the_one_before(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, nth: int, whole_draft: bool
) -> None:
    write, done = run_folder.write_whole, []

    def die(path: Path, data: bytes) -> None:
        done.append(path)
        if len(done) <= nth:
            write(path, data)
            return
        path.with_name(f".{path.name}.part").write_bytes(data if whole_draft else data[: len(data) // 2])
        raise Killed

    monkeypatch.setattr(run_folder, "write_whole", die)
    with pytest.raises(Killed):
        run.save(40, {}, [pack(tensors(40))], rows(10, 20, 30, 40))
    monkeypatch.undo()
    again = RunFolder(run.path)
    found = again.newest(0, pytest.fail)
    assert found
    assert found.steps == 30
    assert again.rows(30) == rows(10, 20, 30)
    again.save(40, {}, [pack(tensors(40))], rows(10, 20, 30, 40))
    assert len(files(run)) == 4, "nothing half-written stays"


def test_damaged_metrics_are_one_line_and_no_more(run: RunFolder) -> None:
    truncate(run.metrics)
    said: list[str] = []
    assert run.rows(30, said.append) == []
    [line] = said
    assert "is damaged" in line
    assert "\n" not in line


def test_metrics_carry_the_manifest(run: RunFolder) -> None:
    from pyarrow import parquet

    table = parquet.read_table(run.metrics)
    assert table.column_names == ["steps", "reward/helper"]
    assert json.loads(table.schema.metadata[b"manifest"])["settings"] == {}


def test_wrong_places_are_one_line(tmp_path: Path, run: RunFolder) -> None:
    with pytest.raises(ValueError, match=r"not empty; to go on with it: sandbox train --resume .*run$"):
        RunFolder.create(run.path, "", MANIFEST)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"is there already and not empty$"):
        RunFolder.create(tmp_path / "mine", "", MANIFEST)
    with pytest.raises(ValueError, match="is a file"):
        RunFolder.create(tmp_path / "mine" / "notes.txt", "", MANIFEST)
    with pytest.raises(ValueError, match="not the folder of a run"):
        RunFolder(tmp_path / "mine")
    with pytest.raises(ValueError, match="no such folder"):
        RunFolder(tmp_path / "nowhere")
    (run.path / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(ValueError, match="has format 2, this version reads 1"):
        RunFolder(run.path)
    (run.path / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        RunFolder(run.path)
