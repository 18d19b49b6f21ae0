"""Every formulation in one state, for everybody and for each next action."""

import numpy as np
import pytest

import rewards
import sandbox
from rewards import Transition
from sandbox.experiments import report
from sandbox.experiments.probe import probe
from sandbox.playback import recording
from sandbox.playback.episode import Episode


@pytest.fixture(scope="module")
def meeting():
    return sandbox.load_scenario("first_meeting")


def test_figures_are_those_of_the_formulations(meeting):
    found = probe(meeting, ["kindness:horizon=2", "task+empowerment"], agent=1, seed=3)
    world, states = found.world, found.states
    for name in found.everybody:
        mix = rewards.make(name)
        still = np.zeros((1, 2), np.int8)
        step = Transition(world, states, still, world.imagine(states, still))
        assert found.everybody[name].tolist() == [mix.pay(step, agent)[0] for agent in (0, 1)]
        for action in range(len(world.actions)):
            joint = np.array([[0, action]], np.int8)
            step = Transition(world, states, joint, world.imagine(states, joint))
            assert found.actions[name][action] == mix.pay(step, 1)[0]
    opens = world.actions.index("interact")
    assert found.actions["kindness:horizon=2"].argmax() == opens, "the kind thing is to open the door"


def test_a_state_is_that_of_the_episode_that_is_played(meeting):
    """What learns along has seen the same steps, whether they are played or lived through before."""
    episode = Episode(meeting, seed=2)
    for _ in range(5):
        episode.forward()
    names = ["kindness", "count", "prediction_error", "kindness(normalise=true)"]
    played = probe(meeting, names, 1, 2, 5)
    shown = probe(meeting, names, 1, states=episode.states, past=episode.lived(5), world=episode.world)
    assert played.states.tobytes() == episode.states.tobytes()
    for name in names:
        assert played.actions[name].tolist() == shown.actions[name].tolist()
        assert played.everybody[name].tolist() == shown.everybody[name].tolist()
    fresh = probe(meeting, names, 1, states=episode.states)
    assert fresh.actions["count"].tolist() != shown.actions["count"].tolist()
    assert fresh.actions["kindness"].tolist() == shown.actions["kindness"].tolist()


def test_every_formulation_says_something_or_why_not(meeting):
    found = probe(meeting, agent=1)
    assert {*found.everybody, *found.silent} == {*rewards.names()}
    assert all(len(values) == len(found.world.actions) for values in found.actions.values())
    assert np.isnan(found.everybody["potential"]).tolist() == [False, True], "the helper has no goal"
    assert np.isfinite(found.everybody["kindness"]).all()


def test_the_plot_has_a_row_for_each_that_tells_actions_apart(meeting, tmp_path):
    found = probe(meeting, ["task", "kindness:horizon=2", "potential"], agent=1)
    figure = report.plot_probe(found, tmp_path / "probe.png")
    assert (tmp_path / "probe.png").read_bytes()[:4] == b"\x89PNG"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["kindness:horizon=2"]
    assert figure.get_supxlabel() == "no difference: task", "potential says nothing: the helper has no goal"


def test_mistakes(meeting):
    with pytest.raises(ValueError, match="did you mean kindness"):
        probe(meeting, ["kindnes"])
    with pytest.raises(ValueError, match="over after 20 steps, before step 99"):
        probe(meeting, ["task"], steps=99)
    with pytest.raises(ValueError, match="no agent 7"):
        probe(meeting, ["task"], agent=7)


def test_the_command(call, tmp_path):
    code, out, err = call(
        "probe", "first_meeting", "--rewards", "task,kindness(horizon=1, aggregate=min)", "--steps", "1"
    )
    assert (code, err) == (0, "")
    assert "human_0" in out
    assert "interact" in out
    episode = Episode(sandbox.load_scenario("first_meeting"), seed=4)
    for _ in range(6):
        episode.forward()
    path = tmp_path / "it.recording"
    recording.save(path, episode)
    asked = ("--rewards", "kindness,count", "--steps", "4")
    wanted = call("probe", "first_meeting", "--seed", "4", *asked)
    assert wanted[0] == 0
    assert call("probe", path, *asked) == call("probe", "first_meeting", "--state", path, *asked) == wanted
    for arguments, words in [
        (("first_meeting", "--state", path, "--steps", 7), "ends after 6 steps"),
        (("doorway", "--state", path), "no recording of doorway, but of first_meeting"),
        (("first_meeting", "--state", tmp_path / "gone.recording"), "no such file"),
        ((path, "--set", "max_cycles=3"), "leave --set out"),
    ]:
        code, out, err = call("probe", *arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
    code, out, err = call("probe", "first_meeting", "--agent", "nobody")
    assert code == 2
    assert len(err.splitlines()) == 1
