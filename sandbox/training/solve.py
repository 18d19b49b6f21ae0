"""Exact answers for small worlds: every joint state that can be reached, what it is worth to one agent, what follows.

The others do what their policies say, with their chances; one agent, the learner, is free. States are merged by their
key, by `over`, and by the clock modulo the steps after which ties and patrols are as before. The learner knows the
whole state, goals that others keep to themselves included, so that no learner that sees less can do better.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from rewards.mix import Mix
from rewards.socket import Transition
from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.experiments.compare import default_team, members_of
from sandbox.policies import conduct
from sandbox.policies.seat import Policy
from sandbox.training import solve_kernels
from sandbox.world import fuse
from sandbox.world.codes import AGENT, CROWD
from sandbox.world.randomness import aside
from sandbox.world.world import World

MOST_STATES = 5_000_000
MOST_BYTES = 4 << 30
BLOCK = 1 << 15
"""Transitions that are imagined at a time, about."""
STARTS, MOST_STARTS, SURE = 1 << 12, 1 << 18, 64
"""Episodes begun to learn the starts, at first and at most, and how many of each start are enough."""
SWEEPS, MOST_ROUNDS = 20, 100_000
MARGIN = 1 << 17
ROUNDING = 1e-13

Swap = Callable[[World, np.ndarray], np.ndarray]
"""For records [worlds] the states in which the learner is in another's place, records [worlds]."""
Event = Callable[[World, np.ndarray], np.ndarray]
"""Whether something is so, bool [worlds], from a world and its states."""
Chances = Callable[[int, np.ndarray], np.ndarray]
"""What the learner chooses: (step, numbers of states) -> float64 [numbers, actions], rows that sum to 1."""


