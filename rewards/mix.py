"""A mix: the weighted sum of formulations, with every term visible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Formulation, Transition


@dataclass(frozen=True)
class Term:
    """A formulation under the name it is logged by, with its weight at the start."""

    name: str
    weight: float
    formulation: Formulation


class Normalised:
    """A formulation in units of its own running scale, the root of the mean square of all that it has paid so far.

    The scale is 1 until something is known, and stands still where nobody calls `learn`.
    """

    def __init__(self, formulation: Formulation) -> None:
        self.formulation: Any = formulation
        self._count, self._square = 0, 0.0

    @property
    def scale(self) -> float:
        """What pay is divided by."""
        return self._square**0.5 if self._square else 1.0

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """What the formulation pays, in units of its scale, float64 [worlds]."""
        paid = np.asarray(self.formulation.pay(transition, agent), np.float64)
        transition.found[id(self), agent] = paid
        return paid / self.scale

    def lacks(self, dynamics: Any, agent: int) -> str:
        """What the formulation lacks."""
        own = getattr(self.formulation, "lacks", None)
        return own(dynamics, agent) if own else ""

    def learn(self, transition: Transition) -> None:
        """Follow the scale of what was paid for this step."""
        if hasattr(self.formulation, "learn"):
            self.formulation.learn(transition)
        paid = [own for key, own in transition.found.items() if isinstance(key, tuple) and key[0] == id(self)]
        if paid:
            new = np.concatenate(paid)
            self._count += len(new)
            self._square += (float(new @ new) - len(new) * self._square) / self._count

    def figures(self) -> dict[str, float]:
        """The scale, and what the formulation says of itself."""
        own = getattr(self.formulation, "figures", None)
        return {"scale": self.scale} | (own() if own else {})

    def tensors(self) -> dict[str, Any]:
        """What is needed to go on."""
        own = getattr(self.formulation, "tensors", None)
        kept = {f"inside.{name}": value for name, value in own().items()} if own else {}
        return kept | {"scale": np.array([self._count, self._square])}

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """Go on from what `tensors` gave."""
        count, square = np.asarray(tensors["scale"]).tolist()
        self._count, self._square = int(count), square
        if hasattr(self.formulation, "restore"):
            inside = {
                name.removeprefix("inside."): value for name, value in tensors.items() if name != "scale"
            }
            self.formulation.restore(inside)

    def __repr__(self) -> str:
        return f"Normalised({self.formulation!r})"


class Mix:
    """A weighted sum of formulations; itself a formulation.

    `weights` (name -> weight) may be changed while running. A term of weight 0 is not computed.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self.weights = {term.name: float(term.weight) for term in self.terms}
        if len(self.weights) != len(self.terms):
            raise ValueError("a mix names each of its terms once")

    def terms_paid(self, transition: Transition, agent: int) -> dict[str, NDArray[np.float64]]:
        """What each term pays `agent`, weighted: name -> float64 [worlds]; nothing once it has left the world."""
        paid, present = {}, transition.dynamics.alive(transition.before)[:, agent]
        for term in self.terms:
            weight = self.weights[term.name]
            if weight:
                own = np.asarray(term.formulation.pay(transition, agent), np.float64)
                paid[term.name] = np.where(present, weight * own, 0.0)
            else:
                paid[term.name] = np.zeros(len(transition.after))
        return paid

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """What `agent` is paid in all, float64 [worlds]."""
        total = np.zeros(len(transition.after))
        for paid in self.terms_paid(transition, agent).values():
            total += paid
        return total

    def __repr__(self) -> str:
        return f"Mix({' + '.join(f'{self.weights[t.name]:g}*{t.formulation!r}' for t in self.terms) or '0'})"


def pupils(mixes: Iterable[Mix]) -> list[Any]:
    """The formulations that learn along or remember, each once: what wants `learn(transition)` after each step."""
    found = {id(term.formulation): term.formulation for mix in mixes for term in mix.terms}
    return [each for each in found.values() if hasattr(each, "learn")]
