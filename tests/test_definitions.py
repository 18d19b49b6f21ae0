"""A definition travels with every figure; outcomes that are functions, and others with policies or by chance."""

import itertools
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox
from rewards.estimators import OUTCOMES, empowerment, estimate
from rewards.estimators.choice import discrete_choice, entropic_choice, immediate_choice
from rewards.estimators.definition import EACH, Definition, Estimate
from rewards.estimators.equilibrium import equilibrium, interference
from rewards.estimators.joint import joint_empowerment
from rewards.estimators.sampled import (
    discounted_information,
    first_action_information,
    log_unique_states,
    sparse_sampling,
    variance_proxy,
)
from rewards.estimators.several import among_others
from rewards.estimators.side_by_side import side_by_side
from sandbox.world.state import all_fields
from sandbox.world.world import World
from tests.conftest import world_of
from tests.drawn import Stage
from tests.naive import NaiveWorld
from tests.random_maps import likely_actions, random_blueprint
from tests.test_several_agents import Case, cases, whims


@pytest.fixture(scope="module")
def trios() -> list[Case]:
    return cases("ABC", 6)


def words_as_functions(world: World, perceiver: int) -> dict[str, Any]:
    """Functions that tell apart what the words do."""
    private = [field.name for field in all_fields(world.layout) if field.private]
    return {
        "cell": lambda _, states: states["cell"][:, perceiver],
        "self": lambda _, states: np.stack([states[name][:, perceiver] for name in private], axis=1),
        "world": lambda _, states: world.key(states),
    }


def slips(world: World) -> np.ndarray:
    return 0.8 * np.eye(len(world.actions)) + 0.2 / len(world.actions)


def crowds(world: World) -> dict[str, dict[str, Any]]:
    """Ways of asking: every model of the others, with noise and without."""
    return {
        "still": {"others": "still"},
        "still, noise": {"others": "still", "noise": slips(world)},
        "random": {"others": "random", "exactly": True},
        "random, noise": {"others": "random", "exactly": True, "noise": slips(world)},
        "random, sampled": {"others": "random", "exactly": False, "samples": 12},
        "policy": {"others": "policy", "policies": whims(world)},
        "policy, noise": {"others": "policy", "policies": whims(world), "noise": slips(world)},
    }


@pytest.mark.parametrize("word", OUTCOMES)
def test_a_function_equal_to_a_word(trios, word):
    """The same bits, whatever the others do, whether noise interferes, exact or sampled alike."""
    for k, (world, state) in enumerate(trios):
        perceiver = k % 3
        function = words_as_functions(world, perceiver)[word]
        for name, asked in crowds(world).items():
            if name.startswith("random") and k > 2:
                continue
            wanted = among_others(world, state, 2, 0, perceiver, word, **asked)
            found = among_others(world, state, 2, 0, perceiver, function, **asked)
            assert found.bits[0] == pytest.approx(wanted.bits[0], abs=1e-6 if "sampled" in name else 1e-8)
            if wanted.bias is not None and found.bias is not None:
                assert found.bias[0] == pytest.approx(wanted.bias[0], abs=1e-5)
            assert found.definition.estimator == wanted.definition.estimator
        for other in (discrete_choice, entropic_choice, first_action_information, sparse_sampling):
            wanted = other(world, state, 2, 0, perceiver=perceiver, outcome=word)
            assert other(world, state, 2, 0, perceiver=perceiver, outcome=function).bits == wanted.bits


@pytest.mark.parametrize("others", ["still", "random"])
def test_joint_outcomes_as_a_function(trios, others):
    """The tuple of the members' cells, and the world, told by functions."""

    def places(world: World, states: np.ndarray) -> np.ndarray:
        return world.positions(states)[:, :2].reshape(len(states), -1)

    for world, state in trios[:4]:
        for word, function in (("cell", places), ("world", World.key)):
            wanted = joint_empowerment(world, state, 1, (0, 1), word, others)
            found = joint_empowerment(world, state, 1, (0, 1), function, others)
            assert found.bits == pytest.approx(wanted.bits, abs=1e-8)
            assert found.definition.outcome == function.__name__


