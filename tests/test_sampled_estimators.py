"""What papers take for empowerment: against enumeration, closed forms and a measured table; biases; door worlds."""

import itertools
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewards.estimators import OUTCOMES, empowerment, ends, futures
from rewards.estimators.choice import discrete_choice, entropic_choice, immediate_choice
from rewards.estimators.ends import plug_in_bias
from rewards.estimators.sampled import (
    discounted_information,
    first_action_information,
    log_unique_states,
    sparse_sampling,
    variance_proxy,
)
from rewards.estimators.side_by_side import against_exact, side_by_side
from tests.conftest import world_of
from tests.drawn import Stage, thing
from tests.test_empowerment import HOUSE

SLIP = np.full((5, 5), 0.04) + np.eye(5) * 0.8


def staged(drawing, legend=None):
    """A bare stage of one size, so that drawings share their compiled worlds; walls fill what is not drawn."""
    lines = [line + "#" * (7 - len(line)) for line in drawing.splitlines()]
    return Stage("\n".join(lines + ["#" * 7] * (7 - len(lines))), legend=legend, bare=True)


def field(rows, columns, row, column):
    """An empty field with one agent: (world, states [1])."""
    lines = ["." * columns for _ in range(rows)]
    lines[row] = "." * column + "A" + "." * (columns - column - 1)
    stage = staged("\n".join(lines))
    return stage.world, stage.states


@pytest.fixture(scope="module")
def house():
    """A world with boxes, doors, a key and three agents, and states [6] of it after some random steps."""
    world = Stage(HOUSE, legend={"k": thing("key", link="x"), "L": thing("door", by="key", link="x")}).world
    states = world.new_states(6, 3)
    rng = np.random.default_rng(3)
    for _ in range(20):
        world.step(states, rng.integers(0, len(world.actions), (6, world.agent_count)))
    return world, states


@pytest.fixture(scope="module")
def maze():
    """The maze of Klyubin, Polani and Nehaniv (2005) with its agent on each cell: (world, states [100])."""
    world = world_of("klyubin_maze")
    cells = world.free_cells()
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])
    return world, states


def chances_of_ends(world, state, horizon, read, noise=None, others=()):
    """Brute force: {first action: {outcome: probability}} with every later action at random, agent 0 acting."""
    actions = len(world.actions)
    noise = np.eye(actions) if noise is None else noise
    wanted = defaultdict(Counter)
    mean = noise.mean(axis=0)
    movers = [0, *others]
    for plays in itertools.product(itertools.product(range(actions), repeat=len(movers)), repeat=horizon):
        end = state
        weight = 1.0
        for step, executed in enumerate(plays):
            joint = np.zeros((1, world.agent_count), np.int8)
            joint[0, movers] = executed
            end = world.imagine(end, joint)
            weight *= np.prod(mean[list(executed[1:] if step == 0 else executed)])
        outcome = read(end)
        for first in range(actions):
            wanted[first][outcome] += weight * noise[first, plays[0][0]]
    return wanted


def entropy_of(chances):
    p = np.array([value for value in chances.values() if value > 0])
    return -(p * np.log2(p)).sum()


def information_of(by_first):
    total = Counter()
    for chances in by_first.values():
        for outcome, value in chances.items():
            total[outcome] += value / len(by_first)
    return entropy_of(total) - np.mean([entropy_of(chances) for chances in by_first.values()])


@pytest.mark.parametrize(("noise", "others"), [(None, "still"), ("slip", "still"), (None, "random")])
def test_exact_values_equal_enumeration(house, noise, others):
    """Information, counts, entropies and variance, from all that may be executed."""
    world, states = house
    horizon = 2 if others == "still" else 1
    if noise is not None:
        noise = np.eye(len(world.actions))
        noise[:5, :5] = SLIP
    asked: Any = {"noise": noise, "others": others, "samples": None}
    told = first_action_information(world, states, horizon, **asked)
    count = discrete_choice(world, states, horizon, **asked)
    entropy = entropic_choice(world, states, horizon, **asked)
    variance = variance_proxy(world, states, horizon, **asked)
    for w in range(3):
        by_first = chances_of_ends(
            world,
            states[w : w + 1],
            horizon,
            lambda end: tuple(world.positions(end)[0, 0].tolist()),
            noise,
            (1, 2) if others == "random" else (),
        )
        assert told.bits[w] == pytest.approx(information_of(by_first), abs=1e-12)
        total = Counter()
        for chances in by_first.values():
            total.update(chances)
        share = np.array(list(total.values())) / len(world.actions)
        assert count.bits[w] == np.log2((share > 0).sum())
        assert entropy.bits[w] == pytest.approx(-(share * np.log2(share)).sum(), abs=1e-12)
        places = np.array(list(total))
        spread = (share[:, None] * (places - share @ places) ** 2).sum()
        assert variance.bits[w] == pytest.approx(spread, abs=1e-12)


