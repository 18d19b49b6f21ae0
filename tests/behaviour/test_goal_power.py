"""What the appendix of Heitzig and Potham 2025 works out by hand: confirmation, shared resources, a pill, buttons."""

import itertools
from math import comb

import numpy as np
import pytest

from rewards.goal_power import GoalPower
from tests.behaviour.graphs import Graph, table

# D.3: how often to ask whether A or B is really meant


def asking(times: int, error: float) -> Graph:
    """H, agent 0, says A or B, is asked `times` - 1 times to confirm it, and R, agent 1, does it or H begins anew.

    Place 0 is A done, 1 is B done, 2 the question; then a place for what was said, whether all was confirmed so far,
    and how many answers there were. Action 0 waits, 1 is A or yes, 2 is B or no.
    """
    answers = list(itertools.product((0, 1), (True, False), range(1, times)))
    number = {answer: 3 + place for place, answer in enumerate(answers)}

    def said(which: int, confirmed: bool, count: int) -> int:
        return number[which, confirmed, count] if count < times else which if confirmed else 2

    rows = [[0, 0, 0], [1, 1, 1], [2, said(0, True, 1), said(1, True, 1)]]
    rows += [[number[a, sure, n], said(a, sure, n + 1), said(a, False, n + 1)] for a, sure, n in answers]

    def move(places, agent, actions):
        return table(*rows)(places, agent, actions) if agent == 0 else places

    slips = np.array([[1, 0, 0], [0, 1 - error, error], [0, error, 1 - error]])
    return Graph(move, len(rows), 3, agents=2, goals=[0, 1], noise=slips)


def asked(times: int, gamma: float, error: float = 0.1, rounds: int = 20) -> float:
    """V^e of each of the two goals of one who errs so often in each answer."""
    power = GoalPower(horizon=rounds * times, gamma=gamma, goals="own")
    world = asking(times, error)
    return float(power.power(world, world.at((2, 0)), 1, 0)[0] / 2) ** (1 / power.zeta)


def confirmed(times: int, gamma: float, error: float = 0.1) -> float:
    """p_k / (1 - g^k q_k), as printed: only rounds that fail cost time."""
    right = (1 - error) ** times
    return right / (1 - gamma**times * (1 - right - error**times))


@pytest.mark.parametrize(("gamma", "best", "best_in_time"), [(0.99, 3, 2), (0.5, 1, 1)])
def test_how_often_to_ask_for_confirmation(gamma, best, best_in_time):
    """k* = 3 at gamma 0.99 and 0.1 errors, and an impatient human is not asked back.

    The printed formula gives the round that succeeds for nothing. By (6) that takes k steps too, after which k* is 2.
    """
    sizes = np.arange(1, 5)
    found = np.array([asked(k, gamma) for k in sizes])
    printed = np.array([confirmed(k, gamma) for k in sizes])
    assert found == pytest.approx(printed * gamma**sizes, rel=1e-6)
    assert sizes[(found / gamma**sizes).argmax()] == best
    assert sizes[found.argmax()] == best_in_time


def test_the_patient_are_asked_ever_more_often():
    """Sign: + for each further confirmation, where time costs nothing."""
    found = [asked(k, 1.0, rounds=40) for k in range(1, 5)]
    assert found == pytest.approx([confirmed(k, 1.0) for k in range(1, 5)], rel=1e-6)
    assert (np.diff(found) > 0).all()


# D.5: a resource m that gives f(m) bits, shared between two


def smaller_share(bits, steps: int = 10_000) -> float:
    """What the poorer of the two gets in the best split of 1."""
    given = np.linspace(1e-9, 1 - 1e-9, steps + 1)
    loss = GoalPower(eta=1.0).loss(2.0 ** np.stack((bits(given), bits(1 - given))))
    best = float(given[loss.argmax()])
    return min(best, 1 - best)


@pytest.mark.parametrize(
    ("bits", "smaller"),
    [(lambda m: m**2, 0.0), (np.sqrt, 0.5), (lambda m: m, 0.5), (np.log1p, 0.5),
     (lambda m: m**2 + 0.1 * np.log(m), 0.14)],
)  # fmt: skip
def test_how_a_resource_is_shared(bits, smaller):
    """All to one where it grows faster and faster (m^2), evenly where slower and slower; about 14 % in between."""
    assert smaller_share(bits) == pytest.approx(smaller, abs=0.005)


