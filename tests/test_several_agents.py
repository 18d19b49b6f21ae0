"""Empowerment among agents that act at once: brute force over everybody's actions, closed forms, laws."""

import itertools
import random
from typing import Any

import numpy as np
import pytest

from rewards.estimators import OUTCOMES, cones, empowerment, layers, several
from rewards.estimators import equilibrium as equilibria
from rewards.estimators.anticipation import anticipation
from rewards.estimators.capacity import channel_capacity
from rewards.estimators.equilibrium import equilibrium, information, interference
from rewards.estimators.joint import joint_empowerment
from rewards.estimators.several import among_others
from sandbox.world.world import World
from tests.conftest import world_of
from tests.drawn import Stage, thing
from tests.random_maps import likely_actions
from tests.test_empowerment import told_apart

Case = tuple[World, np.ndarray]


def cases(letters: str, count: int) -> list[Case]:
    """Small random worlds with these agents, boxes, doors and more, each in one state [1] after some play."""
    made = []
    for seed in range(count):
        chance = random.Random(f"several {seed}")
        cells = [*letters, *"bbDLpsk##", *"." * (11 - len(letters))]
        chance.shuffle(cells)
        works = [chance.choice(["interact", "plate", "switch", "key"]) for _ in range(2)]
        legend = {
            letter: thing("door", by=by, open=chance.random() < 0.4)
            for letter, by in zip("DL", works, strict=True)
        }
        stage = Stage("\n".join("".join(cells[row : row + 5]) for row in range(0, 20, 5)), legend)
        generator = np.random.default_rng(seed)
        for _ in range(seed % 7):
            stage.world.step(stage.states, likely_actions(generator, stage.world.action_mask(stage.states)))
        made.append((stage.world, stage.states))
    return made


@pytest.fixture(scope="module")
def trios() -> list[Case]:
    return cases("ABC", 10)


@pytest.fixture(scope="module")
def pairs() -> list[Case]:
    return cases("AB", 10)


def everything(world: World, state: np.ndarray, horizon: int) -> np.ndarray:
    """The futures of every combination of all agents' action sequences, [sequences of agent 0, 1, ...]."""
    actions, agents = len(world.actions), world.agent_count
    plans = np.array(list(itertools.product(range(actions), repeat=horizon)))
    chosen = np.stack(np.meshgrid(*[np.arange(len(plans))] * agents, indexing="ij"), axis=-1).reshape(
        -1, agents
    )
    futures = world.copy(np.repeat(state, len(chosen)))
    for step in range(horizon):
        futures = world.imagine(futures, plans[chosen, step])
    return futures.reshape((len(plans),) * agents)


def numbered(parts: list[Any]) -> np.ndarray:
    number = {part: k for k, part in enumerate(dict.fromkeys(parts))}
    return np.array([number[part] for part in parts])


def listed(world, futures, sender, perceiver, outcome) -> np.ndarray:
    """P(outcome | sequence of `sender`), all sequences of all others equally likely."""
    numbers = numbered(told_apart(world, futures.reshape(-1), perceiver, outcome)).reshape(futures.shape)
    rows = np.moveaxis(numbers, sender, 0).reshape(len(futures), -1)
    p = np.zeros((len(rows), numbers.max() + 1))
    for x, row in enumerate(rows):
        p[x] = np.bincount(row, minlength=p.shape[1]) / len(row)
    return p


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("horizon", [1, 2])
def test_among_two_random_others(trios, horizon, outcome):
    """Own and transfer empowerment within the certified gap of full enumeration."""
    for world, state in trios if horizon == 1 else trios[:2]:
        futures = everything(world, state, horizon)
        for sender, perceiver in itertools.product(range(3), repeat=2) if horizon == 1 else [(0, 0), (1, 2)]:
            wanted = channel_capacity(listed(world, futures, sender, perceiver, outcome))
            found = among_others(world, state, horizon, sender, perceiver, outcome, exactly=True)
            assert found.lower is not None
            assert found.upper is not None
            assert found.lower[0] <= wanted.upper + 1e-9
            assert found.upper[0] >= wanted.lower - 1e-9
            assert found.bits[0] == pytest.approx(wanted.bits, abs=1e-8)