def test_functions_of_far_agents_are_not_left_out():
    """Who cannot meet the actor still counts where a function mixes both: a secret shared is no power over it."""
    world = Stage("A........B\n..........").world
    state = world.new_states(1, 0)

    def parity(_: World, states: np.ndarray) -> np.ndarray:
        return world.positions(states)[:, :, 1].sum(axis=1) % 2

    def own_parity(_: World, states: np.ndarray) -> np.ndarray:
        return world.positions(states)[:, 0, 1] % 2

    def among(function: Any, others: str) -> float:
        return among_others(world, state, 2, outcome=function, others=others).bits[0]

    assert among(parity, "still") == among(own_parity, "still") == 1.0
    assert among(own_parity, "random") == pytest.approx(1.0)  # one step east or none, another to stand still
    # one step from its wall B is in another column with one action of seven: a symmetric channel
    bits = among_others(world, state, 1, outcome=parity, others="random").bits[0]
    assert bits == pytest.approx(1 + np.log2(1 / 7) / 7 + np.log2(6 / 7) * 6 / 7, abs=1e-8)


def test_a_row_of_an_open_field():
    """2n + 1 rows can be reached: closed form, with numbers, floats, truth values and words."""
    world = Stage(
        "." * 9 + "\n" + (("." * 9 + "\n") * 3) + "....A....\n" + ("." * 9 + "\n") * 4, bare=True
    ).world
    states = world.new_states(2, 0)
    for n in range(5):

        def row(_: Any, states: np.ndarray) -> np.ndarray:
            return world.positions(states)[:, 0, 0]

        for function in (
            row,
            lambda w, s: row(w, s)[:, None],
            lambda w, s: -0.5 * row(w, s),
            lambda w, s: [f"row {number}" for number in row(w, s)],
            lambda w, s: np.stack([row(w, s) > number for number in range(9)], axis=1),
        ):
            assert empowerment(world, states, n, outcome=function) == pytest.approx([np.log2(2 * n + 1)] * 2)
    zeros = lambda w, s: np.where(row(w, s) % 2, 0.0, -0.0)  # noqa: E731
    assert empowerment(world, states, 3, outcome=zeros).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", ["all rules", "alone with keys"])
def test_functions_equal_the_slow_oracle(shape):
    """The row of the agent and where the boxes are, over all action sequences, one after the other."""

    def row_and_boxes(world: World, states: np.ndarray) -> np.ndarray:
        return np.column_stack([world.positions(states)[:, 0, 0], states["box_cell"]])

    for seed in range(3):
        world = World(random_blueprint(shape, seed))
        naive, generator = NaiveWorld(world.blueprint), np.random.default_rng(seed)
        naive.outcome = lambda plain, agent, _: ((plain.cell[0] or (-1,))[0], frozenset(plain.boxes))
        states = world.new_states(2, seed)
        for _ in range(10):
            world.step(states, likely_actions(generator, world.action_mask(states)))
        for actor in {0, world.agent_count - 1}:
            bits = empowerment(world, states, 2, actor, 0, outcome=row_and_boxes, noise=None)
            for index, record in enumerate(states):
                reached = naive.reach(naive.read(record), actor, 2)
                assert bits[index] == pytest.approx(np.log2(len(reached)), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(2, 9), st.sampled_from(["still", "random", "policy"]), st.booleans()
)
def test_data_processing(trios, seed, parts, others, noisy):
    """What is told apart by less is never more: any grouping of the cells, then any grouping of the groups."""
    world, state = trios[seed % len(trios)]
    group = np.random.default_rng(seed).integers(parts, size=state["cells"].shape[1])

    def fine(_: World, states: np.ndarray) -> np.ndarray:
        return group[states["cell"][:, 0]]

    def coarse(_: World, states: np.ndarray) -> np.ndarray:
        return fine(_, states) // 2

    asked: dict[str, Any] = {"others": others, "noise": slips(world) if noisy else None}
    if others == "policy":
        asked["policies"] = whims(world)
    cell, some, few = (
        empowerment(world, state, 1 + seed % 2, outcome=outcome, **asked)[0]
        for outcome in ("cell", fine, coarse)
    )
    assert few <= some + 1e-8
    assert some <= cell + 1e-8
    assert few <= np.log2((parts + 1) // 2) + 1e-8


WRONG_FUNCTIONS: dict[str, tuple[Any, str]] = {
    "one number": (lambda w, s: 3, r"outcome wrong has to give an array \[\d+\] or \[\d+, k\]"),
    "too few": (lambda w, s: np.zeros(len(s) - 1), "not of shape"),
    "three axes": (lambda w, s: np.zeros((len(s), 2, 2)), "not of shape"),
    "ragged": (lambda w, s: [[0] * (1 + k % 2) for k in range(len(s))], "outcome wrong has to give"),
    "nan": (lambda w, s: np.where(np.arange(len(s)), 1.0, np.nan), "gives nan"),
    "nothing": (lambda w, s: None, "outcome wrong has to give"),
    "objects": (lambda w, s: np.array([{}] * len(s)), "numbers or words, not object"),
}


@pytest.mark.parametrize("name", WRONG_FUNCTIONS)
def test_functions_that_are_none(trios, name):
    """One line says what a function has to give."""
    wrong, message = WRONG_FUNCTIONS[name]
    wrong.__name__ = "wrong"
    world, state = trios[0]
    for ask in (estimate, discrete_choice):
        with pytest.raises(ValueError, match=message) as raised:
            ask(world, state, 2, outcome=wrong)
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match=r"allowed: cell, self, world or a function of \(world, states\)"):
        estimate(world, state, 2, outcome="place")


