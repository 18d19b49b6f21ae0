"""Curiosity: what pays for novelty, what falls for the noisy television, and what does not."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from rewards import Mix, Term, Transition, formulation, make
from sandbox.experiments.company import Company
from sandbox.policies import seated
from sandbox.scenario.read import parse_scenario
from sandbox.training.solve import solve

TELEVISION = """
format: 1
name: television
about: A corridor, at one end of which somebody behind the wall can be seen who moves at random.
map: |
  ##########
  #T.#######
  ##########
  #....A...#
  ##########
agents:
  watcher: {letter: A, team: watchers, role: helper, view: 2, policy: random}
  television: {letter: T, team: pictures, view: 0, policy: random}
max_cycles: 50
"""

LEARNED = ["prediction_error", "random_network", "learning_progress", "count(of=view)", "new_node(of=view)"]
OWN_VALUES = ["value_swap", "own_value", "imagined_swap"]


def term_of(spec: Any) -> Any:
    """The formulation of a mix of one term."""
    return make(spec).terms[0].formulation


@cache
def company() -> Company:
    return Company(parse_scenario(TELEVISION))


def trained(spec: str, steps: int, worlds: int = 32, seed: int = 0):
    """A formulation that has seen the watcher walk about at random; and its next step."""
    term, world = term_of(spec), company().world
    rng = np.random.default_rng(seed)
    transition = random_step(world, world.new_states(worlds, seed), rng)
    for _ in range(steps):
        term.learn(transition)
        transition = random_step(world, transition.after, rng)
    return term, transition


def random_step(world, states, rng) -> Transition:
    after, actions = states.copy(), rng.integers(0, len(world.actions), (len(states), world.agent_count))
    world.step(after, actions)
    return Transition(world, states, actions, after)


@cache
def once_trained(spec: str):
    """One that is only asked, after 300 steps."""
    return trained(spec, 300)[0]


def mean_pay(term, watch: bool, steps: int = 30) -> float:
    """What one is paid who stands still where the television is seen, or where it is not; nothing is learned."""
    world = company().world
    states, rng, total = world.new_states(64, 9), np.random.default_rng(9), 0.0
    world.place(states, 0, 3, 2 if watch else 8)
    for _ in range(steps):
        after, actions = states.copy(), rng.integers(0, 5, (64, 2))
        actions[:, 0] = 0
        world.step(after, actions)
        total += term.pay(Transition(world, states, actions, after), 0).mean()
        states = after
    return total / steps


@dataclass
class AsItIs:
    """A formulation that learns no more, as the exact solver needs it."""

    formulation: Any

    def pay(self, transition, agent):
        return self.formulation.pay(transition, agent)


# ---- the noisy television


def test_prediction_error_watches_the_television():
    """Sign: + for ever where noise is seen (half of the variance at least), 0 where all can be foreseen."""
    term = once_trained("prediction_error")
    assert mean_pay(term, watch=True) > 0.04
    assert mean_pay(term, watch=False) < 0.004


def test_its_best_policy_goes_there_and_stays():
    """By the exact solver: paid for prediction error alone, the watcher goes to the television and stays there."""
    term = once_trained("prediction_error")
    solution = solve(company(), AsItIs(term), agent="watcher", horizon=30)
    assert solution.value > 0.5
    states, rng, policy = solution.world.new_states(16, 0), np.random.default_rng(0), solution.policy()
    solution.world.place(states, 0, 3, 8)
    for _ in range(15):
        actions = np.stack([policy.act(states), rng.integers(0, 5, 16)], axis=1)
        solution.world.step(states, actions)
    where = solution.world.positions(states)[:, 0, 1]
    assert (where <= 5).all()  # who looks away for a step knows even less
    assert (where <= 4).mean() > 0.7


def test_learning_progress_does_not_watch_noise():
    """Sign: + while it learns, and about 0 afterwards, before the television as anywhere else."""
    early, transition = trained("learning_progress", 30)
    assert early.pay(transition, 0).mean() > 0.05
    late = once_trained("learning_progress")
    noise = mean_pay(once_trained("prediction_error"), watch=True)
    for watch in (True, False):
        assert abs(mean_pay(late, watch)) < 0.1 * noise
    assert mean_pay(late, True) <= 0.001


def test_counting_views_falls_for_the_television_and_counting_cells_does_not():
    """Sign: where pictures change each of them is rarer; a cell is a cell."""
    world = company().world
    by_view, by_cell = term_of("count(of=view)"), term_of("count")
    states, rng = world.new_states(64, 1), np.random.default_rng(1)
    world.place(states[:32], 0, 3, 2)
    world.place(states[32:], 0, 3, 8)
    for _ in range(100):
        after, actions = states.copy(), rng.integers(0, 5, (64, 2))
        actions[:, 0] = 0
        world.step(after, actions)
        transition = Transition(world, states, actions, after)
        by_view.learn(transition)
        by_cell.learn(transition)
        states = after
    watches, not_so = np.split(by_view.pay(transition, 0), 2)
    assert watches.mean() > 1.2 * not_so.mean()
    watches, not_so = np.split(by_cell.pay(transition, 0), 2)
    assert (watches == not_so).all()


# ---- who follows its pay: a planner of the pay as it is, while the formulation learns along


def followed(formulation: Any, worlds: int, steps: int, depth: int, column: int = 6) -> np.ndarray:
    """The columns in which the watcher is who plans for what it is paid, or moves at random, [steps, worlds]."""
    world = company().world
    mix = Mix([Term("own", 1.0, formulation or make("task").terms[0].formulation)])
    plan = {"planner": {"depth": depth}} if formulation else "random"
    policies, states, columns = seated(world, [plan, "random"], [mix, mix]), world.new_states(worlds, 3), []
    world.place(states, 0, 3, column)
    for _ in range(steps):
        before = world.copy(states)
        actions = np.stack([policy.act(states) for policy in policies], axis=1)
        world.step(states, actions)
        if formulation:
            formulation.learn(Transition(world, before, actions, world.copy(states)))
        columns.append(world.positions(states)[:, 0, 1])
    return np.array(columns)


def places_seen(columns: np.ndarray) -> float:
    """How many of the corridor's eight cells were visited, on average."""
    return float(np.mean([len(np.unique(each)) for each in columns.T]))