def test_among_one_random_other_three_steps(pairs):
    """Three steps of two agents, every combination of 343 sequences each."""
    for world, state in pairs[:3]:
        futures = everything(world, state, 3)
        for sender, perceiver in itertools.product(range(2), repeat=2):
            wanted = channel_capacity(listed(world, futures, sender, perceiver, "cell")).bits
            found = among_others(world, state, 3, sender, perceiver, exactly=True)
            assert found.bits[0] == pytest.approx(wanted, abs=1e-8)


def test_noise_and_random_others(pairs):
    """Everybody's actions go wrong independently: the channel over what is executed, mixed."""
    rng = np.random.default_rng(0)
    for world, state in pairs[:4]:
        actions = len(world.actions)
        noise = 0.7 * np.eye(actions) + 0.3 * rng.dirichlet(np.ones(actions), actions)
        futures = everything(world, state, 2)
        numbers = numbered(told_apart(world, futures.reshape(-1), 1, "cell")).reshape(futures.shape)
        twice, other = np.kron(noise, noise), np.kron(noise.mean(axis=0), noise.mean(axis=0))
        p = np.zeros((len(numbers), numbers.max() + 1))
        for x, y in np.ndindex(numbers.shape):
            p[x, numbers[x, y]] += other[y]
        found = among_others(world, state, 2, 0, 1, noise=noise, exactly=True)
        assert found.bits[0] == pytest.approx(channel_capacity(twice @ p).bits, abs=1e-8)
        assert found.definition.noise == "given"
        many = among_others(world, state, 2, 0, 1, noise=noise, exactly=False, samples=4000)
        assert many.bits[0] == pytest.approx(found.bits[0], abs=0.06)


def test_still_others_are_the_plain_estimator(trios):
    """`still` is what `empowerment` gives, with its definition."""
    for world, state in trios:
        for sender, perceiver in itertools.product(range(3), repeat=2):
            found = among_others(world, state, 3, sender, perceiver, "self", others="still")
            assert found.bits[0] == empowerment(world, state, 3, sender, perceiver, "self")[0]
            assert (found.definition.actors, found.definition.perceiver) == ((sender,), perceiver)


def whims(world: World) -> Any:
    """A policy for all: a fixed but wild function of what is true and of the clock."""

    def policies(states: np.ndarray) -> np.ndarray:
        mixed = world.key(states).astype(object).sum(axis=1) + states["clock"] * 7
        seeds = np.array([int(number) % 2**32 for number in mixed])
        return np.stack(
            [(seeds >> 3 * agent) % len(world.actions) for agent in range(world.agent_count)], axis=1
        )

    return policies


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_among_others_with_policies(trios, outcome):
    """The number of outcomes of all sequences, the others doing what their policies say in each state."""
    for world, state in trios:
        policies = whims(world)
        for sender in range(3):
            futures = state
            for _ in range(3):
                futures = world.copy(np.repeat(futures, len(world.actions)))
                actions = policies(futures)
                actions[:, sender] = np.arange(len(futures)) % len(world.actions)
                futures = world.imagine(futures, actions)
            for perceiver in range(3):
                found = among_others(world, state, 3, sender, perceiver, outcome, "policy", policies)
                assert found.bits[0] == np.log2(len(set(told_apart(world, futures, perceiver, outcome))))


