"""Comparisons: the results that they were made to show, and that they compare like with like."""

import numpy as np
import pytest

import sandbox
from sandbox.experiments.compare import Comparison, label_of
from sandbox.experiments.statistics import estimate

STILL = {"agents.helper.policy": {"scripted": {"do": "still"}}}


@pytest.mark.parametrize(
    ("is_open", "bits"), [(True, {1: 1.274, 2: 1.983, 3: 2.459}), (False, {1: 2.032, 2: 3.215, 3: 3.856})]
)
def test_gilded_cage_pays_for_a_shut_door(is_open: bool, bits: dict[int, float]) -> None:
    """Exact means over the 30 steps of an episode in which nobody touches the door."""
    result = sandbox.compare(
        "gilded_cage",
        ["task"],
        seeds=1,
        horizons=list(bits),
        overrides=STILL | {"legend.D.door.open": is_open},
    )
    history, world = result.histories["task"], result.world
    assert len(history) == 31
    assert world is not None
    for horizon, mean in bits.items():
        own = sandbox.empowerment(world, history, horizon)
        assert own[1:].mean() == pytest.approx(mean, abs=5.1e-4)
        assert result.values("task", f"empowerment_{horizon}/human") == [
            pytest.approx(own.mean())
        ]  # start included
    assert result.values("task", "goal_reached/human") == [float(is_open)]
    assert result.values("task", "doors_shut") == [float(not is_open)]


def test_kindness_changes_sign_with_its_horizon() -> None:
    near, far = "kindness:horizon=3", "kindness:horizon=12"
    result = sandbox.compare("gilded_cage", [near, far], seeds=3)
    assert result.team == "helper"
    assert result.values(near, "goal_reached/human") == [0.0] * 3
    assert result.values(far, "goal_reached/human") == [1.0] * 3
    assert min(result.values(near, "empowerment_3/human")) > max(result.values(far, "empowerment_3/human"))


@pytest.fixture(scope="module")
def doors() -> Comparison:
    specs = {"task": "task", "own": {"empowerment": {"horizon": 2}}, "mix": "task+0.5*kindness:horizon=4"}
    return sandbox.compare("two_doors", specs, seeds=[3, 8, 5], overrides={"max_cycles": 12})


def test_the_same_seed_is_the_same_start(doors: Comparison) -> None:
    starts = {label: history[0].tobytes() for label, history in doors.histories.items()}
    assert len(set(starts.values())) == 1
    world = sandbox.World(doors.scenario)
    assert set(starts.values()) == {world.new_states(1, 3)[0].tobytes()}


def test_rows_are_complete(doors: Comparison) -> None:
    assert doors.formulations == ["task", "own", "mix"]
    assert [(row["formulation"], row["seed"]) for row in doors.rows] == [
        (label, seed) for label in ("task", "own", "mix") for seed in (3, 8, 5)
    ]
    for name in ("goal_reached/human", "empowerment_3/human", "empowerment_3/helper", "doors_shut", "steps",
                 "task/helper", "reward/helper", "true_objective/human"):  # fmt: skip
        assert name in doors.measures
    for row in doors.rows:
        assert row["steps"] == 12
        assert row["true_objective/human"] == row["task/human"] == row["goal_reached/human"]
        assert row["reward/human"] == row["task/human"]  # the human's own pay is as it was
    for row in doors.rows[:3]:
        assert row["reward/helper"] == row["task/helper"]


def test_a_seed_gives_the_same_whatever_else_is_played(doors: Comparison) -> None:
    alone = sandbox.compare(
        "two_doors", {"mix": "task+0.5*kindness:horizon=4"}, seeds=[8], overrides={"max_cycles": 12}
    )
    assert alone.rows[0] == pytest.approx(
        next(row for row in doors.rows[6:] if row["seed"] == 8), nan_ok=True
    )


def test_whoever_is_asked_for_is_paid_differently() -> None:
    short = STILL | {"max_cycles": 4}
    human = sandbox.compare(
        "gilded_cage", ["task", "empowerment:horizon=1"], seeds=1, team="human", overrides=short
    )
    paid, task = (
        human.values("empowerment:horizon=1", "reward/human")[0],
        human.values("task", "reward/human")[0],
    )
    assert paid > task == 0
    for row in human.rows:
        assert row["reward/helper"] == human.rows[0]["reward/helper"] > 0  # still kind, as its scenario says


def test_what_is_finished_is_handed_over_at_once() -> None:
    done, steps = [], []
    sandbox.compare(
        "gilded_cage", ["task", "empowerment:horizon=1"], seeds=2, overrides=STILL | {"max_cycles": 4},
        on_step=lambda label, step, most: steps.append((label, step, most)),
        on_done=lambda so_far: done.append(so_far.formulations),
    )  # fmt: skip
    assert done == [["task"], ["task", "empowerment:horizon=1"]]
    assert [step for label, step, most in steps if label == "task"][-1] == 4
    assert {most for *_, most in steps} == {4}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rewards": []}, "at least one seed and one formulation"),
        ({"rewards": ["task"], "seeds": 0}, "at least one seed and one formulation"),
        ({"rewards": ["taks"]}, "did you mean task"),
        ({"rewards": ["task"], "horizons": [0]}, "at least 1 step"),
        ({"rewards": ["task"], "team": "nobody"}, "no team or group 'nobody'"),
        ({"rewards": ["task"], "overrides": {"max_cycle": 3}}, "max_cycles"),
    ],
    ids=str,
)
def test_mistakes(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        sandbox.compare("gilded_cage", **arguments)
    assert "\n" not in str(caught.value)


def test_labels() -> None:
    assert label_of("task+0.5*kindness") == "task+0.5*kindness"
    assert label_of({"kindness": {"horizon": 4}, "task": {}}) == "kindness:horizon=4+task"


def test_estimate_of_two_values_is_known() -> None:
    """Of two values each bootstrap mean is one of three: quarter, half, quarter; so the 95 % ends are the values."""
    found = estimate([0.0, 1.0, np.nan])
    assert (found.mean, found.seeds) == (0.5, 2)
    assert (found.low, found.high) == (0.0, 1.0)
    half = estimate([0.0, 1.0], level=0.4)  # the middle 40 %
    assert (half.low, half.high) == (0.5, 0.5)


def test_estimate_is_near_the_normal_one_for_many_values() -> None:
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = estimate(values)
    wide = 1.96 * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - wide, abs=0.15 * wide)
    assert found.high == pytest.approx(values.mean() + wide, abs=0.15 * wide)
    assert estimate(values) == found


def test_estimate_of_little() -> None:
    assert estimate([2.0]) == (2.0, 2.0, 2.0, 1)
    assert estimate([2.0] * 5) == (2.0, 2.0, 2.0, 5)
    nothing = estimate([np.nan])
    assert nothing.seeds == 0
    assert np.isnan(nothing.mean)
