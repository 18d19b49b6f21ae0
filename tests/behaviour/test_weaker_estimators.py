"""What papers pay for in place of empowerment: the exact quantity, what it is good for, and where it misleads."""

import itertools
from collections import Counter

import numpy as np
import pytest

from rewards import Transition, make
from rewards.control import Control
from rewards.estimators import empowerment
from tests.behaviour.test_care import BY_SWITCH, TWO_CLOSETS, bits, paid, step
from tests.drawn import Stage


def room(text: str, slip: float = 0.0) -> Transition:
    """Nothing happens, with A walled in on the right of a room of at most 7 by 7 cells, B in it; five actions."""
    lines = [line + "#" * (7 - len(line)) for line in text.split()]
    lines += ["#" * 7] * (7 - len(lines))
    stage = Stage("##\n".join(lines) + "#A", bare=True, slip=slip)
    return Transition(stage.world, stage.states, np.zeros((1, 2), int), stage.states)


CENTRE_5X4 = "..... ..... ..B.. ....."
CORNER_5X4 = "B.... ..... ..... ....."
CENTRE_7X7 = "....... ....... ....... ...B... ....... ....... ......."


class Known:
    """A policy whose chances are the same everywhere."""

    def __init__(self, *chances: float) -> None:
        self._chances = np.array(chances)

    def chances(self, states: np.ndarray) -> np.ndarray:
        return np.tile(self._chances, (len(states), 1))


def with_policy(transition: Transition, policy: Known) -> Transition:
    """The same step, in which it is known what B will do."""
    policies = [policy if agent == 1 else None for agent in range(transition.dynamics.agent_count)]
    return Transition(
        transition.dynamics, transition.before, transition.actions, transition.after, policies=policies
    )


def ends(transition: Transition, horizon: int) -> list[tuple[int, int]]:
    """(first action, cell) of B after every sequence of actions: the slow way."""
    world, found = transition.dynamics, []
    for sequence in itertools.product(range(len(world.actions)), repeat=horizon):
        state = transition.after
        for action in sequence:
            chosen = np.zeros(transition.actions.shape, int)
            chosen[0, 1] = action
            state = world.imagine(state, chosen)
        found.append((sequence[0], int(state["cell"][0, 1])))
    return found


def entropy(parts: list) -> float:
    share = np.array(list(Counter(parts).values())) / len(parts)
    return float(-(share * np.log2(share)).sum())


# ---- first action information


@pytest.mark.parametrize(("text", "wanted"), [(CENTRE_5X4, 0.640), (CORNER_5X4, 0.247), (CENTRE_7X7, 0.712)])
def test_first_action_information_in_known_places(text, wanted):
    """Figures that were worked out from the definition elsewhere; and against a list of all sequences."""
    transition = room(text)
    found = make("first_action_information").pay(transition, 0)[0]
    assert found == pytest.approx(wanted, abs=5e-4)
    listed = ends(transition, 3)
    information = entropy([a for a, _ in listed]) + entropy([cell for _, cell in listed]) - entropy(listed)
    assert found == pytest.approx(information)


def test_first_action_information_falls_where_power_grows():
    """One step ahead it is empowerment; with each further step it is less (-) while empowerment is more (+)."""
    transition = room(CENTRE_7X7)
    weak = [make(f"first_action_information:horizon={n}").pay(transition, 0)[0] for n in (1, 2, 3)]
    true = [make(f"kindness:horizon={n}").pay(transition, 0)[0] for n in (1, 2, 3)]
    assert weak[0] == pytest.approx(bits(5))
    assert weak[0] > weak[1] > weak[2]
    assert true[0] < true[1] < true[2]


# ---- assist variance


def test_assist_variance_of_a_free_walk():
    """Each step of a free walk adds 2/5 on each axis; and against a list of all sequences in a corner."""
    for horizon in (1, 2, 3):
        paid = make(f"assist_variance:horizon={horizon}").pay(room(CENTRE_7X7), 0)[0]
        assert paid == pytest.approx(0.8 * horizon)
    transition = room(CORNER_5X4)
    places = np.array(
        [divmod(cell, 11) for _, cell in ends(transition, 3)]
    )  # 9 columns and the edge on both sides
    assert make("assist_variance").pay(transition, 0)[0] == pytest.approx(places.var(axis=0).sum())


def test_assist_variance_helps():
    """Letting B out into the hall is paid (+), which is what AvE wants of it."""
    flipped, left = (
        paid("assist_variance:horizon=4:toward=B", TWO_CLOSETS, BY_SWITCH, A=action)
        for action in ("interact", "stay")
    )
    assert flipped > left


def test_assist_variance_takes_distance_for_choice():
    """A corridor of five cells beats a room of nine (+), though the room leaves more choice (-)."""
    corridor, chamber = room("..B.."), room("... .B. ...")
    horizon = 9
    spread = [make(f"assist_variance:horizon={horizon}").pay(each, 0)[0] for each in (corridor, chamber)]
    choice = [make(f"kindness:horizon={horizon}").pay(each, 0)[0] for each in (corridor, chamber)]
    assert spread[0] > spread[1]
    assert choice == pytest.approx([bits(5), bits(9)])


