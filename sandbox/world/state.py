"""The two records of a world, as NumPy types: the state (what changes) and the level (what never does)."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from sandbox.world.codes import PLANE_COUNT
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field


def shared_fields(layout: Layout) -> list[Field]:
    """The fields in which mechanics meet; every world has them."""
    agents = (layout.agent_count,)
    return [
        Field("cell", "i2", agents, core=True, private=True),
        Field("alive", "i1", agents, core=True, private=True),
        Field("clock", "i4", ()),
        Field("over", "i1", ()),
        Field("rng_key", "u8", ()),
        Field("rng_count", "u8", ()),
        Field("action", "i1", agents),
        Field("target", "i2", agents),
        Field("moved", "i1", agents),
        Field("pay", "f4", agents),
        Field("look", "u1", agents),
        Field("cells", "u1", (layout.cell_count, PLANE_COUNT)),
        Field("who", "u1", (layout.cell_count,)),
    ]


def all_fields(layout: Layout) -> list[Field]:
    """Every field of the state: the shared ones and each rule's own."""
    return shared_fields(layout) + [
        field for rule in layout.rules.values() for field in rule.fields(layout.blueprint)
    ]


def state_type(fields: Iterable[Field]) -> tuple[np.dtype, int]:
    """The state's record type and the number of 64-bit words of its core.

    The core comes first and fills whole words, so that `words[:core]` of a uint64 view of the record is its key.
    """
    fields = sorted(fields, key=lambda field: (not field.core, -np.dtype(field.kind).itemsize))
    record: list[tuple[str, str, tuple[int, ...]]] = []
    end = core = 0
    for field in [*fields, None]:
        if (field is None or not field.core) and not core:
            core = _ceil(end, 8)
        kind = field.kind if field else "u8"
        start = _ceil(core if field and not field.core and end < core else end, np.dtype(kind).itemsize)
        if start > end:  # a gap has a name, since NumPy copies fields and leaves what lies between them
            record.append((f"gap_{end}", "u1", (start - end,)))
        if field:
            record.append((field.name, kind, field.shape))
            end = start + np.dtype(kind).itemsize * int(np.prod(field.shape))
    return np.dtype([*record, ending(record)], align=True), core // 8


def level_record(constants: Mapping[str, np.ndarray]) -> np.ndarray:
    """One record (array of length 1) that holds the given arrays."""
    arrays = {name: np.asarray(value) for name, value in constants.items()}
    record = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    kind = np.dtype([*record, ending(record)], align=True)
    level = np.zeros(1, kind)
    for name, array in arrays.items():
        level[name][0] = array
    return level


def ending(record: list[tuple[str, str, tuple[int, ...]]]) -> tuple[str, str, tuple[int, ...]]:
    """A last field that no other record type has: Numba takes a record that begins like another for its subtype."""
    return f"end_{hashlib.sha256(repr(record).encode()).hexdigest()[:12]}", "u8", ()


def _ceil(number: int, step: int) -> int:
    return -(-number // step) * step