TABLE = [((5, 4, 2, 1), 0.640, 1.180), ((5, 4, 0, 0), 0.247, 0.569), ((7, 7, 3, 3), 0.712, 1.289)]


@pytest.mark.parametrize(("place", "true", "plug_in"), TABLE)
def test_first_action_table(place, true, plug_in):
    """Three steps on open fields: the true information, and what 10 samples an action make of it."""
    world, states = field(*place)
    assert first_action_information(world, states, 3, samples=None).bits[0] == pytest.approx(true, abs=6e-4)
    many = np.repeat(states, 2000)
    found = first_action_information(world, many, 3, samples=10, seed=5)
    assert found.definition.samples == 50
    assert found.bits.mean() == pytest.approx(plug_in, abs=0.015)
    assert found.bits.std() == pytest.approx(0.14, abs=0.02)


def test_what_is_known_of_the_bias(maze):
    """The jackknife is right from some 30 samples an action on; the quoted formula overshoots here."""
    world, states = field(5, 4, 2, 1)
    many = np.repeat(states, 1000)
    true = first_action_information(world, states, 3, samples=None).bits[0]
    for samples, near in ((30, 0.03), (100, 0.01)):
        found = first_action_information(world, many, 3, samples=samples)
        assert found.bits.mean() - found.bias.mean() == pytest.approx(true, abs=near)
    assert plug_in_bias(18, 5, 500) > 1.5 * (found.bits.mean() - true)
    assert plug_in_bias(3, 2, 10) == pytest.approx(2 / (20 * np.log(2)))
    entropy = entropic_choice(world, states, 3, samples=None).bits[0]
    found = entropic_choice(world, many, 3, samples=60)
    assert found.bias.mean() < -0.1
    assert found.bits.mean() - found.bias.mean() == pytest.approx(entropy, abs=0.03)
    found = variance_proxy(world, many, 3)
    true = variance_proxy(world, states, 3, samples=None).bits[0]
    assert found.bits.mean() - found.bias.mean() == pytest.approx(true, abs=0.03)
    assert found.bits.mean() == pytest.approx(0.95 * true, abs=0.03)  # the divisor is N
    assert np.isnan(first_action_information(world, states, 3, samples=1).bias).all()
    # a count lacks what Chao's estimate says, or a little more
    short = discrete_choice(*maze, 3, samples=40)
    lacking = empowerment(*maze, 3) - short.bits
    assert (short.bias <= 0).all()
    assert 0.5 < -short.bias.mean() / lacking.mean() < 1.2


def test_choice_equals_empowerment_where_it_should(maze, house):
    """Without noise and with every action possible the exact count of outcomes is empowerment."""
    for world, states in (maze, house):
        for outcome in OUTCOMES:
            found = discrete_choice(world, states, 3, samples=None, outcome=outcome)
            assert found.bits.tolist() == empowerment(world, states, 3, outcome=outcome).tolist()


def test_information_is_below_empowerment(maze, house):
    """Information of the first action never exceeds the capacity of sequences, with noise or without."""
    for noise in (None, SLIP):
        told = first_action_information(*maze, 2, samples=None, noise=noise).bits
        assert (told <= empowerment(*maze, 2, noise=noise) + 1e-9).all()
    for perceiver in (0, 1):
        told = first_action_information(*house, 2, samples=None, perceiver=perceiver).bits
        assert (told <= empowerment(*house, 2, perceiver=perceiver) + 1e-9).all()


