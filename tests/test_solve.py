"""The exact solver against closed forms, against value iteration over plain dictionaries, and against playing."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sandbox
from rewards.socket import Transition
from sandbox.experiments.company import Company
from sandbox.policies import conduct, planner
from sandbox.policies.seat import Seat
from sandbox.training import solve_report
from sandbox.training.solve import Solution, exchange, solve


def scenario(tmp_path: Path, rows: str, more: str = "", agents: str = "walker: {letter: A}") -> Any:
    drawing = "\n".join("  " + row for row in rows.splitlines())
    lines = "\n".join("  " + line for line in agents.splitlines())
    file = tmp_path / "small.yaml"
    file.write_text(f"format: 1\nname: small\nmap: |\n{drawing}\nagents:\n{lines}\n{more}\nmax_cycles: 20\n")
    return sandbox.load_scenario(file)


def at(solution: Solution, row: int, column: int) -> np.ndarray:
    """Numbers of the states in which the learner is there and has not reached its goal."""
    where = (solution.world.positions(solution.states)[:, solution.agent] == (row, column)).all(axis=1)
    return np.flatnonzero(where & (solution.states["reached"][:, solution.agent] == 0))


# Closed forms


def test_a_corridor_is_worth_gamma_to_the_steps_left(tmp_path: Path) -> None:
    solution = solve(scenario(tmp_path, "A....G"), "task", gamma=0.9, tolerance=1e-12)
    for column in range(5):
        (state,) = at(solution, 0, column)
        assert solution.values[state] == pytest.approx(0.9 ** (4 - column), abs=1e-11)
        assert solution.action_values[state, 4] == solution.values[state]
        assert solution.action_values[state, 0] == pytest.approx(0.9 * solution.values[state], abs=1e-11)
    assert solution.value == pytest.approx(0.9**4, abs=1e-11)
    assert solution.error <= 1e-12
    assert len(solution.states) == 11
    assert solution.period == 1


def test_a_horizon_shorter_than_the_way_is_worth_nothing(tmp_path: Path) -> None:
    walk = scenario(tmp_path, "A....G")
    assert solve(walk, "task", horizon=4).value == 0
    five = solve(walk, "task", horizon=5)
    assert five.value == 1
    assert five.evaluate().measures == {"goal_reached/walker": 1, "steps_to_goal/walker": 5}
    assert five.action_values[five.starts[0]].tolist() == [0, 0, 0, 0, 1]  # any delay is too much


def test_slips_have_their_closed_form(tmp_path: Path) -> None:
    slip, gamma = 0.2, 0.9
    # one cell from the goal: east with 1 - slip, bumping into walls with the rest of the ways
    one = solve(scenario(tmp_path, "AG", "noise: {slip: 0.2}"), "task", gamma=gamma, tolerance=1e-13)
    assert one.value == pytest.approx((1 - slip) / (1 - gamma * slip), abs=1e-12)
    # within n steps: the chance that not all of them slip
    for steps in (1, 3, 6):
        within = solve(scenario(tmp_path, "AG", "noise: {slip: 0.2}"), "task", horizon=steps)
        assert within.value == pytest.approx(1 - slip**steps, abs=1e-12)
    found = within.evaluate(within.greedy(within.action_values))
    first = sum(step * slip ** (step - 1) * (1 - slip) for step in range(1, 7)) / (1 - slip**6)
    assert found.measures["steps_to_goal/walker"] == pytest.approx(first, abs=1e-12)
    stays = np.eye(5)[np.zeros(len(within.states), int)]
    assert within.evaluate(stays).total == pytest.approx(1 - (1 - slip / 4) ** 6, abs=1e-12)


def test_a_random_other_has_the_chances_of_a_random_walk(tmp_path: Path) -> None:
    two = "walker: {letter: A, team: a, policy: random}\nother: {letter: B, team: b, policy: random}"
    world = scenario(tmp_path, "A####B..", "", two)
    solution = solve(world, {"empowerment": {"horizon": 1}}, agent="walker", horizon=4)
    assert solution.value == 0  # walled in: no power
    moved = {"away": lambda world, states: world.positions(states)[:, 1, 1] == 7}
    found = solution.evaluate(steps=2, events=moved)
    assert found.events["away"] == pytest.approx(1 / 25, abs=1e-15)
    never_left = solution.evaluate(
        steps=4, events={"left": lambda world, states: world.positions(states)[:, 1, 1] != 5}
    )
    assert never_left.events["left"] == pytest.approx(1 - (4 / 5) ** 4, abs=1e-15)


def test_goals_that_are_drawn_are_equally_likely(tmp_path: Path) -> None:
    solution = solve(scenario(tmp_path, "G.A...G", "mechanics: {goals: {choose: one}}"), "task", horizon=3)
    assert solution.weights.tolist() == [0.5, 0.5]
    assert solution.starts_are_exact
    assert solution.value == 0.5


# Value iteration over plain dictionaries, with the world's own steps and policies asked under many seeds


def naive(company: Company, agent: int, gamma: float, rounds: int) -> tuple[dict, dict]:
    """(values, action values) after so many rounds, by key and clock; the others' chances exact by `conduct`."""
    world, count = company.world, len(company.world.actions)
    noise = np.eye(count) if world.noise is None else world.noise
    period = conduct.period(world, company.policies)

    def name(state: np.ndarray) -> tuple:
        return world.key(state).tobytes(), int(state["clock"][0]) % period

    table: dict[tuple, Any] = {}
    todo = [world.new_states(1, seed) for seed in range(40)]
    while todo:
        state = todo.pop()
        if name(state) in table:
            continue
        table[name(state)] = None
        if state["over"][0] or not world.alive(state).any():
            continue
        actions = []
        for executed in range(count):
            outcomes = [(1.0, [0] * world.agent_count)]
            for other, policy in enumerate(company.policies):
                if other != agent:
                    odds = conduct.chances(policy, state, count, period)[0] @ noise
                    outcomes = [
                        (p * odds[action], [*joint[:other], action, *joint[other + 1 :]])
                        for p, joint in outcomes
                        for action in range(count)
                        if odds[action] > 0
                    ]
            ways = []
            for p, joint in outcomes:
                joint = np.array([[*joint[:agent], executed, *joint[agent + 1 :]]])
                after = world.imagine(state, joint)
                paid = company.mixes[agent].pay(Transition(world, state, joint, after), agent)[0]
                ways.append((p, paid, name(after)))
                if name(after) not in table:
                    todo.append(after)
            actions.append(ways)
        table[name(state)] = actions if state["alive"][0, agent] else None
    values = dict.fromkeys(table, 0.0)
    worth: dict = {}
    for _ in range(rounds):
        worth = {
            key: noise @ [sum(p * (paid + gamma * values[to]) for p, paid, to in ways) for ways in actions]
            if actions
            else np.zeros(count)
            for key, actions in table.items()
        }
        values = {key: float(each.max()) for key, each in worth.items()}
    return values, worth