def test_policies_and_noise(pairs):
    """With slips, others with policies that always do the same are a channel that can be listed."""
    world, state = pairs[1]
    noise = 0.8 * np.eye(len(world.actions)) + 0.2 / len(world.actions)
    futures = everything(world, state, 1)
    numbers = numbered(told_apart(world, futures.reshape(-1), 0, "cell")).reshape(futures.shape)
    p = np.zeros((len(numbers), numbers.max() + 1))
    for x, y in np.ndindex(numbers.shape):
        p[x, numbers[x, y]] += noise[2, y]
    found = among_others(
        world, state, 1, others="policy", policies=lambda s: np.full((len(s), 2), 2), noise=noise
    )
    assert found.bits[0] == pytest.approx(channel_capacity(noise @ p).bits, abs=1e-8)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_sampled_is_exact_when_all_futures_are_covered(pairs, outcome):
    """As many futures as there are: the enumeration itself, without bias."""
    for world, state in pairs:
        for sender, perceiver in ((0, 0), (0, 1)):
            exact = among_others(world, state, 2, sender, perceiver, outcome, exactly=True)
            covered = among_others(world, state, 2, sender, perceiver, outcome, exactly=False, samples=49)
            assert covered.bits[0] == pytest.approx(exact.bits[0], abs=1e-8)
            assert covered.bias is not None
            assert covered.bias[0] == 0
            assert covered.definition.samples == 49


def test_exact_where_it_comes_soon(trios, monkeypatch):
    """One method for all states of a batch: exact if that is cheap for each, else sampled, and said so."""
    world, state = trios[0]
    assert among_others(world, state, 1).definition.estimator == "exact"
    monkeypatch.setattr(several, "SOON", 100)
    found = among_others(world, state, 2, samples=32)
    assert str(found.definition) == (
        "E_2(0 -> 0), outcome cell, others random, noise none, shared futures, 32 samples"
    )
    assert found.bits == among_others(world, state, 2, samples=32, exactly=False).bits
    assert found.lower is None


def test_bias_of_few_futures():
    """Few futures are too high on average, more are less so; the reported bias says by how much."""
    world = Stage("....\n.AB.\n.C..\n....").world
    state = world.new_states(1, 0)
    exact = among_others(world, state, 2, exactly=True).bits[0]
    for samples, low, high in ((8, 0.04, 0.16), (32, 0.01, 0.04)):
        found = [among_others(world, state, 2, exactly=False, samples=samples, seed=k) for k in range(60)]
        excess = np.mean([each.bits[0] for each in found]) - exact
        said = np.mean([each.bias[0] for each in found if each.bias is not None])
        assert low < excess < high
        assert 0.5 < said / excess < 2


def large_rooms(count: int) -> list[Case]:
    """Random drawings so large that some cones do not meet, with doors worked from afar."""
    made = []
    for seed in range(count):
        chance = random.Random(f"rooms {seed}")
        cells = [*"ABCbbbDLMppsskkii", *"#" * chance.choice([0, 8, 20])]
        cells += ["."] * (80 - len(cells))
        chance.shuffle(cells)
        legend = {
            letter: thing(
                "door",
                by=chance.choice(["plate", "switch", "interact", "key"]),
                link=chance.choice(["", "x"]),
            )
            for letter in "DLM"
        }
        legend |= {"p": thing("plate", link="x"), "s": thing("switch", link=chance.choice(["", "x"]))}
        stage = Stage("\n".join("".join(cells[row : row + 10]) for row in range(0, 80, 10)), legend)
        made.append((stage.world, stage.states))
    return made


def test_companies(monkeypatch):
    """Leaving out those whose cones cannot meet changes no figure, sampled or not."""
    rooms = [(world, state, horizon) for world, state in large_rooms(40) for horizon in (1, 2)]
    apart = [room for room in rooms if np.ptp(cones.companies(*room)) > 0]
    assert len(apart) > 15

    def figures() -> list[float]:
        found = []
        for world, state, n in apart:
            asked: list[dict[str, Any]] = [{"exactly": True}, {"exactly": False, "samples": 6}]
            if n == 1:
                asked += [{"exactly": True, "outcome": outcome} for outcome in ("self", "world")]
            for sender, perceiver in itertools.product(range(3), repeat=2):
                found += [among_others(world, state, n, sender, perceiver, **each).bits[0] for each in asked]
            found += [joint_empowerment(world, state, n, outcome=each).bits[0] for each in ("cell", "world")]
        return found

    with_cones = figures()
    monkeypatch.setattr(several, "companies", lambda dynamics, states, n: np.zeros((1, 3), int))
    assert with_cones == pytest.approx(figures(), abs=2e-6)


