"""Side effects and consideration: what baselines see and miss, who is looked at, and the known failures."""

import numpy as np
import pytest

import sandbox
from rewards import Transition, make
from rewards.attainable_utility import AttainableUtility
from rewards.be_considerate import BeConsiderate
from rewards.estimators.baselines import BASELINES
from rewards.estimators.situations import uniform
from rewards.future_tasks_of_others import FutureTasksOfOthers
from rewards.relative_reachability import RelativeReachability
from tests.behaviour.graphs import Graph, table

SIDE_EFFECTS = ("attainable_utility", "relative_reachability", "future_tasks_of_others")


@pytest.fixture(scope="module")
def cage():
    """The gilded cage: the helper, agent 1, holds still, walks a step, or shuts the door on the human."""
    world = sandbox.World(sandbox.load_scenario("gilded_cage"))
    before = np.repeat(world.new_states(1, 0), 3)
    names = list(world.actions)
    actions = np.array([[0, 0], [0, names.index("east")], [0, names.index("interact")]])
    return Transition(world, before, actions, world.imagine(before, actions))


BELT, BROKEN, SAFE = 0, 1, 2
STAY, GO, LIFT, PUT = range(4)


def belt(**more) -> Graph:
    """A vase, agent 1, that breaks when it goes on along its belt; agent 0 can lift it off and put it back."""

    def move(places, agent, actions):
        if agent == 0:
            lifted = (actions == LIFT) & (places[:, 1] == BELT)
            back = (actions == PUT) & (places[:, 1] == SAFE)
            places[:, 1] = np.where(lifted, SAFE, np.where(back, BELT, places[:, 1]))
        else:
            places[:, 1] = np.where((actions == GO) & (places[:, 1] == BELT), BROKEN, places[:, 1])
        return places

    return Graph(move, 3, 4, agents=2, **more)


def follow(formulation, world, states, *steps, agent=0):
    """What each step pays, remembered along."""
    paid = []
    for actions in steps:
        transition = world.step(states, *actions)
        paid.append(float(formulation.pay(transition, agent)[0]))
        formulation.learn(transition)
        states = transition.after
    return paid


# Whose, and of what


def test_attainable_utility_in_closed_form():
    """From place 0 to an end, or to stay: V = R(0) + g V and R(1) / (1 - g) of the same seeded draws."""
    world = Graph(table([0, 1], [1, 1]), 2, 2)
    formulation = AttainableUtility(gamma=0.8, auxiliaries=7, seed=4)
    first, last = uniform(np.array([[1], [2]]), 7, 4)
    then, now = np.maximum(first / 0.2, first + 4 * last), last / 0.2
    wanted = -(np.abs(now - then) / then).mean()
    assert formulation.pay(world.step(world.at(0), 1), 0) == pytest.approx(wanted)
    assert formulation.pay(world.step(world.at(0), 0), 0) == 0


def test_attainable_utility_for_oneself_is_indifferent_to_a_bystander(cage):
    """Known failure: to shut the door on somebody changes nothing for oneself; looking at the others sees it."""
    still, walk, shut = AttainableUtility().pay(cage, 1)
    assert still == shut == 0 > walk
    still, walk, shut = AttainableUtility(of="others", gamma=0.98).pay(cage, 1)
    assert still == walk == 0 > shut
    assert (
        AttainableUtility(of="others").pay(cage, 1) == 0
    ).all()  # what is far away is not missed at gamma 0.9


def test_relative_reachability_is_indifferent_to_a_bystander(cage):
    """Known failure: all that counts is whether one could turn back, not how it is for somebody meanwhile."""
    still, _, shut = RelativeReachability(gamma=0.999).pay(cage, 1)
    assert still == 0 > shut > -0.01


def test_relative_reachability_equals_a_search_by_hand():
    """0 -> 1 -> 2 and back to 0: from 1 rather than 0 it is two steps to 0; place 3 is lost for good."""
    world = Graph(table([0, 1, 3], [1, 2, 2], [2, 0, 0], [3, 3, 3]), 4, 3)
    fine = RelativeReachability(gamma=0.9).pay(world.step(world.at(0), 1), 0)
    assert fine == pytest.approx(-((1 - 0.9**2) + 0 + 0 + (0.9 - 0.9**3)) / 4)
    assert RelativeReachability(gamma=0.9).pay(world.step(world.at(0), 2), 0) == pytest.approx(
        -((1 - 0) + 0.9 + 0.9**2 + 0) / 4
    )


def test_future_tasks_of_others_pay_for_the_open_door(cage):
    still, walk, shut = FutureTasksOfOthers().pay(cage, 1)
    assert still == walk > shut > 0
    room = 25 / 31
    assert FutureTasksOfOthers(gamma=0.999999).pay(cage, 1)[2] == pytest.approx(room, abs=1e-4)


