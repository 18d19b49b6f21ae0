"""The step written out: a small module of kernels for one world, kept on disk so that it is compiled only once.

Numba caches only functions of modules that it can find again, and does not notice edits in the kernels that they
call; so the module's name carries a hash of everything that goes into it.
"""

import hashlib
import importlib.util
import inspect
import os
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
from numba.core import config
from numba.core.dispatcher import Dispatcher

from sandbox.world import codes, contact, kernel, mangling, presence, randomness, turns
from sandbox.world import layout as geometry
from sandbox.world.layout import Layout
from sandbox.world.mechanic import AFTERWARDS, AT_START, AT_STEP, NOISE, Field, Mechanic

TEMPLATES = Path(__file__).with_name("templates")
SHARED = [codes, contact, geometry, kernel, mangling, presence, randomness, turns]
ASIDE = {"permit": "level, state, agent, out", "see": "state, agent, out[agent]"}
LOOPS = (
    {"suffix": "serial", "range": "range", "parallel": ""},
    {"suffix": "parallel", "range": "prange", "parallel": ", parallel=True"},
)


@cache
def cache_folder() -> Path:
    """Where generated modules live: `EMPOWERMENT_SANDBOX_CACHE`, or the user's cache, or else a temporary folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    for folder in (os.environ.get("EMPOWERMENT_SANDBOX_CACHE"), Path(home) / "empowerment-sandbox"):
        if folder:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    return Path(folder)
            except OSError:
                continue
    return Path(tempfile.mkdtemp(prefix="empowerment-sandbox-"))


def world_module(
    layout: Layout, fields: Iterable[Field], state: np.dtype, core: int, level: np.dtype
) -> ModuleType:
    """The kernels of one world, imported from the cache, written there first where they are missing."""
    text = _source(layout, list(fields), core)
    rules = [
        sys.modules[kernel.__module__] for rule in layout.rules.values() for kernel in _kernels(rule).values()
    ]
    sources = [inspect.getsource(module) for module in SHARED + rules]
    return _module("world", text, [*sources, str(state), str(level)])


def specialise(module: ModuleType, stand_in: str, world: ModuleType) -> ModuleType:
    """A copy of a kernel module in which the names imported from `stand_in` are those of a world's own module."""
    text = inspect.getsource(module).replace(f"from {stand_in} import", f"from {world.__name__} import")
    called = {kernel.__module__ for kernel in vars(module).values() if isinstance(kernel, Dispatcher)}
    borrowed = [inspect.getsource(sys.modules[name]) for name in sorted(called - {module.__name__})]
    return _module(module.__name__.rsplit(".", 1)[-1], text, borrowed)


def is_compiled(module: ModuleType) -> bool:
    """Whether Numba has kept compiled code of this module from an earlier run."""
    kept = f"{module.__name__}.*.nbc"
    if own := getattr(config, "CACHE_DIR", ""):  # a place of the user's own, in folders that Numba names
        return any(Path(own).rglob(kept))
    return any((Path(module.__file__ or "").parent / "__pycache__").glob(kept))


def _source(layout: Layout, fields: list[Field], core: int) -> str:
    imports, calls = [], {phase: [] for phase in (*AT_START, *NOISE, *AT_STEP, *AFTERWARDS, *ASIDE)}
    for name, rule in layout.rules.items():
        for phase, rule_kernel in _kernels(rule).items():
            imports.append(f"from {rule_kernel.__module__} import {rule_kernel.__name__} as {name}_{phase}")
            calls[phase].append(f"{name}_{phase}({ASIDE.get(phase, 'level, state, first, last')})")
    private = [field.name for field in fields if field.private]
    values = {
        "title": f"{layout.blueprint.name}: {' '.join(layout.rules)}",
        "imports": "\n".join(sorted(imports)),
        "begin": _lines(call for phase in AT_START for call in calls[phase]),
        "noise": _lines(calls["noise"]),
        "rules": _lines(call for phase in AT_STEP for call in calls[phase]),
        "renew": _lines(calls["renew"]),
        "permits": _lines(calls["permit"]),
        "private": _lines(f"out[{index}] = state.{name}[agent]" for index, name in enumerate(private)),
        "private_count": len(private),
        "agents": layout.agent_count,
        "actions": len(layout.actions),
        "core": core,
        "stride": layout.stride,
        "pad": layout.pad,
        "rows": layout.rows,
        "columns": layout.columns,
        "side": 2 * max(layout.view_radii) + 1,
        "views": layout.view_radii,
    }
    sees = {"sees": "\n            ".join(calls["see"]) or "pass"}
    values["observe"] = _fill("observe_torus.txt" if layout.blueprint.torus else "observe.txt", sees)
    values["entries"] = "\n\n".join(_fill("batch.txt", loop) for loop in LOOPS)
    return _fill("world.txt", values)


def _kernels(rule: Mechanic) -> dict:
    aside = {"permit": rule.permit, "see": rule.see}
    return dict(rule.kernels) | {name: kernel for name, kernel in aside.items() if kernel}


def _fill(template: str, values: dict) -> str:
    text = (TEMPLATES / template).read_text()
    for name, value in values.items():
        text = text.replace(f"<{name}>", str(value))
    return text


def _lines(calls: Iterable[str]) -> str:
    return "\n    ".join(calls) or "pass"


def _module(kind: str, text: str, ingredients: Iterable[str]) -> ModuleType:
    digest = hashlib.sha256()
    for part in (text, *ingredients, numba.__version__, np.__version__, sys.version):
        digest.update(part.encode())
    name = f"sandbox_{kind}_{digest.hexdigest()[:20]}"
    if name in sys.modules:
        return sys.modules[name]
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
