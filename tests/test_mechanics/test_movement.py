"""Movement: all at once, never two in a cell, no swaps, ties fair over time."""

import itertools

import numpy as np
import pytest

from tests.drawn import Stage, drawn, play


def test_nobody_enters_a_cell_that_stays_taken() -> None:
    assert play("#AB.#", A="east") == "#AB.#"


def test_two_do_not_swap() -> None:
    assert play("#.AB.#", A="east", B="west") == "#.AB.#"


def test_one_does_not_follow_into_a_refused_swap() -> None:
    assert play("#CAB.#", C="east", A="east", B="west") == "#CAB.#"


def test_a_chain_moves_as_one() -> None:
    assert play("#ABC.#", A="east", B="east", C="east") == "#.ABC#"


def test_a_chain_stops_where_its_head_is_stopped() -> None:
    assert play("#.ABC#", A="east", B="east", C="east") == "#.ABC#"
    assert play("#ABC.#", A="east", B="stay", C="east") == "#AB.C#"


def test_four_may_turn_in_a_ring() -> None:
    assert play(
        """
        ####
        #AB#
        #CE#
        ####
        """,
        A="east",
        B="south",
        E="west",
        C="north",
    ) == drawn("""
        ####
        #CA#
        #EB#
        ####
    """)


def test_a_ring_that_one_does_not_join_stands_still() -> None:
    ring = """
        ####
        #AB#
        #CE#
        ####
    """
    assert play(ring, A="east", B="south", E="west") == drawn(ring)


def test_who_loses_a_tie_holds_up_who_follows() -> None:
    before = """
        #####
        #EA.#
        ###B#
        #####
    """
    assert play(before, E="east", A="east", B="north") == drawn("""
        #####
        #.EA#
        ###B#
        #####
    """)
    stage = Stage(before)
    stage.states["clock"] = 1  # B is first now
    assert stage.step(E="east", A="east", B="north").drawing == drawn("""
        #####
        #EAB#
        ###.#
        #####
    """)


def test_who_loses_a_tie_does_not_get_the_cell_when_the_winner_is_held_up() -> None:
    stage = Stage("""
        #####
        #AB.#
        ##C##
        #####
    """)
    stage.step(A="east", B="south", C="north")  # B and C would swap, so A has nowhere to go
    assert stage.drawing == drawn("""
        #####
        #AB.#
        ##C##
        #####
    """)


CROSS = """
    #####
    ##C##
    #A.B#
    ##E##
    #####
"""


@pytest.mark.parametrize("letters", ["AB", "ABC", "ABCE"])
def test_ties_are_fair_to_every_pair(letters: str) -> None:
    """Over 2n steps each of two agents that want one cell gets it equally often."""
    drawing = "".join(letter if letter in "#.\n " + letters else "." for letter in CROSS)
    toward = {"A": "east", "B": "west", "C": "south", "E": "north"}
    stage = Stage(drawing)
    before = stage.states.copy()
    for one, other in itertools.combinations(letters, 2):
        winners = []
        for clock in range(2 * len(letters)):
            stage.states[:] = before
            stage.states["clock"] = clock
            stage.step(**{one: toward[one], other: toward[other]})
            winners += [letter for letter in (one, other) if stage.of("moved", letter)]
        assert sorted(winners) == sorted([one, other] * len(letters))


def test_the_first_in_order_wins_and_the_order_turns() -> None:
    stage = Stage(CROSS)
    before = stage.states.copy()
    winners = ""
    for clock in range(16):
        stage.states[:] = before
        stage.states["clock"] = clock
        stage.step(A="east", B="west", C="south", E="north")
        winners += stage.agents[int(np.flatnonzero(stage.states[0]["moved"])[0])]
    assert winners == "ABCE" * 4


def test_moved_says_who_moved() -> None:
    stage = Stage("#A.B#").step(A="east", B="east")
    assert (stage.of("moved", "A"), stage.of("moved", "B")) == (1, 0)
    stage.step()
    assert stage.of("moved", "A") == 0
