"""What the formulations pay, against the estimator that they are made of."""

import numpy as np
import pytest

import rewards
from rewards import Transition, make
from rewards.estimators import empowerment
from rewards.mix import pupils
from tests.drawn import Stage

ROOMS = """
########
#A.#B..#
#..D...#
####C.i#
########
"""


@pytest.fixture(scope="module")
def transition():
    """Six worlds after one step; agent 0 is one team, 1 and 2 are another."""
    world = Stage(ROOMS, teams={"A": "helpers", "B": "people", "C": "people"}).world
    states = world.new_states(6, 0)
    rng = np.random.default_rng(1)
    for _ in range(6):
        world.step(states, rng.integers(0, len(world.actions), (6, 3)))
    before, actions = states.copy(), rng.integers(0, len(world.actions), (6, 3))
    world.step(states, actions)
    return Transition(world, before, actions, states)


def each(transition, horizon, outcome="cell"):
    """Empowerment of all agents in the state after, [agents, worlds]."""
    return np.array(
        [empowerment(transition.dynamics, transition.after, horizon, a, outcome=outcome) for a in range(3)]
    )


def test_task(transition):
    """Task is what the world pays."""
    paid = make("task").pay(transition, 2)
    assert paid.dtype == np.float64
    assert (paid == transition.after["pay"][:, 2]).all()


def test_empowerment(transition):
    """Empowerment is one's own, after the step."""
    for agent in range(3):
        assert (make("empowerment:horizon=4").pay(transition, agent) == each(transition, 4)[agent]).all()
    assert (make("empowerment:outcome=world").pay(transition, 0) == each(transition, 3, "world")[0]).all()


@pytest.mark.parametrize("aggregate", ["sum", "mean", "min"])
def test_kindness(transition, aggregate):
    """Kindness is the others' empowerment, aggregated."""
    bits = each(transition, 2)
    paid = make(f"kindness:horizon=2:aggregate={aggregate}").pay(transition, 1)
    assert paid == pytest.approx(getattr(np, aggregate)(bits[[0, 2]], axis=0))
    toward = make(f"kindness:horizon=2:aggregate={aggregate}:toward=people")
    assert toward.pay(transition, 1) == pytest.approx(bits[2])
    assert toward.pay(transition, 0) == pytest.approx(getattr(np, aggregate)(bits[1:], axis=0))
    assert (make("kindness:toward=helpers").pay(transition, 0) == 0).all()


def test_kindness_toward_nobody(transition):
    """A team that does not exist is a mistake, named with a suggestion."""
    with pytest.raises(ValueError, match="did you mean people"):
        make("kindness:toward=peple").pay(transition, 0)


def test_equality(transition):
    """Equality is never above 0, and 0 for those who have what the others have."""
    bits = each(transition, 3)
    wanted = -np.abs(bits[0] - bits[1:].mean(axis=0))
    assert make("equality").pay(transition, 0) == pytest.approx(wanted)


def test_somebody_who_left_has_no_empowerment(transition):
    """A dead agent counts as 0 bits."""
    after = transition.after.copy()
    for world in range(len(after)):
        cell = after["cell"][world, 1]
        after["who"][world, cell] = 0
        after["cells"][world, cell, 2] = 0
        after["cell"][world, 1] = after["alive"][world, 1] = 0
    gone = Transition(transition.dynamics, transition.before, transition.actions, after)
    assert (make("empowerment").pay(gone, 1) == 0).all()
    assert (make("kindness:aggregate=min").pay(gone, 0) == 0).all()


def test_mix(transition):
    """A mix is the weighted sum of its terms, and its weights may change while it runs."""
    mix = make({"task": {}, "kindness": {"weight": 0.5, "horizon": 2}})
    bits = each(transition, 2)
    paid = mix.terms_paid(transition, 0)
    assert paid["kindness"] == pytest.approx(0.5 * bits[1:].sum(axis=0))
    assert mix.pay(transition, 0) == pytest.approx(paid["task"] + paid["kindness"])
    mix.weights["kindness"] = 0
    assert mix.terms_paid(transition, 0)["kindness"].tolist() == [0.0] * 6
    assert (mix.pay(transition, 0) == paid["task"]).all()


@pytest.mark.parametrize("name", rewards.names())
def test_every_formulation(transition, name):
    """Each file of the folder pays finite float64 [worlds], leaves states alone, and repeats itself."""
    before = transition.after.tobytes()
    first = make(name).pay(transition, 0)
    assert first.shape == (6,)
    assert first.dtype == np.float64
    assert np.isfinite(first).all()
    assert (make(name).pay(transition, 0) == first).all()
    assert transition.after.tobytes() == before


def test_everyone_is_worked_out_once(transition, monkeypatch):
    """Formulations share what one of them has worked out; what is wanted grows by use, and answers never change."""
    from rewards.estimators import everyone

    asked = []
    true_one = everyone.own_empowerment

    def noted(dynamics, states, world, agent, horizon, *rest):
        asked.append((horizon, tuple(np.unique(agent).tolist())))
        return true_one(dynamics, states, world, agent, horizon, *rest)

    monkeypatch.setattr(everyone, "own_empowerment", noted)
    mix = make("kindness:horizon=2+empowerment:horizon=2+equality:horizon=2")
    first = Transition(*(getattr(transition, name) for name in ("dynamics", "before", "actions", "after")))
    paid = [mix.pay(first, agent) for agent in range(3)]
    assert asked == [(2, (1, 2)), (2, (0,))]
    later = Transition(first.dynamics, first.before, first.actions, first.after, first.wanted)
    assert (np.array([mix.pay(later, agent) for agent in range(3)]) == paid).all()
    assert asked[2:] == [(2, (0, 1, 2))]


class TestNormalised:
    """A term in units of its own running scale."""

    def test_nothing_is_known_at_first(self, transition):
        plain, scaled = make("kindness:horizon=2"), make("kindness(horizon=2, normalise=true)")
        assert (scaled.pay(transition, 1) == plain.pay(transition, 1)).all()

    def test_the_scale_is_the_root_of_the_mean_square_of_all_that_was_paid(self, transition):
        mix, plain = make("3*kindness(horizon=2, normalise=true)"), make("kindness:horizon=2")
        worth = np.concatenate([plain.pay(transition, agent) for agent in (0, 1)])
        for _ in range(3):
            step = Transition(transition.dynamics, transition.before, transition.actions, transition.after)
            first = [mix.pay(step, agent) for agent in (0, 1)]
            assert (mix.pay(step, 0) == first[0]).all()
            (pupil,) = pupils([mix, mix])
            pupil.learn(step)
        scale = np.sqrt((worth**2).mean())
        assert pupil.figures() == {"scale": pytest.approx(scale)}
        assert mix.pay(transition, 2) == pytest.approx(3 * plain.pay(transition, 2) / scale)
        other = make("3*kindness(horizon=2, normalise=true)")
        other.terms[0].formulation.restore(pupil.tensors())
        assert (other.pay(transition, 2) == mix.pay(transition, 2)).all()

    def test_its_type_is_checked(self):
        with pytest.raises(ValueError, match="normalise has to be bool"):
            make("kindness:normalise=2")
