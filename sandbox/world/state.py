"""The two records of a world, as NumPy types: the state (what changes) and the level (what never does)."""

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
    names, formats, offsets, end, core_end = [], [], [], 0, 0
    for field in fields:
        kind = np.dtype(field.kind)
        if not field.core and not core_end:
            core_end = end = _ceil(end, 8)
        end = _ceil(end, kind.itemsize)
        names.append(field.name)
        formats.append((kind, field.shape) if field.shape else kind)
        offsets.append(end)
        end += kind.itemsize * int(np.prod(field.shape))
    layout = {"names": names, "formats": formats, "offsets": offsets, "itemsize": _ceil(end, 8)}
    return np.dtype(layout), core_end // 8


def level_record(constants: Mapping[str, np.ndarray]) -> np.ndarray:
    """One record (array of length 1) that holds the given arrays."""
    arrays = {name: np.asarray(value) for name, value in constants.items()}
    kind = np.dtype(
        [(name, array.dtype, array.shape) if array.shape else (name, array.dtype) for name, array in arrays.items()],
        align=True,
    )
    level = np.zeros(1, kind)
    for name, array in arrays.items():
        level[name][0] = array
    return level


def _ceil(number: int, step: int) -> int:
    return -(-number // step) * step