@pytest.mark.parametrize("baseline", BASELINES)
def test_future_tasks_pay_for_no_more_than_the_baseline_gives(baseline):
    """Known failure, and its price for asking for nothing: to free somebody is worth no more than to do nothing."""

    def move(places, agent, actions):
        if agent == 0:
            places[:, 0] = np.where(actions == 1, 1, places[:, 0])
        else:
            places[:, 1] = np.where(places[:, 0] == 1, actions, places[:, 1])
        return places

    world = Graph(move, 3, 3, agents=2)
    formulation = FutureTasksOfOthers(baseline=baseline)
    freed, left = (formulation.pay(world.step(world.at((0, 0)), action, 0), 0) for action in (1, 0))
    assert freed == left == 1


# Baselines


@pytest.mark.parametrize("name", SIDE_EFFECTS)
def test_interference_with_the_start_as_baseline(name):
    """Known failure: what goes its own way is held against one who did nothing, so that it pays to stop it."""
    whose = "of=others, " if name == "attainable_utility" else ""
    went = (STAY, GO)
    for baseline, blamed in (("start", True), ("inaction", False), ("stepwise", False)):
        formulation = make(f"{name}({whose}baseline={baseline})").terms[0].formulation
        world = belt()
        broken = follow(formulation, world, world.at((0, BELT)), went)[0]
        spared = follow(formulation, world, world.at((0, BELT)), (STAY, STAY))[0]
        assert (broken < spared) == blamed


def test_offsetting_with_inaction_as_baseline():
    """Known failure: once the vase is saved, to let it break after all is to come back to what inaction had come to."""
    fines = {}
    for baseline in BASELINES:
        for then in (STAY, PUT):
            formulation = AttainableUtility(over="situation", baseline=baseline)
            world = belt()
            steps = [(LIFT, GO), (STAY, GO) if then == STAY else (PUT, GO)]
            fines[baseline, then] = follow(formulation, world, world.at((0, BELT)), *steps)[1]
    assert fines["inaction", PUT] == 0 > fines["inaction", STAY]
    assert fines["stepwise", STAY] == 0 > fines["stepwise", PUT]
    assert (
        fines["start", STAY] > fines["start", PUT]
    )  # the vase can be put back as it was; a broken one cannot


def test_the_start_lasts_until_the_next_episode():
    """What was shut is fined at every later step, and forgotten where an episode begins."""
    world = Graph(table([0, 1, 2], [1, 1, 1], [2, 2, 2]), 3, 3)
    formulation = RelativeReachability(gamma=0.9, baseline="start")
    fines = follow(formulation, world, world.at(0), (1,), (0,), (0,))
    assert fines[0] == fines[1] == fines[2] < 0
    assert RelativeReachability(gamma=0.9).pay(world.step(world.at(1), 0), 0) == 0
    assert follow(formulation, world, world.at(1), (1,)) == [0]


