"""A mix: the weighted sum of formulations, with every term visible."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Formulation, Transition


@dataclass(frozen=True)
class Term:
    """A formulation under the name it is logged by, with its weight at the start."""

    name: str
    weight: float
    formulation: Formulation


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
        """What each term pays `agent`, weighted: name -> float64 [worlds]."""
        paid = {}
        for term in self.terms:
            weight = self.weights[term.name]
            if weight:
                paid[term.name] = weight * np.asarray(term.formulation.pay(transition, agent), np.float64)
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
