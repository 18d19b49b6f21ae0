"""Power for oneself and for others: closed forms, the signs that papers claim, and how each is known to fail."""

import itertools
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import sandbox
from rewards import Transition, make
from rewards.estimators.situations import situations, uniform
from rewards.goal_power import GoalPower
from rewards.option_value import OptionValue
from rewards.power import Power
from tests.behaviour.graphs import Graph, table


def only(*rows, **more) -> Graph:
    """One agent that walks by a table."""
    return Graph(table(*rows), len(rows), len(rows[0]), **more)


def paid(formulation, world, *places, agent=0):
    return formulation.pay(world.arrived(world.at(*places)), agent)


@pytest.fixture(scope="module")
def cage():
    """The gilded cage with its door open, and shut by the helper, who is agent 1."""
    world = sandbox.World(sandbox.load_scenario("gilded_cage"))
    before = np.repeat(world.new_states(1, 0), 2)
    actions = np.array([[0, 0], [0, list(world.actions).index("interact")]])
    return Transition(world, before, actions, world.imagine(before, actions))


# Situations


def test_situations_are_those_that_a_plain_search_finds(cage):
    """The human's, and the helper's with its door open and shut; nobody else moves."""
    world = cage.dynamics
    helper = situations(world, 1)
    numbers = helper.numbers(cage.after)
    assert helper.count == 3 * 2
    known = {key.tobytes() for key in world.key(helper.states)}
    for number, action in itertools.product(range(6), range(len(world.actions))):
        after = world.imagine(helper.states[number : number + 1], np.array([[0, action]]))
        assert world.key(after)[0].tobytes() in known
        assert (world.key(after) == world.key(helper.states)[helper.next[number, 0, action]]).all()
    human = situations(world, 0)
    human.numbers(cage.after[:1])
    assert human.count == 30 + 31  # on its way to the goal, and anywhere once it has reached it
    assert (helper.numbers(cage.after) == numbers).all()


def test_too_many_situations_are_named():
    line = Graph(lambda places, agent, actions: places + actions[:, None], 9, 2)
    with pytest.raises(
        ValueError, match=r"^more than 1,000 situations can be reached, too many to enumerate"
    ):
        situations(line, 0, most=1000).numbers(line.at(0))
    near = situations(line, 0, steps=10, most=1000)
    for start in range(0, 5000, 100):
        near.numbers(line.at(start))
    assert near.count <= 1000


def test_draws_hang_on_the_name_alone():
    names = np.arange(10, dtype=np.uint64)[:, None]
    draws = uniform(names, 5000, 3)
    assert (uniform(names[7:], 5000, 3) == draws[7:]).all()
    assert draws.mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(np.corrcoef(draws) - np.eye(10)).max() < 0.07


# POWER


@pytest.mark.parametrize("gamma", [0.3, 0.9])
def test_power_in_closed_form(gamma):
    """Turner et al. 2021: an end, a fork whose ends lead back, a choice to stay; all ends open is E max."""
    power = Power(gamma=gamma, draws=8000)
    assert paid(power, only([0, 0]), 0) == pytest.approx(1 / 2, abs=0.01)
    fork = only([1, 2], [0, 0], [0, 0])
    assert paid(power, fork, 0) == pytest.approx((2 / 3 + gamma / 2) / (1 + gamma), abs=0.01)
    assert paid(power, only([0, 1], [1, 1]), 0) == pytest.approx(2 / 3, abs=0.01)
    wide = only([0, 1, 2, 3], *([place] * 4 for place in (1, 2, 3)))
    assert paid(power, wide, 0) == pytest.approx(4 / 5, abs=0.01)


def test_power_is_the_same_in_any_company_of_states():
    world = only([1, 2], [0, 3], [2, 2], [3, 1])
    together = paid(Power(), world, 0, 1, 2, 3)
    for place in range(4):
        again = only([1, 2], [0, 3], [2, 2], [3, 1])
        assert paid(Power(), again, place) == together[place]


