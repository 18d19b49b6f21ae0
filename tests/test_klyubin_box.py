"""The box world of Klyubin, Polani and Nehaniv (2005): a box that is fixed, pushed unseen, pushed and seen."""

from typing import Any

import numpy as np
import pytest

import sandbox
from tests.conftest import world_of

NEAR = 7  # rows and columns off the box
BOX = 12  # its row and column
VARIANTS = {"fixed": (False, "cell"), "pushed, unseen": (True, "cell"), "pushed, seen": (True, "world")}


def on_the_endless_plane(pushable: bool, seen: bool) -> np.ndarray:
    """Five-step reach from each place near the box, by sets of (agent, box); 0 on the box itself."""
    side = 2 * NEAR + 1
    counts = np.zeros((side, side), int)
    for start in np.ndindex(side, side):
        agent, box = complex(*start), complex(NEAR, NEAR)
        if agent == box:
            continue
        reached = {(agent, box)}
        for _ in range(5):
            reached |= {step(*state, way, pushable) for state in reached for way in (1, -1, 1j, -1j)}
        counts[start] = len(reached if seen else {agent for agent, _ in reached})
    return counts


def step(agent: complex, box: complex, way: complex, pushable: bool) -> tuple[complex, complex]:
    """One step of the agent, which pushes the box on or is stopped by it."""
    if agent + way != box:
        return agent + way, box
    return (agent + way, box + way) if pushable else (agent, box)


@pytest.fixture(scope="module")
def reach() -> dict[str, np.ndarray]:
    """Five-step reach near the box as the sandbox has it; 0 on the box."""
    fixed = sandbox.World(sandbox.load_scenario("klyubin_box", {"legend.b": "wall"}))
    found = {}
    for name, (pushable, outcome) in VARIANTS.items():
        world: Any = world_of("klyubin_box") if pushable else fixed
        bits = sandbox.empowerment_map(world, 5, outcome=outcome)
        near = slice(BOX - NEAR, BOX + NEAR + 1)
        found[name] = np.rint(np.nan_to_num(2.0 ** bits[near, near])).astype(int)
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_equals_the_endless_plane(reach: dict[str, np.ndarray], name: str) -> None:
    pushable, outcome = VARIANTS[name]
    assert reach[name].tolist() == on_the_endless_plane(pushable, outcome == "world").tolist()


@pytest.mark.parametrize(
    ("name", "least", "most"), [("fixed", 58, 61), ("pushed, unseen", 61, 61), ("pushed, seen", 61, 179)]
)
def test_range(reach: dict[str, np.ndarray], name: str, least: int, most: int) -> None:
    """In bits: 5.86 to 5.93, 5.93 everywhere, 5.93 to 7.48."""
    counts = reach[name][reach[name] > 0]
    assert (counts.min(), counts.max()) == (least, most)


def test_what_a_box_does_to_power(reach: dict[str, np.ndarray]) -> None:
    """An obstacle takes, a tool that is seen gives, and both only as far as five steps lead."""
    rows, columns = np.indices(reach["fixed"].shape) - NEAR
    steps = abs(rows) + abs(columns)
    for counts in reach.values():
        assert (counts[steps > 5] == 61).all()
        for turned in (counts.T, counts[::-1], counts[:, ::-1]):
            assert (turned == counts).all()
    beside = steps == 1
    assert (reach["fixed"][beside] == 58).all()
    assert (reach["pushed, seen"][beside] == 179).all()
    straight = reach["pushed, seen"][NEAR, NEAR + 1 :]
    assert (np.diff(straight) <= 0).all()  # the nearer, the more
