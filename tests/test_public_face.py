"""The names that scripts outside the project call, used as they were promised."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pettingzoo
import pytest

import sandbox
import scenarios
from rewards.estimators.capacity import channel_capacity


def test_every_name_is_there() -> None:
    assert sorted(sandbox.__all__) == sandbox.__all__
    for name in sandbox.__all__:
        assert getattr(sandbox, name)
        assert name == "__version__" or inspect.getdoc(getattr(sandbox, name))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sandbox.nothing  # noqa: B018


def test_signatures_are_as_promised() -> None:
    for function, promised in [
        (sandbox.load_scenario, ["name_or_path", "overrides"]),
        (sandbox.make, ["name_or_path", "rewards", "render_mode", "max_cycles", "overrides"]),
        (sandbox.make_batch, ["name_or_path", "count", "rewards", "device", "overrides"]),
        (sandbox.empowerment, ["world", "states", "horizon", "agent", "perceiver", "outcome", "others"]),
        (sandbox.empowerment_map, ["name_or_world", "horizon", "agent", "outcome", "noise", "others"]),
        (channel_capacity, ["p", "tol"]),
    ]:
        assert list(inspect.signature(function).parameters)[: len(promised)] == promised, function


def test_scenarios() -> None:
    names = sandbox.scenario_names()
    assert names == sorted(names)
    assert {
        "open_field",
        "doorway",
        "box_room",
        "klyubin_maze",
        "gilded_cage",
        "boxed_human",
        "two_doors",
    } <= {*names}
    for name in names:
        scenario = sandbox.load_scenario(name)
        assert isinstance(scenario, sandbox.Scenario)
        assert scenario.name == name
        assert scenario.hash == sandbox.load_scenario(scenarios.path(name)).hash
    changed = sandbox.load_scenario("gilded_cage", overrides={"agents.helper.view": 5})
    assert changed.agents["helper"].view == 5
    with pytest.raises(sandbox.ScenarioError, match="did you mean"):
        sandbox.load_scenario("gilded_cag")


def test_a_world_and_its_states() -> None:
    world = sandbox.World(sandbox.load_scenario("gilded_cage"))
    states = world.new_states(3, 0)
    assert states.shape == (3,)
    kept = states[1].copy()
    world.step(states, np.array([[world.actions.index("east"), 0]] * 3))
    assert states[1]["cell"][0] == kept["cell"][0] + 1
    states[1] = kept  # copying a world is an assignment
    assert states[1].tobytes() == kept.tobytes()
    assert states[0]["clock"] == 1


def test_make() -> None:
    env = sandbox.make("gilded_cage", rewards="kindness", render_mode="rgb_array", max_cycles=4)
    assert isinstance(env, pettingzoo.ParallelEnv)
    _, infos = env.reset(seed=0)
    assert infos["human_0"]["reward/kindness"] == 0.0
    picture = env.render()
    assert isinstance(picture, np.ndarray)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    env.close()
    path = scenarios.path("doorway")
    assert sandbox.make(path, overrides={"max_cycles": 7}).max_cycles == 7
    assert sandbox.make(str(path)).possible_agents == ["left_0", "right_0"]
    with pytest.raises(ValueError, match=r"allowed: rgb_array, ansi .*sandbox watch"):
        sandbox.make("doorway", render_mode="human")


def test_make_batch() -> None:
    env = sandbox.make_batch("gilded_cage", 5, rewards={"helper": "kindness"}, overrides={"max_cycles": 2})
    observations = env.reset(seed=0)
    assert observations.shape == (5, 2, 7, 7, 3)
    result = env.step(np.zeros((5, 2), int))
    assert result._fields == ("observations", "rewards", "terminated", "truncated", "final_observations")
    assert not result.truncated.any()
    assert env.step(np.zeros((5, 2), int)).truncated.all()


def test_empowerment() -> None:
    world = sandbox.World(
        sandbox.load_scenario("gilded_cage", {"map": "#####\n#...#\n#.H.#\n#..A#\n#####\n"})
    )
    states = world.new_states(2, 0)
    bits = sandbox.empowerment(world, states, 1)
    assert bits.dtype == np.float64
    assert bits == pytest.approx([np.log2(5)] * 2)
    assert sandbox.empowerment(world, states, 1, agent=1) == pytest.approx([np.log2(3)] * 2)
    assert sandbox.empowerment(world, states, 1, agent=1, perceiver=0) == pytest.approx([0.0] * 2)
    assert sandbox.empowerment(world, states, 1, outcome="world", others="still") == pytest.approx(
        [np.log2(5)] * 2
    )


def test_empowerment_map() -> None:
    bits = sandbox.empowerment_map("klyubin_maze", 5)
    assert bits.shape == (10, 10)
    assert np.nanmin(bits) == pytest.approx(np.log2(11))
    assert np.nanmax(bits) == pytest.approx(np.log2(46))
    cage = sandbox.World(sandbox.load_scenario("gilded_cage"))
    bits = sandbox.empowerment_map(cage, 1)
    assert np.isnan(bits[0]).all()  # wall
    assert np.isnan(bits[5, 8])  # the helper
    assert bits[3, 11] == 1.0  # the corridor's end
    assert (sandbox.empowerment_map(cage, 1, noise=0.5)[1:4, 1:4] < bits[1:4, 1:4]).all()


def test_channel_capacity() -> None:
    p = np.array([[0.9, 0.1], [0.1, 0.9]])
    found = channel_capacity(p, tol=1e-9)
    closed = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)
    assert found.bits == pytest.approx(closed, abs=1e-9)
    assert found.lower <= closed + 1e-12
    assert closed - 1e-12 <= found.upper
    assert found.inputs == pytest.approx([0.5, 0.5], abs=1e-4)


def test_compare() -> None:
    result = sandbox.compare(
        "gilded_cage", ["task", "kindness:horizon=3"], seeds=2, overrides={"max_cycles": 5}
    )
    assert result.formulations == ["task", "kindness:horizon=3"]
    assert result.summary()["task"]["steps"].mean == 5


def test_importing_is_light() -> None:
    """Nothing that only some need is loaded by `import sandbox`, and nothing prints."""
    script = (
        "import sys, sandbox; sandbox.scenario_names(); "
        "print([n for n in ('torch', 'pygame', 'matplotlib', 'pyarrow', 'numba', 'networkx') if n in sys.modules])"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert done.stderr == ""
