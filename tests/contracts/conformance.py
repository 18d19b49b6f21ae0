"""What an environment must keep and PettingZoo's own tests do not look at: one check for each promise.

Every check takes `make_env`, which gives a fresh ParallelEnv each time and passes `max_cycles` on, and raises
AssertionError where the promise is broken. `tests/contracts/mutants.py` holds what each of them must catch.
"""

import copy
import hashlib
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Make = Callable[..., Any]
SHORT = 12  # steps after which most defects have shown


def actions_for(env: Any, rng: np.random.Generator) -> dict[str, int]:
    """A random action for everybody; as many draws whoever is left."""
    drawn = {agent: int(rng.integers(env.action_space(agent).n)) for agent in env.possible_agents}
    return {agent: drawn[agent] for agent in env.agents}


def play(env: Any, steps: int | None = None, seed: int = 1) -> Iterator[tuple[dict, dict, dict, dict, dict]]:
    """Random play of an environment that was reset, until it is over."""
    rng = np.random.default_rng(seed)
    while env.agents and steps != 0:
        yield env.step(actions_for(env, rng))
        steps = None if steps is None else steps - 1


def fingerprint(begun: tuple[dict, dict], env: Any, steps: int | None = None, seed: int = 1) -> str:
    """SHA-256 of all that an episode shows: observations, rewards, flags, infos, agents, state()."""
    digest = hashlib.sha256()

    def see(name: str, value: Any) -> None:
        array = np.asarray(value)
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())

    def see_all(*dicts: dict) -> None:
        for part in dicts:
            for agent, value in part.items():
                for name, item in value.items() if isinstance(value, dict) else [("", value)]:
                    see(f"{agent}/{name}", item)
        see("state", env.state())
        digest.update(" ".join(env.agents).encode())

    see_all(*begun)
    for result in play(env, steps, seed):
        see_all(*result)
    return digest.hexdigest()


def episode(make_env: Make, seed: int | None, **kwargs: Any) -> str:
    """Fingerprint of one whole episode in a fresh environment."""
    env = make_env(**kwargs)
    return fingerprint(env.reset(seed=seed), env)


def check_whole_episodes_repeat(make_env: Make) -> None:
    """Equal seeds give equal episodes, to the last step."""
    assert episode(make_env, 3) == episode(make_env, 3)


def check_reset_goes_on(make_env: Make) -> None:
    """`reset()` without a seed begins a new episode where there is chance, and the same one in every run."""

    def stream() -> list[str]:
        env = make_env(max_cycles=SHORT)
        return [fingerprint(env.reset(seed=seed), env) for seed in (7, *[None] * 5)]

    first = stream()
    assert first == stream(), "reset() without a seed does not follow from the seed before it"
    if len({episode(make_env, seed, max_cycles=SHORT) for seed in range(6)}) > 1:
        assert len(set(first[1:])) > 1, "reset() without a seed gives the same episode each time"
    assert len(episode(make_env, None, max_cycles=SHORT)) == 64  # a first reset without a seed works too


def check_reset_forgets(make_env: Make) -> None:
    """After any past, a seed gives the same episode as in a fresh environment."""
    fresh = episode(make_env, 3, max_cycles=SHORT)
    env = make_env(max_cycles=SHORT)
    for steps in (0, 3, None):
        env.reset(seed=5)
        list(play(env, steps, seed=9))
        assert fingerprint(env.reset(seed=3), env) == fresh, f"{steps} steps before reset() are still felt"


def check_time_is_not_death(make_env: Make) -> None:
    """At `max_cycles` everybody left is truncated; nobody terminates because of the time."""
    for limit in (1, 5):
        env, longer = make_env(max_cycles=limit), make_env(max_cycles=limit + 1)
        env.reset(seed=2)
        longer.reset(seed=2)
        for step, (early, late) in enumerate(zip(play(env), play(longer), strict=False), start=1):
            assert early[2] == late[2], "terminated by the time limit"
            assert not any(late[3].values()), "truncated before max_cycles"
            due = {agent: step == limit and not over for agent, over in early[2].items()}
            assert early[3] == due, f"truncated at step {step} of {limit}: {early[3]}"