@pytest.mark.parametrize("samples", [None, 200])
def test_an_open_door_is_more_choice(samples):
    """What the helper's opening of the door does to the choice of who stands beside it."""
    legend = {"D": thing("door", by="interact", used_by=["B"])}
    closed, opened = staged("ADB", legend), staged("ADB", legend).step(B="interact")
    for estimate in (discrete_choice, entropic_choice):
        before = estimate(closed.world, closed.states, 2, samples=samples, others="still")
        after = estimate(opened.world, opened.states, 2, samples=samples, others="still")
        assert after.bits[0] > before.bits[0]
    shut, ajar = (immediate_choice(stage.world, stage.states).bits[0] for stage in (closed, opened))
    assert ajar > shut == 0


def test_choice_follows_the_policy(maze):
    """An agent without chance has no choice by either measure; one that mixes has its entropy."""
    world, states = maze

    def north(now):
        chances = np.zeros((len(now), 5))
        chances[:, 1] = 1.0
        return chances

    def sometimes(now):
        return np.tile([0.5, 0.0, 0.0, 0.25, 0.25], (len(now), 1))

    for samples in (None, 20):
        assert not discrete_choice(world, states, 4, samples=samples, policy=north).bits.any()
        assert not entropic_choice(world, states, 4, samples=samples, policy=north).bits.any()
    open_field, middle = field(5, 5, 2, 2)
    assert immediate_choice(open_field, middle, policy=sometimes).bits[0] == pytest.approx(1.5)
    assert immediate_choice(open_field, middle).bits[0] == pytest.approx(np.log2(5))
    _, corner = field(5, 5, 0, 0)
    assert immediate_choice(open_field, corner).bits[0] == pytest.approx(np.log2(5) - 0.6 * np.log2(3))
    assert discrete_choice(open_field, corner, 1, samples=None).bits[0] == pytest.approx(np.log2(3))
    sampled = entropic_choice(
        open_field, np.repeat(middle, 300), 2, samples=200, policy=sometimes
    ).bits.mean()
    exact = entropic_choice(open_field, middle, 2, samples=None, policy=sometimes).bits[0]
    assert sampled == pytest.approx(exact, abs=0.03)
    with pytest.raises(ValueError, match="row 0 is no distribution"):
        entropic_choice(world, states, 2, policy=lambda now: np.ones((len(now), 5)))
    with pytest.raises(ValueError, match="not of shape"):
        entropic_choice(world, states, 2, policy=lambda now: np.ones(len(now)))


def test_sparse_sampling_is_a_lower_bound_that_closes(maze, house):
    """Never above the exact value, and equal to it when samples are enough."""
    for world, states in (maze, house):
        exact = empowerment(world, states, 4)
        bits = [sparse_sampling(world, states, 4, samples=m, seed=m).bits for m in (5, 50, 500)]
        assert (bits[0] <= exact).all()
        assert (bits[1] <= exact).all()
        assert bits[0].mean() < bits[1].mean() < exact.mean()
        assert sparse_sampling(world, states, 4, samples=10**4).bits.tolist() == exact.tolist()
    many = sparse_sampling(*maze, 5, samples=3000)
    assert against_exact(many, empowerment(*maze, 5)).mean_absolute_error < 0.1
    assert many.lower is many.bits


def test_sparse_sampling_with_noise_is_a_capacity(maze):
    """All sequences give the exact capacity, fewer give less; random others make the channel noisy too."""
    world, states = maze[0], maze[1][::9]
    exact = empowerment(world, states, 2, noise=SLIP)
    assert sparse_sampling(world, states, 2, noise=SLIP).bits == pytest.approx(exact, abs=1e-8)
    some = sparse_sampling(world, states, 2, samples=8, noise=SLIP)
    assert (some.bits <= exact + 1e-8).all()
    assert (some.definition.noise, some.definition.samples) == ("given", 8)
    two = staged("A.B")
    assert sparse_sampling(two.world, two.states, 1, agent=1).bits[0] == 1.0
    # A is first to take the cell between them, once in five times: a Z-channel
    z = np.log2(1 + 0.8 * 0.2**0.25)
    found = sparse_sampling(two.world, two.states, 1, agent=1, others="random")
    assert found.bits[0] == pytest.approx(z, abs=1e-8)