TWO = "left: {letter: A, team: a, policy: %s}\nright: {letter: B, team: b, policy: %s}"
GOALS = "mechanics: {goals: {ends: %s}}"
SMALL = {  # most of them of one size and with the same rules, so that these are compiled once
    "random other": ("A...\n.GB.", "", TWO % ("random", "random"), "task+kindness:horizon=1"),
    "walker": ("A.#.\n.G.B", GOALS % "agent", TWO % ("random", "scripted"), "task"),
    "ends": ("A.G.\n..B.", GOALS % "all", TWO % ("random", "random"), "task"),
    "patrol": (
        "A..B\n..G.", "", TWO % ("random", "{scripted: {do: patrol, points: [[0, 0], [1, 3]], hold: 3}}"), "task",
    ),
    "slips": ("A.G.\n..B.", "noise: {slip: 0.3}", TWO % ("random", "{scripted: {do: still}}"), "task"),
    "planner": ("Ai.B\n....", "", TWO % ("random", "{planner: {depth: 2}}"), "task"),
    "box": ("A.b.\n..BG", "", TWO % ("random", "random"), "task"),
    "door": ("A.D.\n##BG", "", TWO % ("random", "random"), "task"),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_equal_to_plain_value_iteration(tmp_path: Path, name: str) -> None:
    rows, more, agents, reward = SMALL[name]
    company = Company(scenario(tmp_path, rows, more, agents), {"a": reward})
    solution = solve(company, agent="left", horizon=7, gamma=0.9)
    values, worth = naive(company, 0, 0.9, 7)
    assert len(solution.states) == len(values)
    assert solution.values.any()
    keys = solution.world.key(solution.states)
    for number, state in enumerate(solution.states):
        key = keys[number].tobytes(), int(state["clock"])
        assert solution.values[number] == pytest.approx(values[key], abs=1e-9)
        assert solution.action_values[number] == pytest.approx(worth[key], abs=1e-9)
    endless = solve(company, agent="left", gamma=0.6, tolerance=1e-10)
    values, _ = naive(company, 0, 0.6, 60)
    for number, state in enumerate(endless.states):
        assert endless.values[number] == pytest.approx(
            values[keys[number].tobytes(), int(state["clock"])], abs=1e-9
        )


# Against playing


def test_what_is_evaluated_is_what_happens_in_play(tmp_path: Path) -> None:
    leaves = "mechanics: {goals: {ends: agent}}\nnoise: {slip: 0.3}"
    company = Company(scenario(tmp_path, "A.G.\n..B.", leaves, TWO % ("random", "scripted")))
    solution = solve(company, "task", agent="0", horizon=6, gamma=0.95)
    for choosing in (solution.greedy(), solution.softmax(0.2), solution.uniform()):
        found = solution.evaluate(choosing)
        played = Company(company.scenario, None, company.world)
        played.policies[0] = solution.policy(choosing)
        states = company.world.new_states(4000, 1)
        total, lived = np.zeros(len(states)), np.zeros(len(states))
        for _ in range(6):
            going = ~played.finished(states)
            now = states[going]
            there = company.world.alive(now)[:, 0]
            lived[going] += there
            transition = played.step(now)
            total[going] += np.where(there, solution.mix.pay(transition, 0), 0)
            states[going] = now
        for figure, sample in ((found.total, total), (found.alive, lived)):
            assert sample.mean() == pytest.approx(figure, abs=5 * sample.std() / len(sample) ** 0.5 + 1e-9)
        gone = ~company.world.alive(states)[:, 0]
        chance = found.events["a_0 is gone"]
        assert gone.mean() == pytest.approx(chance, abs=5 * 0.5 / len(states) ** 0.5)
    best, soft, even = (
        solution.evaluate(each).discounted
        for each in (solution.greedy(), solution.softmax(0.2), solution.uniform())
    )
    assert best == pytest.approx(solution.value, abs=1e-12)
    assert best > soft > even


def test_measures_are_those_of_a_comparison() -> None:
    from sandbox.experiments.compare import measured

    company = Company(sandbox.load_scenario("two_doors", {"max_cycles": 12}))
    solution = solve(company, "task", horizon=12)
    found = solution.evaluate(solution.uniform()).measures
    played = Company(company.scenario, None, company.world)
    played.policies[solution.agent] = solution.policy(solution.uniform())
    rows = []
    for seed in range(300):
        states = played.start([seed])
        history = [states.copy()]
        for _ in range(12):
            played.step(states)
            history.append(states.copy())
        rows.append(measured(company.world, np.concatenate(history)))
    for name, figure in found.items():
        sample = np.array([row[name] for row in rows])
        sample = sample[~np.isnan(sample)]
        if len(sample) > 30:
            assert sample.mean() == pytest.approx(figure, abs=5 * sample.std() / len(sample) ** 0.5 + 1e-9), (
                name
            )


@pytest.mark.parametrize("name", ["doorway", "two_doors", "gilded_cage", "boxed_human"])
def test_a_scripted_walker_has_the_chances_that_its_turns_give_it(name: str) -> None:
    company = Company(sandbox.load_scenario(name))
    world, walker = company.world, company.policies[0]
    states, rng = world.new_states(60, 0), np.random.default_rng(0)
    for _ in range(25):
        world.step(states, rng.integers(len(world.actions), size=(60, world.agent_count)))
    told = conduct.chances(walker, states, len(world.actions), 2)
    assert told.sum(axis=1) == pytest.approx(1)
    seen = np.zeros_like(told)
    for _ in range(400):
        states["rng_key"] = rng.integers(2**63, size=60)
        seen[np.arange(60), walker.act(states)] += 1 / 400
    assert (told[seen > 0] > 0).all()
    assert np.abs(told - seen).max() < 0.12


# Swaps of places


def test_empathy_on_two_islands(tmp_path: Path) -> None:
    """The learner alone can free the other's place of nothing; in the other's place it would be beside a goal."""
    company = Company(
        scenario(tmp_path, "A..#B.G", "", TWO % ("random", "{scripted: {do: still}}")), {"a": "task"}
    )
    solution = solve(
        company,
        agent="left",
        gamma=0.9,
        tolerance=1e-12,
        swap=lambda world, states: exchange(world, states, 0, 1),
    )
    assert solution.swapped is not None
    start = solution.starts[0]
    other = solution.swapped[start]
    assert solution.values[start] == 0
    assert solution.values[other] == pytest.approx(0.9, abs=1e-10)
    assert np.array_equal(solution.swapped[solution.swapped], np.arange(len(solution.states)))
    assert solution.empathic(1.0) == pytest.approx(solution.action_values)
    assert solution.empathic(0.0)[start] == pytest.approx([0.9 * 0.9] * 5, abs=1e-10)
    assert solution.empathic(0.5)[start] == pytest.approx([0.405] * 5, abs=1e-10)


def test_exchange_keeps_records_whole() -> None:
    world = sandbox.World(sandbox.load_scenario("doorway"))
    states = world.new_states(2, 0)
    swapped = exchange(world, states, 0, 1)
    assert np.array_equal(world.positions(swapped), world.positions(states)[:, ::-1])
    assert exchange(world, swapped, 0, 1).tobytes() == states.tobytes()
    placed = world.new_states(2, 0)
    (row, column), (there, here) = world.positions(states)[0].tolist()
    world.place(placed, 0, 0, 0)
    world.place(placed, 1, row, column)
    world.place(placed, 0, there, here)
    assert placed.tobytes() == swapped.tobytes()


# Mistakes, and what is written


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"most_states": 500}, r"doorway is too large.*has [\d,]+ states and more, and at most 500"),
        ({"gamma": 1.0}, "gamma must lie in 0..1, below 1, not 1"),
        ({"horizon": 0}, "horizon must be at least 1 step, not 0"),
        ({"gamma": -0.1, "horizon": 3}, "gamma"),
        ({"agent": "nobody"}, "nobody"),
        ({"rewards": "kindnes"}, "did you mean kindness"),
    ],
)
def test_mistakes_are_one_line(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        solve(sandbox.load_scenario("doorway"), **arguments)
    assert "\n" not in str(caught.value)


PAPER = (4, 3, 2, 1, 0)
"""Among equal actions the first of these."""

ALL = slice(None)


@cache
def coexistence(horizon: int | None = None) -> Solution:
    """Places swapped; after the learner's end, as published, those of a fresh episode.

    With a horizon the learner looks so far ahead, and knows what it is worth to be alone: 1 at every step for ever.
    """
    world = sandbox.World(sandbox.load_scenario("coexistence"))
    fresh = exchange(world, world.new_states(1, 0), 0, 1)[0]

    def swap(world: sandbox.World, states: np.ndarray) -> np.ndarray:
        swapped = exchange(world, states, 0, 1)
        gone = states["alive"][:, 0] == 0
        swapped[gone] = fresh
        swapped["clock"], swapped["over"] = states["clock"], 0
        return swapped

    def alone(world: sandbox.World, states: np.ndarray) -> np.ndarray:
        return np.where(states["alive"][:, 1] == 0, 100.0, 0.0)

    return solve(
        sandbox.load_scenario("coexistence"), agent="learner", tolerance=1e-11, swap=swap, gamma=0.99,
        horizon=horizon, final=alone if horizon else None,
    )  # fmt: skip


@pytest.mark.parametrize("horizon", [60, 70, 80])
@pytest.mark.parametrize(
    ("beta", "lived", "killed", "died"),
    [(1.0, 500.0, 1.0, 0.0), (0.5, 499.9, 0.0007, 0.0003), (0.0, 93.6, 0.0, 0.9974)],
)
def test_coexistence_as_published(horizon, beta, lived, killed, died) -> None:
    """The table of exact figures: values are equal but for how soon they are sure, which decides among actions."""
    solution = coexistence(horizon)
    found = solution.evaluate(
        solution.greedy(solution.empathic(beta), tie=0.0, order=PAPER)(0, ALL), steps=500
    )
    assert found.alive == pytest.approx(lived, abs=0.05)
    assert found.events["other_0 is gone"] == pytest.approx(killed, abs=5e-5)
    assert found.events["learner_0 is gone"] == pytest.approx(died, abs=5e-5)


def test_uniform_play_in_coexistence() -> None:
    found = coexistence().evaluate(coexistence().uniform())
    assert found.steps == 500
    assert found.alive == pytest.approx(224.8, abs=0.05)
    assert found.events["other_0 is gone"] == pytest.approx(0.4177, abs=5e-5)
    assert found.events["learner_0 is gone"] == pytest.approx(0.5823, abs=5e-5)


def test_chance_within_an_episode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^coin_game: coloured_coins draws by chance during the episode"):
        solve(sandbox.load_scenario("coin_game"), agent="blue")
    company = Company(sandbox.load_scenario("doorway"))
    imagine = company.world.imagine

    def drawing(states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        after = imagine(states, actions)
        after["rng_count"][-1] += 1
        return after

    monkeypatch.setattr(company.world, "imagine", drawing)
    with pytest.raises(ValueError, match=r"^doorway: a rule draws by chance during the episode"):
        solve(company)


@pytest.mark.parametrize(
    ("order", "beta", "lived", "killed"),
    [  # the same by a program apart that knows only this world: 2,401 joint states in plain NumPy
        (PAPER, 1.0, 500.0, 1.0),
        (PAPER, 0.5, 500.0, 0.1543),
        (PAPER, 0.0, 160.5, 0.0),
        (None, 1.0, 500.0, 0.9974),
        (None, 0.5, 473.9, 0.0625),
        (None, 0.0, 65.4, 0.0),
    ],
)
def test_coexistence(order: tuple[int, ...] | None, beta: float, lived: float, killed: float) -> None:
    solution = coexistence()
    found = solution.evaluate(solution.greedy(solution.empathic(beta), order=order), steps=500)
    assert found.alive == pytest.approx(lived, abs=0.05)
    assert found.events["other_0 is gone"] == pytest.approx(killed, abs=5e-5)


def test_chances_that_cannot_be_told(tmp_path: Path) -> None:
    company = Company(scenario(tmp_path, "A.G\n..B", "", TWO % ("random", "random")))

    class Moody:
        foreseeable = False

        def act(self, states: np.ndarray) -> np.ndarray:
            return (states["rng_key"] % np.uint64(5)).astype(np.int8)

    company.policies[1] = Moody()
    with pytest.raises(ValueError, match=r"^policy moody acts by chance or by the clock"):
        solve(company, agent="left")
    seat = Seat(company.world, 1, company.mixes[1], [*company.policies])
    company.policies[1] = planner.Planner(seat, depth=1)
    assert solve(company, agent="left", horizon=3).value >= 0


def test_a_policy_of_a_solution_knows_only_its_own_states(tmp_path: Path) -> None:
    solution = solve(scenario(tmp_path, "A.#.G"), "task", horizon=3)
    states = solution.world.new_states(2, 0)
    assert solution.policy().act(states).dtype == np.int8
    solution.world.place(states, 0, 0, 3)
    with pytest.raises(ValueError, match=r"^small: the solution has no such state$"):
        solution.policy().act(states)


def test_files(tmp_path: Path) -> None:
    walk = scenario(tmp_path, "A..#\n...G")
    solution = solve(walk, "task", gamma=0.9)
    found = solution.evaluate()
    paths = solve_report.save(walk, solution, found, tmp_path / "out")
    assert sorted(path.name for path in paths) == ["manifest.json", "solution.npz", "values.png"]
    with np.load(paths[0], allow_pickle=False) as arrays:
        assert np.array_equal(arrays["values"], solution.values)
        assert arrays["action_values"].shape == (len(solution.states), 5)
    mean = solve_report.by_cell(solution)
    assert np.isnan(mean[0, 3])
    assert solve_report.table(solution, found).row_count > 5
