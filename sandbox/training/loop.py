"""The training loop: worlds step, learners learn, figures are logged, and whatever happens the run can go on."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewards import estimators
from rewards.mix import pupils
from sandbox.experiments.company import Company
from sandbox.experiments.compare import members_of
from sandbox.experiments.manifest import manifest
from sandbox.scenario.schema import Scenario
from sandbox.training import evaluate, parallel
from sandbox.training import learner as learners
from sandbox.training.acting import Actor, part, seat
from sandbox.training.cuda_worlds import open_worlds
from sandbox.training.interrupts import Interrupted, interrupts
from sandbox.training.learner import Learner, Step, Task
from sandbox.training.ledger import Ledger
from sandbox.training.run_folder import Row, RunFolder, pack
from sandbox.training.seeds import seed_tree
from sandbox.training.settings import Settings, members, prepare, restore_scenario, torch_device

LOG_SHARE, EVALUATE_SHARE, CHECKPOINT_SHARE = (
    200,
    20,
    20,
)  # rows, evaluations and checkpoints of a run by default
MEASURED_WORLDS = 64  # in which empowerment is measured for a row of metrics
NEWS_EVERY = 0.1  # seconds
FINISHED, STOPPED_EARLY = "finished", "stopped early"


@dataclass(frozen=True)
class News:
    """How far a run is: agent-steps done and in all, agent-steps a second lately, latest mean return of an episode."""

    steps: int
    total: int
    speed: float
    latest: float | None


@dataclass(frozen=True)
class TrainedRun:
    """A run that is over: its folder, agent-steps done, why it ended, and its metrics, each row with what is known."""

    run: Path
    steps: int
    why: str
    rows: list[Row]


OnNews = Callable[[News], object]
Say = Callable[[str], object]


def train(
    scenario: str | os.PathLike | Scenario,
    rewards: Any = None,
    learner: str = "ppo",
    parameters: Mapping[str, Any] | None = None,
    steps: int = 1_000_000,
    seed: int = 0,
    worlds: int = 256,
    teams: Sequence[str] | str | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    on_news: OnNews | None = None,
    say: Say | None = None,
    **more: Any,
) -> TrainedRun:
    """Train teams of a scenario; everything is kept in a folder from which the run can go on.

    Args:
        scenario: a name, a file, or a Scenario that was read from one.
        rewards: what those who learn are paid for: a spec or its text, or a mapping from teams to specs; None for the
            scenario's own.
        learner: a file in `sandbox/training/learners`.
        parameters: the learner's own settings by name.
        steps: agent-steps in all: steps x worlds x learning agents (x processes), rounded up to whole rollouts.
        seed: root of all chance; same settings and seed, same bytes on the CPU.
        worlds: worlds that step together.
        teams: teams or groups that learn; None for the first helper's team, or all where nobody is a helper.
        device: auto, cpu or cuda.
        out: the run's folder; None for runs/<scenario>-<learner>-<seed>.
        overrides: changes to the scenario by dotted path.
        on_news: told now and then how far it is.
        say: told what a person should know, a line each; None for standard error.
        more: further fields of `sandbox.training.settings.Settings`, such as `evaluate_every` or `patience`.

    Raises:
        ScenarioError, ValueError: a mistake in what was given; one line.
        Interrupted: Ctrl-C; the run is saved.
    """
    with _processes() as count:
        settings, scenario = prepare(
            scenario, rewards, teams, overrides, learner=learner, parameters=dict(parameters or {}), steps=steps,
            seed=seed, worlds=worlds, device=device, processes=count, **more,
        )  # fmt: skip
        torch.set_num_threads(settings.threads or torch.get_num_threads())
        path = Path(out) if out is not None else Path("runs") / f"{settings.scenario}-{learner}-{seed}"
        run = Run(settings, scenario, say)
        run.begin(path)
        return run.go(on_news)


def resume(run: str | os.PathLike[str], on_news: OnNews | None = None, say: Say | None = None) -> TrainedRun:
    """Go on with a run from its last whole checkpoint, to the same end as if nothing had happened.

    Raises:
        ValueError: no such run, a finished one, or one that does not fit; one line.
        Interrupted: Ctrl-C; the run is saved.
    """
    with _processes() as count:
        folder = RunFolder(run)
        settings = Settings.from_plain(folder.manifest["settings"])
        if settings.processes != count:
            raise ValueError(
                f"{folder.path}: it was trained by {settings.processes} processes, not {count}; "
                f"go on with: {_going_on(folder, settings)}"
            )
        scenario = restore_scenario(folder.scenario_text, settings.scenario, settings.overrides)
        if scenario.hash != settings.scenario_hash:
            raise ValueError(f"{folder.path / 'scenario.yaml'} is not the scenario that the run began with")
        torch.set_num_threads(folder.manifest["threads"])  # their number shows in the last bits
        going = Run(settings, scenario, say)
        going.reopen(folder)
        return going.go(on_news)


def _going_on(folder: RunFolder, settings: Settings) -> str:
    launcher = f"torchrun --nproc-per-node {settings.processes} -m " if settings.processes > 1 else ""
    return f"{launcher}sandbox train --resume {folder.path}"


@dataclass
class _Progress:
    """Where a run stands, in plain numbers."""

    world_steps: int = 0
    seconds: float = 0.0
    best: float | None = None
    waited: int = 0
    why: str = ""
    figures: dict[str, list[float]] = field(default_factory=dict)


class Run:
    """Everything of a run that is under way.

    Args:
        settings: what to do.
        scenario: on what.
        say: told what a person should know; None for standard error.
    """

    def __init__(self, settings: Settings, scenario: Scenario, say: Say | None = None) -> None:
        self.settings, self.scenario = settings, scenario
        self.rank = parallel.rank()
        self._say: Say = say or (lambda line: print(line, file=sys.stderr))
        self._device = torch_device(settings.device, parallel.local_rank())
        self._seeds = seed_tree(settings)
        company = Company(scenario, settings.rewards or None)
        self.world = world = company.world
        agents = {team: members(world, team) for team in settings.teams}
        self._learning = tuple(agent for own in agents.values() for agent in own)
        self._share = settings.worlds * len(self._learning) * settings.processes  # agent-steps of one step
        most = -(-settings.steps // self._share)
        self._actors: dict[str, Actor] = {}
        self._generators: dict[str, torch.Generator] = {}
        for team, own in agents.items():
            seeds = self._seeds["learners"][team]
            generator = torch.Generator().manual_seed(seeds[0])
            task = Task(world, own, settings.worlds, most, self._device, generator)
            made = learners.make(settings.learner, settings.parameters, task)
            if self.rank:  # all begin with the same weights and then try different things
                generator.manual_seed(seeds[self.rank])
            self._actors[team], self._generators[team] = Actor(made, world, own), generator
        self._rollout = next(iter(self._actors.values())).learner.rollout
        self._most = -(-most // self._rollout) * self._rollout
        seat(company, self._actors)
        self._others = [(agent, company.policies[agent]) for agent in range(world.agent_count)
                        if agent not in self._learning]  # fmt: skip
        self._pupils = pupils(company.mixes)
        self._worlds = open_worlds(
            company, world.new_states(settings.worlds, self._seeds["worlds"][self.rank]), self._device, self._others,
            self.learners.values(), (lambda _: None) if self.rank else self._say,
        )  # fmt: skip
        self._ledger = Ledger(company, settings.worlds, self._worlds.device)
        self._at = _Progress()
        self._rows: list[Row] = []
        self._times: dict[str, float] = {}
        self._began = self._saved = self._told = time.perf_counter()
        self._folder: RunFolder | None = None
        self._board: Any = _board(settings) if settings.tensorboard and not self.rank else None

    @property
    def steps(self) -> int:
        """Agent-steps done, over all worlds and processes."""
        return self._at.world_steps * self._share

    @property
    def learners(self) -> dict[str, Learner]:
        """What learns, by team."""
        return {team: actor.learner for team, actor in self._actors.items()}

    def begin(self, path: Path) -> None:
        """Make the run's folder."""
        problem = ""
        if not self.rank:
            record = manifest(
                self.scenario, [self.settings.seed], settings=self.settings.as_plain(), seed_tree=self._seeds,
                device=str(self._device), worlds_on=str(self._worlds.device),
                threads=torch.get_num_threads(), learning_agents=list(self._learning), agent_steps_per_step=self._share,
            )  # fmt: skip
            try:
                self._folder = RunFolder.create(path, self.scenario.text, record)
            except (ValueError, OSError) as mistake:
                problem = str(mistake)
        if any(parallel.anywhere(bool(problem))):
            raise ValueError(problem or f"{path} cannot be used")
        if self._folder is None:
            self._folder = RunFolder(path)
        self._open_board()

    def reopen(self, folder: RunFolder) -> None:
        """Come back to a run's last whole checkpoint."""
        self._folder = folder
        say = self._say if not self.rank else lambda _: None
        checkpoint = folder.newest(self.rank, say)
        if checkpoint is not None:
            state, tensors = checkpoint.state, checkpoint.tensors
            if state["why"]:
                raise ValueError(
                    f"{folder.path}: this run is over, {state['why']} at {checkpoint.steps:,} agent-steps"
                )
            self._restore(state, tensors)
            self._rows = folder.rows(checkpoint.steps, say)
        self._open_board()

    def go(self, on_news: OnNews | None = None) -> TrainedRun:
        """Train to the end."""
        folder = self._folder
        assert folder is not None, "begin or reopen first"
        self._began = self._saved = time.perf_counter()
        with interrupts() as stop:
            while not self._at.why:
                self._roll()
                done = self._at.world_steps >= self._most
                judged = done or self._due(self.settings.evaluate_every, EVALUATE_SHARE)
                if judged or self._due(self.settings.log_every, LOG_SHARE):
                    self._write_row(judged)
                if done and not self._at.why:
                    self._at.why = FINISHED
                waited = time.perf_counter() - self._saved
                stopping, late = parallel.anywhere(stop.is_set(), waited > self.settings.checkpoint_seconds)
                if (
                    self._at.why
                    or stopping
                    or late
                    or self._due(self.settings.checkpoint_every, CHECKPOINT_SHARE)
                ):
                    self._save(folder)
                self._tell(on_news, stopping or bool(self._at.why))
                if stopping and not self._at.why:
                    raise Interrupted(
                        f"stopped at {self.steps:,} agent-steps; go on with: {_going_on(folder, self.settings)}"
                    )
        if self._board:
            self._board.close()
        return TrainedRun(folder.path, self.steps, self._at.why, self._rows)

    # --- one round --------------------------------------------------------------------------------------

    def _roll(self) -> None:
        """Play as many steps as learners want to see, and let them learn."""
        worlds, ledger, clock = self._worlds, self._ledger, self._clock
        keep = any(actor.learner.reads_states for actor in self._actors.values())
        pairs = [(worlds.places(actor.agents), actor.learner) for actor in self._actors.values()]
        states = worlds.states if keep else None
        for _ in range(self._rollout):
            began = time.perf_counter()
            observations, actions = worlds.observations, worlds.idle()
            for places, learner in pairs:
                actions[:, places] = learner.act(observations, worlds.masks, True, states)
            began = clock("act", began)
            present = worlds.present()
            worlds.play(self._others, actions)
            began = clock("others", began)
            happened = worlds.advance(actions, keep, bool(self._pupils))
            ledger.note(happened)
            for formulation in self._pupils:
                formulation.learn(happened.transition)
            worlds.restart(happened.finished)
            began = clock("world", began + worlds.reward_seconds)
            self._times["rewards"] = self._times.get("rewards", 0.0) + worlds.reward_seconds
            step = Step(
                observations, actions, happened.rewards, present, happened.terminated, happened.truncated,
                happened.observations, happened.before, happened.after,
            )  # fmt: skip
            for _, learner in pairs:
                learner.record(step)
            clock("record", began)
        began = time.perf_counter()
        for team, learner in self.learners.items():
            for name, value in learner.learn().items():
                figure = self._at.figures.setdefault(f"{name}/{team}", [0.0, 0.0])
                figure[0] += float(value)
                figure[1] += 1
        clock("learn", began)
        self._at.world_steps += self._rollout

    def _due(self, every: int, share: int) -> bool:
        """Whether the last round went past a multiple of so many agent-steps."""
        every = max(1, every or self.settings.steps // share)
        return self.steps // every > (self.steps - self._rollout * self._share) // every

    def _write_row(self, judge: bool) -> None:
        """One row of metrics, of everything since the last one."""
        row: dict[str, float | int | None] = {"steps": self.steps, "world_steps": self._at.world_steps}
        latest = self._ledger.returns(self._learning)
        self._latest = self._latest if latest is None else latest
        row |= self._ledger.row()
        row |= self._said()
        row |= self._empowerment()
        row |= {name: total / count for name, (total, count) in self._at.figures.items()}
        self._at.figures = {}
        if judge and self.settings.evaluation_seeds:
            row |= self._evaluated()
        row["seconds"] = self._elapsed()
        row |= {f"seconds/{name}": spent for name, spent in self._times.items()}
        self._times = {}
        known = {name: value for name, value in row.items() if value is not None and value == value}
        self._rows.append(known)
        if self._board:
            for name, value in known.items():
                self._board.add_scalar(name, value, self.steps)

    def _said(self) -> Row:
        """What terms say of themselves, such as their running scale."""
        return {
            f"{name}/{team}/{term.name}": float(value)
            for team, own in members_of(self.world).items()
            for term in self._worlds.company.mixes[own[0]].terms
            for name, value in getattr(term.formulation, "figures", dict)().items()
        }

    def _empowerment(self) -> Row:
        """Every agent's empowerment at this moment, in bits: mean over some worlds and the agents of a team."""
        states, horizon = self._worlds.some(MEASURED_WORLDS), self.settings.horizon
        began = time.perf_counter()
        bits = np.stack([
            estimators.empowerment(self.world, states, horizon, agent=agent) for agent in range(self.world.agent_count)
        ], axis=1)  # fmt: skip
        self._clock("measure", began)
        return {
            f"empowerment_{horizon}/{team}": float(bits[:, own].mean())
            for team, own in members_of(self.world).items()
        }

    def _evaluated(self) -> Row:
        """An evaluation, as rank 0 finds it, and what follows from it for stopping early."""
        found: Row = {}
        began = time.perf_counter()
        if not self.rank:
            for actor in self._actors.values():
                actor.forget()
            evaluation = evaluate.measure(
                self._worlds.company, self._seeds["evaluation"], (self.settings.horizon,)
            )
            found = {f"evaluation/{name}": value.mean for name, value in evaluation.summary().items()}
            teams = {self.world.teams[agent] for agent in self._learning}
            own = float(np.mean([found[f"evaluation/reward/{team}"] or 0.0 for team in sorted(teams)]))
            if self._at.best is None or own > self._at.best:
                self._at.best, self._at.waited = own, 0
            else:
                self._at.waited += 1
            if self.settings.patience and self._at.waited >= self.settings.patience:
                self._at.why = STOPPED_EARLY
        if any(parallel.anywhere(bool(self._at.why))):
            self._at.why = STOPPED_EARLY
        self._clock("evaluate", began)
        return found

    # --- what is kept -----------------------------------------------------------------------------------

    def _save(self, folder: RunFolder) -> None:
        at = self._at
        parts = parallel.gather(pack(self._tensors()))
        if parts is not None:
            state = {
                "world_steps": at.world_steps, "seconds": self._elapsed(), "best": at.best, "waited": at.waited,
                "why": at.why, "figures": list(at.figures),
                "weights": [mix.weights for mix in self._worlds.company.mixes],
            }  # fmt: skip
            folder.save(self.steps, state, parts, self._rows)
        self._saved = time.perf_counter()

    def _tensors(self) -> dict[str, torch.Tensor]:
        found = {"worlds": self._worlds.saved()}
        found["figures"] = torch.tensor(list(self._at.figures.values()), dtype=torch.float64).reshape(-1, 2)
        for name, tensor in self._ledger.tensors().items():
            found[f"ledger.{name}"] = tensor
        for team, learner in self.learners.items():
            found[f"generator.{team}"] = self._generators[team].get_state()
            for name, tensor in learner.tensors().items():
                found[f"learner.{team}.{name}"] = tensor
        for number, formulation in enumerate(self._pupils):
            for name, tensor in formulation.tensors().items():
                found[f"formulation.{number}.{name}"] = torch.as_tensor(tensor)
        return found

    def _restore(self, state: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        self._worlds.restore(tensors["worlds"])
        self._ledger.restore(part(tensors, "ledger."))
        for team, learner in self.learners.items():
            learner.restore(part(tensors, f"learner.{team}."))
            self._generators[team].set_state(tensors[f"generator.{team}"])
        for number, formulation in enumerate(self._pupils):
            kept = part(tensors, f"formulation.{number}.")
            formulation.restore({name: tensor.numpy() for name, tensor in kept.items()})
        for mix, weights in zip(self._worlds.company.mixes, state["weights"], strict=True):
            mix.weights.update(weights)
        figures = dict(zip(state["figures"], tensors["figures"].tolist(), strict=True))
        self._at = _Progress(
            state["world_steps"], state["seconds"], state["best"], state["waited"], state["why"], figures
        )

    # --- time and news ----------------------------------------------------------------------------------

    _latest: float | None = None
    _told_steps = 0

    def _elapsed(self) -> float:
        return self._at.seconds + time.perf_counter() - self._began

    def _clock(self, name: str, began: float) -> float:
        now = time.perf_counter()
        self._times[name] = self._times.get(name, 0.0) + now - began
        return now

    def _tell(self, on_news: OnNews | None, at_once: bool) -> None:
        now = time.perf_counter()
        if on_news and not self.rank and (at_once or now - self._told > NEWS_EVERY):
            speed = (self.steps - self._told_steps) / (now - self._told)
            on_news(News(self.steps, self._most * self._share, speed, self._latest))
            self._told, self._told_steps = now, self.steps

    def _open_board(self) -> None:
        self._told_steps = self.steps
        if self._board and self._folder:
            self._board = self._board(log_dir=str(self._folder.path / "tensorboard"), purge_step=self.steps)


def _board(settings: Settings) -> Any:
    """TensorBoard's writer, a class."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError(
            "tensorboard is not installed; pip install tensorboard, or leave --tensorboard out"
        ) from None
    return SummaryWriter


@contextmanager
def _processes() -> Iterator[int]:
    """Meet the other processes, if torchrun started several, for as long as it takes; torch's threads are put back."""
    joined, threads = parallel.join(), torch.get_num_threads()
    try:
        yield parallel.processes()
    finally:
        torch.set_num_threads(threads)
        if joined:
            parallel.leave()