def test_policies_as_chances(trios):
    """Chances that are even are random others, those that are sure are actions."""
    for world, state in trios[:3]:
        shape = (world.agent_count, len(world.actions))
        even = lambda states: np.full((len(states), *shape), 1 / shape[1])  # noqa: B023, E731
        sure = lambda states: np.eye(shape[1])[whims(world)(states)]  # noqa: B023, E731
        asked: dict[str, Any] = {"others": "policy", "horizon": 2}
        random = among_others(world, state, 2, exactly=True).bits
        assert estimate(world, state, policies=even, **asked).bits == pytest.approx(random, abs=1e-8)
        acting = empowerment(world, state, policies=whims(world), **asked)
        assert empowerment(world, state, policies=sure, **asked) == acting
        assert sandbox.empowerment(world, state, 2, others="policy", policies=sure) == acting
        with pytest.raises(ValueError, match="policies: row 0 is no distribution"):
            empowerment(world, state, policies=lambda states: np.ones((len(states), *shape)), **asked)  # noqa: B023
        with pytest.raises(ValueError, match="policies has to give chances"):
            empowerment(world, state, policies=lambda states: np.ones(len(states)), **asked)
    with pytest.raises(ValueError, match="policies have to be given"):
        sandbox.empowerment(world, state, 1, others="policy")
    with pytest.raises(ValueError, match=r"allowed: still, random$"):
        discrete_choice(world, state, 1, others="policy")


def test_bounds_and_names_of_exact_figures(trios):
    """Exact figures say so and are certified: equal bounds without noise, a narrow gap with it."""
    for world, state in trios[:3]:
        for (name, asked), outcome in itertools.product(crowds(world).items(), ("cell", World.positions)):
            if callable(outcome):
                outcome = lambda w, s: w.positions(s)[:, 0]  # noqa: E731
            found = among_others(world, state, 2, outcome=outcome, **asked)
            assert found.bits.dtype == np.float64
            if "sampled" in name:
                assert (found.definition.estimator, found.definition.samples) == ("shared futures", 12)
                assert found.bias is not None
                assert found.largest_bias == found.bias[0]
                continue
            assert (found.definition.estimator, found.definition.samples) == ("exact", None)
            assert found.lower is not None
            assert found.upper is not None
            assert found.largest_bias is None
            assert found.lower[0] == found.bits[0] <= found.upper[0] <= found.lower[0] + 2e-9
            if name == "still":
                assert found.upper[0] == found.lower[0]
            same = {key: value for key, value in asked.items() if key != "exactly"}
            if not name.startswith("random"):
                assert empowerment(world, state, 2, outcome=outcome, **same)[0] == pytest.approx(
                    found.bits[0], abs=1e-9
                )