def test_far_agents_might_as_well_not_be_there():
    """The same world with and without a third agent at the other end of the room."""
    far, near = (Stage(f".........{end}\nA.B......." + "\n..........").world for end in "C.")
    states, fewer = far.new_states(1, 0), near.new_states(1, 0)
    for horizon, company in ((1, [0, 0, 2]), (2, [0, 0, 2]), (4, [0, 0, 0])):
        assert cones.companies(far, states, horizon).tolist() == [company]
    for perceiver in (0, 1):
        for question in ({"exactly": True}, {"exactly": False, "samples": 20}):
            found = among_others(far, states, 2, 0, perceiver, **question).bits
            assert found == among_others(near, fewer, 2, 0, perceiver, **question).bits > 0
            assert among_others(far, states, 2, 0, 2, **question).bits == 0


def test_wires_join_companies():
    """A plate or switch works a door far away: whoever can use it is in company with who can reach the door."""
    for letter in "ps":
        for link, together in (("", True), ("else", False)):
            legend = {"D": thing("door", by="plate" if letter == "p" else "switch", link=link)}
            stage = Stage(f"A{letter}......B.\n########D#", legend)
            assert (cones.companies(stage.world, stage.states, 1).tolist() == [[0, 0]]) == together
            bits = among_others(stage.world, stage.states, 2, 0, 1, exactly=True).bits[0]
            assert (bits > 0) == together


def test_every_rule_of_shipped_worlds_is_known(shipped_world):
    """A new rule that brings fields of its own has to be considered in `cones` before anybody is left out."""
    # small tori, where everybody soon matters to all
    close_quarters = {"coexistence", "sharing", "coin_game"}
    known = cones.known(shipped_world, shipped_world.new_states(1, 0))
    assert known == (shipped_world.name not in close_quarters)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_joint_equals_brute_force(trios, pairs, outcome):
    """Joint empowerment counts the joint outcomes of all combinations of action sequences."""
    for world, state in [*trios[:5], *pairs]:
        futures = everything(world, state, 2)
        for agents in itertools.combinations(range(world.agent_count), 2):
            still = tuple(slice(None) if agent in agents else 0 for agent in range(world.agent_count))
            ends = futures[still].reshape(-1)
            parts = [told_apart(world, ends, agent, outcome) for agent in agents]
            found = joint_empowerment(world, state, 2, agents, outcome)
            assert found.bits[0] == pytest.approx(np.log2(len(set(zip(*parts, strict=True)))), abs=1e-12)


def test_joint_of_one_and_of_strangers(trios):
    """One alone is its own group; those who cannot meet add up; a group with random others is a channel."""
    for world, state in trios:
        assert joint_empowerment(world, state, 2, (1,)).bits == empowerment(world, state, 2, 1)
        together = joint_empowerment(world, state, 1)
        assert together.definition.actors == (0, 1, 2)
        assert together.bits[0] >= joint_empowerment(world, state, 1, (0, 2), others="random").bits[0] - 1e-9
    world = Stage("A.###.B\n..###..\n..###..").world
    state = world.new_states(1, 0)
    assert joint_empowerment(world, state, 2).bits[0] == pytest.approx(2 * np.log2(5), abs=1e-12)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_anticipation(trios, outcome):
    """Every entry is the perceiver's empowerment in the state that the actor's action leads to."""
    for world, state in trios:
        table = anticipation(world, state, 2, outcome).bits
        assert table.shape == (1, 3, len(world.actions), 3)
        for actor, action in np.ndindex(table.shape[1:3]):
            actions = np.zeros((1, 3), int)
            actions[0, actor] = action
            after = world.imagine(state, actions)
            for perceiver in range(3):
                wanted = empowerment(world, after, 2, perceiver, outcome=outcome)
                assert table[0, actor, action, perceiver] == wanted[0]


