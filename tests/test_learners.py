"""Learners find what is best in worlds small enough to know it, do what their papers say, and go on to the bit."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import scenarios
from sandbox.experiments.company import Company
from sandbox.scenario.read import load_scenario, parse_scenario
from sandbox.training import learner
from sandbox.training.learner import Learner, Step, Task
from sandbox.training.learners.ppo import general_advantages
from sandbox.training.networks import Towers, alphabet
from sandbox.training.others import Others
from sandbox.training.worlds import Worlds
from sandbox.world.codes import AGENT
from sandbox.world.world import World

CORRIDOR = """
format: 1
name: corridor
about: One walks to what lies at the end.
map: |
  #########
  #......i#
  #########
agents:
  walker: {letter: ".", count: 1, view: 7, policy: random, rewards: task}
max_cycles: 30
"""
COMPANY = """
format: 1
name: company
about: Three walk about a room, one of another team.
map: |
  #######
  #W...i#
  #..b..#
  #M..W.#
  #######
agents:
  walker: {letter: W, view: 2, policy: random, rewards: task}
  mole: {letter: M, view: 1, policy: random, rewards: task}
max_cycles: 9
"""
LENGTH, DISCOUNT = 7, 0.8


def scenario_of(text: str) -> Any:
    return parse_scenario(text, "tests.yaml")


def play(
    text: str,
    name: str,
    worlds: int = 16,
    agents: tuple[int, ...] | None = None,
    seed: int = 0,
    **parameters: Any,
) -> tuple[Learner, Callable[..., dict[str, float]]]:
    """A learner and a function that plays so many rollouts with it: the loop in small."""
    company = Company(scenario_of(text))
    world = company.world
    agents = tuple(range(world.agent_count)) if agents is None else agents
    generator = torch.Generator().manual_seed(seed)
    made = learner.make(name, parameters, Task(world, agents, worlds, 2_000, torch.device("cpu"), generator))
    here = Worlds(company, world.new_states(worlds, seed))
    chance = np.random.default_rng(seed)

    def roll(
        count: int = 1, player: Any = made, watch: Callable[[Step], None] | None = None
    ) -> dict[str, float]:
        figures: dict[str, float] = {}
        for _ in range(count):
            for _ in range(player.rollout):
                observations, present = here.observations, world.alive(here.states)
                actions = chance.integers(0, len(world.actions), present.shape).astype(np.int8)
                before = world.copy(here.states)
                actions[:, list(agents)] = player.act(observations, here.masks, True, before)
                happened = here.advance(actions, keep=True)
                here.restart(happened.finished)
                step = Step(
                    observations, actions, happened.rewards, present, happened.terminated, happened.truncated,
                    happened.observations, before, happened.after,
                )  # fmt: skip
                player.record(step)
                if watch:
                    watch(step)
            figures = player.learn()
        return figures

    return made, roll


def walked(player: Any, text: str = CORRIDOR) -> np.ndarray:
    """Steps that a learner takes to the corridor's end, as it is judged, int [1]."""
    company = Company(scenario_of(text))
    states = company.world.new_states(1, 0)
    company.world.place(states, 0, 1, 1)
    here = Worlds(company, states)
    for step in range(1, 30):
        actions = player.act(here.observations, here.masks, False, company.world.copy(here.states))
        if here.advance(actions).task[0, 0] > 0:
            return np.array([step])
    return np.array([30])


def optimal_values() -> np.ndarray:
    """Best action values of the corridor by value iteration, float [cells before the item, (stay, ..., west, east)]."""
    values = np.zeros((LENGTH - 1, 5))
    for _ in range(200):
        best = np.append(values.max(1), 0.0)  # nothing is left to collect at the end
        for cell in range(LENGTH - 1):
            ahead = [cell, cell, cell, max(cell - 1, 0), cell + 1]
            values[cell] = [(there == LENGTH - 1) + DISCOUNT * best[there] for there in ahead]
    return values