@pytest.mark.parametrize("weight", [lambda k: 1.0, lambda k: 1 / k, lambda k: 2.0**k])
def test_agents_for_hire_are_shared_evenly(weight):
    """N coins of which m can be bought; goals that ask for k of them, of any plausibility: each human gets half."""
    features, money, power = 8, 6, GoalPower()
    goals = [k for k in range(1, features + 1) for _ in range(comb(features, k))]
    plausible = np.array([weight(k) for k in goals])
    attained = np.array([[min(1.0, 2.0 ** (m - k)) for k in goals] for m in range(money + 1)])
    each = power.together(attained, plausible)
    assert power.loss(np.stack((each, each[::-1]))).argmax() == money // 2


# D.8 and D.9: what a robot allows; H acts by fixed chances, R gets -X^(-xi eta) for every step, without end


def worth(chances, power, gamma: float, formulation: GoalPower) -> np.ndarray:
    """V_r (9) of states with these chances to follow each other and these X."""
    return np.linalg.solve(np.eye(len(power)) - gamma * np.array(chances), formulation.loss([power]))


def pill_is_given(taken: float, wish: float, power: float, gamma: float, formulation: GoalPower) -> bool:
    """Whether V_r with the pill at hand, which is taken with this chance, is more than without it."""
    coma, without, at_hand = [1, 0, 0], [0, 1, 0], [taken, 0, 1 - taken]
    value = worth([coma, without, at_hand], [1, power, power + wish], gamma, formulation)
    return bool(value[2] > value[1])


@pytest.mark.parametrize("formulation", [GoalPower(eta=1.0), GoalPower(), GoalPower(xi=2.0, eta=1.5)])
@pytest.mark.parametrize("wish", [0.2, 1.0])
def test_a_pill_is_given_to_who_will_hardly_take_it(formulation, wish):
    """V_r in closed form: yes below the threshold on p of the paper (+), no above it (-)."""
    gamma, power, alpha = 0.99, 100.0, -formulation.xi * formulation.eta
    gain = (power**alpha - (power + wish) ** alpha) / (1 - (power + wish) ** alpha)
    threshold = gain * (1 - gamma) / (gamma * (1 - gain))  # gain = p g / (1 - (1 - p) g)
    assert pill_is_given(0.99 * threshold, wish, power, gamma, formulation)
    assert not pill_is_given(1.01 * threshold, wish, power, gamma, formulation)
    if alpha == -1:
        assert threshold == pytest.approx(wish / 1e6, rel=0.05)


def buttons(power: float, paused: float, destroyed: float, gamma: float = 0.99) -> int:
    """Which buttons R enables: 0 none, 1 pause, 2 pause and destroy. X is `power` without R and 100 with it.

    As long as R may be paused it is, or stays so, with chance `paused`; destroyed with chance `destroyed`.
    """
    gone, pausable, both = (
        [1, 0, 0, 0, 0, 0],
        [0, paused, 0, 0, 1 - paused, 0],
        [destroyed, 0, paused, 0, 0, 0],
    )
    both[5] = 1 - paused - destroyed
    best = np.full(6, -np.inf)
    for chosen in itertools.product(np.eye(6)[3:], repeat=3):  # what R does next in each of its own states
        none = chosen[0]
        one = np.array([0, paused, 0, 0, 0, 0]) + (1 - paused) * chosen[1]
        two = np.array([destroyed, 0, paused, 0, 0, 0]) + (1 - paused - destroyed) * chosen[2]
        value = worth(
            [gone, pausable, both, none, one, two],
            [power, power + 1, power + 2, 100, 101, 102], gamma, GoalPower(eta=1.0),
        )  # fmt: skip
        best = np.maximum(best, value)
    return int(best[3:].argmax())


def test_buttons_by_which_a_robot_can_be_stopped():
    """gamma 0.99, p = q = 0.01, y = 100: it is never worth it to be destroyed, below x = 100 at least (-).

    With q = 0.001 both buttons are enabled above x = 92 (+), and the pause button alone below. None is enabled below
    the x at which the paper's C_1 and C_2 balance, which is 49. It prints 1, from a second equation, of x_0, in which
    the direct way from the active robot to the destroyed one is missing.
    """
    gamma, p, y = 0.99, 0.01, 100.0
    first = (1 - gamma * p - gamma**2 * p * (1 - p)) / y
    second = (1 - gamma) * (1 - gamma * p) / (y + 1) + gamma * (1 - p) * (1 - gamma * p) / y
    least = gamma * p * (1 - gamma) / (first - second) - 1
    assert least == pytest.approx(49.2, abs=0.1)
    assert [buttons(x, p, 0.01) for x in (1, least - 0.01, least + 0.01, 92, 99.9)] == [0, 0, 1, 1, 1]
    assert [buttons(x, p, 0.001) for x in (least - 0.01, least + 0.01, 91.5, 92.5, 99.9)] == [0, 1, 1, 2, 2]