def check_death_is_not_time(make_env: Make) -> None:
    """Somebody terminates before the time is up, without being truncated; for worlds where that happens."""
    env = make_env()
    env.reset(seed=4)
    ended = [
        (over, result[3][agent])
        for result in play(env, env.max_cycles - 1)
        for agent, over in result[2].items()
    ]
    assert (True, False) in ended, "nobody terminated"
    assert (True, True) not in ended


def check_arrays_are_copies(make_env: Make) -> None:
    """What was given back stays as it was, and what is done to it changes nothing."""
    env, twin = make_env(), make_env()
    kept: list[tuple[np.ndarray, bytes]] = []

    def keep(observations: dict, infos: dict) -> list[np.ndarray]:
        arrays = [*observations.values(), *(info["action_mask"] for info in infos.values()), env.state()]
        kept.extend((array, array.tobytes()) for array in arrays)
        return arrays

    keep(*env.reset(seed=2))
    for observations, *_, infos in play(env, SHORT):
        keep(observations, infos)
    keep(*env.reset())
    assert all(array.tobytes() == was for array, was in kept), "an array of an earlier step was written to"

    twin.reset(seed=2)
    for array in keep(*env.reset(seed=2)):
        array[...] = 3
    for mine, other in zip(play(env, SHORT), play(twin, SHORT), strict=True):
        assert all(np.array_equal(mine[0][agent], other[0][agent]) for agent in other[0])
        assert np.array_equal(env.state(), twin.state()), "writing to an array changed the world"
        for array in keep(mine[0], mine[4]):
            array[...] = 3


def check_dicts_are_fresh(make_env: Make) -> None:
    """Clients add to the dicts that they get; no later step may show it."""
    env, twin = make_env(max_cycles=SHORT), make_env(max_cycles=SHORT)
    for begun, expected in zip(env.reset(seed=2), twin.reset(seed=2), strict=True):
        assert begun.keys() == expected.keys()
        begun["__all__"] = True
    for results, expected in zip(play(env), play(twin), strict=True):
        for mine, other in zip(results, expected, strict=True):
            assert mine.keys() == other.keys(), "a dict of an earlier step came back"
            for info in mine.values():
                if isinstance(info, dict):
                    info.clear()
            mine["__all__"] = True
    env.reset(seed=2)
    env.agents.clear()
    assert env.possible_agents == twin.possible_agents, "agents and possible_agents are one list"


def check_observations_lie_in_their_space(make_env: Make) -> None:
    """Shape, type and bounds of every observation and of every mask, at every step."""
    env = make_env()

    def look(observations: dict, infos: dict) -> None:
        for agent, seen in observations.items():
            space = env.observation_space(agent)
            assert isinstance(seen, np.ndarray)
            assert seen.dtype == space.dtype, f"{agent} sees {seen.dtype}"
            assert space.contains(seen), f"{agent} sees what its space does not hold"
            mask = infos[agent]["action_mask"]
            assert mask.dtype == np.int8
            assert mask.shape == (env.action_space(agent).n,)
            assert set(mask.tolist()) <= {0, 1}
            assert mask[0] == 1, "staying is always possible"

    look(*env.reset(seed=6))
    for observations, *_, infos in play(env):
        look(observations, infos)


def check_rewards_and_flags_are_plain(make_env: Make) -> None:
    """Rewards are finite Python floats and flags Python bools."""
    env = make_env()
    env.reset(seed=6)
    for _, rewards, terminated, truncated, _ in play(env):
        assert {type(reward) for reward in rewards.values()} <= {float}
        assert np.isfinite(list(rewards.values())).all()
        assert {type(flag) for flag in [*terminated.values(), *truncated.values()]} <= {bool}