def test_anticipation_of_many_worlds_and_far_agents():
    """A batch is its worlds one by one; who is out of reach of an action keeps what it has; noise is averaged."""
    world = Stage("A........B\n..........").world
    states = world.new_states(5, 0)
    world.step(states, np.random.default_rng(1).integers(0, 5, (5, 2)))
    table = anticipation(world, states, 2).bits
    for w in range(5):
        assert (anticipation(world, states[w : w + 1], 2).bits == table[w]).all()
        assert (table[w, 0, :, 1] == empowerment(world, states[w : w + 1], 2, 1)).all()
    noise = 0.8 * np.eye(7) + 0.2 / 7
    noisy = anticipation(world, states, 2, noise=noise).bits
    after = np.array(
        [
            empowerment(world, world.imagine(states, np.tile([action, 0], (5, 1))), 2, 0, noise=noise)
            for action in range(7)
        ]
    )
    assert noisy[:, 0, :, 0] == pytest.approx((noise @ after).T)


def bsc(error: float) -> np.ndarray:
    return np.array([[1 - error, error], [error, 1 - error]])


def test_equilibrium_without_interference():
    """Channels that do not touch reach their capacities, whatever the other does."""
    z = np.array([[1, 0], [0.5, 0.5]])
    first = np.repeat(bsc(0.1)[:, None], 2, axis=1)
    second = np.repeat(z[None], 2, axis=0)
    found = equilibrium([first, second])
    assert found.converged
    assert found.bits == pytest.approx([0.5310044064, 0.3219280949], abs=2e-6)
    third = equilibrium(
        [np.repeat(c[..., None, :], 2, axis=2) for c in (first, second)] + [np.full((2, 2, 2, 1), 1)]
    )
    assert third.converged
    assert third.bits == pytest.approx([0.5310044064, 0.3219280949, 0], abs=2e-6)


def test_equilibrium_of_the_exclusive_or():
    """y = x_1 xor x_2 for both: who starts evenly silences the other, and both even is an equilibrium too."""
    xor = np.eye(2)[np.array([[0, 1], [1, 0]])]
    both = equilibrium([xor, xor])
    assert both.converged
    assert both.iterations == 1
    assert both.bits == pytest.approx([0, 0], abs=1e-9)
    one = equilibrium([xor, xor], start=[[0.9, 0.1], [0.5, 0.5]], rounds=1)
    assert one.bits == pytest.approx([0, 0.5310044064], abs=1e-9)


