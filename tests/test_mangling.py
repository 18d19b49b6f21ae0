"""Kernels of different worlds never share a symbol, whichever processes compiled them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from numba import from_dtype

from sandbox.world.mangling import mangling_args

REPOSITORY = Path(__file__).parents[1]
KERNELS = """
from numba import njit


@njit(cache=True)
def inner(record, out):
    for k in range(out.shape[0]):
        for j in range(record.a.shape[0]):
            out[k] += record.a[j] * (k + 1) + record.b
        if out[k] > 1000000:
            out[k] = 0


@njit(cache=True)
def outer(records, out):
    for i in range(records.shape[0]):
        inner(records[i], out)
        inner(records[i], out)
"""
PROGRAM = """
import sys
import numpy as np
import sandbox.world.mangling
import kernels

TYPES = {"short": [("a", "i2", (3,)), ("b", "i4")], "long": [("b", "i4"), ("a", "i2", (5,))]}
for name in sys.argv[1:]:
    records, out = np.zeros(2, TYPES[name]), np.zeros(4, np.int64)
    records["a"], records["b"] = 1, 7
    kernels.outer(records, out)
    print(name, out.tolist())
"""


def test_a_symbol_says_which_record_it_takes() -> None:
    first, second = (from_dtype(np.dtype([("cell", "i2", (n,)), ("end", "u8")])) for n in (1, 2))
    assert first.mangling_args == mangling_args(first) != mangling_args(second)


def test_kernels_cached_by_different_processes_run_together(tmp_path) -> None:
    """Without the repair each process numbers its record type alike, and the second kernel runs as the first."""
    (tmp_path / "kernels.py").write_text(KERNELS)
    (tmp_path / "program.py").write_text(PROGRAM)
    path = {"PYTHONPATH": f"{REPOSITORY}"}

    def run(*names: str) -> str:
        command = [sys.executable, str(tmp_path / "program.py"), *names]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=path).stdout

    apart = run("short") + run("long")
    assert apart == "short [96, 108, 120, 132]\nlong [160, 180, 200, 220]\n"
    assert run("short", "long") == apart