def check_infos_are_flat(make_env: Make) -> None:
    """Infos hold numbers and numeric arrays only, under the same names from reset on, and the terms add up."""
    env = make_env()
    _, infos = env.reset(seed=6)
    names = {agent: info.keys() for agent, info in infos.items()}
    for _, rewards, _, _, infos in play(env):
        for agent, info in infos.items():
            assert info.keys() == names[agent], (
                f"{agent} has other infos than at reset: {set(info) ^ set(names[agent])}"
            )
            for name, value in info.items():
                assert (
                    type(value) in (float, int, bool)
                    or getattr(value, "dtype", np.dtype(object)).kind in "biuf"
                ), name
            terms = [value for name, value in info.items() if name.startswith("reward/")]
            assert terms
            assert np.isclose(sum(terms), rewards[agent], rtol=1e-6, atol=1e-9)


def check_agents_come_and_go_in_order(make_env: Make) -> None:
    """All are there at reset; who is finished gets that step's results and never comes back."""
    env = make_env()
    for seed in (4, None):
        everybody = list(env.possible_agents)
        observations, infos = env.reset(seed=seed)
        assert env.agents == everybody, "not everybody is there at reset"
        assert list(observations) == list(infos) == everybody
        live = everybody
        for results in play(env):
            assert all(set(part) == set(live) for part in results), "results are not those of who was there"
            live = [agent for agent in live if not (results[2][agent] or results[3][agent])]
            assert env.agents == live, "agents are not those who are left"
            assert env.possible_agents == everybody
        assert env.agents == []


def check_only_live_agents_act(make_env: Make) -> None:
    """Actions of unknown and gone agents are ignored, and a missing action is to stay."""
    env, twin = make_env(), make_env()
    env.reset(seed=4)
    twin.reset(seed=4)
    rng, everybody = np.random.default_rng(1), list(env.possible_agents)
    while twin.agents:
        drawn = {agent: int(rng.integers(env.action_space(agent).n)) for agent in everybody}
        spared = {agent: action for agent, action in drawn.items() if rng.random() < 0.7}
        ghosts = {agent: action for agent, action in spared.items() if agent not in env.agents}
        mine = env.step(
            {agent: spared[agent] for agent in spared if agent not in ghosts} | ghosts | {"nobody_9": 1}
        )
        other = twin.step({agent: spared.get(agent, 0) for agent in twin.agents})
        assert env.agents == twin.agents
        assert mine[1:4] == other[1:4]
        assert np.array_equal(env.state(), twin.state()), (
            "an action that should not count did, or the other way round"
        )
    env.step(dict.fromkeys(everybody, 1))  # after the end too


def check_spaces_are_the_same(make_env: Make) -> None:
    """A space is one object however often it is asked for, and equal for all who share a team."""
    env = make_env()
    teams: dict[str, tuple[Any, Any]] = {}
    for _ in range(2):
        for agent in env.possible_agents:
            spaces = env.observation_space(agent), env.action_space(agent)
            assert spaces[0] is env.observation_space(agent)
            assert spaces[1] is env.action_space(agent)
            assert teams.setdefault(agent.rpartition("_")[0], spaces) == spaces, "spaces differ within a team"
        env.reset(seed=0)


def check_state_is_always_there(make_env: Make) -> None:
    """`state()` lies in `state_space` before the first reset, all along and after the end."""
    env = make_env(max_cycles=SHORT)

    def look() -> None:
        state = env.state()
        assert isinstance(state, np.ndarray)
        assert state.dtype == env.state_space.dtype
        assert env.state_space.contains(state)

    look()
    env.reset(seed=0)
    look()
    for _ in play(env):
        look()
    assert not env.agents
    look()


def check_copies_go_on_alike(make_env: Make) -> None:
    """A pickled or copied environment continues as the original does, and neither disturbs the other."""
    env = make_env()
    env.reset(seed=8)
    list(play(env, 5, seed=3))
    copies = [copy.deepcopy(env), pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    list(play(copies.pop(), seed=5))  # its steps must not reach the others
    begun: tuple[dict, dict] = ({}, {})
    futures = [
        fingerprint(begun, each, seed=4) + fingerprint(each.reset(), each, SHORT) for each in (*copies, env)
    ]
    assert len(set(futures)) == 1, "a copy goes on in another way"


CHECKS = {name: check for name, check in list(globals().items()) if name.startswith("check_")}
ONLY_WHERE_AGENTS_END = {"check_death_is_not_time"}
