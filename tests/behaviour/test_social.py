"""Pay that looks at others: orientation, inequity, influence, teams and swaps of places; the sign beside it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from rewards import Mix, Term, Transition, make
from rewards.estimators.critic import Critic
from rewards.task import Task
from sandbox.experiments.company import Company
from sandbox.policies import seated
from sandbox.policies.conduct import minds
from sandbox.scenario.read import parse_scenario
from sandbox.training.solve import Solution, solve

ONE_ITEM = """
format: 1
name: one_item
about: Two who look alike, and one item that pays whoever comes first.
map: |
  A...
  ..i.
  ...B
agents:
  giver: {letter: A, team: a, role: helper, look: player, view: 3, policy: random}
  other: {letter: B, team: b, look: player, view: 3, policy: random}
max_cycles: 30
"""
GAMMA = 0.9


def term_of(spec: Any) -> Any:
    """The formulation of a mix of one term."""
    return make(spec).terms[0].formulation


STATE = np.dtype([("number", "u8"), ("clock", "i4"), ("over", "i4"), ("pay", "f4", 3), ("alive", "i1", 3)])


class Paid:
    """Three agents of two teams who are paid what their states say."""

    agent_count, teams, actions, core_words = 3, ("a", "a", "b"), ("stay",), 1

    def pay(self, states):
        return states["pay"]

    def alive(self, states):
        return states["alive"] == 1

    def fresh(self, states):
        return states["clock"] == 0

    def key(self, states):
        return states["number"][:, None]


def paid(*pays, clock=0, number=1, dead=()) -> Transition:
    """One step of as many worlds as there are triples of pays."""
    states = np.zeros(len(pays), STATE)
    states["alive"], states["clock"], states["number"] = 1, clock, number
    states["alive"][:, list(dead)] = 0
    after = states.copy()
    after["pay"], after["clock"], after["number"] = pays, clock + 1, number + 1
    three: Any = Paid()
    return Transition(three, states, np.zeros((len(pays), 3), int), after)


# ---- orientation


def test_orientation_by_cosine():
    """Sign: at 0 degrees one's own, at 90 the others' mean, at -90 minus that."""
    step = paid((2, 1, 4), (-1, 3, 0))
    assert make("orientation(angle=0)").pay(step, 0) == pytest.approx([2, -1])
    assert make("orientation(angle=90)").pay(step, 0) == pytest.approx([2.5, 1.5])
    assert make("orientation(angle=-90)").pay(step, 0) == pytest.approx([-2.5, -1.5])
    assert make("orientation").pay(step, 1) == pytest.approx([(1 + 3) / 2**0.5, (3 - 0.5) / 2**0.5])


def test_orientation_by_angle():
    """Sign: nothing is taken where the step has the wanted angle, the more the farther it is off."""
    step = paid((1, 1, 1), (1, 0, 0), (0, 1, 1), (0, 0, 0))
    mix = make("orientation(form=angle, strength=0.2)")
    eighth = np.pi / 4
    assert mix.pay(step, 0) == pytest.approx([1, 1 - 0.2 * eighth, -0.2 * eighth, -0.2 * eighth])
    assert make("orientation(form=angle, angle=0)").pay(step, 0)[[1, 3]].tolist() == [
        1,
        0,
    ]  # idle costs w |t|


def test_the_dead_are_paid_nothing():
    step = paid((2, 1, 4), dead=(0,))
    for spec in (
        "orientation",
        "orientation(form=angle)",
        "inequity_aversion",
        "team",
        "team(aggregate=sum)",
    ):
        assert make(spec).pay(step, 0).tolist() == [0]
        assert make(spec).pay(step, 1).tolist() != [0]


def test_team():
    """The team of two shares, the team of one has its own; who does nothing is paid alike."""
    step = paid((2, 0, 4))
    assert [make("team").pay(step, agent)[0] for agent in range(3)] == [1, 1, 4]
    assert [make("team(aggregate=sum)").pay(step, agent)[0] for agent in range(3)] == [2, 2, 4]


# ---- inequity aversion


def test_being_ahead_costs():
    """Sign: - for being ahead as for being behind, never + (which a public implementation has the wrong way round)."""
    mix = make("inequity_aversion(alpha=5, beta=0.05)")
    equal, ahead, behind = mix.pay(paid((1, 1, 1), (1, 0, 0), (1, 3, 1)), 0)
    assert equal == 1
    assert ahead == pytest.approx(1 - 0.05)
    assert behind == pytest.approx(1 - 5 * 2 / 2)
    for beta in (0.0, 0.5, 2.0):
        assert make(f"inequity_aversion(beta={beta})").pay(paid((1, 0, 0)), 0)[0] == pytest.approx(1 - beta)


def test_inequity_is_that_of_smoothed_rewards():
    """Against sums by hand, over an episode, its end and the next one; restored on the way."""
    alpha, beta, decay, gamma = 2.0, 0.3, 0.8, 0.9
    said = f"alpha={alpha}, beta={beta}, decay={decay}, gamma={gamma}"
    term = term_of(f"inequity_aversion({said})")
    rng, earned = np.random.default_rng(0), np.zeros((2, 3))
    for step in range(12):
        clock = step % 6
        pays = rng.integers(-1, 3, (2, 3)).astype(float)
        earned = pays + (gamma * decay * earned if clock else 0)
        happened = paid(*pays, clock=clock, number=1 + clock)
        for agent in range(3):
            others = [other for other in range(3) if other != agent]
            wanted = [
                pays[row, agent]
                - alpha / 2 * sum(max(earned[row, j] - earned[row, agent], 0) for j in others)
                - beta / 2 * sum(max(earned[row, agent] - earned[row, j], 0) for j in others)
                for row in range(2)
            ]
            assert term.pay(happened, agent) == pytest.approx(wanted)
        term.learn(happened)
        again = type(term)(alpha, beta, decay, gamma)
        again.restore(term.tensors())
        term = again
    elsewhere = paid((1, 0, 0), (0, 0, 1), clock=3, number=77)  # as planners ask: no step that follows
    assert term.pay(elsewhere, 0) == pytest.approx([1 - beta, -alpha / 2])


# ---- what they choose, by the exact solver: whoever takes the item has it alone


@cache
def company() -> Company:
    return Company(parse_scenario(ONE_ITEM))


@dataclass
class AsItIs:
    """A formulation that learns no more, as the exact solver needs it."""

    formulation: Any

    def pay(self, transition, agent):
        return self.formulation.pay(transition, agent)


def solved(rewards) -> Solution:
    if not isinstance(rewards, Mix):
        (term,) = make(rewards).terms
        rewards = Mix([Term(term.name, term.weight, AsItIs(term.formulation))])
    return solve(company(), rewards, agent="giver", gamma=GAMMA)


def takes(solution: Solution) -> float:
    """Probability that the giver is the one who takes the item within 12 steps."""
    walker = solution.policy()
    world, rng = solution.world, np.random.default_rng(0)
    states, had = world.new_states(200, 0), np.zeros(200, bool)
    for _ in range(12):
        actions = np.stack([walker.act(states), rng.integers(0, 5, 200)], axis=1)
        world.step(states, actions)
        had |= states["pay"][:, 0] > 0
    return float(had.mean())


@pytest.mark.parametrize(
    ("reward", "wanted"),
    [("task", True), ("orientation(angle=0)", True), ("orientation(angle=90)", False),
     ("orientation(angle=90, form=angle, strength=4)", False),
     ("orientation(angle=90, form=angle, strength=0.5)", True), ("inequity_aversion(alpha=0, beta=0.5)", True),
     ("inequity_aversion(alpha=0, beta=2)", False)],
)  # fmt: skip
def test_who_takes_the_item(reward, wanted):
    """Sign: the selfish take it, the altruist leaves it, who minds being ahead leaves it once that costs more than 1.

    Known failure of the angle: an idle step is as far off as a selfish one, so a weak penalty keeps nobody from it.
    """
    share = takes(solved(reward))
    assert share > 0.7 if wanted else share < 0.2


# ---- swaps of places


def learned(name: str, **params):
    """A formulation that has seen both walk about at random for 150 steps in 256 worlds."""
    term, world = term_of({name: params}), company().world
    rng, states = np.random.default_rng(0), world.new_states(256, 0)
    for step in range(150):
        if step % 30 == 0:
            states = world.new_states(256, step)
        after, actions = states.copy(), rng.integers(0, 5, (256, 2))
        world.step(after, actions)
        transition = Transition(world, states, actions, after)
        term.learn(transition)
        states = after
    assert term.figures().get("others_known", 1) > 0.8
    return term


def with_task(name: str, weight: float, **params) -> Mix:
    return swapped_in(learned(name, **params), weight)


def swapped_in(formulation, weight: float) -> Mix:
    return Mix([Term("task", 1.0, Task()), Term("swap", weight, AsItIs(formulation))])


def best(solution: Solution) -> np.ndarray:
    values = solution.action_values[solution.active]
    return values >= values.max(axis=1, keepdims=True) - 1e-6


def test_an_imagined_swap_leaves_the_item_to_the_other():
    """Sign: what would have paid oneself pays when it befalls the other; weighed twice, the item is left to it."""
    assert takes(solved(with_task("imagined_swap", 4.0))) < 0.2


def test_a_level_of_value_puts_off_what_it_values():
    """Known failure: the item is worth more while it lies there, in the other's place as in one's own (the control)."""
    for name in ("value_swap", "own_value"):
        assert takes(solved(with_task(name, 4.0, gamma=GAMMA))) < 0.2


def test_a_difference_of_values_is_inert():
    """Sign: none. The same best actions in every state, values less by z(s): it is a potential."""
    swap = learned("value_swap", form="difference", gamma=GAMMA)
    swapped, plain = solved(swapped_in(swap, 4.0)), solved("task")
    assert (best(swapped) == best(plain)).all()
    states = swapped.states
    asked = Transition(swapped.world, states, np.zeros((len(states), 2), int), states)
    z = swap._critic.values(0, asked, "before")[:, 1]
    assert np.ptp(z) > 0.1
    assert swapped.values == pytest.approx(plain.values - 4 * z, abs=1e-6)
    swap.form = "level"
    assert (best(solved(swapped_in(swap, 4.0))) != best(plain)).any()


def test_the_critic_is_that_of_a_dictionary():
    """TD(0), view by view, averaged over the worlds that see alike."""
    world, critic, table = company().world, Critic(0.9, 0.25), {}
    rng, states = np.random.default_rng(0), company().world.new_states(4, 0)
    for _ in range(40):
        after, actions = states.copy(), rng.integers(0, 5, (4, 2))
        world.step(after, actions)
        transition = Transition(world, states, actions, after)
        critic.learn(transition)
        surprise = {}
        before, ahead = ([view.tobytes() for view in world.observe(each)[:, 1]] for each in (states, after))
        for row in range(4):
            target = after["pay"][row, 1] + 0.9 * table.get(ahead[row], 0.0)
            surprise.setdefault(before[row], []).append(target - table.get(before[row], 0.0))
        for view, errors in surprise.items():
            table[view] = table.get(view, 0.0) + 0.25 * float(np.mean(errors))
        wanted = [table.get(view, 0.0) for view in ahead]
        assert critic.values(1, transition, "after")[:, 1] == pytest.approx(wanted)
        states = after


def test_swaps_say_what_they_are():
    """One's own critic on the other's view, and imagined rewards as means of what was paid, by hand."""
    swap, own, imagined = learned("value_swap"), learned("own_value"), learned("imagined_swap")
    world = company().world
    states = world.new_states(64, 5)
    rng = np.random.default_rng(5)
    gifts = []
    for _ in range(12):
        before, actions = states.copy(), rng.integers(0, 5, (64, 2))
        world.step(states, actions)
        transition = Transition(world, before, actions, states)
        for agent in range(2):
            values = swap._critic.values(agent, transition, "after")
            assert (swap.pay(transition, agent) == values[:, 1 - agent]).all()
            assert (own.pay(transition, agent) == values[:, agent]).all()
            had, paid = states["pay"][:, 1 - agent] > 0, imagined.pay(transition, agent)
            assert (paid[~had] == 0).all()
            gifts += paid[had].tolist()
    assert set(gifts) == {0.0, 1.0}  # never met, or known for what it is
    assert np.mean(gifts) > 0.5


# ---- influence


MEETING = """
format: 1
name: meeting
about: A helper beside the door that a human walks through.
map: |
  #.HD..G#
  ###A####
