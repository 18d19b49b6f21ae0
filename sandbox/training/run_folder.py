"""The folder of a training run: a kill at any moment leaves a run that can go on, and reading it runs no code.

manifest.json                     settings, scenario and its hash, versions, commit, seed tree
scenario.yaml                     the scenario's text
metrics.parquet                   a row every so often, whole at every checkpoint
checkpoints/<step>.json           counters and checksums; a checkpoint is there once this file is
checkpoints/<step>.<rank>.safetensors   everything else that a process needs to go on to the bit
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.whole_file import write_whole

FORMAT = 1
KEPT = 2
DIGITS = 15
Row = dict[str, float | int]


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a run: its agent-steps, what counts in plain JSON, and one process's tensors."""

    steps: int
    state: dict[str, Any]
    tensors: dict[str, Any]


class Damaged(ValueError):
    """A checkpoint that is not what was written."""


class RunFolder:
    """A run on disk.

    Args:
        path: a folder that `create` made.

    Raises:
        ValueError: there is no run, or none that this version can read; one line.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.manifest = _read_manifest(self.path)
        self._whole: list[str] = []

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], scenario_text: str, manifest: Mapping[str, Any]
    ) -> "RunFolder":
        """A new run in a folder that is empty or not there yet."""
        path = Path(path)
        if path.exists() and not path.is_dir():
            raise ValueError(f"{path} is a file; a run needs a folder of its own")
        if path.is_dir() and any(path.iterdir()):
            more = f"; to go on with it: sandbox train --resume {path}" if is_run(path) else ""
            raise ValueError(f"{path} is there already and not empty{more}")
        (path / "checkpoints").mkdir(parents=True, exist_ok=True)
        write_whole(path / "scenario.yaml", scenario_text.encode())
        write_whole(path / "manifest.json", _json({"format": FORMAT, **manifest}))
        return cls(path)

    @property
    def scenario_text(self) -> str:
        """The scenario that was trained on."""
        return (self.path / "scenario.yaml").read_text(encoding="utf-8")

    @property
    def metrics(self) -> Path:
        """The file of metrics."""
        return self.path / "metrics.parquet"

    def save(self, steps: int, state: Mapping[str, Any], parts: Iterable[bytes], rows: list[Row]) -> None:
        """Write a checkpoint and the metrics up to it; whenever this is cut short, the one before it still counts.

        Args:
            steps: agent-steps done.
            state: counters, plain.
            parts: each process's tensors, packed.
            rows: all rows of metrics so far.
        """
        name = f"{steps:0{DIGITS}d}"
        folder = self.path / "checkpoints"
        folder.mkdir(exist_ok=True)
        write_whole(self.metrics, _parquet(rows, self.manifest))
        sums = {}
        for rank, data in enumerate(parts):
            file = f"{name}.{rank}.safetensors"
            write_whole(folder / file, data)
            sums[file] = hashlib.sha256(data).hexdigest()
        record = {"format": FORMAT, "steps": steps, "files": sums, "state": dict(state)}
        write_whole(folder / f"{name}.json", _json(record | {"check": _check(record)}))
        self._whole = [*(known for known in self._whole if known != name), name][-KEPT:]
        for file in folder.iterdir():  # the record first: what has no record does not count
            if file.suffix == ".json" and file.stem not in self._whole:
                file.unlink()
        for file in folder.iterdir():
            if file.name.partition(".")[0] not in self._whole:
                file.unlink()

    def newest(self, rank: int = 0, say: Callable[[str], object] = print) -> Checkpoint | None:
        """The last whole checkpoint, or None where none was written yet.

        Args:
            rank: whose tensors.
            say: told of damaged ones, one line each.

        Raises:
            ValueError: there are checkpoints, and all are damaged.
        """
        records = sorted((self.path / "checkpoints").glob("*.json"), reverse=True)
        for record in records:
            try:
                found = self._read(record, rank)
            except (Damaged, OSError) as problem:
                say(f"{record.with_suffix('')} is damaged ({problem}); using the checkpoint before it")
                continue
            self._whole = [record.stem]
            return found
        if records:
            raise ValueError(f"{self.path}: every checkpoint is damaged; the run has to be started anew")
        return None

    def rows(self, steps: int, say: Callable[[str], object] = print) -> list[Row]:
        """The metrics up to a step, as they were written."""
        from pyarrow import ArrowException, parquet

        if not self.metrics.exists():
            return []
        try:
            rows = parquet.read_table(self.metrics).to_pylist()
        except (ArrowException, OSError):
            say(f"{self.metrics} is damaged; its rows up to step {steps} are lost")
            return []
        known = [{name: value for name, value in row.items() if value is not None} for row in rows]
        return [row for row in known if row["steps"] <= steps]

    def _read(self, record: Path, rank: int) -> Checkpoint:
        try:
            plain = json.loads(record.read_bytes())
            check = plain.pop("check")
        except (ValueError, KeyError, AttributeError):
            raise Damaged(f"{record.name} is not what was written") from None
        if check != _check(plain):
            raise Damaged(f"{record.name} does not fit its checksum")
        if plain["format"] != FORMAT:
            raise Damaged(f"its format is {plain['format']}, this version reads {FORMAT}")
        own = b""
        for number, (name, expected) in enumerate(plain["files"].items()):
            try:
                data = (record.parent / name).read_bytes()
            except FileNotFoundError:
                raise Damaged(f"{name} is missing") from None
            if hashlib.sha256(data).hexdigest() != expected:
                raise Damaged(f"{name} does not fit its checksum")
            if number == rank:
                own = data
        return Checkpoint(plain["steps"], plain["state"], unpack(own) if own else {})


def is_run(path: str | os.PathLike[str]) -> bool:
    """Whether this is the folder of a run."""
    return (Path(path) / "manifest.json").is_file() and (Path(path) / "scenario.yaml").is_file()


def pack(tensors: Mapping[str, Any]) -> bytes:
    """Tensors as the bytes of a safetensors file."""
    from safetensors.torch import save

    whole, seen = {}, set()
    for name, tensor in tensors.items():
        tensor = tensor.detach().to("cpu").contiguous()
        storage = tensor.untyped_storage()
        if storage.nbytes() != tensor.numel() * tensor.element_size() or storage.data_ptr() in seen:
            tensor = tensor.clone()  # safetensors refuses tensors that share memory
        seen.add(tensor.untyped_storage().data_ptr())
        whole[name] = tensor
    return save(whole)


def unpack(data: bytes) -> dict[str, Any]:
    """Tensors of a safetensors file's bytes."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(data)
    except SafetensorError as problem:
        raise Damaged(f"it is no safetensors file: {problem}") from None


def _read_manifest(path: Path) -> dict[str, Any]:
    if not is_run(path):
        what = "no such folder" if not path.exists() else "not the folder of a run"
        raise ValueError(f"{path}: {what}; `sandbox train` makes one")
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
        found = manifest["format"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path / 'manifest.json'} is damaged; the run cannot be read") from None
    if found != FORMAT:
        raise ValueError(f"{path}: the run has format {found!r}, this version reads {FORMAT}")
    return manifest


def _parquet(rows: list[Row], manifest: Mapping[str, Any]) -> bytes:
    import pyarrow as arrow
    from pyarrow import parquet

    names = list(dict.fromkeys(name for row in rows for name in row)) or ["steps"]
    columns = {
        name: arrow.array(
            [row.get(name) for row in rows], arrow.int64() if name in WHOLE_NUMBERS else arrow.float64()
        )
        for name in names
    }
    sink = arrow.BufferOutputStream()
    table = arrow.table(columns).replace_schema_metadata({"manifest": json.dumps(manifest)})
    parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


WHOLE_NUMBERS = ("steps", "world_steps", "episodes")


def _check(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _json(plain: Mapping[str, Any]) -> bytes:
    return (json.dumps(plain, indent=2, allow_nan=False) + "\n").encode()