def test_junctions_are_power_and_dead_ends_are_not():
    """Four arms of two places each: the nearer to where they meet, the more power to one in a hurry."""
    rows = [[0, 1, 2, 3, 4]] + [[arm, 0, arm + 4, arm, arm] for arm in range(1, 5)]
    rows += [[arm + 4, arm, arm + 4, arm + 4, arm + 4] for arm in range(1, 5)]
    found = paid(Power(gamma=0.3, draws=5000), only(*rows), *range(9))
    assert found[0] > found[1:5].max() > found[1:5].min() > found[5:].max()


def test_a_slip_costs_power():
    """With noise that leaves no choice, the power of a choice among three ends is that of an end."""
    rows = [0, 1, 2], [1] * 3, [2] * 3
    power = Power(draws=4000, gamma=0.5)
    assert paid(power, only(*rows, noise=np.full((3, 3), 1 / 3)), 1) == pytest.approx(1 / 2, abs=0.02)
    even = paid(power, only(*rows, noise=np.full((3, 3), 1 / 3)), 0)
    assert even == pytest.approx(1 / 2, abs=0.02)
    assert paid(power, only(*rows), 0) > even + 0.15


def grid(size: int) -> Graph:
    """Two on a square, who may not share a place."""
    steps = np.array([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)])

    def move(places, agent, actions):
        old = places[:, agent]
        row, column = (np.array(divmod(old, size)).T + steps[actions]).T
        new = np.clip(row, 0, size - 1) * size + np.clip(column, 0, size - 1)
        places[:, agent] = np.where(new == places[:, 1 - agent], old, new)
        return places

    return Graph(move, size * size, 5, agents=2)


def test_power_of_two_hangs_on_how_far_they_want_the_same():
    """Harris and Suo 2022: opposed where rewards are drawn apart, aligned where they are the same."""
    world = grid(3)
    pairs = list(itertools.permutations(range(9), 2))
    found = []
    for correlation in (0.0, 0.5, 1.0):
        power = Power(gamma=0.6, draws=300, over="situation", among="two", correlation=correlation)
        found.append(power.pair(world, world.at(*pairs), 0, 1))
    together = [np.corrcoef(each)[0, 1] for each in found]
    assert together[0] < together[1] < together[2]
    assert together[0] < 0.1
    assert together[2] > 0.9
    assert found[0][0].mean() < found[1][0].mean() < found[2][0].mean()


def test_a_partner_who_wants_the_same_is_no_worse_than_one_at_random():
    """H's power among two of one mind is at least what it expects of chance; A's is optimal for what it wants."""
    world = grid(2)
    pairs = list(itertools.permutations(range(4), 2))
    aligned = Power(gamma=0.8, draws=200, over="situation", among="two", correlation=1.0)
    first, second = aligned.pair(world, world.at(*pairs), 0, 1)
    assert (second >= first - 1e-12).all()  # A sees what H has done, and both want the same
    assert np.allclose(first, second, atol=1e-9)
    apart = Power(gamma=0.8, draws=200, over="situation", among="two", whose="others")
    assert paid(apart, world, *pairs, agent=1).mean() < first.mean()


def test_power_of_two_in_a_growing_company():
    """What is asked for later is worth, to the bit, what it is where all is asked for at once, and leaves the rest."""

    def world() -> (
        Graph
    ):  # from 0 and 1 one comes to 0 and 1, from 2 and 3 to all, and where 4 is nobody leaves
        return Graph(table([0, 1], [1, 0], [0, 3], [2, 1], [4, 4]), 5, 2, agents=2)

    places = list(itertools.product(range(5), repeat=2))
    power = Power(among="two", draws=20, correlation=0.3)
    whole, grown = world(), world()
    wanted = power.pair(whole, whole.at(*places), 0, 1)
    for number in (0, 24, 6, 13, 2, 18):
        assert (power.pair(grown, grown.at(places[number]), 0, 1)[:, 0] == wanted[:, number]).all()
    assert (power.pair(grown, grown.at(*places), 0, 1) == wanted).all()


# Goals