@pytest.mark.parametrize("name", SIDE_EFFECTS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_memory_goes_on_where_it_was_kept(name, baseline):
    world = belt()
    states = world.at((0, BELT), (0, SAFE))
    kept = make(f"{name}:baseline={baseline}").terms[0].formulation
    first = world.step(states, LIFT, GO)
    kept.learn(first)
    later = world.step(first.after, PUT, GO)
    again = make(f"{name}:baseline={baseline}").terms[0].formulation
    again.restore(kept.tensors())
    for agent in range(2):
        paid = kept.pay(later, agent)
        assert (again.pay(later, agent) == paid).all()
        assert (kept.pay(later, agent) == paid).all()
    assert kept.figures() == {}


# Consideration


def items(free: bool = True) -> Graph:
    """Each of two collects 1 at place 1 and goes home by any action; agent 0's action 2 takes agent 1 to place 2."""

    def move(places, agent, actions):
        ends = np.where(
            places[:, agent] == 2, 2, np.where(actions == 1, 1 - places[:, agent], places[:, agent])
        )
        places[:, agent] = ends
        if agent == 0:
            places[:, 1] = np.where(actions == 2, 2, places[:, 1])
        return places

    return Graph(move, 3, 3, agents=2, earns=lambda places: 1.0 * (places == 1))


def test_consideration_in_closed_form():
    """Who can come to place 1 and stay earns g/(1-g) more than one who is kept from it; every V is 1/(1-g) there."""
    world, gamma = items(), 0.9
    harmed, spared = (
        BeConsiderate(gamma=gamma).pay(world.step(world.at((0, 0)), action, 0), 0)[0] for action in (2, 0)
    )
    assert harmed == pytest.approx(0)
    assert spared == pytest.approx(1 / (1 - gamma))


def test_aggregates_of_consideration():
    """Three on their own lines, at different values: sum, min, and as far as the start gave it too."""
    values = {0: 10.0, 1: 10.0, 2: 0.0}  # at 0 the next step earns, and every later one, at gamma 0.9
    world = Graph(
        lambda places, agent, actions: table([0, 1, 2], [1, 1, 1], [2, 2, 2])(places, agent, actions), 3, 3,
        agents=3, earns=lambda places: 1.0 * (places == 1),
    )  # fmt: skip
    states = world.at((0, 0, 0), (0, 0, 2), (0, 1, 2), (0, 2, 2))
    for name, together in (("sum", sum), ("min", min)):
        wanted = [together((values[b], values[c])) for _, b, c in states["place"].tolist()]
        assert make(f"be_considerate(gamma=0.9, aggregate={name})").pay(
            world.arrived(states), 0
        ) == pytest.approx(wanted)


def test_only_worsening_is_held_against_one():
    """Agent 0 can free agent 1, at 0, or catch it, at 2: the sum pays for both, worsening for none but the harm."""

    def move(places, agent, actions):
        if agent == 0:
            places[:, 1] = np.where(actions == 1, 0, np.where(actions == 2, 2, places[:, 1]))
        else:
            places[:, 1] = np.where((places[:, 1] == 0) & (actions == 1), 1, places[:, 1])
        return places

    world = Graph(move, 3, 3, agents=2, earns=lambda places: 1.0 * (places == 1))

    def of(aggregate: str, begin: int, action: int) -> float:
        formulation = BeConsiderate(aggregate=aggregate, paid="change")
        return float(formulation.pay(world.step(world.at((0, begin)), action, 0), 0)[0])

    assert of("sum", 2, 1) == -of("sum", 0, 2) > 0
    assert of("worsening", 2, 1) == 0 > of("worsening", 0, 2) == of("sum", 0, 2)


def test_changes_sum_up_to_what_the_end_is_worth():
    world, states = items(), items().at((0, 0))
    steps = [(0, 1), (0, 1), (2, 0), (0, 0)]
    for aggregate in ("sum", "min", "worsening"):
        level = follow(BeConsiderate(aggregate=aggregate), world, states, (0, 0), *steps)
        change = follow(BeConsiderate(aggregate=aggregate, paid="change"), world, states, (0, 0), *steps)
        assert sum(change) == pytest.approx(level[-1] - level[0])


def test_consideration_keeps_the_door_open(cage):
    """The human's goal pays 1; behind a shut door it is worth nothing to the human."""
    still, walk, shut = BeConsiderate().pay(cage, 1)
    assert still == walk > shut == 0
    still, walk, shut = BeConsiderate(paid="change").pay(cage, 1)
    assert still == walk == 0 > shut


def test_consideration_takes_others_to_be_alone():
    """Known failure: who waits for a door to be opened counts as having no way, so to be ready is worth nothing."""

    def move(places, agent, actions):
        if agent == 0:
            places[:, 0] = np.where(actions > 0, actions, places[:, 0])
        else:
            places[:, 1] = np.where((places[:, 0] == 2) & (actions == 1), 1, places[:, 1])
        return places

    world = Graph(move, 3, 3, agents=2, earns=lambda places: 1.0 * (places == 1))
    away, at_hand, opened = (
        BeConsiderate(gamma=0.9).pay(world.step(world.at((0, 0)), action, 0), 0)[0] for action in range(3)
    )
    assert away == at_hand == 0
    assert opened == pytest.approx(10)


@pytest.mark.parametrize("name", [*SIDE_EFFECTS, "be_considerate"])
def test_gone_alone_and_in_batches(name):
    world = Graph(table([0, 1, 2], [1, 1, 0], [2, 1, 2]), 3, 3, agents=2, goals=[1])
    states = world.at((0, 1), (1, 2), (-1, 2), (2, -1))
    formulation = make(name)
    found = formulation.pay(world.step(states, 1, 2), 0)
    assert np.isfinite(found).all()
    assert found[2] == 0
    for number in range(4):
        assert formulation.pay(world.step(states[number : number + 1], 1, 2), 0) == found[number]
    single = Graph(table([0, 1], [1, 0]), 2, 2)
    alone = make(name).pay(single.step(single.at(0, 1), 0), 0)
    assert (alone == 0).all()


@pytest.mark.parametrize(
    "text",
    [
        "attainable_utility:baseline=never", "attainable_utility:of=all", "attainable_utility:auxiliaries=0",
        "attainable_utility:gamma=1", "attainable_utility:over=x", "relative_reachability:gamma=0",
        "future_tasks_of_others:baseline=x", "be_considerate:aggregate=mean",
        "be_considerate:paid=x", "be_considerate:gamma=2", "attainable_utility:seed=-1",
    ],
)  # fmt: skip
def test_mistakes_are_one_line(text):
    with pytest.raises(ValueError, match=f"^reward {text.split(':')[0]}: ") as caught:
        make(text)
    assert "\n" not in str(caught.value)
