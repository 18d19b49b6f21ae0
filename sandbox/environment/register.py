"""Makes every shipped scenario known to PettingZoo's registry, where it has one (from 1.27)."""

from typing import Any

import pettingzoo

import scenarios


def register_scenarios() -> None:
    """Register `sandbox/<name>-v0` as parallel and AEC environments; does nothing before PettingZoo 1.27."""
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
