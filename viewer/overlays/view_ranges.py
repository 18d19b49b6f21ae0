"""What every agent sees: the window of cells around it."""

import numpy as np

from viewer.overlay import Layer, Outline, View

NAME = "View ranges"
KEY = "5"
UNIT = "cells"
HEAVY = False
needs = "states"


def look(view: View) -> Layer:
    """An outline for each agent that is there; on a torus it goes on at the opposite edge."""
    marks = [
        Outline(agent, seen(view, place, view.world.view_radii[agent]))
        for agent, place in enumerate(view.positions)
        if place
    ]
    radii = [view.world.view_radii[mark.agent] for mark in marks]
    sides = sorted({2 * radius + 1 for radius in radii})
    notes = (
        f"windows of {' and '.join(f'{side} x {side}' for side in sides)} cells"
        if sides
        else "nobody is here"
    )
    return Layer("View ranges", UNIT, marks=tuple(marks), notes=(notes,))


def seen(view: View, place: tuple[int, int], radius: int) -> np.ndarray:
    """Cells of the map within sight of one of them, bool [rows, columns]."""
    near = []
    for length, middle in zip(view.shape, place, strict=True):
        away = np.abs(np.arange(length) - middle)
        if view.world.blueprint.torus:
            away = np.minimum(away, length - away)
        near.append(away <= radius)
    return near[0][:, None] & near[1]