@pytest.mark.parametrize(
    ("spec", "worlds"), [("count", 8), ("count(of=view)", 8), ("new_node", 1), ("random_network", 8),
                         ("prediction_error", 8)],
)  # fmt: skip
def test_who_follows_its_pay_sees_more_than_one_at_random(spec, worlds):
    """Sign: + for what is new. In 20 steps it sees nearly all of the corridor, and one at random half of it."""
    by_chance = places_seen(followed(None, 64, 20, 1))
    assert by_chance < 5
    assert places_seen(followed(term_of(spec), worlds, 20, 6)) > by_chance + 2


def test_who_follows_learning_progress_is_not_drawn_to_the_television():
    """Sign: 0 before the noise, once there is nothing to learn of it; prediction error draws it from the far end."""
    watching = {}
    for spec in ("prediction_error", "learning_progress"):
        columns = followed(trained(spec, 30, 16)[0], 8, 24, 3, column=8)
        watching[spec] = float((columns[12:] <= 4).mean())
    assert watching["prediction_error"] > 0.6
    assert watching["learning_progress"] == 0


# ---- each against a slow oracle or closed form


@pytest.mark.parametrize("of", ["cell", "view", "world"])
def test_count_is_that_of_a_dictionary(of):
    term, world = term_of(f"count(of={of}, scale=2)"), company().world
    states, rng, visits = world.new_states(8, 0), np.random.default_rng(0), {}
    for _ in range(40):
        transition = random_step(world, states, rng)
        states = transition.after
        keys = [situation(transition, row, of) for row in range(8)]
        wanted = [2 / np.sqrt(visits.get(key, 0) + 1) for key in keys]
        assert term.pay(transition, 0) == pytest.approx(wanted)
        term.learn(transition)
        for key in keys:
            visits[key] = visits.get(key, 0) + 1


def situation(transition, row, of, when="after"):
    world, states = transition.dynamics, getattr(transition, when)[[row]]
    if of == "cell":
        return tuple(world.positions(states)[0, 0])
    return (world.observe(states)[0, 0] if of == "view" else world.key(states)).tobytes()


@pytest.mark.parametrize("within", ["run", "episode"])
def test_new_node_is_that_of_a_set(within):
    """Sign: 1 for what is new, 0 for what is not; in an episode only what was met in it is not new."""
    term, world = term_of(f"new_node(within={within})"), company().world
    states, rng = world.new_states(6, 0), np.random.default_rng(0)
    met = [set() for _ in range(6)]
    for step in range(60):
        if step % 20 == 0 and step:
            fresh = world.new_states(6, step)
            states[:3] = fresh[:3]
            if within == "episode":
                met[:3] = [set() for _ in range(3)]
        transition = random_step(world, states, rng)
        states = transition.after
        seen = [
            {situation(transition, row, "cell", when) for when in ("before", "after")} for row in range(6)
        ]
        known = met if within == "episode" else [set().union(*met)] * 6
        now = [situation(transition, row, "cell") for row in range(6)]
        was = [situation(transition, row, "cell", "before") for row in range(6)]
        wanted = [float(now[row] not in known[row] and now[row] != was[row]) for row in range(6)]
        assert term.pay(transition, 0).tolist() == wanted
        term.learn(transition)
        for row in range(6):
            met[row] |= seen[row]


