"""What formulations pay for a step whose states lie on a GPU: the same figures as `rewards`, worked out there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from rewards.empowerment import Empowerment
from rewards.equality import Equality
from rewards.kindness import Kindness
from rewards.mix import Mix
from rewards.prosocial import Prosocial
from rewards.task import Task
from sandbox.world.world import World


@dataclass(frozen=True)
class After:
    """States after a step, as formulations ask about them.

    world    the rules.
    present  who was in the world before the step, bool [worlds, agents]; alive: who is after it.
    task     what the world's task paid, float32 [worlds, agents].
    bits     everybody's empowerment for a horizon and an outcome, float64 [worlds, agents].
    """

    world: World
    present: torch.Tensor
    alive: torch.Tensor
    task: torch.Tensor
    bits: Callable[[int, str], torch.Tensor]


def why_not(mixes: Iterable[Mix], world: World) -> str:
    """Which formulation cannot be worked out on a GPU, and why; empty where all can."""
    for mix in mixes:
        for term in mix.terms:
            if type(term.formulation) not in PAYS:
                return f"the reward {term.name} is worked out on the CPU"
            if world.noise is not None and type(term.formulation) not in OF_THE_TASK:
                return f"the reward {term.name} is worked out on the GPU only where nobody slips"
    return ""


def terms_paid(mix: Mix, after: After, agent: int) -> dict[str, torch.Tensor]:
    """What each term pays `agent`, weighted: name -> float64 [worlds], as `Mix.terms_paid`."""
    paid = {}
    for term in mix.terms:
        weight = mix.weights[term.name]
        if weight:
            own = weight * PAYS[type(term.formulation)](term.formulation, after, agent)
            paid[term.name] = torch.where(after.present[:, agent], own, 0.0)
        else:
            paid[term.name] = torch.zeros_like(after.task[:, agent], dtype=torch.float64)
    return paid


def added(columns: Iterable[torch.Tensor], like: torch.Tensor) -> torch.Tensor:
    """The sum of some columns, float64 [worlds], in their order, which shows in the last bit; 0 where there is none."""
    total = torch.zeros_like(like, dtype=torch.float64)
    for column in columns:
        total += column
    return total


def _task(formulation: Task, after: After, agent: int) -> torch.Tensor:
    return after.task[:, agent].double()


def _prosocial(formulation: Prosocial, after: After, agent: int) -> torch.Tensor:
    paid = after.task.double()
    others = [paid[:, other] for other in range(paid.shape[1]) if other != agent]
    if not others:
        return paid[:, agent]
    return paid[:, agent] + formulation.alpha * (added(others, paid[:, agent]) / len(others))


def _empowerment(formulation: Empowerment, after: After, agent: int) -> torch.Tensor:
    return after.bits(formulation.horizon, formulation.outcome)[:, agent]


def _kindness(formulation: Kindness, after: After, agent: int) -> torch.Tensor:
    others = formulation.others(after.world, agent)
    if not others:
        return torch.zeros_like(after.task[:, agent], dtype=torch.float64)
    bits = after.bits(formulation.horizon, formulation.outcome)
    columns = [bits[:, other] for other in others]
    if formulation.aggregate == "power":
        columns = [torch.exp2(-formulation.xi * each) for each in columns]
    total = added(columns, bits[:, agent])
    paid = {
        "sum": lambda: total,
        "mean": lambda: total / len(others),
        "min": lambda: torch.stack(columns).amin(0),
        "power": lambda: -(total**formulation.eta),
    }[formulation.aggregate]()
    return torch.where(after.alive[:, agent], paid, 0.0)


def _equality(formulation: Equality, after: After, agent: int) -> torch.Tensor:
    bits = after.bits(formulation.horizon, "cell")
    others = [bits[:, other] for other in range(bits.shape[1]) if other != agent]
    if not others:
        return torch.zeros_like(bits[:, agent])
    return -(bits[:, agent] - added(others, bits[:, agent]) / len(others)).abs()


PAYS: dict[type, Callable[[Any, After, int], torch.Tensor]] = {
    Task: _task,
    Prosocial: _prosocial,
    Empowerment: _empowerment,
    Kindness: _kindness,
    Equality: _equality,
}
OF_THE_TASK = (Task, Prosocial)  # which noise is nothing to