def test_assist_variance_is_blind_to_slips():
    """Random play is as random with slips: the variance is the same (0), though empowerment falls (-)."""
    firm, slippery = room(CENTRE_5X4), room(CENTRE_5X4, slip=0.4)
    assert make("assist_variance").pay(slippery, 0) == pytest.approx(make("assist_variance").pay(firm, 0))
    assert make("kindness:horizon=2").pay(slippery, 0)[0] < make("kindness:horizon=2").pay(firm, 0)[0] - 1


# ---- choice


@pytest.mark.parametrize("horizon", [1, 3])
def test_choice_without_a_known_policy(horizon):
    """Discrete choice is empowerment, entropic choice the entropy of all sequences' ends, at most that."""
    transition = room(CORNER_5X4)
    listed = [cell for _, cell in ends(transition, horizon)]
    discrete = make(f"choice:horizon={horizon}").pay(transition, 0)[0]
    assert discrete == empowerment(transition.dynamics, transition.after, horizon, 1)[0]
    entropic = make(f"choice:kind=entropic:horizon={horizon}").pay(transition, 0)[0]
    assert entropic == pytest.approx(entropy(listed))
    assert entropic <= discrete
    immediate = make(f"choice:kind=immediate:horizon={horizon}").pay(transition, 0)[0]
    assert immediate == pytest.approx(entropy([cell for _, cell in ends(transition, 1)]))


def test_choice_of_a_known_policy():
    """In the open, immediate choice is the entropy of the policy; entropic choice of east or stay is binomial."""
    transition = with_policy(room(CENTRE_7X7), Known(0.5, 0, 0, 0, 0.5))
    assert make("choice:kind=immediate").pay(transition, 0)[0] == pytest.approx(1)
    binomial = np.array([1, 3, 3, 1]) / 8
    wanted = -(binomial * np.log2(binomial)).sum()
    assert make("choice:kind=entropic").pay(transition, 0)[0] == pytest.approx(wanted)
    assert make("choice").pay(transition, 0)[0] == pytest.approx(bits(25))


def test_opening_a_door_gives_choice():
    """The flip that opens the hall to B raises discrete choice (+), entropic choice where B acts by chance (+)."""
    for kind, policy, sign in (
        ("discrete", Known(0, 0, 0, 0, 1, 0, 0), 1),
        ("entropic", Known(0.5, 0, 0, 0, 0.5, 0, 0), 1),
        ("entropic", Known(0, 0, 0, 0, 1, 0, 0), 0),  # blind: B goes east whatever else it could do
    ):
        given = [
            make(f"choice:kind={kind}:horizon=4:toward=B").pay(
                with_policy(step(Stage(TWO_CLOSETS, BY_SWITCH), A=action), policy), 0
            )[0]
            for action in ("interact", "stay")
        ]
        assert np.sign(given[0] - given[1]) == sign


def test_choice_takes_accidents_for_freedom():
    """With slips discrete choice stays what it is without (0), though empowerment falls (-)."""
    firm, slippery = room(CENTRE_5X4), room(CENTRE_5X4, slip=0.4)
    assert make("choice:horizon=2").pay(slippery, 0) == pytest.approx(make("choice:horizon=2").pay(firm, 0))
    spec = "kindness:horizon=2"
    assert make(spec).pay(slippery, 0)[0] < make(spec).pay(firm, 0)[0] - 1
    walk = with_policy(slippery, Known(1, 0, 0, 0, 0))
    assert make("choice:kind=immediate").pay(walk, 0)[0] > 1  # of one that only ever stays


def test_control_of_nothing():
    """A world without doors lacks what control is about; it pays 0 there."""
    transition = room(CENTRE_5X4)
    assert make("control").pay(transition, 0).tolist() == [0]
    assert Control().lacks(transition.dynamics, 0) == "needs things that open"


def test_batches_are_their_singles():
    """What is paid for a state does not hang on what else is asked about, to the last bit."""
    stage = Stage(TWO_CLOSETS, BY_SWITCH)
    world, rng = stage.world, np.random.default_rng(0)
    states = world.new_states(150, 0)
    for _ in range(5):
        world.step(states, rng.integers(0, len(world.actions), (150, 3)))
    before, actions = world.copy(states), rng.integers(0, len(world.actions), (150, 3))
    world.step(states, actions)
    for name in ("choice:kind=entropic", "assist_variance", "first_action_information", "control"):
        together = make(name).pay(Transition(world, before, actions, states), 0)
        for k in (0, 70, 149):
            one = slice(k, k + 1)
            alone = make(name).pay(Transition(world, before[one], actions[one], states[one].copy()), 0)
            assert alone[0] == together[k]