legend: {D: {door: {used_by: [helper]}}, G: {goal: {of: human}}}
agents:
  human: {letter: H, role: human, policy: scripted}
  helper: {letter: A, role: helper, policy: random}
max_cycles: 20
"""


@cache
def meeting() -> Company:
    return Company(parse_scenario(MEETING))


def influences(spec: str, human, helper=None) -> np.ndarray:
    """What the helper is paid for each of its actions while the human waits before the door, [actions]."""
    world = meeting().world
    count = len(world.actions)
    states = np.repeat(world.new_states(1, 0), count)
    actions = np.stack([np.zeros(count, int), np.arange(count)], axis=1)
    after = world.imagine(states, actions)
    return make(spec).pay(Transition(world, states, actions, after, policies=(human, helper)), 1)


def test_influence_where_the_other_reacts():
    """Sign: + for opening the door, after which the human walks; against sums by hand, in bits."""
    world = meeting().world
    human: Any = meeting().minds()[0]
    bits = influences("influence", human)
    opens = world.actions.index("interact")
    assert bits[opens] == bits.max()
    assert bits[opens] > 1
    count = len(world.actions)
    states = np.repeat(world.new_states(1, 0), count)
    joint = np.stack([np.zeros(count, int), np.arange(count)], axis=1)
    would = human.chances(world.imagine(states, joint))
    mean = would.mean(axis=0)
    by_hand = [sum(p * np.log2(p / q) for p, q in zip(row, mean, strict=True) if p > 0) for row in would]
    assert bits == pytest.approx(by_hand)
    assert (influences("influence(sign=-1)", human) == -bits).all()


def test_expected_influence_is_information():
    """Under one's own policy it is I(own action; the other's next), which depends on how one chooses."""
    world = meeting().world
    human: Any = meeting().minds()[0]
    odds = np.full(len(world.actions), 0.02)
    odds[world.actions.index("interact")] = 1 - odds[1:].sum()

    class Own:
        def chances(self, states):
            return np.tile(odds, (len(states), 1))

    information = odds @ influences("influence", human, Own())
    even = influences("influence", human).mean()
    assert 0 < information < even <= np.log2(len(odds))


def test_no_influence_on_who_does_not_react():
    """Sign: 0 where the other walks at random, and where nobody knows what it would do."""
    world = meeting().world
    random = minds(world, seated(world, ["random", "random"], meeting().mixes))[0]
    assert (influences("influence", random) == 0).all()
    assert (influences("influence", None) == 0).all()