def star(ends: int, **more) -> Graph:
    """Place 0, from which each action leads to an end of its own; place 1 is somebody else's."""
    rows = [list(range(2, ends + 2)), [1] * ends, *([place] * ends for place in range(2, ends + 2))]

    def move(places, agent, actions):
        return table(*rows)(places, agent, actions) if agent == 0 else places

    return Graph(move, ends + 2, ends, agents=2, goals=range(2, ends + 2), **more)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_goal_power_in_closed_form(count):
    """k certain goals are log2 k bits; each of them with chance 1/k is -log2 k bits at zeta 2."""
    states = star(count).at((0, 1))
    sure = GoalPower(horizon=1, gamma=1.0, goals="own")
    assert np.log2(sure.power(star(count), states, 1, 0)) == pytest.approx(np.log2(count))
    even = np.full((count, count), 1 / count)
    assert np.log2(sure.power(star(count, noise=even), states, 1, 0)) == pytest.approx(-np.log2(count))


def test_sure_goals_are_better_than_coin_tosses():
    """Two sure goals against two pairs that a coin is tossed for: alike without aversion to risk."""
    pairs = np.array([[0.5, 0.5, 0, 0]] * 2 + [[0, 0, 0.5, 0.5]] * 2)
    for zeta, coins in ((1.0, 2.0), (2.0, 1.0)):
        power = GoalPower(horizon=1, gamma=1.0, goals="own", zeta=zeta)
        assert power.power(star(2), star(2).at((0, 1)), 1, 0) == pytest.approx(2)
        tossed = star(4, noise=pairs)
        assert power.power(tossed, tossed.at((0, 1)), 1, 0) == pytest.approx(coins)


@pytest.mark.parametrize(("beta", "zeta", "best"), [(2.0, 2.0, 6), (3.0, 2.0, 19), (4.0, 3.0, 27)])
def test_menus_are_as_long_as_a_soft_choice_can_bear(beta, zeta, best):
    """Appendix D.2: among k options for a soft chooser X peaks near (e^beta - 1) / (zeta - 1)."""
    power = GoalPower(horizon=1, gamma=1.0, goals="own", beta=beta, zeta=zeta)
    sizes = range(best - 4, best + 5)
    found = [power.power(star(k), star(k).at((0, 1)), 1, 0)[0] for k in sizes]
    formula = [k * (np.exp(beta) / (np.exp(beta) + k - 1)) ** zeta for k in sizes]
    assert found == pytest.approx(formula)
    assert sizes[int(np.argmax(found))] == best


def test_loss_in_closed_form():
    """The last bit is protected (2.2), and manipulated beliefs are worse than honest ones (D.7)."""
    for bits in (0.0, 2.0, 30.0):
        loss = GoalPower(eta=1.0).loss(2.0 ** np.array([[1.0, 0.0], [bits, 30.0]]))
        assert loss[0] >= -1 - 2.0**-bits
        assert GoalPower(eta=1.0).loss(2.0 ** np.array([1.0, max(bits, 1)])) >= -1 > loss[1]
    for zeta, xi, eta in ((1.5, 1.0, 1.0), (2.0, 1.0, 1.1), (2.0, 2.0, 2.0)):
        power = GoalPower(zeta=zeta, xi=xi, eta=eta)
        deceived, honest = power.loss([1.0, 3.0**-zeta]), power.loss([0.75**zeta, 0.75**zeta])
        assert deceived == pytest.approx(-((1 + 3 ** (zeta * xi)) ** eta))
        assert honest == pytest.approx(-((2 * (4 / 3) ** (zeta * xi)) ** eta))
        assert deceived < honest


def gate() -> Graph:
    """H at 0 gets to 1 to 3 by its actions while R stands at 4, not 5; R's action 1 takes it to the other of these."""

    def move(places, agent, actions):
        if agent == 0:
            free = (places[:, 0] == 0) & (places[:, 1] == 4)
            places[:, 0] = np.where(free, actions, places[:, 0])
        else:
            places[:, 1] = np.where(actions == 1, 9 - places[:, 1], places[:, 1])
        return places

    return Graph(move, 6, 4, agents=2, goals=[1, 2, 3])


