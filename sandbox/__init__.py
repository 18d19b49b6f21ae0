"""A multi-agent sandbox for empowerment and care rewards: worlds, environments, experiments."""

import importlib
from typing import TYPE_CHECKING, Any

from sandbox.environment.register import register_scenarios
from scenarios import names as scenario_names

if TYPE_CHECKING:
    from sandbox.environment.make import empowerment, empowerment_map, make, make_batch
    from sandbox.experiments.compare import compare
    from sandbox.playback.film import film
    from sandbox.scenario.read import ScenarioError, load_scenario
    from sandbox.scenario.schema import Scenario
    from sandbox.training.evaluate import evaluate
    from sandbox.training.loop import resume, train
    from sandbox.world.world import World

__version__ = "0.1.0"

_HOMES = {
    "Scenario": "sandbox.scenario.schema",
    "ScenarioError": "sandbox.scenario.read",
    "World": "sandbox.world.world",
    "compare": "sandbox.experiments.compare",
    "empowerment": "sandbox.environment.make",
    "empowerment_map": "sandbox.environment.make",
    "evaluate": "sandbox.training.evaluate",
    "film": "sandbox.playback.film",
    "load_scenario": "sandbox.scenario.read",
    "make": "sandbox.environment.make",
    "make_batch": "sandbox.environment.make",
    "resume": "sandbox.training.loop",
    "train": "sandbox.training.loop",
}

__all__ = [
    "Scenario",
    "ScenarioError",
    "World",
    "__version__",
    "compare",
    "empowerment",
    "empowerment_map",
    "evaluate",
    "film",
    "load_scenario",
    "make",
    "make_batch",
    "resume",
    "scenario_names",
    "train",
]

register_scenarios()


def __getattr__(name: str) -> Any:
    """Load each public name from its home on first use, so that `import sandbox` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
    globals()[name] = value = getattr(importlib.import_module(_HOMES[name]), name)
    return value
