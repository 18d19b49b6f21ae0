"""Many worlds at once: the same as single ones, whatever the number of threads, and paid alike on both faces."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import rewards
import sandbox

SCENARIOS = pytest.mark.parametrize("scenario", sandbox.scenario_names())
ROOT = Path(__file__).parents[2]


def random_actions(batch, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(len(batch.world.actions), size=(batch.count, batch.world.agent_count))


@SCENARIOS
def test_a_batch_is_many_singles(scenario: str) -> None:
    """World by world and step by step, over several episodes, for worlds with the same keys."""
    limit = {"max_cycles": 9}
    batch = sandbox.make_batch(scenario, 3, rewards="task", overrides=limit)
    singles = [sandbox.make(scenario, rewards="task", overrides=limit) for _ in range(batch.count)]
    ids = batch.agent_ids
    observations = batch.reset(seed=4)
    for single, state in zip(singles, batch.states, strict=True):
        single.reset(seed=0)
        single._states[0] = state

    def crop(single, agent: str, window: np.ndarray) -> np.ndarray:
        side, full = single.observation_space(agent).shape[0], window.shape[0]
        return window[(full - side) // 2 : (full + side) // 2, (full - side) // 2 : (full + side) // 2]

    rng = np.random.default_rng(0)
    for _ in range(25):
        actions = random_actions(batch, rng)
        result = batch.step(actions)
        for world, single in enumerate(singles):
            seen, paid, terminated, truncated, _ = single.step(
                dict(zip(ids, actions[world].tolist(), strict=True))
            )
            over = not single.agents
            for agent, name in enumerate(ids):
                if name in seen:
                    shown = result.final_observations if over else result.observations
                    assert np.array_equal(seen[name], crop(single, name, shown[world, agent]))
                    assert paid[name] == result.rewards[world, agent]
                    assert terminated[name] == result.terminated[world, agent]
                    assert truncated[name] == result.truncated[world, agent]
                else:
                    assert result.terminated[world, agent]
            if over:
                begun = single.reset()[0]
                for agent, name in enumerate(ids):
                    assert np.array_equal(begun[name], crop(single, name, result.observations[world, agent]))
            else:
                assert not result.final_observations[world].any()
            assert batch.states[world].tobytes() == single._states[0].tobytes()
        assert observations.shape == result.observations.shape


@pytest.mark.parametrize("scenario", ["gilded_cage", "two_doors", "boxed_human"])
def test_rewards_are_those_of_the_single_face(scenario: str) -> None:
    spec = "task+0.5*kindness:horizon=2"
    batch, single = sandbox.make_batch(scenario, 2, rewards=spec), sandbox.make(scenario, rewards=spec)
    batch.reset(seed=1)
    single.reset(seed=0)
    single._states[0] = batch.states[1]
    rng = np.random.default_rng(0)
    for _ in range(15):
        actions = random_actions(batch, rng)
        paid = batch.step(actions).rewards[1]
        _, alone, *_, infos = single.step(dict(zip(batch.agent_ids, actions[1].tolist(), strict=True)))
        assert np.allclose(paid, list(alone.values()), rtol=1e-6, atol=0)
        for agent, info in infos.items():
            assert info["reward/task"] + info["reward/kindness"] == alone[agent]


def test_finished_worlds_start_anew_with_other_rewards_too() -> None:
    for spec in ("task", "task+0*empowerment:horizon=1"):
        batch = sandbox.make_batch("gilded_cage", 70, rewards=spec, overrides={"max_cycles": 3})
        start = batch.reset(seed=0)
        for step in range(7):
            result = batch.step(np.zeros((70, 2), int))
            ended = step % 3 == 2
            assert result.truncated.all() == result.truncated.any() == ended
            assert not result.terminated.any()
            assert np.array_equal(result.observations, start)  # everybody stands still where all begin
            assert np.array_equal(result.final_observations, start if ended else np.zeros_like(start))


def digest_of_play() -> str:
    """SHA-256 of a batch large enough for all threads."""
    batch = sandbox.make_batch("open_field", 64)
    seen = hashlib.sha256(batch.reset(seed=3).tobytes())
    rng = np.random.default_rng(0)
    for _ in range(30):
        for array in batch.step(random_actions(batch, rng)):
            seen.update(array.tobytes())
    return seen.hexdigest()


def test_one_thread_gives_what_many_give() -> None:
    script = "from tests.contracts.test_batch_contract import digest_of_play; print(digest_of_play())"
    env = os.environ | {"NUMBA_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    alone = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert alone.stdout.strip() == digest_of_play()


def test_arrays_of_earlier_steps_stay_as_they_were() -> None:
    batch = sandbox.make_batch("open_field", 3)
    rng = np.random.default_rng(0)
    kept = [batch.reset(seed=0)]
    for _ in range(10):
        kept += batch.step(random_actions(batch, rng))
    was = [array.tobytes() for array in kept]
    batch.step(random_actions(batch, rng))
    kept += [batch.reset()]
    assert [array.tobytes() for array in kept[:-1]] == was
    twin = sandbox.make_batch("open_field", 3)
    twin.reset(seed=0)
    mine = batch.reset(seed=0)
    for _ in range(5):
        actions = random_actions(batch, rng)
        mine[...] = 77
        mine, other = batch.step(actions)[0], twin.step(actions)[0]
        assert np.array_equal(mine, other)


def test_the_same_seed_gives_the_same_worlds_whatever_their_number() -> None:
    few, many = sandbox.make_batch("open_field", 2), sandbox.make_batch("open_field", 5)
    assert np.array_equal(few.reset(seed=9), many.reset(seed=9)[:2])
    again = few.reset(), few.reset()
    assert not np.array_equal(*again)
    few.reset(seed=9)
    assert np.array_equal(again[0], few.reset())


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (np.zeros((3, 2), int), r"^actions must be integers of shape \(2, 2\) \[worlds, agents\], not int64 of shape"),
        (np.zeros(2, int), "shape"),
        (np.zeros((2, 2)), "not float64"),
        (np.zeros((2, 2), bool), "not bool"),
        ([["stay", "stay"]] * 2, "must be integers"),
        (np.full((2, 2), 99), r"^actions must lie in 0\.\.5 \(stay, north"),
        (np.full((2, 2), -1), "must lie in"),
        (np.full((2, 2), 256), "must lie in"),
    ],
)  # fmt: skip
def test_wrong_actions(actions, message: str) -> None:
    batch = sandbox.make_batch("gilded_cage", 2)
    batch.reset(seed=0)
    before = batch.states.tobytes()
    with pytest.raises(ValueError, match=message) as caught:
        batch.step(actions)
    assert "\n" not in str(caught.value)
    assert batch.states.tobytes() == before


def test_other_mistakes() -> None:
    batch = sandbox.make_batch("gilded_cage", 2)
    with pytest.raises(ValueError, match="reset"):
        batch.step(np.zeros((2, 2), int))
    with pytest.raises(ValueError, match="count must be a whole number of worlds from 1"):
        sandbox.make_batch("gilded_cage", 0)
    with pytest.raises(ValueError, match="allowed: cpu"):
        sandbox.make_batch("gilded_cage", 1, device="abacus")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kindnes", "did you mean kindness"),
        ("kindness:horizn=2", "horizon"),
        ({"kindness": {"horizon": "far"}}, "horizon"),
        ({"helpers": "kindness", "helper": "task"}, "no team or group 'helpers'"),
        (7, "rewards"),
    ],
)
def test_wrong_rewards(spec, message: str) -> None:
    for make in (sandbox.make, lambda name, rewards: sandbox.make_batch(name, 2, rewards)):
        with pytest.raises(ValueError, match=message) as caught:
            make("gilded_cage", rewards=spec)
        assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Rows:
    """Pays the row on which one stands; a formulation of a user's own."""

    scale: float = 1.0

    def pay(self, transition, agent: int) -> np.ndarray:
        return self.scale * transition.dynamics.positions(transition.after)[:, agent, 0].astype(float)


