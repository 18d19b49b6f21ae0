"""What formulations say of themselves, and what they need of a world."""

from dataclasses import dataclass
from pathlib import Path

import networkx
import numpy as np
import pytest

import rewards
import sandbox
from sandbox.experiments import catalogue

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", rewards.names())
def test_every_formulation_says_what_it_is(name):
    found = catalogue.entry(name)
    assert found.sentence.endswith(".")
    assert found.cost in catalogue.COSTS
    assert all(f"`{each}`" in found.page or f"{each}:" in found.page for each in found.parameters)
    page = catalogue.page(name)
    assert found.formula in page
    assert found.fails in page
    assert found.source in page


def test_the_docs_have_the_same_table():
    assert (DOCS / "rewards.md").read_text() == catalogue.markdown(), (
        "sandbox rewards --markdown > docs/rewards.md"
    )


@dataclass(frozen=True)
class Homing:
    """Needs a goal."""

    def lacks(self, dynamics, agent):
        states = dynamics.new_states(1, 0)
        return "" if dynamics.goals(states, agent).any() else "needs a goal of its own"

    def pay(self, transition, agent):
        return np.zeros(len(transition.after))


def test_what_a_world_lacks_is_said_when_the_mix_is_built():
    sandbox.make_batch("two_doors", 1, rewards={"human": Homing(), "helper": "task"})
    with pytest.raises(ValueError, match="reward homing needs a goal of its own, which helper_0 has not"):
        sandbox.make_batch("two_doors", 1, rewards={"helper": Homing()})


def test_places():
    """Cells, goals and ways are those of the map."""
    world = sandbox.World(sandbox.load_scenario("two_doors"))
    states = world.new_states(20, 0)
    rows, columns = world.layout.row_column(world.cells(states)[:, 0])
    assert (np.stack((rows, columns), 1) == world.positions(states)[:, 0]).all()
    assert world.goals(states, 0).sum(axis=1).tolist() == [1] * 20  # one of two is drawn
    assert len({int(row.argmax()) for row in world.goals(states, 0)}) == 2
    assert not world.goals(states, 1).any()
    graph = networkx.from_edgelist([(a, int(b)) for a, ahead in enumerate(world.ways) for b in ahead])
    human, helper = (int(cell) for cell in world.cells(states)[0])
    assert networkx.has_path(graph, human, int(world.goals(states, 0)[0].argmax())), "doors count as open"
    assert not networkx.has_path(graph, human, helper), "a wall does not"


def test_places_of_the_gone():
    world = sandbox.World(sandbox.load_scenario("coexistence"))
    states = world.new_states(2, 0)
    states["alive"][0, 1] = 0
    assert world.cells(states)[0, 1] == 0
    assert world.cells(states)[1, 1] > 0