def every_estimate(world: World, states: np.ndarray, **asked: Any) -> dict[str, Estimate]:
    """Whatever gives an Estimate, asked the same."""
    given: Any = (world, states, 2, 0)
    return side_by_side(*given, perceiver=1, **asked) | {
        "estimate": estimate(*given, 1, **asked),
        "sampled": among_others(*given, 1, **asked | {"others": "random"}, exactly=False, samples=5),
        "sampled choice": discrete_choice(*given, perceiver=1, samples=3, **asked),
        "sparse": sparse_sampling(*given, perceiver=1, samples=5, **asked),
        "unique": log_unique_states(*given, perceiver=1, samples=7, **asked),
    }


def test_every_estimate_is_defined(trios):
    """Actors, perceiver, outcome, horizon, others, noise and estimator as asked; samples and bias if sampled."""
    world, state = trios[1]
    for others, noise in itertools.product(("still", "random"), (None, slips(world))):
        for name, found in every_estimate(world, state, others=others, noise=noise).items():
            got = found.definition
            assert (got.actors, got.perceiver) == ((0,), 1), name
            assert got.horizon == (1 if name == "immediate choice" else 2), name
            assert got.outcome == ("world" if name in ("log unique states", "unique") else "cell"), name
            assert got.others == ("random" if name == "sampled" else others), name
            assert got.noise == ("none" if noise is None else "given"), name
            sampled = got.samples is not None
            assert sampled == (found.bias is not None) == (found.largest_bias is not None), name
            assert sampled != ("exact" in got.estimator), name
            assert not sampled or np.isfinite(found.bias).all(), name
            json.dumps(found.record())
    field = Stage("A.B").world
    for ask in (discounted_information, immediate_choice):
        assert ask(field, field.new_states(1, 0), agent=1).definition.actors == (1,)
    north = lambda states: np.eye(len(world.actions))[np.ones(len(states), int)]  # noqa: E731
    assert "policy <lambda>" in entropic_choice(world, state, 2, policy=north).definition.estimator
    columns = lambda states: world.positions(states)[:, 0, :1]  # noqa: E731
    columns.__name__ = "columns"
    assert variance_proxy(world, state, 2, positions=columns, outcome="self").definition.outcome == "columns"
    group = joint_empowerment(world, state, 1, (2, 0)).definition
    assert (group.actors, group.perceiver, group.estimator) == ((2, 0), (2, 0), "exact")
    assert str(group).startswith("E_1(2+0 -> 2+0), outcome cell, others still")
    channels = interference(world, state, 1, (0, 2), others="random")
    both = equilibrium(channels).definition
    assert both == channels.definition == Definition((0, 2), EACH, "cell", 1, "random", "none", "equilibrium")
    assert str(both).startswith("E_1(each of 0, 2 -> itself), ")
    assert equilibrium([np.full((2, 2, 1), 1.0)] * 2).definition is None


def test_words_for_what_comes_first():
    """Anticipation: a figure for each agent, after an action of one of them."""
    asked = Definition((0, 1), EACH, "cell", 3, "still", "own", "exact", after="one action of one of them")
    assert str(asked) == (
        "E_3(each of 0, 1 -> itself) after one action of one of them, outcome cell, others still, noise own, exact"
    )
    assert asdict(asked)["after"] == "one action of one of them"


def test_bias_of_few_sequences_in_noise():
    """What half of the sequences lack tells roughly what all of them lack, and that it is too little."""
    world = world_of("klyubin_maze")
    cells = world.free_cells()[::7]
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])
    exact = empowerment(world, states, 3, noise=slips(world))
    found = sparse_sampling(world, states, 3, samples=25, noise=slips(world))
    assert found.bias is not None
    assert (found.bias <= 1e-9).all()
    assert 0.4 < found.bias.mean() / (found.bits - exact).mean() < 2.5
    every = sparse_sampling(world, states, 3, samples=125, noise=slips(world))
    assert every.bias is not None
    assert not every.bias.any()


def test_progress_is_reported(trios):
    """How many states are done, in the end all; the figures are the same as without."""
    world, state = trios[0]
    states = np.concatenate([state] * 40)
    for asked in crowds(world).values():
        if asked["others"] == "random":
            asked["samples"] = 2
        if asked.pop("exactly", None):
            continue
        told: list[int] = []
        found = among_others(world, states, 1, **asked, report=told.append)
        assert told == sorted(told)
        assert len(told) > 1
        assert told[-1] == 40
        assert (found.bits == among_others(world, states, 1, **asked).bits).all()
