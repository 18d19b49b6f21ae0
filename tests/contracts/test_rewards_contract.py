"""What holds for every formulation, tested over the folder: a new file is tested the moment it exists."""

import copy
import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rewards
import sandbox
from rewards import Transition
from rewards.mix import pupils
from sandbox.experiments.company import Company

FURNISHED = Path(__file__).with_name("furnished.yaml")
NAMES = pytest.mark.parametrize("name", rewards.names())
COUNTS = {1: {"agents": {"guest": {"letter": ".", "count": 1, "view": 2, "team": "guests"}}}, 2: {}, 8: {
    "agents.guest.count": 4, "agents.host.count": 4}}  # fmt: skip
WORLDS = 5


@cache
def company(agents: int) -> Company:
    return Company(sandbox.load_scenario(str(FURNISHED), COUNTS[agents]), "task")


def steps(agents: int, count: int = 12, seed: int = 0) -> list[Transition]:
    """Transitions of some worlds that play at random; in the last ones some agents have reached a goal and are gone."""
    seated = company(agents)
    world, rng = seated.world, np.random.default_rng(seed)
    states, found = world.new_states(WORLDS, seed), []
    for _ in range(count):
        before = world.copy(states)
        actions = rng.integers(0, len(world.actions), (WORLDS, agents)).astype(np.int8)
        world.step(states, actions)
        found.append(Transition(world, before, actions, world.copy(states), policies=seated.minds()))
    return found


def again(transition: Transition, rows=slice(None)) -> Transition:
    """The same step, or some of its worlds, with nothing worked out yet."""
    parts = (transition.before[rows].copy(), transition.actions[rows].copy(), transition.after[rows].copy())
    return Transition(transition.dynamics, *parts, policies=transition.policies)


def paid(mix: rewards.Mix, transition: Transition) -> np.ndarray:
    agents = range(transition.dynamics.agent_count)
    return np.stack([mix.pay(transition, agent) for agent in agents], axis=1)


@NAMES
@pytest.mark.parametrize("agents", COUNTS)
def test_pays_numbers_and_changes_nothing(name: str, agents: int) -> None:
    """Shape, finite, repeatable, the present untouched, for one agent and for eight."""
    mix = rewards.make(name)
    for transition in steps(agents)[::4]:
        kept = again(transition)
        found = paid(mix, transition)
        assert found.shape == (WORLDS, agents)
        assert found.dtype == np.float64
        assert np.isfinite(found).all()
        assert (paid(mix, transition) == found).all()
        assert (paid(mix, again(transition)) == found).all()
        for part in ("before", "actions", "after"):
            assert getattr(transition, part).tobytes() == getattr(kept, part).tobytes()


@NAMES
def test_a_batch_is_many_singles(name: str) -> None:
    mix = rewards.make(name)
    for transition in steps(2)[::5]:
        whole = paid(mix, again(transition))
        for world in range(WORLDS):
            single = paid(mix, again(transition, slice(world, world + 1)))
            assert single[0] == pytest.approx(whole[world], rel=1e-9, abs=1e-12)


@NAMES
def test_who_is_gone_is_paid_nothing(name: str) -> None:
    """After the step by which it leaves."""
    mix, seen = rewards.make(name), 0
    for transition in steps(2, 40)[::6]:
        for formulation in pupils([mix]):
            formulation.learn(again(transition))
        gone = ~transition.dynamics.alive(transition.before)
        seen += int(gone.sum())
        assert (paid(mix, again(transition))[gone] == 0).all()
    assert seen


@NAMES
def test_pickled_and_copied_it_pays_the_same(name: str) -> None:
    mix = rewards.make(name)
    *lived, last = steps(2, 4)
    for transition in lived:
        for formulation in pupils([mix]):
            paid(mix, transition)
            formulation.learn(transition)
    wanted = paid(mix, again(last))
    assert (paid(pickle.loads(pickle.dumps(mix)), again(last)) == wanted).all()
    assert (paid(copy.deepcopy(mix), again(last)) == wanted).all()


@pytest.mark.parametrize("name", [name for name in rewards.names() if pupils([rewards.make(name)])])
def test_what_was_learned_is_kept(name: str) -> None:
    """`tensors` and `restore` go on to the bit, in learning too; the same steps teach the same."""
    first, second, third = (rewards.make(name) for _ in range(3))
    lived = steps(2, 8)

    def live(mix: rewards.Mix, transitions: list[Transition]) -> list[np.ndarray]:
        found = []
        for transition in map(again, transitions):
            found.append(paid(mix, transition))
            for formulation in pupils([mix]):
                formulation.learn(transition)
        return found

    live(first, lived[:5])
    wanted = live(first, lived[5:])
    live(second, lived[:5])
    for one, other in zip(pupils([second]), pupils([third]), strict=True):
        other.restore({key: copy.deepcopy(value) for key, value in one.tensors().items()})
    for mix in (second, third):
        for found, expected in zip(live(mix, lived[5:]), wanted, strict=True):
            assert (found == expected).all()
    for figure in pupils([first])[0].figures().values() if hasattr(pupils([first])[0], "figures") else ():
        assert np.isfinite(figure)


@NAMES
def test_batches_and_environments_take_it(name: str) -> None:
    """Float32 [worlds, agents] from a batch, and single numbers from PettingZoo's face."""
    batch = sandbox.make_batch(str(FURNISHED), 3, rewards=name)
    batch.reset(seed=0)
    result = batch.step(np.zeros((3, 2), int))
    assert result.rewards.shape == (3, 2)
    assert result.rewards.dtype == np.float32
    env = sandbox.make(str(FURNISHED), rewards=name)
    env.reset(seed=0)
    infos = env.step(dict.fromkeys(env.agents, 0))[-1]
    assert all(np.isfinite(info[f"reward/{name}"]) for info in infos.values())


@NAMES
def test_what_a_bare_world_lacks_is_named(name: str) -> None:
    """Either it can be paid where there is nothing but floor and feet, or one line says what is missing."""
    said = ""
    try:
        batch = sandbox.make_batch("open_field", 1, rewards=name)
        batch.reset(seed=0)
        paid = batch.step(np.zeros((1, batch.world.agent_count), int)).rewards
    except ValueError as lack:
        said, paid = str(lack), np.zeros(1)
    assert np.isfinite(paid).all()
    assert not said or said.startswith(f"reward {name} needs ") or "situations" in said
    assert "\n" not in said
