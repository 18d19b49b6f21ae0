"""Policies: what all of them keep, the planner against brute force, the scripted against shortest paths."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import rewards
import sandbox
from rewards.socket import Transition
from sandbox import policies
from sandbox.experiments.company import Company
from sandbox.policies import planner
from sandbox.policies.seat import Seat

MORTAL = Path(__file__).with_name("mortal.yaml")
SCENARIOS = [str(MORTAL), "gilded_cage", "two_doors"]
SPECS = [
    *(name for name in policies.names() if name != "trained"),  # needs a run: tests/test_training_loop.py
    {"scripted": {"do": "patrol", "points": [[1, 1], [4, 3]]}},
    {"scripted": {"do": "still"}},
    {"scripted": {"do": "sweep", "along": "east", "every": 3}},
]


def world_of(name: str, **overrides) -> sandbox.World:
    return sandbox.World(
        sandbox.load_scenario(name, {key.replace("__", "."): value for key, value in overrides.items()})
    )


def states_along(world: sandbox.World, count: int, steps: int = 12) -> np.ndarray:
    """States of several worlds, each some steps into random play."""
    states, rng = world.new_states(count, 5), np.random.default_rng(0)
    kept = [states.copy()]
    for _ in range(steps):
        world.step(states, rng.integers(len(world.actions), size=(count, world.agent_count)))
        kept.append(states.copy())
    return np.concatenate(kept[::3])


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_what_every_policy_keeps(scenario: str, spec) -> None:
    world = world_of(scenario)
    states = states_along(world, 4)
    was = states.tobytes()
    mixes = [rewards.make("task")] * world.agent_count
    for agent, policy in enumerate(policies.seated(world, [spec] * world.agent_count, mixes)):
        actions = policy.act(states)
        assert actions.dtype == np.int8
        assert actions.shape == (len(states),)
        assert ((actions >= 0) & (actions < len(world.actions))).all()
        assert states.tobytes() == was, "a policy wrote to the states"
        again = policies.make(spec, Seat(world, agent, mixes[agent]))
        assert np.array_equal(again.act(states), actions), "not a function of the states"
        alone = [policy.act(states[one : one + 1])[0] for one in range(0, len(states), 3)]
        assert alone == actions[::3].tolist(), "other worlds of the batch have a say"
        assert isinstance(policy.foreseeable, bool)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_no_worlds_need_no_actions(spec) -> None:
    world = world_of("gilded_cage")
    seat = Seat(world, 0, rewards.make("task"))
    assert policies.make(spec, seat).act(world.new_states(1, 0)[:0]).tolist() == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("plan", "no policy 'plan'"),
        ("planer", "did you mean 'planner'"),
        ({"planner": {"deep": 3}}, "planner has no parameter 'deep'.*it takes depth"),
        ({"planner": {"depth": 0}}, "depth"),
        ({"planner": {"depth": "far"}}, "depth"),
        ({"planner": {"discount": 1.5}}, "discount"),
        ({"planner": {"others": "gone"}}, "others.*still.*policy"),
        ({"scripted": {"do": "dance"}}, "do .*goal.*patrol.*still"),
        ({"scripted": {"do": "patrol"}}, "patrol needs points"),
        ({"scripted": {"do": "patrol", "points": [[1, 2, 3]]}}, "points"),
        ({"scripted": {"do": "patrol", "points": [[1, 1]], "hold": 0}}, "hold"),
        ({"random": {"seed": 3}}, "random has no parameter 'seed'; it takes none"),
    ],
    ids=str,
)
def test_wrong_params(spec, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        policies.make(spec, Seat(world_of("gilded_cage"), 0))
    assert "\n" not in str(caught.value)


# The planner


def brute_force(seat: Seat, state: np.ndarray, depth: int, discount: float, others: str) -> list[float]:
    """Expected discounted reward of each chosen action, by recursion over everything that may be executed."""
    world, agent, count = seat.world, seat.agent, len(seat.world.actions)
    if depth == 0 or state["over"][0] or not state["alive"][0, agent]:
        return [0.0] * count
    worth = []
    for action in range(count):
        joint = np.zeros((1, world.agent_count), np.int8)
        if others == "policy":
            for other, policy in enumerate(seat.company):
                if policy.foreseeable:
                    joint[0, other] = policy.act(state)[0]
        joint[0, agent] = action
        after = world.imagine(state, joint)
        paid = seat.mix.pay(Transition(world, state, joint, after), agent)[0]
        worth.append(paid + discount * max(brute_force(seat, after, depth - 1, discount, others)))
    noise = np.eye(count) if world.noise is None else world.noise
    return [float(sum(noise[action] * worth)) for action in range(count)]


@pytest.mark.parametrize("slip", [0.0, 0.3])
@pytest.mark.parametrize(
    ("depth", "reward"), [(1, "task"), (2, "task+0.3*empowerment:horizon=2"), (3, "task")]
)
def test_planner_is_brute_force(slip: float, depth: int, reward: str) -> None:
    world = world_of(str(MORTAL), noise__slip=slip)
    seat = Seat(world, 2, rewards.make(reward))
    policy = planner.Planner(seat, depth=depth, discount=0.9)
    states = states_along(world, 2)
    values, actions = policy.values(states), policy.act(states)
    assert values.any()
    for one in range(len(states)):
        expected = brute_force(seat, states[one : one + 1], depth, 0.9, "still")
        assert values[one] == pytest.approx(expected, abs=1e-6)
        assert expected[actions[one]] == pytest.approx(max(expected), abs=1e-6)


@pytest.mark.parametrize("others", ["still", "policy"])
def test_planner_foresees_the_others(others: str) -> None:
    scenario = sandbox.load_scenario(
        "gilded_cage", {"agents.helper.policy": {"planner": {"depth": 3, "others": others}}}
    )
    company = Company(scenario)
    helper = company.policies[1]
    assert isinstance(helper, planner.Planner)
    states = company.start([0])
    differ = False
    for _ in range(8):
        expected = brute_force(helper.seat, states, 3, helper.discount, others)
        assert helper.values(states)[0] == pytest.approx(expected, abs=1e-6)
        differ |= expected != pytest.approx(brute_force(helper.seat, states, 3, helper.discount, "still"))
        company.step(states)
    assert differ == (others == "policy")


def test_planner_breaks_ties_by_the_seed() -> None:
    world = world_of(str(MORTAL), noise__slip=0.0)
    policy = planner.Planner(Seat(world, 0, rewards.make("0*task")), depth=2)  # all is equal to it
    states = world.new_states(400, 0)
    counts = np.bincount(policy.act(states), minlength=5)
    assert (counts > 40).all()
    assert counts.sum() == 400


def test_planner_refuses_what_would_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MOST_STATES", 50)
    policy = planner.Planner(Seat(world_of(str(MORTAL)), 0, rewards.make("task")), depth=9)
    with pytest.raises(
        ValueError, match=r"^planner: looking 9 steps ahead meets more than 50 states; lower its depth$"
    ):
        policy.act(policy.seat.world.new_states(3, 0))


# The scripted


def a_map(rng: np.random.Generator) -> str:
    """A field of 7 x 9 with walls strewn over it, one walker and two goals."""
    grid = np.where(rng.random((7, 9)) < 0.3, "#", ".")
    put = rng.choice(grid.size, 3, replace=False)
    grid.ravel()[put] = ["H", "G", "G"]
    return "\n".join("".join(row) for row in grid)


def steps_needed(rows: list[str]) -> int | None:
    """Steps from the walker to the nearest goal by a shortest path, None if there is none."""
    grid = nx.grid_2d_graph(len(rows), len(rows[0]))
    grid.remove_nodes_from(
        [(r, c) for r, row in enumerate(rows) for c, letter in enumerate(row) if letter == "#"]
    )
    where = {letter: [(r, c) for r, c in grid if rows[r][c] == letter] for letter in "HG"}
    lengths = nx.single_source_shortest_path_length(grid, where["H"][0])
    return min((lengths[goal] for goal in where["G"] if goal in lengths), default=None)


def walker(tmp_path: Path, drawing: str, policy: str, more: str = "") -> Company:
    """A human H with this policy (and a gatekeeper A, if drawn) on a map."""
    agents = f"  human: {{letter: H, policy: {policy}}}\n"
    if "A" in drawing:
        agents += "  keeper: {letter: A, policy: {scripted: {do: still}}}\n"
    rows = "\n".join("  " + row for row in drawing.splitlines())
    file = tmp_path / "walk.yaml"
    file.write_text(f"format: 1\nname: walk\nmap: |\n{rows}\nagents:\n{agents}{more}")
    return Company(sandbox.load_scenario(file))


def test_scripted_walks_shortest_paths(tmp_path: Path) -> None:
    rng, walked = np.random.default_rng(0), 0
    while walked < 25:
        drawing = a_map(rng)
        needed = steps_needed(drawing.splitlines())
        if needed is None:
            continue
        company = walker(tmp_path, drawing, "scripted")
        states = company.start([walked])
        for step in range(needed):
            assert not states["reached"][0, 0], f"there after {step} of {needed} steps"
            company.step(states)
        assert states["reached"][0, 0]
        walked += 1


def test_scripted_walks_on_through_one_of_many_shortest_paths(tmp_path: Path) -> None:
    company = walker(tmp_path, "H....\n.....\n.....\n....G", "scripted")
    states, ways = company.start(list(range(40))), []
    for _ in range(7):
        company.step(states)
        ways.append(states["cell"][:, 0].copy())
    assert states["reached"].all()
    assert len({tuple(way) for way in np.array(ways).T}) > 5


def places(company: Company, steps: int) -> list[list[int]]:
    states = company.start([0])
    seen = []
    for _ in range(steps):
        company.step(states)
        seen.append(company.world.positions(states)[0, 0].tolist())
    return seen


def test_scripted_waits_at_a_closed_door_and_goes_on_when_it_opens(tmp_path: Path) -> None:
    company = walker(tmp_path, "H...D.G\n####A##", "scripted", "legend: {D: {door: {used_by: [keeper]}}}\n")
    assert places(company, 8)[3:] == [[0, 3]] * 5
    states = company.start([0])
    for step in range(10):
        actions = np.array([[company.policies[0].act(states)[0], 0]])
        if step == 5:
            actions[0, 1] = company.world.actions.index("interact")
        company.world.step(states, actions)
    assert states["reached"][0, 0]


def test_scripted_takes_the_way_round_rather_than_wait(tmp_path: Path) -> None:
    company = walker(tmp_path, "H.D.G\n.###.\n.....", "scripted", "legend: {D: {door: {by: nothing}}}\n")
    states = company.start([0])
    for _ in range(8):
        company.step(states)
    assert states["reached"][0, 0]


def test_scripted_patrols(tmp_path: Path) -> None:
    spec = "{scripted: {do: patrol, points: [[0, 4], [2, 0]], hold: 8}}"
    seen = places(walker(tmp_path, "H....\n.....\n.....", spec), 24)
    assert seen[3] == [0, 4] == seen[7]  # there, and waiting
    assert seen[8 + 5] == [2, 0] == seen[15]
    assert seen[16 + 5] == [0, 4]


def test_scripted_keeps_still(tmp_path: Path) -> None:
    assert places(walker(tmp_path, "H....\n.....\n....G", "{scripted: {do: still}}"), 5) == [[0, 0]] * 5


def test_scripted_without_a_goal_stays(tmp_path: Path) -> None:
    assert places(walker(tmp_path, "H....\n.....\n.....", "scripted"), 5) == [[0, 0]] * 5
