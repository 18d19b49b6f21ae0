"""Environments with one defect each, and the check that must catch it."""

import random
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from sandbox.environment.parallel import SandboxEnvironment

MUTANTS: list[tuple[str, type]] = []


def caught_by(check: str) -> Any:
    """Enter a mutant under the check that must catch it."""

    def enter(mutant: type) -> type:
        MUTANTS.append((check, mutant))
        return mutant

    return enter


class Mutant(SandboxEnvironment):
    """A sound environment whose step can be tampered with."""

    def change(self, results: tuple) -> tuple:
        return results

    def step(self, actions: dict) -> tuple:
        return self.change(super().step(actions))

    @property
    def clock(self) -> int:
        return int(self._states["clock"][0])


@caught_by("check_arrays_are_copies")
class ObservationsShareABuffer(Mutant):
    @cached_property
    def buffers(self) -> dict:
        return {agent: space.sample() for agent, space in self.observation_spaces.items()}

    def change(self, results: tuple) -> tuple:
        for agent, seen in results[0].items():
            self.buffers[agent][...] = seen
            results[0][agent] = self.buffers[agent]
        return results


@caught_by("check_arrays_are_copies")
class MasksShareABuffer(Mutant):
    @cached_property
    def buffer(self) -> np.ndarray:
        return np.zeros(len(self.action_names), np.int8)

    def change(self, results: tuple) -> tuple:
        for info in results[4].values():
            self.buffer[...] = info["action_mask"]
            info["action_mask"] = self.buffer
        return results


@caught_by("check_arrays_are_copies")
class StateIsAView(Mutant):
    def state(self) -> np.ndarray:
        pad, world = self.world.pad, self.world
        grid = self._states[0]["cells"].reshape(-1, world.stride, 3)
        return grid[pad : pad + world.rows, pad : pad + world.columns]


@caught_by("check_reset_goes_on")
class ResetRepeats(Mutant):
    def reset(self, seed=None, options=None):
        return super().reset(0 if seed is None else seed)


@caught_by("check_reset_goes_on")
class ResetAsksTheMachine(Mutant):
    def reset(self, seed=None, options=None):
        return super().reset(random.getrandbits(32) if seed is None else seed)


@caught_by("check_reset_forgets")
class TheClockGoesOn(Mutant):
    def reset(self, seed=None, options=None):
        clock = self.clock
        begun = super().reset(seed)
        self._states["clock"] = clock % 5
        return begun


@caught_by("check_reset_forgets")
class TheSeedIsIgnored(Mutant):
    def reset(self, seed=None, options=None):
        return super().reset(None if self._seeded else seed)


@caught_by("check_whole_episodes_repeat")
class LateChance(Mutant):
    def change(self, results: tuple) -> tuple:
        if self.clock > 8:
            results[1].update({agent: random.random() for agent in results[1]})
        return results


@caught_by("check_time_is_not_death")
class TimeKills(Mutant):
    def change(self, results: tuple) -> tuple:
        ended = {agent: results[2][agent] or results[3][agent] for agent in results[2]}
        return *results[:2], ended, dict.fromkeys(ended, False), results[4]


@caught_by("check_time_is_not_death")
class TimeKillsToo(Mutant):
    def change(self, results: tuple) -> tuple:
        ended = {agent: results[2][agent] or results[3][agent] for agent in results[2]}
        return *results[:2], ended, *results[3:]


@caught_by("check_time_is_not_death")
class TimeIsShort(Mutant):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.max_cycles -= 1


@caught_by("check_death_is_not_time")
class DeathIsTime(Mutant):
    def change(self, results: tuple) -> tuple:
        ended = {agent: results[2][agent] or results[3][agent] for agent in results[2]}
        return *results[:2], dict.fromkeys(ended, False), ended, results[4]


@caught_by("check_dicts_are_fresh")
class OneDictForAll(Mutant):
    @cached_property
    def rewards(self) -> dict:
        return {}

    def change(self, results: tuple) -> tuple:
        self.rewards.update(results[1])
        return results[0], self.rewards, *results[2:]


@caught_by("check_dicts_are_fresh")
class OneListOfAgents(Mutant):
    def reset(self, seed=None, options=None):
        begun = super().reset(seed)
        self.agents = self.possible_agents
        return begun


@caught_by("check_observations_lie_in_their_space")
class FloatObservations(Mutant):
    def change(self, results: tuple) -> tuple:
        return {agent: seen.astype(np.float64) for agent, seen in results[0].items()}, *results[1:]