def test_equilibrium_that_turns_in_circles_says_so():
    """One listens for agreement, one for difference, on a channel one of them has to choose: no rest, no claim."""
    # x_1 picks which of y_2's inputs is readable, x_2 which of y_1's is: matching pennies in bits
    first, second = np.zeros((4, 4, 3)), np.zeros((4, 4, 3))
    for a, b in np.ndindex(4, 4):
        first[a, b, a % 2 if a // 2 == b // 2 else 2] = 1
        second[a, b, b % 2 if a // 2 != b // 2 else 2] = 1
    rough = equilibrium(
        [first, second], damping=0.0, rounds=30, start=[[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1]]
    )
    assert not rough.converged
    assert rough.iterations == 30
    assert rough.regret.max() > 0.01
    for i, seen in enumerate((first, second)):
        alone = np.tensordot(seen, rough.inputs[1 - i], axes=(1 - i, 0))
        assert rough.bits[i] == pytest.approx(information(rough.inputs[i], alone), abs=1e-12)
        gain = channel_capacity(alone).upper - rough.bits[i]
        assert rough.regret[i] == pytest.approx(max(gain, 0), abs=1e-8)


@pytest.mark.parametrize("horizon", [1, 2])
def test_interference_equals_enumeration(pairs, horizon):
    """The channels of a world: each outcome after both agents' sequences, equal inputs taken together."""
    for world, state in pairs[:6]:
        futures = everything(world, state, horizon)
        numbers = [
            numbered(told_apart(world, futures.reshape(-1), a, "cell")).reshape(futures.shape) for a in (0, 1)
        ]
        both = np.stack(numbers)
        rows = len(np.unique(both.transpose(1, 0, 2).reshape(len(futures), -1), axis=0))
        columns = len(np.unique(both.transpose(2, 0, 1).reshape(len(futures), -1), axis=0))
        channels = interference(world, state, horizon)
        assert [c.shape for c in channels] == [(rows, columns, n.max() + 1) for n in numbers]
        for channel, each in zip(channels, numbers, strict=True):
            found = np.sort(channel.reshape(-1, channel.shape[2]).argmax(axis=1))
            assert set(found) == set(np.unique(each))
            full = np.eye(each.max() + 1)[each]
            for axis in (0, 1):  # all inputs of the other equally likely is not comparable, its first one is
                assert channel_capacity(channel.take(0, axis)).bits == pytest.approx(
                    channel_capacity(full.take(0, axis)).bits
                )


def test_interference_of_strangers_and_in_a_crowd():
    """Strangers keep what they have alone; with noise and random bystanders too the rows are distributions."""
    world = Stage("A.......B.\n##########").world
    found = equilibrium(interference(world, world.new_states(1, 0), 2))
    assert found.converged
    assert found.bits == pytest.approx(np.log2([3, 4]), abs=1e-6)
    crowd = Stage(".....\n.ABC.\n.....").world
    states, noise = crowd.new_states(1, 0), np.eye(7) * 0.9 + 0.1 / 7
    channels = interference(crowd, states, 1, (0, 1), others="random", noise=noise)
    for channel in channels:
        assert channel.shape[:2] == (5, 5)  # stay, interact and drop are one
        assert channel.sum(axis=-1) == pytest.approx(1)
    after = equilibrium(channels)
    assert after.converged
    assert (after.bits > 0).all()
    among = np.array([3, 1, 1, 1, 1]) / 7  # the other chooses uniformly among seven actions
    for agent, channel in enumerate(channels):
        alone = np.tensordot(channel, among, axes=(1 - agent, 0))
        found = among_others(crowd, states, 1, agent, noise=noise, exactly=True)
        assert channel_capacity(alone).bits == pytest.approx(found.bits[0], abs=1e-8)


def test_small_scratch_is_grown(trios, monkeypatch):
    """Memory that overflows is made larger, up to a limit; the answers are the same."""
    world, state = trios[2]
    sampled: dict[str, Any] = {"exactly": False, "samples": 8, "outcome": "world"}
    wanted = [
        among_others(world, state, 2, exactly=True).bits[0],
        among_others(world, state, 3, **sampled).bits[0],
    ]
    monkeypatch.setattr(layers, "FIRST_ROOM", 4)
    monkeypatch.setattr(layers, "FIRST_ENTRIES", 4)
    fresh = World(world.blueprint)
    assert [
        among_others(fresh, state, 2, exactly=True).bits[0],
        among_others(fresh, state, 3, **sampled).bits[0],
    ] == wanted
    monkeypatch.setattr(layers, "SCRATCH_BYTES", 10_000)
    with pytest.raises(ValueError, match="lower the horizon"):
        among_others(World(world.blueprint), state, 3, **sampled)
    with pytest.raises(ValueError, match="lower the horizon or the number of actors"):
        joint_empowerment(World(world.blueprint), state, 3)


def test_the_present_is_untouched(trios):
    """Not a byte of the states changes, and the same question gets the same answer."""
    world, state = trios[3]
    before = state.tobytes()
    first = [
        among_others(world, state, 2, exactly=False, samples=8).bits[0],
        among_others(world, state, 2, others="policy", policies=whims(world)).bits[0],
        joint_empowerment(world, state, 2).bits[0],
        anticipation(world, state, 2).bits.sum(),
        interference(world, state, 1)[0].sum(),
    ]
    assert state.tobytes() == before
    assert first[0] == among_others(world, state, 2, exactly=False, samples=8).bits[0]
    both = np.concatenate([trios[3][1], trios[3][1]])
    assert (among_others(world, both, 2, exactly=False, samples=8).bits == first[0]).all()
    assert among_others(world, state, 2, exactly=False, samples=8, seed=5).definition.samples == 8


def test_dead_agents_and_no_time():
    """Nothing can be said in no time, nor by the dead."""
    world = world_of("two_doors")
    states = world.new_states(3, 0)
    assert among_others(world, states, 0).bits.tolist() == [0.0] * 3
    assert among_others(world, states[:0], 2).bits.shape == (0,)
    assert joint_empowerment(world, states, 0).bits.tolist() == [0.0] * 3
    assert anticipation(world, states, 0).bits.sum() == 0
    assert anticipation(world, states[:0], 2).bits.shape == (
        0,
        world.agent_count,
        len(world.actions),
        world.agent_count,
    )


WRONG: dict[str, tuple[Any, str]] = {
    "horizon": (lambda w, s: among_others(w, s, -1), "horizon"),
    "agent": (lambda w, s: among_others(w, s, 1, 3), "agent has to be"),
    "perceiver": (lambda w, s: among_others(w, s, 1, 0, "B"), "perceiver has to be"),
    "outcome": (lambda w, s: among_others(w, s, 1, outcome="cells"), "did you mean cell"),
    "others": (lambda w, s: among_others(w, s, 1, others="rando"), "did you mean random"),
    "no policies": (lambda w, s: among_others(w, s, 1, others="policy"), "policies have to be given"),
    "policies": (lambda w, s: among_others(w, s, 1, policies=len), "policies have to be given"),
    "policy shape": (
        lambda w, s: among_others(w, s, 1, others="policy", policies=lambda x: np.zeros(1, int)),
        "policies have to return",
    ),
    "policy action": (
        lambda w, s: among_others(w, s, 1, others="policy", policies=lambda x: np.full((1, 3), 99)),
        "policies have to choose",
    ),
    "samples": (lambda w, s: among_others(w, s, 1, samples=1), "samples has to be"),
    "noise": (lambda w, s: among_others(w, s, 1, noise=np.eye(2)), "noise has to be"),
    "one state": (lambda w, s: among_others(w, s[0], 1), "for a single one"),
    "too far": (lambda w, s: among_others(w, s, 9, exactly=True), "horizon 9 among random others.*samples"),
    "too far, sampled": (lambda w, s: among_others(w, s, 12, outcome="world"), "lower the horizon"),
    "too many": (lambda w, s: joint_empowerment(w, s, 9), "lower the horizon or the number of actors"),
    "group": (lambda w, s: joint_empowerment(w, s, 1, (0, 0)), "different agents"),
    "no group": (lambda w, s: joint_empowerment(w, s, 1, ()), "at least one"),
    "member": (lambda w, s: joint_empowerment(w, s, 1, (0, 7)), "agent has to be"),
    "anticipation": (lambda w, s: anticipation(w, s, 1, "seen"), "allowed: cell, self, world"),
    "anticipation of one": (lambda w, s: anticipation(w, s[0], 1), "for a single one"),
    "interference": (lambda w, s: interference(w, s, 1, (1, 1)), "two different agents"),
    "long interference": (lambda w, s: interference(w, s, 9), "lower the horizon"),
    "one channel": (lambda w, s: equilibrium([np.eye(2)]), "an interference channel is"),
    "channel rows": (
        lambda w, s: equilibrium([np.ones((2, 2, 2))] * 2),
        r"channel 0: the row of inputs \(0, 0\)",
    ),
    "start": (lambda w, s: equilibrium([np.ones((2, 2, 1))] * 2, start=[[1, 0]]), "start has to be"),
    "tolerance": (lambda w, s: equilibrium([np.ones((2, 2, 1))] * 2, tol=0), "tol has to be"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_questions_are_refused(trios, name, monkeypatch):
    """One line of ValueError for everything that is not allowed or takes too much."""
    monkeypatch.setattr(several, "MOST", 50_000)
    monkeypatch.setattr(several, "PREFIXES", 500)
    monkeypatch.setattr(equilibria, "STEPS", 50_000)
    ask, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as raised:
        ask(*trios[0])
    assert "\n" not in str(raised.value)
