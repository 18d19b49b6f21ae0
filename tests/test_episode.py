"""An episode goes back and forward to the byte, through changes and branches, and remembers no more than it may."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

import rewards
import sandbox
import scenarios
from rewards.mix import pupils
from sandbox.experiments.company import Company
from sandbox.playback import knowledge
from sandbox.playback.episode import Episode
from sandbox.playback.knowledge import Knowledge
from tests.episode_walk import look, wander


@pytest.fixture(scope="module")
def meeting():
    """A quick scenario and its world."""
    scenario = sandbox.load_scenario("first_meeting")
    return SimpleNamespace(scenario=scenario, world=sandbox.World(scenario))


def played(meeting, steps: int, rewards=None, **more) -> Episode:
    episode = Episode(meeting.scenario, rewards, world=meeting.world, **more)
    for _ in range(steps):
        episode.forward()
    return episode


@pytest.mark.parametrize("name", scenarios.names())
def test_coming_back_shows_the_same_however_one_got_there(name):
    episode = Episode(sandbox.load_scenario(name), seed=2)
    seen = wander(episode, 2, 50)
    places = [(branch, index) for branch, index in seen if branch in episode.tree.lines]
    random.Random(3).shuffle(places)
    assert len(places) > 10
    for branch, index in places:
        episode.switch(branch, index)
        assert (episode.branch, episode.index) == (branch, index)
        assert look(episode) == seen[branch, index]


@pytest.mark.parametrize("name", ["coin_game", "boxed_human", "relay_plates"])
def test_an_episode_is_what_its_company_plays(name):
    scenario = sandbox.load_scenario(name)
    episode = Episode(scenario, seed=4)
    company = Company(scenario)
    states = company.start([4])
    for _ in range(12):
        alone = company.step(states)
        assert episode.forward()
        assert episode.states.tobytes() == states.tobytes()
        for agent, mix in enumerate(company.mixes):
            assert sum(episode.paid(agent).values()) == pytest.approx(mix.pay(alone, agent)[0])
        company.learn(alone)
    episode.go(0)
    for index in range(1, 13):
        assert episode.forward()
        assert episode.index == index == episode.clock
    assert episode.states.tobytes() == states.tobytes()


def test_an_episode_ends(meeting):
    episode = played(meeting, 0)
    while episode.forward():
        pass
    assert episode.over
    assert episode.index == episode.length == meeting.world.max_cycles
    assert episode.events[-1].kind == "end"
    before = look(episode)
    assert not episode.forward()
    assert look(episode) == before
    episode.go(3)
    assert not episode.over


def test_a_change_where_nothing_is_remembered_goes_on_in_the_branch(meeting):
    episode = played(meeting, 4)
    episode.put_agent(0, 0, 1)
    assert len(episode.branches) == 1
    assert [(change.index, change.kind) for change in episode.changes] == [(4, "put_agent")]
    assert meeting.world.positions(episode.states)[0, 0].tolist() == [0, 1]
    episode.forward()
    episode.go(4)
    assert meeting.world.positions(episode.states)[0, 0].tolist() == [0, 1], "what was changed is remembered"


def test_a_change_in_the_past_begins_a_branch_and_the_old_future_stays(meeting):
    episode = played(meeting, 9)
    old = [episode.history.tobytes(), episode.events, episode.series(1)["kindness"].tolist()]
    episode.go(3)
    episode.put_agent(0, 0, 1)
    assert [(b.number, b.parent, b.leaves_at, b.length) for b in episode.branches] == [
        (0, None, 0, 9),
        (1, 0, 3, 3),
    ]
    assert "human_0" in episode.branches[1].cause
    for _ in range(3):
        episode.forward()
    assert (episode.branch, episode.index, episode.length) == (1, 6, 6)
    episode.go(1)
    episode.toggle(0, 3)
    assert episode.branches[-1].parent == 0, "the past belongs to the first"
    episode.switch(0)
    assert (episode.index, episode.length, episode.changes) == (1, 9, [])
    assert [episode.history.tobytes(), episode.events, episode.series(1)["kindness"].tolist()] == old
    with pytest.raises(ValueError, match="no branch 7; there are 0, 1, 2"):
        episode.switch(7)


def test_nothing_done_leaves_no_branch(meeting):
    episode = played(meeting, 5)
    episode.go(2)
    position = meeting.world.positions(episode.states)[0, 0].tolist()
    episode.put_agent(0, *position)
    episode.set_weight(1, "kindness", 1.0)
    with pytest.raises(ValueError, match="off the map"):
        episode.put_agent(0, 99, 99)
    with pytest.raises(ValueError, match="no door"):
        episode.toggle(0, 0)
    with pytest.raises(ValueError, match="not paid by 'task'; it is paid by kindness"):
        episode.set_weight(1, "task", 2)
    with pytest.raises(ValueError, match="whole number"):
        episode.set_parameter(1, "kindness", "horizon", 2.5)
    with pytest.raises(ValueError, match="horizon"):
        episode.set_parameter(1, "kindness", "horizon", -1)
    with pytest.raises(ValueError, match="no number 'outcome' to turn; there are weight, horizon"):
        episode.set_parameter(1, "kindness", "outcome", 1)
    with pytest.raises(ValueError, match="finite"):
        episode.set_weight(1, "kindness", float("nan"))
    with pytest.raises(ValueError, match="no agent 5"):
        episode.take_over(5)
    with pytest.raises(ValueError, match="nobody is taken over"):
        episode.act("east")
    assert len(episode.branches) == 1
    assert episode.changes == []


def test_weights_and_parameters_hold_from_the_next_step_on(meeting):
    episode = played(meeting, 3, {"helper": {"kindness": {"horizon": 2}, "control": {"weight": 0.5}}})
    before = episode.paid(1)
    episode.set_weight(1, "kindness", 3.0)
    episode.set_weight(1, "kindness", 2.0)
    episode.set_parameter(1, "kindness", "horizon", 4)
    assert [dict(change.values) for change in episode.changes] == [
        {"agent": 1, "term": "kindness", "value": 2.0},
        {"agent": 1, "term": "kindness", "parameter": "horizon", "value": 4},
    ]
    assert episode.paid(1) == before
    start = episode.states.copy()
    episode.forward()
    transition = rewards.Transition(
        meeting.world, start, episode.tree.actions(3)[None], episode.states, policies=episode.company.minds()
    )
    wanted = rewards.make({"kindness": {"weight": 2.0, "horizon": 4}, "control": {"weight": 0.5}})
    paid = {name: value[0] for name, value in wanted.terms_paid(transition, 1).items()}
    assert episode.paid(1) == pytest.approx(paid)
    now = {(one.term, one.parameter): one.value for one in episode.parameters(1)}
    assert (now["kindness", "weight"], now["kindness", "horizon"]) == (2.0, 4)
    episode.go(2)
    now = {(one.term, one.parameter): one.value for one in episode.parameters(1)}
    assert (now["kindness", "weight"], now["kindness", "horizon"]) == (1.0, 2), "the past is as it was"


def test_agents_that_share_a_mix_change_together():
    episode = Episode(sandbox.load_scenario("coexistence"), "empowerment")
    episode.set_parameter(1, "empowerment", "horizon", 2)
    assert {
        one.value for agent in (0, 1) for one in episode.parameters(agent) if one.parameter == "horizon"
    } == {2}


@pytest.mark.parametrize("name", rewards.names())
def test_every_slider_stays_within_what_is_allowed(meeting, name):
    try:
        episode = Episode(meeting.scenario, {"helper": name}, world=meeting.world)
    except ValueError:
        pytest.skip("not in this world")
    found = episode.parameters(1)
    assert found[0].parameter == "weight"
    for one in found:
        assert one.least <= one.value <= one.most or one.value == np.inf, one
        assert np.isfinite([one.least, one.most]).all()
        assert isinstance(one.value, int) or not one.is_whole
        for value in (one.least, one.most):
            if one.parameter != "weight":
                episode.set_parameter(1, one.term, one.parameter, value)


def test_hands_one_agent_does_as_told_and_the_others_play_on(meeting):
    episode = played(meeting, 2)
    episode.take_over(0)
    assert episode.taken_over == 0
    for action in ("west", "east", None, "interact"):
        if action:
            episode.act(action)
        helper = episode.company.policies[1].act(episode.states)[0]
        episode.forward()
        wanted = meeting.world.actions.index(action) if action else 0
        assert episode.tree.actions(episode.index - 1).tolist() == [wanted, helper]
    episode.take_over(1)
    episode.forward()
    assert episode.tree.actions(episode.length - 1)[1] == 0
    episode.take_over(None)
    own = [
        policy.act(episode.states)[0] for policy in Company(meeting.scenario, None, meeting.world).policies
    ]
    episode.forward()
    assert episode.tree.actions(episode.length - 1).tolist() == own
    episode.go(3)
    assert episode.taken_over == 0
    episode.go(0)
    assert episode.taken_over is None
    assert episode.chances(0) is not None


def test_acting_otherwise_than_remembered_begins_a_branch(meeting):
    episode = played(meeting, 1)
    episode.take_over(0)
    episode.act("east")
    episode.forward()
    episode.forward()
    episode.go(1)
    episode.act("east")
    assert len(episode.branches) == 1, "that is what was done"
    episode.act("west")
    assert (len(episode.branches), episode.length) == (2, 1)
    episode.forward()
    assert episode.tree.actions(1)[0] == meeting.world.actions.index("west")
    episode.go(1)
    episode.act("north")
    episode.go(0)
    assert len(episode.branches) == 2, "a branch in which nothing was done is forgotten"
    episode.switch(0, 1)
    with pytest.raises(ValueError, match="no action 'up'; there are stay"):
        episode.act("up")


LEARNING = [name for name in rewards.names() if hasattr(rewards.formulation(name), "learn")]


def known(episode: Episode) -> list[dict[str, bytes]]:
    return [
        {name: np.asarray(tensor).tobytes() for name, tensor in pupil.tensors().items()}
        for pupil in pupils(episode.company.mixes)
    ]


@pytest.mark.parametrize("name", [*LEARNING, "normalised"])
def test_formulations_that_learn_know_the_same_when_one_comes_back(meeting, name):
    spec = {"kindness": {"horizon": 1, "normalise": True}} if name == "normalised" else name
    try:
        episode = Episode(meeting.scenario, {"helper": spec}, world=meeting.world, limit=24)
    except ValueError:
        pytest.skip("not in this world")
    assert episode.dials.pupils()
    seen, paid = [known(episode)], []
    for _ in range(15):
        episode.forward()
        seen.append(known(episode))
        paid.append(episode.paid(1))
    if name in ("count", "normalised", "prediction_error"):
        assert seen[15] != seen[1]
    for index in (7, 15, 2, 6, 0, 14):
        episode.go(index)
        assert known(episode) == seen[index]
    episode.go(9)
    episode.take_over(0)
    for _ in range(3):
        episode.forward()
    branch = known(episode)
    episode.switch(0, 15)
    assert known(episode) == seen[15]
    episode.switch(1, 12)
    assert known(episode) == branch
    episode.reset(episode.seed)
    assert known(episode) == seen[0]


def test_a_parameter_of_what_learns_lets_it_begin_anew_and_no_other(meeting):
    spec = {"helper": {"count": {}, "prediction_error": {"rate": 0.5}}}
    episode = played(meeting, 8, spec)
    count, model = known(episode)
    episode.set_parameter(1, "prediction_error", "rate", 0.25)
    assert known(episode)[0] == count
    assert known(episode)[1] != model
    after = known(episode)
    episode.forward()
    later = known(episode)
    episode.go(8)
    assert known(episode) == after
    episode.go(9)
    assert known(episode) == later


def test_memory_is_bounded_and_the_oldest_go_first():
    scenario = sandbox.load_scenario("open_field", {"max_cycles": 5000})
    episode = Episode(scenario, limit=200)
    sizes = []
    for _ in range(3000):
        episode.forward()
        assert episode.tree.count <= 200 + 1
        sizes.append(episode.tree.nbytes - episode.tree.present.actions.nbytes)
    assert max(sizes[1000:]) == max(sizes), "no more after ten thousand steps than before"
    assert max(sizes) < 4 * 201 * (episode.world.state_type.itemsize + 64)
    assert episode.first_step > 2700
    episode.go(0)
    assert episode.index == episode.first_step
    assert len(episode.history) == episode.length + 1 - episode.first_step
    assert len(episode.series(0)["task"]) == len(episode.history)
    first = episode.states.tobytes()
    *_, (_, _, last) = episode.lived(episode.first_step)
    assert last.tobytes() == first, "what was forgotten can be played again"


def test_branches_without_end_are_bounded_too(meeting):
    episode = played(meeting, 12, limit=60)
    for turn in range(300):
        episode.go(turn % 11)
        episode.take_over(None if episode.taken_over is not None else turn % 2)
        episode.forward()
        assert episode.tree.count <= 60 + 2 * episode.tree.block
        assert len(episode.branches) <= 64 + 12
    seen = wander(episode, 5, 60)
    for branch, index in seen:
        if branch in episode.tree.lines and index >= episode.first_step:
            episode.switch(branch, index)
            assert look(episode)[0] == seen[branch, index][0]


def test_what_learns_along_is_bounded_and_still_right_after_forgetting():
    scenario = sandbox.load_scenario("open_field", {"max_cycles": 400})
    episode, whole = (Episode(scenario, "count", limit=limit) for limit in (40, 1000))
    for _ in range(150):
        episode.forward()
        whole.forward()
    for index in (149, 120, 135, 150):
        episode.go(index)
        whole.go(index)
        assert index >= episode.first_step > 0
        assert known(episode) == known(whole)
        assert episode.total == whole.total
    assert len(episode._knowledge._kept) <= 40 + episode.tree.block


def test_coming_back_to_what_was_known_learns_nothing_again_where_memory_allows(meeting, monkeypatch):
    episode = played(meeting, 20, "prediction_error")
    seen = []
    for index in range(21):
        episode.go(index)
        seen.append(known(episode))
    assert len({repr(each) for each in seen}) == 21
    monkeypatch.setattr(Knowledge, "_again", lambda *_: pytest.fail("learned again"))
    for index in (3, 20, 0, 11, 12):
        episode.go(index)
        assert known(episode) == seen[index]


@pytest.mark.parametrize(("room", "least"), [(20 << 16, 5), (1 << 15, 0)])
def test_what_was_known_takes_no_more_memory_than_it_may(room, least, monkeypatch):
    """One moment takes 64 KiB: there is room for twenty of them, or for none."""
    monkeypatch.setattr(knowledge, "MOST_BYTES", room)
    monkeypatch.setattr(knowledge, "RECENT_BYTES", 0)
    scenario = sandbox.load_scenario("first_meeting", {"max_cycles": 400})
    whole, episode = Episode(scenario, "prediction_error"), Episode(scenario, "prediction_error", limit=100)
    kept, seen = episode._knowledge, [known(whole)]
    while whole.forward() and whole.index < 140:
        seen.append(known(whole))
    for step in range(150):
        if step == 60:
            episode.go(50)
            episode.take_over(0)
            episode.take_over(None)
        episode.forward()
        held = {id(each): knowledge._size(each) for each in kept._kept.values()}
        assert kept.nbytes == sum(held.values()) <= room
        held |= {id(each): knowledge._size(each) for each in kept._recent.values()}
        assert sum(held.values()) <= room + (2 << 16), "the last two moments besides"
    assert len(kept._kept) >= least
    assert kept.every > 1
    for index in (139, 101, 102, 80, 120):
        episode.go(index)
        assert known(episode) == seen[index]


def test_going_anywhere_in_ten_thousand_steps_is_a_copy(monkeypatch):
    scenario = sandbox.load_scenario("open_field", {"max_cycles": 20_000})
    episode = Episode(scenario)
    for _ in range(10_000):
        episode.forward()
    assert (episode.length, episode.first_step) == (10_000, 100)
    monkeypatch.setattr(type(episode.world), "step", lambda *_: pytest.fail("nothing is played again"))
    for index in (100, 9_999, 5_000, 101):
        episode.go(index)
        assert episode.states["clock"][0] == index


def test_bookmarks_belong_to_the_past_that_they_mark(meeting):
    episode = played(meeting, 6)
    episode.go(2)
    episode.toggle_bookmark()
    episode.go(5)
    episode.toggle_bookmark("there")
    assert episode.bookmarks == {2: "step 2", 5: "there"}
    episode.go(3)
    episode.take_over(0)
    assert episode.bookmarks == {2: "step 2"}
    episode.switch(0, 5)
    episode.toggle_bookmark()
    assert episode.bookmarks == {2: "step 2"}


def test_beginning_again_keeps_what_was_turned(meeting):
    episode = played(meeting, 4)
    episode.set_weight(1, "kindness", 0.5)
    episode.take_over(0)
    episode.forward()
    episode.reset()
    assert (episode.seed, episode.index, episode.length, len(episode.branches)) == (1, 0, 0, 1)
    assert [change.kind for change in episode.changes] == ["weight", "take_over"]
    assert episode.taken_over == 0
    episode.take_over(None)
    episode.set_weight(1, "kindness", 1.0)
    episode.forward()
    fresh = Episode(meeting.scenario, seed=1, world=meeting.world)
    fresh.forward()
    assert (episode.states.tobytes(), episode.total) == (fresh.states.tobytes(), fresh.total)


def test_events(tmp_path):
    episode = Episode(sandbox.load_scenario("key_and_gate"))
    while episode.forward():
        pass
    kinds = {event.kind for event in episode.events}
    assert kinds <= {"door", "goal", "death", "item", "end"}
    assert "end" in kinds
    assert any("takes a key" in event.text for event in episode.events)
    doors = [event.index for event in episode.events if event.kind == "door"]
    history = episode.history["door_open"]
    changed = (np.flatnonzero((history[1:] != history[:-1]).any(axis=1)) + 1).tolist()
    assert sorted(set(doors)) == changed


def test_what_a_planner_expects_and_how_it_chooses(meeting):
    episode = played(meeting, 1)
    chances, values = episode.chances(1), episode.values(1)
    assert chances is not None
    assert chances.sum() == pytest.approx(1)
    assert list(values) == list(meeting.world.actions)
    assert max(values, key=values.__getitem__) in [
        name for name, chance in zip(meeting.world.actions, chances, strict=True) if chance > 0
    ]
    assert episode.values(0) == {}
    episode.take_over(1)
    assert episode.chances(1) is None
    assert episode.values(1) == {}


def test_going_back_does_not_learn_again_before_somebody_asks(monkeypatch):
    """What is drawn after each step back comes at once, also where formulations learn along; a planner has to ask."""
    episode = Episode(sandbox.load_scenario("open_field"), "count", 0)
    while episode.index < 6:
        assert episode.forward()
    episode.go(2)

    def bring(*_):
        raise AssertionError("learned again")

    monkeypatch.setattr(Knowledge, "bring", bring)
    assert episode.chances(0) is not None
    assert episode.values(0) == {}
    assert episode.paid(0)["count"] > 0
    assert len(episode.seated.policies) == len(episode.agent_names)
    with pytest.raises(AssertionError, match="learned again"):
        _ = episode.company
