"""Makes every shipped scenario known to PettingZoo's registry, where it has one (from 1.27)."""

import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import scenarios


def register_scenarios() -> None:
    """Register `sandbox/<name>-v0` as parallel and AEC environments, now or once PettingZoo is imported.

    PettingZoo has no entry points for this, and importing it takes longer than all else that a short command does.
    """
    if "pettingzoo" in sys.modules:
        _register(sys.modules["pettingzoo"])
    elif not any(isinstance(finder, _Awaiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Awaiting())


class _Awaiting(MetaPathFinder):
    """Registers after the import of PettingZoo, which the usual finders do."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "pettingzoo":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec and spec.loader:
            run = spec.loader.exec_module

            def run_and_register(module: ModuleType) -> None:
                run(module)
                _register(module)

            spec.loader.exec_module = run_and_register
        return spec


def _register(pettingzoo: ModuleType) -> None:
    if not hasattr(pettingzoo, "register"):
        return
    for name in scenarios.names():
        name_there, kwargs = f"sandbox/{name}-v0", {"scenario": name}
        pettingzoo.register("parallel", name_there, entry_point=f"{__name__}:make_parallel", kwargs=kwargs)
        pettingzoo.register("aec", name_there, entry_point=f"{__name__}:make_aec", kwargs=kwargs)


def make_parallel(scenario: str, **kwargs: Any):
    """A shipped scenario as a ParallelEnv; arguments as for `sandbox.make`."""
    import sandbox

    return sandbox.make(scenario, **kwargs)


def make_aec(scenario: str, **kwargs: Any):
    """A shipped scenario as an AECEnv, by PettingZoo's own conversion."""
    from pettingzoo.utils import parallel_to_aec

    return parallel_to_aec(make_parallel(scenario, **kwargs))