@cache
def slow(power: GoalPower, world: Graph, place, left: int):
    """(1) to (9) by plain recursion: V^m and V^e of goals 1 to 3, and V_r."""
    goals = (1, 2, 3)
    there = np.array([1.0 * (place[0] == goal) for goal in goals])
    if left == 0:
        return there, there, 0.0

    def after(at, agent, action):
        actions = [0, 0]
        actions[agent] = action
        return tuple(world.imagine(world.at(at), np.array([actions]))["place"][0].tolist())

    worth, attained, ahead = [], [], []
    for action in range(4):
        middle = after(place, 0, action)
        found = [slow(power, world, after(middle, 1, answer), left - 1) for answer in range(4)]
        worth.append(power.gamma * np.min([each[0] for each in found], axis=0))
        loss = np.array([-power.gamma * each[2] for each in found])
        odds = loss**-power.beta_r if loss.all() else np.ones(4)
        odds /= odds.sum()
        attained.append(power.gamma * sum(p * each[1] for p, each in zip(odds, found, strict=True)))
        ahead.append(-(odds * loss).sum())
    policy = np.exp(power.beta * np.array(worth))
    policy = power.habit / 4 + (1 - power.habit) * policy / policy.sum(axis=0)
    expected = np.where(there, 1.0, (policy * worth).sum(axis=0))
    real = np.where(there, 1.0, (policy * attained).sum(axis=0))
    loss = -((max((real**power.zeta).sum(), 2**-10.0) ** -power.xi) ** power.eta)
    return expected, real, loss + float(policy.mean(axis=1) @ ahead)


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_goal_power_equals_plain_recursion(horizon):
    world = gate()
    power = GoalPower(horizon=horizon, goals="own", beta=3.0, habit=0.1, zeta=1.5, gamma=0.9)
    places = [(0, 4), (0, 5), (2, 4)]
    found = power.power(world, world.at(*places), 1, 0)
    for place, each in zip(places, found, strict=True):
        assert each == pytest.approx(max((slow(power, world, place, horizon)[1] ** 1.5).sum(), 2**-10.0))
    assert found[0] > found[1], "an open gate is power"


def test_goal_power_pays_for_an_open_gate_and_the_poorer_first():
    world = gate()
    opened, shut = GoalPower(horizon=2, goals="own").pay(world.arrived(world.at((0, 4), (0, 5))), 1)
    assert 0 > opened > shut
    even, uneven = GoalPower().loss([[4.0, 1.0], [4.0, 7.0]])
    assert even > uneven
    assert GoalPower(xi=3.0).loss([4.0, 4.0]) / GoalPower(xi=3.0).loss([1.0, 7.0]) < even / uneven


def test_goal_power_leaves_the_cage_open_where_kindness_shuts_it(cage):
    """Kindness two steps ahead keeps the human in its room; power over all cells, the corridor's too, does not."""
    opened, shut = make("kindness:horizon=1").pay(cage, 1)
    assert opened <= shut
    opened, shut = GoalPower(horizon=8, guarded=False).power(cage.dynamics, cage.after, 1, 0)
    assert opened > shut + 0.5
    assert (np.diff(make("goal_power:horizon=8:guarded=false").pay(cage, 1)) < 0).all()
    opened, shut = make("option_value").pay(cage, 1)
    assert opened > shut == 0


def test_goal_power_hardly_minds_a_cage_to_one_who_expects_the_worst(cage):
    """Known failure: one who fears that the door will be shut before it gets there does not try, open or not."""
    opened, shut = GoalPower(horizon=8).power(cage.dynamics, cage.after, 1, 0)
    assert 0 < opened - shut < 1e-4