def found_values(player: Any, value: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    world = player.task.world
    states = world.new_states(LENGTH - 1, 0)
    for cell in range(LENGTH - 1):
        world.place(states[cell : cell + 1], 0, 1, 1 + cell)
    return value(world.observe(states), states)


def slow_advantages(rewards, values, following, cut, discount: float, trace: float) -> np.ndarray:
    """Generalised advantage estimates (Schulman et al. 2016, equation 16) as a sum over all steps to come."""
    found = np.zeros(rewards.shape)
    for index in np.ndindex(*rewards.shape[1:]):
        for start in range(len(rewards)):
            weight = 1.0
            for step in range(start, len(rewards)):
                at = (step, *index)
                found[(start, *index)] += weight * (rewards[at] + discount * following[at] - values[at])
                if cut[at]:
                    break
                weight *= discount * trace
    return found


# --- what they find -------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"central": True}, {"swap": "own", "swap_weight": 0.1}])
def test_ppo_finds_the_way(more: dict[str, Any]) -> None:
    player, roll = play(CORRIDOR, "ppo", worlds=32, hidden=[32], rollout=16, rate=3e-3, **more)
    rows = [roll() for _ in range(40)]
    assert walked(player) == [LENGTH - 1]
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    assert {"entropy", "kl", "clip_fraction", "explained_variance", "gradient_norm"} <= rows[0].keys()
    assert np.median([row["explained_variance"] for row in rows[-10:]]) > 0.5


def test_dqn_values_equal_value_iteration() -> None:
    more = {"first": 500, "each": 4, "batch": 64, "target_every": 20, "explore_end": 1.0, "hidden": [64]}
    player, roll = play(CORRIDOR, "dqn", discount=DISCOUNT, **more)
    roll(220)
    found = found_values(
        player,
        lambda seen, states: (
            player.network(torch.from_numpy(seen).flatten(0, 1).flatten(1))[0].detach().numpy()
        ),
    )
    assert np.abs(found - optimal_values()).max() < 0.1
    assert walked(player) == [LENGTH - 1]


@pytest.mark.parametrize("over", ["state", "window"])
def test_tabular_values_equal_value_iteration(over: str) -> None:
    player, roll = play(CORRIDOR, "tabular", over=over, rate=1.0, discount=DISCOUNT, explore_end=1.0, rows=99)
    roll(500)
    found = found_values(player, lambda seen, states: player.value(seen, states)[:, 0])
    assert np.allclose(found, optimal_values(), atol=1e-6)
    assert walked(player) == [LENGTH - 1]


def test_a_full_table_is_an_error() -> None:
    _, roll = play(CORRIDOR, "tabular", rows=3)
    with pytest.raises(ValueError, match="more than 3 rows"):
        roll(100)


# --- what their papers say ------------------------------------------------------------------------------


def test_advantages_equal_the_slow_loop() -> None:
    chance = np.random.default_rng(0)
    rewards, values, following = chance.normal(size=(3, 20, 4, 2)).astype(np.float32)
    cut = chance.random((20, 4, 2)) < 0.2
    given = (torch.from_numpy(each) for each in (rewards, values, following, cut))
    found = general_advantages(*given, 0.9, 0.8).numpy()
    assert np.allclose(found, slow_advantages(rewards, values, following, cut, 0.9, 0.8), atol=1e-5)


@pytest.mark.parametrize("swap", ["level", "imagined"])
def test_ppo_knows_what_follows(swap: str) -> None:
    """Values that are bootstrapped from: of the next step, of the last window where time was up, 0 after an end."""
    player, roll = play(COMPANY, "ppo", rollout=12, worlds=5, agents=(0, 1), swap=swap, epochs=1)
    steps: list[Step] = []
    seen = {}

    def watch(step: Step) -> None:
        steps.append(step)
        if len(steps) == 12:
            seen.update(ahead=player._ahead.clone(), values=player._values.clone(), cut=player._cut.clone())
            for index, each in enumerate(steps):
                late = torch.from_numpy(each.truncated[:, :2])
                value = player._spread(
                    player.value_of(torch.from_numpy(each.next_observations).flatten(2))
                ).detach()
                last = torch.full_like(late, index == 11)
                want = torch.where(late | last, value, 0.0)
                assert torch.allclose(seen["ahead"][index], want, atol=1e-6)
                assert torch.equal(seen["cut"][index], late)
                if index < 11:
                    assert torch.allclose(seen["values"][index + 1][~late], value[~late], atol=1e-6)

    assert np.isfinite(list(roll(watch=watch).values())).all()


def empathic(**more: Any) -> tuple[Any, Callable[..., dict[str, float]]]:
    return play(COMPANY, "empathic_dqn", agents=(0, 1), first=50, each=8, worlds=4, hidden=[16, 16], **more)


@pytest.mark.parametrize("others", ["nearest", "all"])
@pytest.mark.parametrize("quirks", ["none", "published"])
def test_empathic_targets_equal_the_formulas(others: str, quirks: str) -> None:
    player, roll = empathic(others=others, beta=0.3, quirks=quirks, target_every=7)
    roll(60)
    rows = {name: torch.from_numpy(column[:64]) for name, column in player.replay.columns.items()}
    found = player.targets(rows["following"], rows["reward"], rows["ended"], rows["swapped"], rows["there"])
    for row in range(64):
        one = {name: column[row : row + 1] for name, column in rows.items()}
        best = player.selfish(one["following"])[0][0].argmax()
        follows = 0.0 if one["ended"][0] else player.target(one["following"])[0][0][best].item()
        own = one["reward"][0].item() + 0.99 * follows
        worth = []
        for window, there in zip(one["swapped"][0], one["there"][0], strict=True):
            value = player.target(window[None])[0].max().item()
            worth.append(value if there or quirks == "published" else 0.0)
        other = 0.99 * sum(worth) / len(worth)
        want = own, other, 0.3 * own + 0.7 * other
        assert [each[row].item() for each in found] == pytest.approx(want, abs=1e-5)


def test_the_acting_network_is_never_bootstrapped_from() -> None:
    player, roll = empathic()
    roll(40)
    row = {name: torch.from_numpy(column[:64]) for name, column in player.replay.columns.items()}
    given = row["following"], row["reward"], row["ended"], row["swapped"], row["there"]
    before = player.targets(*given)
    with torch.no_grad():
        for weight in player.empathic.parameters():
            weight.fill_(torch.nan)
    assert all(torch.equal(one, other) for one, other in zip(before, player.targets(*given), strict=True))
    assert np.isfinite(player.learn().get("selfish_loss", 0.0))


def test_quirk_the_other_is_seen_in_the_next_episode() -> None:
    player, roll = empathic(quirks="reset", others="all", rollout=1)
    fresh = player.others.seen(player.task.world.observe(player.task.world.new_states(1, 0)))[0]
    roll(9)  # time is up
    ends = player.replay.columns["swapped"][player._waiting[:, 0]]
    assert len(ends) == 8
    assert player._newest == 8
    roll(1)
    places = np.arange(player.replay.head - 16, player.replay.head - 8)
    assert (player.replay.columns["swapped"][places][:, -1] == fresh[2]).all()


def test_others_are_seen_as_oneself() -> None:
    world = World(scenario_of(COMPANY))
    others = Others(world, (0, 1), "nearest")
    assert others.reads_states
    states = world.new_states(6, 0)
    seen = others.seen(world.observe(states)).reshape(6, 3, 5, 5, 3)
    assert (seen[:, :, 2, 2, AGENT] == seen[:, :1, 2, 2, AGENT]).all()
    who, there = others.chosen(world.observe(states), states)
    assert there.all()
    assert (who[:, :, 0] == [[2, 2]]).all()  # two steps and three away, nearer than the third
    states["alive"][:, 2], states["cell"][:, 2] = 0, 0
    observations = world.observe(states)
    who, there = others.chosen(observations, states)
    assert there.all()
    assert (who[:, :, 0] == [[1, 0]]).all()
    assert not Others(world, (0, 1), "all").chosen(observations, None)[1][:, :, 1].any()
    with pytest.raises(ValueError, match="look alike"):
        Others(world, (0, 2), "all")
    with pytest.raises(ValueError, match="needs another agent"):
        Others(World(scenario_of(CORRIDOR)), (0,), "all")


# --- networks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenarios.names())
def test_every_code_that_shows_has_a_place(name: str) -> None:
    company = Company(load_scenario(name))
    slots, states = alphabet(company.world), company.start(range(3))
    for _ in range(40):
        observations = company.world.observe(states)
        for plane in range(3):
            assert slots[plane][np.setdiff1d(observations[..., plane], [0])].all()
        chance = np.random.default_rng(0).integers(0, len(company.world.actions), observations.shape[:2])
        company.world.step(states, chance)


@pytest.mark.parametrize("rows", [1, 300, 1000])
def test_the_compiled_first_layer_equals_the_matrix_product(rows: int) -> None:
    world = World(scenario_of(COMPANY))
    slots, chance = alphabet(world), np.random.default_rng(0)
    towers = Towers(slots, 2 * 25, (8, 4), (5, 1), (1.0, 1.0), torch.Generator().manual_seed(0))
    codes = [np.append(0, np.flatnonzero(plane)) for plane in slots]
    seen = (
        np.stack([chance.choice(each, (rows, 50)) for each in codes], -1).astype(np.uint8).reshape(rows, 150)
    )
    given = torch.from_numpy(seen)
    slopes = [torch.from_numpy(chance.normal(size=(rows, 8)).astype(np.float32)) for _ in range(2)]
    results = []
    for look in (towers.look, towers.look_densely):
        towers.zero_grad()
        found = look(given)
        torch.autograd.backward(found, slopes)
        results.append(
            [*(each.detach() for each in found), towers.weight.grad.clone(), towers.bias.grad.clone()]
        )
    for one, other in zip(*results, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


# --- going on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "more"), [
    ("ppo", {"rollout": 4}),
    ("ppo", {"rollout": 4, "swap": "imagined", "central": True}),
    ("ppo", {"rollout": 4, "swap": "level", "others": "nearest"}),
    ("dqn", {"first": 30, "replay": 64}),
    ("empathic_dqn", {"first": 30, "replay": 64, "each": 4, "quirks": "published", "target_every": 3}),
    ("empathic_dqn", {"first": 30, "replay": 64, "each": 4, "anneal": True}),
    ("tabular", {"rows": 5000}),
    ("tabular", {"rows": 5000, "over": "window"}),
])  # fmt: skip
def test_interrupted_is_uninterrupted(name: str, more: dict[str, Any]) -> None:
    one, roll = play(COMPANY, name, worlds=4, agents=(0, 1), **more)
    two, roll_two = play(COMPANY, name, worlds=4, agents=(0, 1), **more)
    roll(12)
    roll_two(6)
    kept = {key: value.clone() for key, value in two.tensors().items()}
    fresh, _ = play(COMPANY, name, worlds=4, agents=(0, 1), seed=99, **more)
    fresh.restore(kept)
    fresh.task.generator.set_state(two.task.generator.get_state())  # pyright: ignore[reportAttributeAccessIssue]
    roll_two(6, fresh)
    ends = one.tensors(), fresh.tensors()
    assert ends[0].keys() == ends[1].keys()
    for key, value in ends[0].items():
        assert value.equal(ends[1][key]), key


