"""Makes every shipped scenario known to PettingZoo's registry, where it has one (from 1.27)."""

from typing import Any

import pettingzoo

import scenarios


def register_scenarios() -> None:
    """Register `sandbox/<name>-v0` as parallel and AEC environments; does nothing before PettingZoo 1.27."""
    if not hasattr(pettingzoo, "register"):
        return
    for name in scenarios.names():
        for kind, entry in (("parallel", "make_parallel"), ("aec", "make_aec")):
            pettingzoo.register(
                kind, f"sandbox/{name}-v0", entry_point=f"{__name__}:{entry}", kwargs={"scenario": name}
            )


def make_parallel(scenario: str, **kwargs: Any):
    """A shipped scenario as a ParallelEnv; arguments as for `sandbox.make`."""
    import sandbox

    return sandbox.make(scenario, **kwargs)


def make_aec(scenario: str, **kwargs: Any):
    """A shipped scenario as an AECEnv, by PettingZoo's own conversion."""
    from pettingzoo.utils import parallel_to_aec

    return parallel_to_aec(make_parallel(scenario, **kwargs))
