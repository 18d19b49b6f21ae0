"""What agents said last, in worlds whose rules know messages or cues."""

from viewer.overlay import Label, Layer, View

NAME = "Last messages"
KEY = "9"
UNIT = ""
HEAVY = False
needs = "record"

FIELDS = ("message", "cue")
"""Fields of states, whole numbers [worlds, agents], 0 for silence."""


def look(view: View) -> Layer:
    """A label beside each agent that has said something."""
    fields = [name for name in FIELDS if name in (view.states.dtype.names or ())]
    if not fields:
        return Layer("Last messages", UNIT, notes=("this world has no messages and no cues",))
    labels = [
        Label(agent, place, f"{name} {said}")
        for name in fields
        for agent, (place, said) in enumerate(zip(view.positions, view.states[name][0].tolist(), strict=True))
        if place and said
    ]
    return Layer(
        "Last messages", UNIT, labels=tuple(labels), notes=() if labels else ("everybody is silent",)
    )