@pytest.mark.parametrize("name", learner.names())
def test_judging_changes_nothing(name: str) -> None:
    player, roll = play(COMPANY, name, worlds=4, agents=(0, 1))
    roll(2)
    world, chance = player.task.world, player.task.generator.get_state()  # pyright: ignore[reportAttributeAccessIssue]
    before = {key: value.clone() for key, value in player.tensors().items()}
    states = world.new_states(9, 1)
    one, two = (player.act(world.observe(states), world.action_mask(states), False, states) for _ in range(2))
    assert one.dtype == np.int8
    assert one.shape == (9, 2)
    assert (one == two).all()
    assert player.task.generator.get_state().equal(chance)  # pyright: ignore[reportAttributeAccessIssue]
    assert all(value.equal(before[key]) for key, value in player.tensors().items())


def test_masked_actions_are_never_chosen() -> None:
    player, _ = play(COMPANY, "ppo", worlds=200, agents=(0, 1))
    world = player.task.world  # pyright: ignore[reportAttributeAccessIssue]
    states = world.new_states(200, 0)
    masks = np.zeros((200, 3, len(world.actions)), np.int8)
    masks[..., [1, 3]] = 1
    assert set(np.unique(player.act(world.observe(states), masks, True))) == {1, 3}
    chances = player.probabilities(world.observe(states), masks)  # pyright: ignore[reportAttributeAccessIssue]
    assert np.allclose(chances.sum(2), 1)
    assert (chances[..., [0, 2, 4]] == 0).all()