def test_unique_states(house, maze):
    """Random play finds what can be reached when it plays often enough, and takes noise for choice."""
    world, states = house
    found = log_unique_states(world, states, 2, samples=3000)
    assert found.definition.outcome == "world"
    assert found.bits.tolist() == empowerment(world, states, 2, outcome="world").tolist()
    few = log_unique_states(*maze, 5, samples=100)
    assert (few.bits <= empowerment(*maze, 5)).all()
    assert few.bias.mean() < -0.1
    noisy = log_unique_states(*maze, 2, noise=SLIP)
    assert (noisy.bits > empowerment(*maze, 2, noise=SLIP)).all()


def test_discounted_information():
    """Against the series summed step by step on a small field; without a future it is the first action's."""
    world, states = field(3, 4, 1, 1)
    cells = world.free_cells()
    everywhere = world.new_states(len(cells), 0)
    world.place(everywhere, 0, cells[:, 0], cells[:, 1])
    where = {tuple(cell): k for k, cell in enumerate(cells.tolist())}
    p = np.zeros((5, 12, 12))
    for action in range(5):
        after = world.positions(world.imagine(everywhere, np.full((12, 1), action)))[:, 0]
        for k, cell in enumerate(after.tolist()):
            p[action, k, where[tuple(cell)]] = 1.0
    later, weight, total = p, 0.2, np.zeros_like(p)
    for _ in range(400):
        total += weight * later
        later, weight = later @ p.mean(axis=0), weight * 0.8
    for k, bits in enumerate(discounted_information(world, everywhere, 0.8).bits):
        by_first = {action: dict(enumerate(total[action, k])) for action in range(5)}
        assert bits == pytest.approx(information_of(by_first), abs=1e-10)
    soon = discounted_information(world, states, 0.0)
    assert soon.bits == pytest.approx(first_action_information(world, states, 1, samples=None).bits)
    assert soon.definition.horizon == 1
    with pytest.raises(ValueError, match="discount"):
        discounted_information(world, states, 1.0)


def test_more_states_than_can_be_listed(house, monkeypatch):
    """One line says so, whichever limit is met; portions change nothing."""
    world, states = house
    with pytest.raises(ValueError, match="more than can be listed"):
        discounted_information(world, states)
    given = (world, states, 3)
    whole = first_action_information(*given, samples=None).bits, sparse_sampling(*given, samples=20).bits
    monkeypatch.setattr(futures, "MOST_ROWS", 1)
    monkeypatch.setattr(futures, "CHUNK_BYTES", 1)
    assert first_action_information(*given, samples=None).bits.tolist() == whole[0].tolist()
    assert sparse_sampling(*given, samples=20).bits.tolist() == whole[1].tolist()
    assert entropic_choice(*given).bits.shape == (6,)
    monkeypatch.setattr(futures, "MOST_BYTES", 1 << 16)
    with pytest.raises(ValueError, match="too many futures to list after"):
        first_action_information(*given, samples=None)
    monkeypatch.setattr(futures, "MOST_JOINTS", 8)
    with pytest.raises(ValueError, match="joint actions"):
        entropic_choice(*given, samples=None, others="random")


def test_side_by_side(maze, house):
    """Everything in one dictionary, all for the same states, the present untouched, and the seed decides."""
    for world, states in (maze, house):
        before = states.tobytes()
        found = side_by_side(world, states, 3, seed=4)
        assert states.tobytes() == before
        assert next(iter(found)) == "exact"
        assert found["exact"].bits.tolist() == empowerment(world, states, 3).tolist()
        again, another = side_by_side(world, states, 3, seed=4), side_by_side(world, states, 3, seed=5)
        for name, estimate in found.items():
            assert estimate.bits.shape == (len(states),)
            assert np.isfinite(estimate.bits).all()
            assert again[name].bits.tolist() == estimate.bits.tolist()
            sampled = estimate.definition.samples is not None
            assert sampled == (estimate.bias is not None)
            assert ("exact" in estimate.definition.estimator) == (not sampled)
        assert another["first action"].bits.tolist() != found["first action"].bits.tolist()
    assert side_by_side(*maze, 2, noise=SLIP)["exact"].definition.noise == "given"


