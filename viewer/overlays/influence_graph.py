"""Arrows between agents: transfer empowerment, and how far a next action can change another's own empowerment."""

from typing import Any

from rewards import estimators
from rewards.estimators.anticipation import anticipation
from viewer.overlay import Arrow, Layer, View, portions

NAME = "Influence between agents"
KEY = "4"
UNIT = "bits"
HEAVY = True
needs = "record agent horizon"

LEAST = 0.005
"""Bits below which an arrow is left out, since it would read 0.00."""


MOST_LISTED = 6
"""Pairs whose figures are listed."""


def look(view: View) -> Layer:
    """The influence graph; arrows that neither begin nor end at the selected agent are faint."""
    title, where = "Influence between agents", view.positions
    if sum(place is not None for place in where) < 2:
        return Layer(title, UNIT, notes=("nobody else is here",))
    arrows, figures = [], []
    for giver, receiver, bits in influence_graph(view).edges(data=True):
        most = max(bits.values())
        if most >= LEAST and view.agent in (giver, receiver):
            names = f"{view.world.agent_ids[giver]} -> {view.world.agent_ids[receiver]}"
            figures.append((-most, f"{names}: {bits['transfer']:.2f}, {bits['influence']:.2f}"))
        start, end = where[giver], where[receiver]
        faint = view.agent not in (giver, receiver)
        if start and end:
            arrows += [
                Arrow(giver, receiver, start, end, bits[kind], f"{bits[kind]:.2f}", manner, faint)
                for kind, manner in (("influence", "dashed"), ("transfer", "solid"))
                if bits[kind] >= LEAST
            ]
    head = (
        f"bits, n = {view.horizon}; transfer, influence:"
        if figures
        else f"n = {view.horizon}: no influence on or by {view.name}"
    )
    notes = (head, *(text for _, text in sorted(figures)[:MOST_LISTED]))
    return Layer(
        title, UNIT, high=max([LEAST, *(arrow.strength for arrow in arrows)]), arrows=tuple(arrows), notes=notes,
        manners=(
            ("solid", "transfer: what its actions tell about where the other will be, while all others act at random"),
            ("dashed", "influence: what its next action can add to the other's own empowerment, others still"),
        ),
    )  # fmt: skip


def influence_graph(view: View) -> Any:
    """A networkx.DiGraph of the living agents; its edges know `transfer` and `influence` in bits.

    transfer   E_n(giver -> receiver), everybody else acting at random.
    influence  the most less the least own empowerment E_n of the receiver after each next action of the giver.
    """
    import networkx

    world, states, horizon = view.world, view.states, view.horizon
    graph = networkx.DiGraph()
    here = [agent for agent, place in enumerate(view.positions) if place]
    graph.add_nodes_from(here)
    after = anticipation(world, states, horizon).bits[0]
    spread = after.max(axis=1) - after.min(axis=1)
    pairs = [(giver, receiver) for giver in here for receiver in here if giver != receiver]
    for part in portions(view, len(pairs), 1):
        giver, receiver = pairs[part.start]
        transfer = estimators.empowerment(world, states, horizon, giver, receiver, others="random")[0]
        graph.add_edge(giver, receiver, transfer=float(transfer), influence=float(spread[giver, receiver]))
    return graph