@dataclass(frozen=True)
class Task:
    """A user's own idea of a task, under a name that a formulation of ours has too."""

    def pay(self, transition, agent: int) -> np.ndarray:
        return np.full(len(transition.after), 7.0)


def human_and_helper(spec) -> list[list[float]]:
    """Rewards of a first step in which everybody stays, on both faces: [human, helper] each."""
    single, batch = (
        sandbox.make("gilded_cage", rewards=spec),
        sandbox.make_batch("gilded_cage", 2, rewards=spec),
    )
    single.reset(seed=0)
    batch.reset(seed=0)
    return [list(single.step({})[1].values()), batch.step(np.zeros((2, 2), int)).rewards[0].tolist()]


def test_rewards_are_given_in_many_ways() -> None:
    world = sandbox.World(sandbox.load_scenario("gilded_cage"))
    bits = [sandbox.empowerment(world, world.new_states(1, 0), 2, agent=agent)[0] for agent in (0, 1)]
    human, helper = bits
    for spec, expected in [
        (None, [0.0, human]),  # the scenario's own: task for the one, kindness for the other
        ("kindness:horizon=2", [helper, human]),
        ({"kindness": {"horizon": 2, "weight": 3.0}, "task": {}}, [3 * helper, 3 * human]),
        ({"human": {"empowerment": {"horizon": 2}}, "helper": "task"}, [human, 0.0]),
        ({"human": "empowerment:horizon=2"}, [human, human]),  # the others keep the scenario's own
        (Rows(), [3.0, 5.0]),
        ({"helper": Rows(2.0)}, [0.0, 10.0]),
        (Task(), [7.0, 7.0]),
        (rewards.make("0.5*empowerment:horizon=2"), [human / 2, helper / 2]),
    ]:
        for paid in human_and_helper(spec):
            assert paid == pytest.approx(expected, rel=1e-6), spec


@pytest.mark.parametrize("spec", ["kindness:horizon=1+task", "task"])
def test_weights_take_effect_at_once(spec: str) -> None:
    """On both faces, and for the plain task too, which takes a quicker way."""
    way = {"map": "H.G.\n...A\n"}  # the human's first step east does not pay, the second does
    single = sandbox.make("first_meeting", rewards=spec, overrides=way)
    batch = sandbox.make_batch("first_meeting", 1, rewards=spec, overrides=way)
    single.reset(seed=0)
    batch.reset(seed=0)
    east = single.action_names.index("east")
    for weight in (5.0, -2.0):
        for mix in (*single.mixes, *batch.mixes):
            mix.weights["task"] = weight
            if "kindness" in mix.weights:
                mix.weights["kindness"] = 0.0
        _, paid, *_, infos = single.step({"human_0": east})
        assert batch.step(np.array([[east, 0]])).rewards[0, 0] == paid["human_0"]
        assert infos["human_0"]["reward/task"] == paid["human_0"]
    assert paid == {"human_0": -2.0, "helper_0": 0.0}


def test_weights_belong_to_one_environment() -> None:
    first, second = sandbox.make("gilded_cage"), sandbox.make("gilded_cage")
    first.mixes[1].weights["kindness"] = 0.0
    assert second.mixes[1].weights["kindness"] == 1.0