@pytest.mark.parametrize("horizon", [0, 2])
def test_nothing_ahead_and_nobody_there(maze, horizon):
    """No steps give 0 bits, no states no figures."""
    world, states = maze
    for name, estimate in side_by_side(world, states[:3], horizon).items():
        if horizon == 0 and name != "immediate choice":
            assert estimate.bits.tolist() == [0.0] * 3, name
    for estimate in side_by_side(world, states[:0], horizon).values():
        assert estimate.bits.shape == (0,)
    assert discounted_information(world, states[:0]).bits.shape == (0,)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "horizon": ({"horizon": -1}, "horizon"),
    "outcome": ({"outcome": "cel"}, "did you mean cell"),
    "others": ({"others": "stil"}, "did you mean still.*allowed: still, random"),
    "agent": ({"agent": 1}, "agent"),
    "perceiver": ({"perceiver": 7}, "perceiver"),
    "noise": ({"noise": np.eye(3)}, "noise"),
    "samples": ({"samples": 0}, "samples has to be a whole number, 1 or more"),
    "half a sample": ({"samples": 2.5}, "samples"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_questions_are_refused(maze, name):
    wrong, message = WRONG[name]
    world, states = maze
    for estimate in (first_action_information, entropic_choice, sparse_sampling, log_unique_states):
        with pytest.raises(ValueError, match=message):
            estimate(world, states, **({"horizon": 2} | wrong))
    with pytest.raises(ValueError, match="for a single one"):
        entropic_choice(world, states[0], 2)


def test_variance_needs_positions(maze):
    """They may be given, where a world has none, or where other coordinates are meant."""
    world, states = maze

    class Nowhere:
        """The same world without positions."""

        def __getattr__(self, name):
            if name == "positions":
                raise AttributeError(name)
            return getattr(world, name)

    rows: Any = lambda now: world.positions(now)[:, 0, :1]  # noqa: E731
    with pytest.raises(ValueError, match="give positions="):
        variance_proxy(Nowhere(), states, 3)
    assert "variance" not in side_by_side(Nowhere(), states, 1)
    both, one = variance_proxy(world, states, 3), variance_proxy(Nowhere(), states, 3, positions=rows)
    assert (one.bits <= both.bits + 1e-12).all()
    assert both.definition.estimator == "variance"
    with pytest.raises(ValueError, match="2 or more"):
        variance_proxy(world, states, 3, samples=1)


def test_agreement():
    """A straight line is found; figures that are all the same have no correlation."""
    x = np.array([1.0, 2.0, 4.0])
    assert against_exact(2 * x + 1, x) == pytest.approx((1.0, 2.0, 10 / 3))
    flat = against_exact(np.full(3, 0.1), x)
    assert np.isnan(flat.r)
    assert flat.mean_absolute_error == pytest.approx((0.9 + 1.9 + 3.9) / 3)
    with pytest.raises(ValueError, match="same states"):
        against_exact(x, x[:2])


def test_capacity_of_ends():
    """A binary symmetric channel, told as ends of 1000 futures each."""
    found = ends.merged(
        np.zeros(4, np.int64),
        np.array([0, 0, 1, 1]),
        np.array([7, 9, 7, 9]),
        np.array([900, 100, 100, 900.0]),
    )
    assert ends.capacity(found, 1, 1e-9)[0] == pytest.approx(0.5310044064, abs=1e-9)
    assert ends.information(found, 1)[0] == pytest.approx(0.5310044064, abs=1e-9)


def test_the_table_in_the_documentation(maze):
    """The figures that are shown are those that the code makes."""
    page = (Path(__file__).parent.parent / "docs" / "estimators.md").read_text()
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:2] == "| "
    ]
    shown = {row[0].replace(" (cells²)", ""): row[1:] for row in rows if len(row) == 9}
    slip = 0.05 + 0.75 * np.eye(5)
    for columns, horizon, noise in ((slice(0, 4), 3, None), (slice(4, 8), 2, slip)):
        found = side_by_side(*maze, horizon, noise=noise)
        assert found.keys() == shown.keys() - {"estimator", "learned"}
        for name, estimate in found.items():
            samples, bits, r, error = shown[name][columns]
            agreement = against_exact(estimate, found["exact"])
            near = 0.006 if samples == "-" else 0.05
            assert samples == str(estimate.definition.samples or "-")
            assert float(bits) == pytest.approx(estimate.bits.mean(), abs=near)
            assert float(r) == pytest.approx(agreement.r, abs=near)
            if error != "-":
                assert float(error) == pytest.approx(agreement.mean_absolute_error, abs=near)