@caught_by("check_observations_lie_in_their_space")
class ObservationsOutOfBounds(Mutant):
    def change(self, results: tuple) -> tuple:
        for seen in results[0].values():
            seen[0, 0, 0] = 255 if self.clock > 3 else seen[0, 0, 0]
        return results


@caught_by("check_observations_lie_in_their_space")
class LastObservationIsSmall(Mutant):
    def change(self, results: tuple) -> tuple:
        for agent in results[0]:
            if results[2][agent] or results[3][agent]:
                results[0][agent] = results[0][agent][:1]
        return results


@caught_by("check_observations_lie_in_their_space")
class MaskForbidsEverything(Mutant):
    def change(self, results: tuple) -> tuple:
        for info in results[4].values():
            info["action_mask"][:] = 0
        return results


@caught_by("check_rewards_and_flags_are_plain")
class NanReward(Mutant):
    def change(self, results: tuple) -> tuple:
        results[1].update({agent: float("nan") for agent in results[1] if self.clock > 3})
        return results


@caught_by("check_rewards_and_flags_are_plain")
class NumpyReward(Mutant):
    def change(self, results: tuple) -> tuple:
        return results[0], {agent: np.float64(pay) for agent, pay in results[1].items()}, *results[2:]


@caught_by("check_rewards_and_flags_are_plain")
class NumpyFlags(Mutant):
    def change(self, results: tuple) -> tuple:
        return *results[:3], {agent: np.bool_(flag) for agent, flag in results[3].items()}, results[4]


@caught_by("check_infos_are_flat")
class NestedInfos(Mutant):
    def reset(self, seed=None, options=None):
        observations, infos = super().reset(seed)
        return observations, {agent: info | {"terms": {}} for agent, info in infos.items()}

    def change(self, results: tuple) -> tuple:
        for info in results[4].values():
            info["terms"] = {"task": 0.0}
        return results


@caught_by("check_infos_are_flat")
class InfosGrow(Mutant):
    def change(self, results: tuple) -> tuple:
        for info in results[4].values():
            info["late"] = 1.0
        return results


@caught_by("check_infos_are_flat")
class TermsDoNotAddUp(Mutant):
    def change(self, results: tuple) -> tuple:
        return results[0], {agent: pay + 1.0 for agent, pay in results[1].items()}, *results[2:]


@caught_by("check_agents_come_and_go_in_order")
class JoinsLate(Mutant):
    def reset(self, seed=None, options=None):
        observations, infos = super().reset(seed)
        late = self.agents.pop()
        del observations[late], infos[late]
        return observations, infos


@caught_by("check_agents_come_and_go_in_order")
class DiesWithoutALastStep(Mutant):
    def change(self, results: tuple) -> tuple:
        dead = {agent for agent, over in results[2].items() if over}
        return tuple({agent: value for agent, value in part.items() if agent not in dead} for part in results)


@caught_by("check_agents_come_and_go_in_order")
class NobodyLeaves(Mutant):
    def change(self, results: tuple) -> tuple:
        self.agents = list(results[0])
        return results


@caught_by("check_agents_come_and_go_in_order")
class ComesBack(Mutant):
    def change(self, results: tuple) -> tuple:
        if self.agents and self.clock % 5 == 0:
            self.agents = list(self.possible_agents)
        return results


@caught_by("check_only_live_agents_act")
class WantsEverybodysAction(Mutant):
    def step(self, actions):
        assert set(actions) == set(self.agents)
        return super().step(actions)


@caught_by("check_only_live_agents_act")
class MissingActionMeansNorth(Mutant):
    def step(self, actions):
        return super().step(dict.fromkeys(self.agents, 1) | actions)


@caught_by("check_spaces_are_the_same")
class NewSpaceEachTime(Mutant):
    def action_space(self, agent):
        return Discrete(len(self.action_names))


@caught_by("check_spaces_are_the_same")
class TeamMatesDiffer(Mutant):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.action_spaces[self.possible_agents[1]] = Discrete(99)


@caught_by("check_state_is_always_there")
class NoStateAtTheEnd(Mutant):
    def state(self):
        assert self.agents or not self._seeded
        return super().state()


@caught_by("check_state_is_always_there")
class FloatState(Mutant):
    def state(self):
        return super().state() / 2


@caught_by("check_copies_go_on_alike")
class CopiesShareTheWorld(Mutant):
    def __deepcopy__(self, memo):
        twin = self.__class__(self.scenario)
        twin.__dict__.update(self.__dict__)
        return twin


@caught_by("check_copies_go_on_alike")
class PicklesForget(Mutant):
    def __getstate__(self):
        states = self._states.copy()
        states["rng_key"] = 0
        return self.__dict__ | {"_states": states}
