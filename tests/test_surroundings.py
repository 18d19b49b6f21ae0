"""What is worked out once for like surroundings, and in one compiled call, is what each state gives by itself."""

import gc
import itertools
import weakref
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import rewards
from rewards.estimators import estimate, onlookers
from rewards.estimators import surroundings as tables
from rewards.estimators.anticipation import anticipation
from rewards.estimators.choice import discrete_choice, entropic_choice
from rewards.estimators.cones import within
from rewards.estimators.everyone import everyone, own_empowerment
from rewards.estimators.exact import exact
from rewards.estimators.futures import Graph, question
from rewards.estimators.joint import joint_empowerment
from rewards.estimators.onlookers import seen
from rewards.estimators.question import question as asked_of
from rewards.estimators.sampled import first_action_information, variance_proxy
from rewards.estimators.several import MOST, bounds
from rewards.estimators.surroundings import surroundings
from rewards.estimators.walks import ENTROPY, ONCE_CHOSEN, VARIANCE, random_play
from rewards.socket import Transition
from sandbox.environment.payment import lacking
from sandbox.scenario.read import parse_scenario
from sandbox.world.world import World
from tests.drawn import Stage
from tests.random_maps import likely_actions, random_blueprint

SHAPES = ["all rules", "boxes on plates"]


@cache
def played(shape: str, seed: int) -> tuple[World, list[Transition]]:
    """Some steps of play on a small map: by three with slips and everything that works doors, or by four who push."""
    world, rng, wanted, steps = World(random_blueprint(shape, seed)), np.random.default_rng(seed), {}, []
    states = world.new_states(24, seed)
    for _ in range(8):
        before, joint = world.copy(states), likely_actions(rng, world.action_mask(states))
        world.step(states, joint)
        steps.append(Transition(world, before, joint, world.copy(states), wanted))
    return world, steps