def solve(
    scenario: Any,
    rewards: Any = None,
    agent: str | int | None = None,
    horizon: int | None = None,
    gamma: float | None = None,
    *,
    tolerance: float = 1e-9,
    most_states: int = MOST_STATES,
    swap: Swap | None = None,
    final: Event | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> "Solution":
    """The best that one agent can do, exactly.

    Args:
        scenario: a Scenario or a Company; the others follow its policies.
        rewards: what the agent is paid for, a spec or its text; by default what the scenario says.
        agent: number, name, or a team or group of one; by default the only agent of the helper's or else first team.
        horizon: steps that count, by backward induction; None for a discounted sum without end, by value iteration.
        gamma: weight of a reward one step later; by default 1 with a horizon, else 0.99.
        tolerance: how far values may be from the true ones where there is no end (see `Solution.error`).
        most_states: give up beyond as many.
        swap: also solve for the states in which the agent is in another's place (`Solution.swapped`, `empathic`).
        final: what states are worth at the horizon, (world, states) -> float64 [states]; by default nothing.
        on_progress: called with the number of states expanded and of those known.

    Raises:
        ValueError: a mistake in what was given, a world that is too large, or chance that cannot be told; one line.
    """
    gamma = (0.99 if horizon is None else 1.0) if gamma is None else gamma
    if horizon is None and not 0 <= gamma < 1:
        raise ValueError(f"without a horizon gamma must lie in 0..1, below 1, not {gamma}")
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie in 0..1, not {gamma}")
    if horizon is not None and horizon < 1:
        raise ValueError(f"horizon must be at least 1 step, not {horizon}")
    if final is not None and horizon is None:
        raise ValueError("final says what states are worth at a horizon; give a horizon too")
    company = scenario if isinstance(scenario, Company) else Company(scenario)
    who = _learner(company, agent)
    if rewards is not None:
        company = Company(company.scenario, {company.world.groups[who]: rewards}, company.world)
    began = time.perf_counter()
    graph = _Graph(company, who, most_states, swap)
    graph.expand(on_progress)
    return Solution(graph, horizon, float(gamma), tolerance, final, began)


def _learner(company: Company, agent: str | int | None) -> int:
    from sandbox.experiments.empower import agent_number

    if agent is None:
        team = default_team(company.scenario)
        members = members_of(company.world)[team]
        if len(members) > 1:
            names = ", ".join(company.world.agent_ids[member] for member in members)
            raise ValueError(
                f"team {team} has several agents; one alone is solved for: give agent, one of {names}"
            )
        return members[0]
    return agent_number(company.world, str(agent))


def chance_within(world: str, what: str) -> str:
    """Why a world that draws during an episode is refused."""
    return f"{world}: {what} draws by chance during the episode, which the exact solver cannot enumerate"


class _Graph:
    """The states that can be reached and the transitions between them, as `solve_kernels` describes these."""

    def __init__(self, company: Company, agent: int, most: int, swap: Swap | None) -> None:
        self.world = world = company.world
        self.agent, self.swap = agent, swap
        if world.renewing:
            raise ValueError(chance_within(world.name, " and ".join(world.renewing)))
        self.mix: Mix = company.mixes[agent]
        if changing := [term.name for term in self.mix.terms if hasattr(term.formulation, "learn")]:
            raise ValueError(
                f"reward {changing[0]} learns along or remembers, so that a state does not say what it pays: the exact "
                "solver cannot enumerate that"
            )
        self.policies = company.policies
        others = [policy for other, policy in enumerate(self.policies) if other != agent]
        self.period = conduct.period(world, others)
        self.minds = [
            None if other == agent else mind for other, mind in enumerate(conduct.minds(world, self.policies))
        ]
        self.actions = len(world.actions)
        self.noise = np.eye(self.actions) if world.noise is None else world.noise
        self.kernels: Any = fuse.specialise(solve_kernels, "rewards.kernel_socket", world.kernels)
        self.count, self.entries = 0, 0
        # room for all there may ever be: what is never written to takes no memory
        each = (2 * world.core_words + world.state_type.itemsize // 8 + 8) * 8
        self.most = min(most, MOST_BYTES // each)
        room = self.most + MARGIN
        self.keys = np.empty((room, world.core_words + 1), np.uint64)
        self.words = np.empty((room, world.state_type.itemsize // 8), np.uint64)
        self.figures = np.empty((room, len(figures(world, world.new_states(1, 0)))))
        self.steady = np.ones(self.figures.shape[1], bool)
        self.table = np.zeros(1 << (2 * room).bit_length(), np.int32)
        self.place = np.full(room, -1, np.int64)
        self.swapped = np.empty(0, np.int64)
        self.parts: list[tuple[np.ndarray, ...]] = []
        self.wanted: dict = {}
        self.starts, self.weights, self.starts_are_exact = self._starts()

    def expand(self, on_progress: Callable[[int, int], object] | None) -> None:
        """Follow every state that is found until there is no new one."""
        done, branching = 0, self.actions
        while done < self.count:
            block = np.arange(done, min(self.count, done + max(1, BLOCK // branching)))
            branching = max(1, self._expand(block) // len(block))
            done += len(block)
            if on_progress:
                on_progress(done, self.count)
        first, last, to, p, pay = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        self.parts.clear()
        self.graph = first, last, to, p, pay
        self.states = self.words[: self.count].view(self.world.state_type)[:, 0]

    def _expand(self, block: np.ndarray) -> int:
        """Add the transitions of some states; gives how many there were before they were merged."""
        world, agent = self.world, self.agent
        states = self.words[block].view(world.state_type)[:, 0]
        alive = world.alive(states)
        going = (states["over"] == 0) & alive.any(axis=1)
        free = going & alive[:, agent]
        # one owner for each action of the learner, or a single one where it has nothing to choose
        width = np.where(free, self.actions, going.astype(np.int64))
        base = np.cumsum(width) - width
        state = np.repeat(np.arange(len(block)), width)
        joint = np.zeros((len(state), world.agent_count), np.int8)
        joint[:, agent] = np.arange(len(state)) - base[state]
        owner, chance = np.arange(len(state)), np.ones(len(state))
        for other, policy in enumerate(self.policies):
            if other != agent:
                odds = np.zeros((len(block), self.actions))
                odds[:, 0] = 1  # what the dead do
                acting = going & alive[:, other]
                odds[acting] = conduct.chances(policy, states[acting], self.actions, self.period) @ self.noise
                odds = odds[state[owner]]
                which, action = np.nonzero(odds)
                owner, joint, chance = owner[which], joint[which], chance[which] * odds[which, action]
                joint[:, other] = action
        before = self.words[block[state[owner]]].view(world.state_type).reshape(len(owner))
        after = world.imagine(before, joint)
        if after["rng_count"].any():
            raise ValueError(chance_within(world.name, "a rule"))
        transition = Transition(world, before, joint, after, self.wanted, policies=self.minds)
        paid = world.pay(after)[:, agent] if is_task_only(self.mix) else self.mix.pay(transition, agent)
        paid = np.where(alive[state[owner], agent], paid, 0.0)
        successor = self._numbers(after)
        to, p = np.empty(len(owner), np.int32), np.empty(len(owner))
        begin, pay = np.empty(len(state) + 1, np.int64), np.zeros(len(state))
        used = self.kernels.gather(owner, chance, paid, successor, self.place, to, p, begin, pay)
        # each action of the learner has its owner, or shares the single one; the ended have none
        owners = base[:, None] + np.where(free[:, None], np.arange(self.actions), 0)
        owners = np.where(going[:, None], owners, len(state))
        first = begin[owners] + self.entries
        last = begin[np.minimum(owners + 1, len(state))] + self.entries
        pays = np.append(pay, 0.0)[owners] * free[:, None]
        self.parts.append((first, last, to[:used].copy(), p[:used].copy(), pays))
        self.entries += used
        return len(owner)

    def _numbers(self, states: np.ndarray) -> np.ndarray:
        """The numbers of states, int64 [worlds]; new ones, and those in which places are swapped, become known."""
        numbers = self._enter(states)
        while self.swap and len(self.swapped) < self.count:
            fresh = self.words[len(self.swapped) : self.count].view(self.world.state_type)[:, 0]
            self.swapped = np.append(self.swapped, self._enter(self.swap(self.world, fresh.copy())))
        self._check_size(self.count)
        return numbers

    def _check_size(self, count: int) -> None:
        if count > self.most:
            raise ValueError(
                f"{self.world.name} is too large to be solved: it has {self.count:,} states and more, "
                f"and at most {self.most:,} can be held; use a smaller map, fewer things or fewer agents that move"
            )

    def _enter(self, states: np.ndarray) -> np.ndarray:
        """Number states and keep the new ones; notes which measures tell merged states apart."""
        states = np.ascontiguousarray(states)
        states["clock"] %= self.period
        states["rng_key"] = states["rng_count"] = 0
        numbers, fresh = np.empty(len(states), np.int64), np.empty(len(states), np.int64)
        if len(states) > MARGIN:
            return np.concatenate(
                [self._enter(part) for part in np.array_split(states, 1 + len(states) // MARGIN)]
            )
        self._check_size(self.count)
        before = self.count
        self.count = self.kernels.number(
            self._keys(states), self.keys, self.count, self.table, numbers, fresh
        )
        fresh = fresh[: self.count - before]
        np.take(self.world.words(states), fresh, axis=0, out=self.words[before : self.count], mode="clip")
        if self.figures.shape[1]:
            read = np.column_stack([values for _, values in figures(self.world, states).values()])
            self.figures[before : self.count] = read[fresh]
            known = self.figures[numbers]
            self.steady &= ((read == known) | (np.isnan(read) & np.isnan(known))).all(axis=0)
        return numbers

    def _keys(self, states: np.ndarray) -> np.ndarray:
        time = (states["clock"] % self.period).astype(np.uint64) * np.uint64(2) + (states["over"] != 0)
        return np.column_stack([self.world.key(states), time])

    def find(self, states: np.ndarray) -> np.ndarray:
        """The numbers of states, int64 [worlds], -1 for those that cannot be reached."""
        numbers = np.empty(len(states), np.int64)
        self.kernels.find(self._keys(states), self.keys, self.table, numbers)
        return numbers

    def _starts(self) -> tuple[np.ndarray, np.ndarray, bool]:
        """(numbers of the states in which an episode may begin, their probabilities, whether these are exact).

        Starts are drawn evenly (cells, goals), so where many episodes agree with equal chances these are taken.
        """
        episodes = STARTS
        while True:
            numbers = self._numbers(self.world.new_states(episodes, 0))
            starts, counts = np.unique(numbers, return_counts=True)
            if len(starts) * SURE <= episodes or episodes >= MOST_STARTS:
                break
            episodes *= 4
        share = episodes / len(starts)
        even = share >= SURE and bool((np.abs(counts - share) <= 6 * np.sqrt(share)).all())
        return starts, np.full(len(starts), 1 / len(starts)) if even else counts / episodes, even


@dataclass(frozen=True)
class Evaluation:
    """What a way of choosing leads to, exactly, within `steps` steps from the start of an episode.

    total     expected sum of the learner's rewards; `discounted` the same with later ones weighed by gamma.
    alive     expected number of steps in which the learner takes part; `length` that of the episode's steps.
    events    name -> probability that it ever happens.
    measures  name or name/team -> expected figure of an episode as comparisons report it; for the first step at which
              something is so, given that it happens; nan where there is nothing to measure.
    """

    steps: int
    total: float
    discounted: float
    alive: float
    length: float
    events: dict[str, float]
    measures: dict[str, float]


@dataclass
class Solution:
    """Values of every state that can be reached, and the ways of choosing that follow from them.

    states         records [states], clocks modulo `period`.
    starts         numbers of the states in which an episode may begin, with their `weights`.
    values         float64 [states]: V of the first step where there is a horizon.
    action_values  float64 [states, actions]: Q likewise.
    error          bound on the distance of `values` from the true ones, without a horizon (rounding apart).
    swapped        int64 [states]: number of the state in which the learner is in the other's place, if asked for.
    """

    _graph: _Graph = field(repr=False)
    horizon: int | None
    gamma: float
    tolerance: float
    _final: Event | None = field(repr=False)
    _began: float = field(repr=False)

    def __post_init__(self) -> None:
        graph = self._graph
        self.world, self.agent, self.period, self.mix = graph.world, graph.agent, graph.period, graph.mix
        self.states, self.starts, self.weights = graph.states, graph.starts, graph.weights
        self.starts_are_exact, self.noise = graph.starts_are_exact, graph.noise
        self.swapped = graph.swapped if graph.swap else None
        self.transitions = graph.entries
        self.active = self.world.alive(self.states)[:, self.agent] & (self.states["over"] == 0)
        kept = graph.figures[: graph.count].T
        names = figures(self.world, self.states[:1]).items()
        self.figures = {
            name: (over, values)
            for (name, (over, _)), values, steady in zip(names, kept, graph.steady, strict=True)
            if steady and not np.isnan(values).all()
        }
        self.enumeration_seconds = time.perf_counter() - self._began
        self.error = 0.0
        if self.horizon is None:
            self.values = self._value_iteration()
        else:
            self._layers = self._backward_induction()
            self.values = self._layers[self.horizon]
        self.seconds = time.perf_counter() - self._began

    @property
    def actions(self) -> int:
        """Number of actions."""
        return len(self.world.actions)

    @property
    def value(self) -> float:
        """What the learner can expect at the start of an episode at best."""
        return float(self.weights @ self.values[self.starts])

    @cached_property
    def action_values(self) -> np.ndarray:
        """Worth of each action in each state, float64 [states, actions]; at the first step if there is a horizon."""
        return self.action_values_at(0)

    def action_values_at(self, step: int, which: np.ndarray | None = None) -> np.ndarray:
        """Worth of each action at a step in all or some states, float64 [states, actions]; zeros after the horizon."""
        if self.horizon is None:
            return self._ahead(self.values, which)
        return self._ahead(self._layers[max(self.horizon - step - 1, 0)], which, paid=step < self.horizon)

    def find(self, states: np.ndarray) -> np.ndarray:
        """The numbers of states, int64 [worlds]; -1 for those that cannot be reached."""
        return self._graph.find(states)

    def greedy(
        self,
        action_values: np.ndarray | None = None,
        tie: float | None = None,
        order: Sequence[int] | None = None,
    ) -> Chances:
        """The best actions: those within `tie` of the best (by default what rounding and `error` cannot tell apart).

        Among several each is as likely, or, with an `order` of all actions, the first of them is taken.
        """
        tie = max(ROUNDING * (1 + float(np.abs(self.values).max())), 2 * self.error) if tie is None else tie

        def chances(step: int, which: np.ndarray) -> np.ndarray:
            worth = self.action_values_at(step, which) if action_values is None else action_values[which]
            best = worth >= worth.max(axis=1, keepdims=True) - tie
            if order is not None:
                return np.eye(self.actions)[np.array(order)[best[:, order].argmax(axis=1)]]
            return best / best.sum(axis=1, keepdims=True)

        return chances

    def softmax(self, temperature: float, action_values: np.ndarray | None = None) -> Chances:
        """Actions with probabilities in proportion to exp(worth / temperature)."""
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, not {temperature}")

        def chances(step: int, which: np.ndarray) -> np.ndarray:
            worth = self.action_values_at(step, which) if action_values is None else action_values[which]
            weight = np.exp((worth - worth.max(axis=1, keepdims=True)) / temperature)
            return weight / weight.sum(axis=1, keepdims=True)

        return chances

    def uniform(self) -> Chances:
        """Every action with the same chance."""
        return lambda step, which: np.full((len(which), self.actions), 1 / self.actions)

    def following(self, policy: Policy) -> Chances:
        """What a policy of the learner's does; it sees clocks modulo `period`."""
        return lambda step, which: conduct.chances(policy, self.states[which], self.actions, self.period)

    def policy(self, chances: Chances | None = None) -> "Solved":
        """A policy that chooses so (by default greedily), by looking states up."""
        return Solved(self, chances or self.greedy())

    def empathic(self, beta: float) -> np.ndarray:
        """Worth of each action to one who cares for the other as for itself, float64 [states, actions].

        beta * Q(s, a) + (1 - beta) * gamma * E[V(swap(s'))], with Q and V of the selfish learner (Bussmann, Heinerman,
        Lehman 2019, arXiv:1906.10918: what their third network learns). With a horizon, its values count after one more
        step. Needs `solve(..., swap=...)`.
        """
        if self.swapped is None:
            raise ValueError("empathic values need solve(..., swap=...)")
        if not 0 <= beta <= 1:
            raise ValueError(f"beta must lie in 0..1, not {beta}")
        own, others = self._ahead(self.values, None), self._ahead(self.values[self.swapped], None, paid=False)
        return beta * own + (1 - beta) * others

    def evaluate(
        self,
        choosing: Chances | np.ndarray | Policy | None = None,
        steps: int | None = None,
        events: Mapping[str, Event] | None = None,
    ) -> Evaluation:
        """What a way of choosing leads to.

        Args:
            choosing: probabilities, float64 [states, actions], or these for each step, or a policy of the learner's;
                by default the greedy way.
            steps: how many; by default the horizon, or else those of an episode.
            events: name -> whether it is so in each of some states; without it, that an agent is gone.
        """
        steps = steps or self.horizon or self.world.max_cycles
        chances = self._chances(choosing)
        named = self._gone() if events is None else dict(events)
        happens = [np.asarray(test(self.world, self.states), bool) for test in named.values()]
        ledger = _Ledger(self, happens)
        first, last, to, p, pay = self._graph.graph
        out = np.zeros((len(self.states), ledger.mass.shape[1]))
        total = discounted = 0.0
        for step in range(steps):
            which = ledger.where
            if not len(which):
                break
            executed = chances(step, which) @ self.noise
            paid = float(ledger.mass[:, 0] @ (executed * pay[which]).sum(axis=1))
            total += paid
            discounted += self.gamma**step * paid
            self._graph.kernels.push(which, first, last, to, p, executed, ledger.mass, out)
            ledger.go_on(out)
        return Evaluation(
            steps, total, discounted, ledger.alive, ledger.length,
            dict(zip(named, ledger.happened, strict=True)), ledger.measures(),
        )  # fmt: skip

    def _chances(self, choosing: Chances | np.ndarray | Policy | None) -> Chances:
        if choosing is None:
            return self.greedy()
        if isinstance(choosing, Solved) and choosing.solution is self:
            return choosing.choosing
        if hasattr(choosing, "act"):
            return self.following(choosing)  # type: ignore[arg-type]
        if callable(choosing):
            return choosing
        table = np.asarray(choosing, np.float64)
        shape = (len(self.states), self.actions)
        if table.shape != shape or not np.allclose(table.sum(axis=1), 1) or (table < 0).any():
            raise ValueError(f"chances must be {shape} [states, actions], none negative, rows that sum to 1")
        return lambda step, which: table[which]

    def _gone(self) -> dict[str, Event]:
        alive = self.world.alive(self.states)
        return {
            f"{name} is gone": lambda world, states, agent=agent: ~world.alive(states)[:, agent]
            for agent, name in enumerate(self.world.agent_ids)
            if not alive[:, agent].all()
        }

    def _ahead(self, values: np.ndarray, which: np.ndarray | None, paid: bool = True) -> np.ndarray:
        first, last, to, p, pay = self._graph.graph
        which = np.arange(len(self.states)) if which is None else which
        out = np.empty((len(which), self.actions))
        self._graph.kernels.action_values(
            which, first, last, to, p, pay if paid else np.zeros_like(pay), self.noise, self.active, self.gamma,
            np.ascontiguousarray(values), out,
        )  # fmt: skip
        return out

    def _value_iteration(self) -> np.ndarray:
        values, choice = np.zeros(len(self.states)), np.zeros(len(self.states), np.int64)
        rules = (*self._graph.graph, self.noise, self.active, self.gamma)
        scale, least, change = self.gamma / (1 - self.gamma), np.inf, np.inf
        for _ in range(MOST_ROUNDS):
            change = self._graph.kernels.improve(*rules, values, choice)
            # rounding keeps the change from falling for ever
            if scale * change <= self.tolerance or least <= change < ROUNDING * np.abs(values).max():
                break
            least = change
            self._graph.kernels.follow(*rules, values, choice, SWEEPS)
        self.error = scale * change
        return values

    def _backward_induction(self) -> np.ndarray:
        """Values with 0, 1, ... horizon steps to go, float64 [horizon + 1, states]."""
        assert self.horizon is not None
        if (self.horizon + 1) * len(self.states) * 8 > MOST_BYTES:
            raise ValueError(
                f"{len(self.states):,} states times {self.horizon} steps are too many to keep; lower the horizon"
            )
        layers = np.zeros((self.horizon + 1, len(self.states)))
        if self._final:
            layers[0] = np.where(self.active, self._final(self.world, self.states), 0.0)
        rules = (*self._graph.graph, self.noise, self.active, self.gamma)
        for left in range(self.horizon):
            self._graph.kernels.step_back(*rules, layers[left], layers[left + 1])
        return layers


class _Ledger:
    """Where an episode may be by now, what has happened until then, and the measures of those that have ended.

    Columns of `mass` [where, columns]: the probability to be there; that without each event having happened; and what
    each measure that is a mean has added up to on the way, weighed by probability.
    """

    def __init__(self, solution: Solution, events: list[np.ndarray]) -> None:
        world, states = solution.world, solution.states
        self.active = solution.active
        self.ended = (states["over"] != 0) | ~world.alive(states).any(axis=1)
        read = solution.figures
        self.last = {name: values for name, (over, values) in read.items() if over == "last"}
        self.mean = {name: values for name, (over, values) in read.items() if over == "mean"}
        self.first = {name: values for name, (over, values) in read.items() if over == "first"}
        self.order = list(read)
        self.events = events + [values == 1 for values in self.first.values()]
        self.named = len(events)
        self.chance_of, self.step_of = np.zeros(len(self.events)), np.zeros(len(self.events))
        self.final, self.means = np.zeros(len(states)), np.zeros(len(self.mean))
        self.alive = self.length = 0.0
        self.clock = 0
        self.mass = np.zeros((len(solution.starts), 1 + len(self.events) + len(self.mean)))
        self.mass[:, : 1 + len(self.events)] = solution.weights[:, None]
        self.where = solution.starts
        self._look()

    def go_on(self, out: np.ndarray) -> None:
        """Take note of where everything has come to, one step later: `out` [states, columns], emptied for the next."""
        self.clock += 1
        self.alive += float(self.mass[:, 0] @ self.active[self.where])
        self.length += float(self.mass[:, 0].sum())
        self.where = np.flatnonzero(out[:, 0])
        self.mass = out[self.where]
        out[self.where] = 0
        self._look()

    def _look(self) -> None:
        for k, happens in enumerate(self.events):
            here = happens[self.where]
            now = float(self.mass[here, 1 + k].sum())
            self.chance_of[k] += now
            self.step_of[k] += self.clock * now
            self.mass[here, 1 + k] = 0
        for k, values in enumerate(self.mean.values(), 1 + len(self.events)):
            self.mass[:, k] += self.mass[:, 0] * values[self.where]
        self._end(self.ended[self.where])

    def _end(self, which: np.ndarray) -> None:
        self.final[self.where[which]] += self.mass[which, 0]
        self.means += self.mass[which, 1 + len(self.events) :].sum(axis=0) / (self.clock + 1)
        self.where, self.mass = self.where[~which], self.mass[~which]

    @property
    def happened(self) -> list[float]:
        """The probability of each named event."""
        return self.chance_of[: self.named].tolist()

    def measures(self) -> dict[str, float]:
        """Expected figures; what is still going on ends now."""
        self._end(np.ones(len(self.where), bool))
        there = np.flatnonzero(self.final)
        found = {name: float(self.final[there] @ values[there]) for name, values in self.last.items()}
        found |= dict(zip(self.mean, self.means.tolist(), strict=True))
        for k, name in enumerate(self.first, self.named):
            found[name] = (
                float(self.step_of[k] / self.chance_of[k]) if self.chance_of[k] > 0 else float("nan")
            )
        return {name: found[name] for name in self.order}


def figures(world: World, states: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    """The world's measures in every state: name -> (over, float64 [states]); agents of a team of one by its name."""
    found = {}
    for name, measure in world.measures.items():
        values = np.asarray(measure.read(world, states), np.float64)
        if not measure.per_agent:
            found[name] = (measure.over, values)
            continue
        for team, members in members_of(world).items():
            for member in members:
                label = team if len(members) == 1 else world.agent_ids[member]
                found[f"{name}/{label}"] = (measure.over, values[:, member])
    return found


@dataclass
class Solved:
    """The policy of a solution: looks the state up and draws aside from the world's own chance."""

    solution: Solution
    choosing: Chances
    foreseeable: ClassVar[bool] = True

    def chances(self, states: np.ndarray) -> np.ndarray:
        """Probability of each action, float64 [worlds, actions].

        Raises:
            ValueError: a state that cannot be reached from the start.
        """
        numbers = self.solution.find(states)
        if (numbers < 0).any():
            raise ValueError(f"{self.solution.world.name}: the solution has no such state")
        found = np.empty((len(states), self.solution.actions))
        for step in np.unique(states["clock"]).tolist():
            now = states["clock"] == step
            found[now] = self.choosing(step, numbers[now])
        return found

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]."""
        if not len(states):
            return np.zeros(0, np.int8)
        luck = (aside(states, 3000 + self.solution.agent) >> np.uint64(11)) / 2**53
        ladder = np.cumsum(self.chances(states), axis=1)
        return (
            (ladder <= luck[:, None] * ladder[:, -1:])
            .sum(axis=1)
            .clip(max=ladder.shape[1] - 1)
            .astype(np.int8)
        )


def exchange(
    world: World, states: np.ndarray, agent: int, other: int, fields: tuple[str, ...] = ("cell", "alive")
) -> np.ndarray:
    """Copies of states, records [worlds], in which two agents have changed places, and what `fields` [agents] say."""
    swapped = world.copy(states)
    for name in fields:
        swapped[name][:, agent], swapped[name][:, other] = states[name][:, other], states[name][:, agent]
    swapped["target"][:, [agent, other]] = swapped["cell"][:, [agent, other]]
    index = np.arange(len(states))
    for cell in (states["cell"][:, agent], states["cell"][:, other]):
        who, look = np.zeros(len(states), np.uint8), np.zeros(len(states), np.uint8)
        for one in reversed(range(world.agent_count)):  # the first by number shows, as in `presence.show`
            here = (swapped["cell"][:, one] == cell) & (swapped["alive"][:, one] != 0)
            shown = swapped["look"][:, one] + np.where(who != 0, CROWD, 0).astype(np.uint8)
            who, look = np.where(here, one + 1, who), np.where(here, shown, look)
        swapped["who"][index, cell] = who
        swapped["cells"][index, cell, AGENT] = look
    return swapped