def test_what_is_seen_often_is_no_news_to_the_random_network():
    """Sign: the error falls with use, and is about 1 (the length of the target) where nothing was learned."""
    term, world = term_of("random_network"), company().world
    transition = random_step(world, world.new_states(32, 0), np.random.default_rng(0))
    assert term.pay(transition, 0).mean() == pytest.approx(1, abs=0.3)
    errors = []
    for _ in range(60):
        term.learn(transition)
        errors.append(term.figures()["error"])
    assert errors[-1] < 0.01
    assert errors == sorted(errors, reverse=True)


def test_the_prediction_error_of_a_coin_is_its_variance():
    """Two answers equally often: the model comes to expect their middle, and errs by a quarter of their distance."""
    term, world = term_of("prediction_error(rate=0.05)"), company().world
    states = np.concatenate([world.new_states(1, 0)] * 64)
    after = states.copy()
    world.place(after[:32], 1, 1, 2)  # the television is there or here
    world.place(after, 0, 3, 2)
    transition = Transition(world, states, np.zeros((64, 2), int), after)
    for _ in range(300):
        term.learn(transition)
    answers = term._model.target.of(world.observe(after)[:, 0].reshape(64, -1))
    apart = ((answers[0] - answers[-1]) ** 2).sum()
    assert apart > 0.5
    assert term.pay(transition, 0) == pytest.approx(0.5 * apart / 4, rel=1e-3)


# ---- what holds for all that learn along


@pytest.mark.parametrize("spec", LEARNED + OWN_VALUES)
def test_a_batch_is_so_many_single_worlds(spec):
    """To the bit, after something was learned, and nothing changes by asking."""
    term, transition = trained(spec, 30)
    whole = term.pay(transition, 0)
    assert whole.dtype == np.float64
    assert (term.pay(transition, 0) == whole).all()
    for row in range(0, 32, 5):
        one = [getattr(transition, name)[[row]] for name in ("before", "actions", "after")]
        if "episode" not in spec:
            assert term.pay(Transition(transition.dynamics, *one), 0)[0] == whole[row]


@pytest.mark.parametrize("spec", LEARNED + OWN_VALUES)
def test_what_was_learned_is_kept(spec):
    """Restored from its tensors it goes on to the bit; the same seed learns the same."""
    term, transition = trained(spec, 30)
    again, _ = trained(spec, 30)
    kept = term_of(spec)
    kept.restore(term.tensors())
    for other in (again, kept):
        assert (other.pay(transition, 0) == term.pay(transition, 0)).all()
    rng = np.random.default_rng(3)
    later = random_step(company().world, transition.after, rng)
    for other in (term, kept):
        other.learn(later)
    assert (kept.pay(later, 0) == term.pay(later, 0)).all()
    assert all((kept.tensors()[name] == tensor).all() for name, tensor in term.tensors().items())
    assert all(isinstance(value, float) for value in term.figures().values())


@pytest.mark.parametrize("spec", LEARNED + OWN_VALUES)
def test_the_dead_learn_nothing_and_are_paid_nothing(spec):
    term, transition = trained(spec, 3)
    before, after = transition.before.copy(), transition.after.copy()
    for states in (before, after):
        states["alive"][:, 0] = 0
    gone = Transition(transition.dynamics, before, transition.actions, after)
    assert (term.pay(gone, 0) == 0).all()
    kept = {name: tensor for name, tensor in term.tensors().items() if "0" in name.split(".")}
    term.learn(gone)
    assert kept
    assert all((term.tensors()[name] == tensor).all() for name, tensor in kept.items())


@pytest.mark.parametrize(
    "text",
    ["count(of=room)", "count(scale=-1.0)", "new_node(within=life)", "prediction_error(rate=2.0)",
     "learning_progress(lag=0)", "random_network(width=0)", "prediction_error(eta=-1.0)"],
)  # fmt: skip
def test_mistakes_are_one_line(text):
    with pytest.raises(ValueError, match=r"^reward \w+: [^\n]+$"):
        make(text)


def test_a_world_without_views_lacks_them():
    bare = object()
    for name in ("prediction_error", "random_network", "learning_progress", "value_swap", "imagined_swap"):
        assert formulation(name)().lacks(bare, 0) == "needs something to see"
    assert term_of("count").lacks(bare, 0) == "needs a cell to be on"
    assert term_of("count(of=world)").lacks(bare, 0) == ""