def test_goal_power_would_keep_the_other_alive_against_its_will():
    """Known failure: one who can leave for good, which is its only goal, has less power once it has left."""
    rows = [0, 1, 2], [1, 1, 1], [2, 2, 2]

    def move(places, agent, actions):
        if agent == 0:
            places = table(*rows)(places, agent, actions)
            places[:, 0] = np.where(places[:, 0] == 2, -1, places[:, 0])
        return places

    world = Graph(move, 3, 3, agents=2)
    stays, left = GoalPower(horizon=1, gamma=1.0).pay(world.arrived(world.at((0, 1), (-1, 1))), 1)
    assert stays > left


# Options that are worth nothing


def test_vacuous_options_are_power_but_no_option_value():
    """Place 0 leads to the goal 2; place 1 to the goal and to four ends that nobody wants."""
    ends = [[place] * 5 for place in range(2, 7)]
    world = Graph(table([2] * 5, [2, 3, 4, 5, 6], *ends), 7, 5, agents=2, goals=[2])
    few, many = paid(Power(draws=2000, whose="others"), world, (0, 2), (1, 2), agent=1)
    assert many > few + 0.1
    few, many = paid(OptionValue(gamma=0.9), world, (0, 2), (1, 2), agent=1)
    assert few == many == pytest.approx(0.9)


def test_option_value_does_not_see_freedom_that_nobody_named():
    """Known failure: it is nothing to it that one can go nowhere but to the goal, and nowhere after that."""
    world = Graph(table([0, 1, 2, 3], [1, 1, 1, 1], [2, 0, 3, 1], [3, 0, 2, 1]), 4, 4, agents=2, goals=[1])
    free, caught = paid(OptionValue(), world, (2, 0), (1, 0), agent=1)
    assert caught == 1 > free


def test_option_value_is_discounted_steps(cage):
    """Eleven steps to the goal at the end of the corridor, none from a goal, nothing behind a shut door."""
    human, goal = cage.dynamics.positions(cage.after)[0, 0], np.array([3, 11])
    steps = np.abs(human - goal).sum()
    assert OptionValue(gamma=0.9).pay(cage, 1) == pytest.approx([0.9**steps, 0.0])


def test_what_a_world_lacks():
    world = Graph(table([0, 1], [1, 0]), 2, 2, agents=2)
    assert OptionValue().lacks(world, 0) == "needs a goal of somebody else"
    assert OptionValue().lacks(Graph(table([0, 1], [1, 0]), 2, 2, agents=2, goals=[1]), 0) == ""
    assert OptionValue().lacks(only([0, 1], [1, 0]), 0) == ""
    bare = SimpleNamespace(agent_count=2)
    for formulation in (Power(), GoalPower()):
        assert formulation.lacks(world, 0) == ""
        assert formulation.lacks(bare, 0) == "needs cells to stand on"
    assert Power(over="situation").lacks(bare, 0) == ""


@pytest.mark.parametrize("name", ["power", "power:among=two", "goal_power", "option_value"])
def test_gone_alone_and_in_batches(name):
    world = Graph(table([0, 1, 2], [1, 1, 0], [2, 1, 2]), 3, 3, agents=2, goals=[1])
    states = world.at((0, 1), (1, 2), (-1, 2), (2, -1))
    found = make(name).pay(world.arrived(states), 0)
    assert np.isfinite(found).all()
    assert found[2] == 0
    for number in range(4):
        assert make(name).pay(world.arrived(states[number : number + 1]), 0) == found[number]
    single = only([0, 1], [1, 0])
    alone = make(name).pay(single.arrived(single.at(0, 1)), 0)
    assert (alone == 0).all() or name == "power"


@pytest.mark.parametrize(
    "text",
    [
        "power:gamma=1", "power:draws=0", "power:over=here", "power:correlation=2", "power:seed=-1",
        "goal_power:zeta=0.5", "goal_power:horizon=-1", "goal_power:beta=0", "goal_power:goals=all",
        "goal_power:habit=2", "goal_power:gamma=0", "goal_power:beta_r=-1", "option_value:gamma=0",
    ],
)  # fmt: skip
def test_mistakes_are_one_line(text):
    with pytest.raises(ValueError, match=f"^reward {text.split(':')[0]}: ") as caught:
        make(text)
    assert "\n" not in str(caught.value)