# --- mistakes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "parameters", "line"), [
    ("pppo", {}, "no learner 'pppo'; did you mean 'ppo'?"),
    ("ppo", {"clipp": 1}, "no parameter 'clipp'; did you mean 'clip'?"),
    ("ppo", {"clip": "wide"}, "learner ppo: clip should be a valid number"),
    ("ppo", {"epochs": 0}, "learner ppo: epochs has to be at least 1, not 0"),
    ("ppo", {"swap": "levl"}, "learner ppo: swap should be"),
    ("ppo", {"central": True, "swap": "own"}, "sees one agent's window"),
    ("ppo", {"hidden": []}, "hidden has to name"),
    ("empathic_dqn", {"beta": 2}, "beta has to be from 0 to 1, not 2"),
    ("tabular", {"over": "stat"}, "learner tabular: over should be"),
    ("dqn", {"discount": 1.5}, "discount has to be from 0 to 1"),
])  # fmt: skip
def test_mistakes_give_one_line(name: str, parameters: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)) as mistake:
        play(COMPANY, name, **parameters)
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize("name", learner.names())
def test_weights_of_another_shape_are_refused(name: str) -> None:
    small, other = {"tabular": ({}, {"over": "window"})}.get(name, ({"hidden": [8]}, {"hidden": [16]}))
    one, _ = play(COMPANY, name, agents=(0, 1), **small)
    two, _ = play(COMPANY, name, agents=(0, 1), **other)
    with pytest.raises(ValueError, match="not fit") as mistake:
        two.restore(one.tensors())
    assert "\n" not in str(mistake.value)