@pytest.mark.parametrize("outcome", range(3))
@pytest.mark.parametrize("horizon", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_like_surroundings_have_the_same_empowerment(shape, horizon, outcome):
    """On many maps, the table having been filled by earlier steps."""
    for seed in range(6):
        world, steps = played(shape, seed)
        assert surroundings(world, steps[0].after) is not None
        for step in steps:
            where, who = np.divmod(np.arange(24 * world.agent_count), world.agent_count)
            asked = where, who, horizon, outcome, None
            assert (
                own_empowerment(world, step.after, *asked) == exact(world).own_of(step.after, *asked)
            ).all()


def test_also_with_slips():
    """Capacities are those of the state itself."""
    world, steps = played("all rules", 0)
    bits = everyone(steps[-1], range(world.agent_count), 1)
    for agent in range(world.agent_count):
        assert np.allclose(bits[:, agent], estimate(world, steps[-1].after, 1, agent).bits, atol=1e-8)


def test_far_things_are_told_from_near_ones():
    """Far from one another most states are alike around an agent; the table is smaller than the states are many."""
    world, steps = played("boxes on plates", 1)
    around, calls = surroundings(world, steps[0].after), []
    assert around is not None

    def solve(rows):
        calls.append(len(rows))
        return np.zeros(len(rows))

    where, who = np.divmod(np.arange(24 * 4), 4)
    for _ in range(2):
        around.figures(steps[0].after, where, who, 1, "how many", solve)
    assert len(calls) == 1
    assert calls[0] < 24 * 4


@pytest.mark.parametrize("shape", SHAPES)
def test_random_play_is_the_listed_one(shape):
    """Entropy, first action information and variance, against all futures with their probabilities."""
    for seed in range(3):
        world, steps = played(shape, seed)
        for step in steps[::4]:
            play = random_play(step, range(world.agent_count), 2)
            for agent in range(world.agent_count):
                entropy = entropic_choice(world, step.after, 2, agent, None).bits
                first = first_action_information(world, step.after, 2, agent, None).bits
                cells = variance_proxy(world, step.after, 2, agent, None).bits
                assert np.allclose(play[:, agent, ENTROPY], entropy, atol=1e-9)
                assert np.allclose(play[:, agent, ENTROPY] - play[:, agent, ONCE_CHOSEN], first, atol=1e-9)
                assert np.allclose(play[:, agent, VARIANCE], cells, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_control_is_read_from_all_futures(shape):
    """Against the merged graph of everything that each agent can do."""
    control = rewards.make("control:horizon=2")
    for seed in range(4):
        world, steps = played(shape, seed)
        for step in steps[::3]:
            works = np.zeros((world.agent_count, 24, world.openable))
            for agent in range(world.agent_count):
                graph = Graph(question(world, step.after, 2, agent, noise=None), 2)
                row, node, _ = graph.spread(graph.roots, np.zeros((1, 0), np.int64), 2, graph.chances(None))
                now, then = world.things_open(step.after), world.things_open(graph.states)
                np.maximum.at(works[agent], row, then[node] != now[row])
            alive = world.alive(step.after) & world.alive(step.before)
            for agent in range(world.agent_count):
                share = (works[agent] * (works.sum(axis=0) == 1)).mean(axis=1)
                assert np.array_equal(control.pay(step, agent), share * alive[:, agent])


def test_absence_is_asked_about_only_where_it_matters():
    """Against everybody's empowerment with and without the payer."""
    kind = rewards.make("autonomous_kindness:horizon=2")
    for seed in range(6):
        world, steps = played("boxes on plates", seed)
        step, rows = steps[-1], np.arange(24)
        for agent in range(world.agent_count):
            left, wanted = world.without(step.after, agent), np.zeros(24)
            for other in set(range(world.agent_count)) - {agent}:
                asked = rows, np.full(24, other), 2, 0, None
                wanted += np.minimum(*(exact(world).own_of(states, *asked) for states in (step.after, left)))
            assert np.allclose(kind.pay(step, agent), wanted * world.alive(step.after)[:, agent], atol=1e-9)


class Uniform:
    """A policy that takes every action equally often, and may say so."""

    def __init__(self, world: World, even: bool) -> None:
        self.world, self.even = world, even

    def chances(self, states: np.ndarray) -> np.ndarray:
        return np.full((len(states), len(self.world.actions)), 1 / len(self.world.actions))


@pytest.mark.parametrize("kind", ["entropic", "immediate"])
def test_choice_of_who_acts_evenly_is_that_of_random_play(kind):
    """Whether it says so, and all is worked out at once, or is asked in each of its futures."""
    world, steps = played("boxes on plates", 1)
    choice = rewards.make(f"choice:kind={kind}:horizon=2")
    for said in ([True] * 4, [False, True, True, False]):
        policies = [[Uniform(world, even and one) for one in said] for even in (True, False)]
        paid = [choice.pay(replace(steps[-1], policies=some, found={}), 0) for some in policies]
        assert np.allclose(*paid, atol=1e-9)
        assert paid[0].any()


def test_a_far_plate_holds_the_door():
    """Who stands in a doorway can shut it by leaving, unless somebody stands on the plate, out of sight."""
    world = World(
        parse_scenario(
            """
            format: 1
            name: far_plate
            about: A door between two rooms, and far from it the plate that opens it.
            map: |
              #############
              #A.D......p.#
              #..#.......B#
              #############
            legend: {D: {door: {by: plate, link: x}}, p: {plate: {link: x}}}
            agents: {A: {letter: A, team: one}, B: {letter: B, team: two}}
            """
        )
    )
    still = np.zeros((1, 2), np.int8)
    held = world.new_states(1, 0)
    world.place(held, 1, 1, 10)
    held = world.imagine(held, still)
    world.place(held, 0, 1, 3)
    held = world.imagine(held, still)
    left = world.copy(held)
    world.place(left, 1, 2, 11)
    left = world.imagine(left, still)
    assert (world.things_open(np.concatenate([held, left])) == 1).all()
    step = Transition(world, held, still, held)
    assert rewards.make("control:horizon=1").pay(step, 0) == 0
    assert rewards.make("control:horizon=1").pay(Transition(world, left, still, left), 0) == 1


def test_transfer_counts_what_the_other_sees():
    """Against the number of different views, listed for each pair; nothing remembered misleads."""
    coupled = rewards.make("coupled:own=0:others=0:transfer=1:horizon=2")
    for seed in range(3):
        world, steps = played("boxes on plates", seed)
        for step in steps[::3]:
            for agent in range(world.agent_count):
                bits = np.zeros(24)
                for other in range(world.agent_count):
                    if other != agent:
                        bits += discrete_choice(
                            world, step.after, 2, agent, None, perceiver=other,
                            outcome=lambda world, states, other=other: seen(
                                world, states, other, world.observe(states)
                            ),
                        ).bits  # fmt: skip
                assert np.allclose(coupled.pay(step, agent), bits, atol=1e-9)


@pytest.mark.parametrize("told", ["by the cells that are seen", "by where the other is"])
def test_what_is_shown_is_what_is_listed(told, monkeypatch):
    """Counted in the kernel, or from whole futures where there are too many cells; nothing remembered misleads."""
    small = told == "by the cells that are seen"
    if not small:
        monkeypatch.setattr(tables, "SEEN", 0)
    for seed in range(3, 6) if small else range(6, 9):  # a world tells it in one way
        for step in played("boxes on plates", seed)[1][::2]:
            pairs = list(itertools.permutations(range(4), 2))
            found = onlookers.shown(replace(step, found={}), pairs, 2)
            for number, (one, other) in enumerate(pairs):
                rows = np.arange(24), np.full(24, one), np.full(24, other)
                assert np.array_equal(found[:, number], onlookers.listed(step, *rows, 2))


@pytest.mark.parametrize("outcome", ["cell", "world"])
@pytest.mark.parametrize("horizon", [1, 2])
def test_joint_empowerment_is_that_of_each_state(outcome, horizon):
    """Groups of all, and of some, in one compiled call, against futures merged state by state."""
    for seed in range(2):
        world, steps = played("boxes on plates", seed)
        states = steps[-1].after[:6]
        for group in ((0, 1), (0, 2, 3)):
            asked = asked_of(world, states, horizon, group, None, outcome)
            wanted = [bounds(asked, w, MOST)[0] for w in range(len(states))]
            assert np.allclose(
                joint_empowerment(world, states, horizon, group, outcome).bits, wanted, atol=1e-9
            )


@pytest.mark.parametrize("against", ["stay", "mean"])
def test_anticipation_is_read_from_the_table(against):
    """With the chosen action alone, or the whole table, also where that has been worked out for another."""
    world, steps = played("boxes on plates", 2)
    step = steps[-1]
    table = anticipation(world, step.before, 2).bits
    chosen = np.take_along_axis(table, step.actions[:, :, None, None], axis=2)[:, :, 0]
    instead = table[:, :, 0] if against == "stay" else table.mean(axis=2)
    for spec in ("", "+0.0001*minimax_regret:horizon=2"):
        mix = rewards.make(f"anticipation:horizon=2:against={against}{spec}")
        fresh = replace(step, found={})
        for agent in range(world.agent_count):
            others = [other for other in range(world.agent_count) if other != agent]
            paid = (chosen - instead)[:, agent, others].sum(axis=1)
            alive = world.alive(step.before)[:, agent] & world.alive(step.after)[:, agent]
            assert np.allclose(mix.terms_paid(fresh, agent)["anticipation"], paid * alive, atol=1e-9)


def test_a_world_goes_when_nobody_holds_it():
    """All that is kept of a world by formulations goes with it."""
    stage = Stage("A.B")
    step = Transition(stage.world, stage.states, np.zeros((1, 2), np.int8), stage.states)
    for name in rewards.names():
        mix = rewards.make(name)
        if not lacking(mix, stage.world, 0):
            mix.pay(step, 0)
    gone = weakref.ref(stage.world)
    del stage, step, mix
    gc.collect()
    assert gone() is None


def inside(stage: Stage, horizon: int) -> str:
    """The cells of one row, those in the cone of its first agent marked."""
    bits = within(stage.world, stage.states, horizon)[0, 0]
    cells = [stage.world.layout.cell(0, column) for column in range(stage.world.columns)]
    return "".join("x" if int(bits[cell // 64]) >> cell % 64 & 1 else "." for cell in cells)


def test_a_cone_goes_on_across_the_edge_of_a_torus():
    """Two steps west of it the agent stands at the east end; in one it pushes a box there, but only straight on."""
    assert inside(Stage(".A.......", torus=True, bare=True), 2) == "xxxx....x"
    assert inside(Stage(".A.......", torus=True, bare=True), 1) == "xxx......"
    assert inside(Stage("bA.......", torus=True, bare=True), 1) == "xxx.....x"


def test_the_rim_counts_where_a_box_may_be_pushed_onto_it():
    """By who walks straight at it and on; with time to spare, a box elsewhere, or nothing to push, it does not."""
    for row, horizon, wanted in (
        ("A.......", 3, "xxxx...."),
        ("A.b.....", 3, "xxxxx..."),
        ("Ab......", 3, "xxxxx..."),
        ("A...b...", 3, "xxxx...."),
        (".bA.....", 3, "xxxxxx.."),
        ("Ab.#....", 3, "xxx....."),
    ):
        assert inside(Stage(row, bare=True), horizon) == wanted
