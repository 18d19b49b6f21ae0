"""What a training run is asked to do: checked, plain, and enough to do it again."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import torch

import rewards as formulations
from sandbox.environment.payment import by_team
from sandbox.experiments.compare import HELPER
from sandbox.scenario.read import load_scenario, parse_kept
from sandbox.scenario.schema import Scenario
from sandbox.world.world import World

DEVICES = ("auto", "cpu", "cuda")
AT_LEAST_ONE = ("steps", "worlds", "horizon", "processes")


@dataclasses.dataclass(frozen=True)
class Settings:
    """A run's settings, in plain numbers and text.

    An agent-step is one step of one learning agent in one world, counted over all worlds and processes.

    scenario            name of the scenario; its text lies beside the settings.
    scenario_hash       what it says, fingerprinted.
    overrides           changes to the text by dotted path.
    teams               teams or groups that learn; each has a learner of its own.
    rewards             team -> reward spec, in place of the scenario's.
    learner             name of a file in `learners`.
    parameters          its settings by name, where they are not the defaults.
    steps               agent-steps in all, rounded up to whole rollouts.
    seed                root of all chance.
    worlds              worlds that step together, in each process.
    device              where networks live: auto, cpu or cuda; auto is cuda where torch sees a GPU.
    threads             of torch on the CPU; 0 for as many as it takes by itself. A resumed run takes as many as before.
    log_every           agent-steps between rows of metrics; 0 for a 200th of the run.
    evaluate_every      agent-steps between evaluations; 0 for a 20th of the run.
    evaluation_seeds    episodes of an evaluation, on the same seeds each time; 0 for no evaluation.
    patience            evaluations without a better return after which the run stops early; 0 for never.
    checkpoint_every    agent-steps between checkpoints; 0 for a 20th of the run.
    checkpoint_seconds  and at the latest after so many seconds.
    horizon             steps of the empowerment that is logged and measured.
    processes           how many processes train together.
    tensorboard         write TensorBoard's files too.
    """

    scenario: str
    scenario_hash: str
    overrides: dict[str, Any]
    teams: tuple[str, ...]
    rewards: dict[str, Any]
    learner: str = "ppo"
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    steps: int = 1_000_000
    seed: int = 0
    worlds: int = 256
    device: str = "auto"
    threads: int = 0
    log_every: int = 0
    evaluate_every: int = 0
    evaluation_seeds: int = 20
    patience: int = 0
    checkpoint_every: int = 0
    checkpoint_seconds: float = 300.0
    horizon: int = 3
    processes: int = 1
    tensorboard: bool = False

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, kind in type(self).__annotations__.items():
            if kind is not int:
                continue
            value, least = getattr(self, name), int(name in AT_LEAST_ONE)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} has to be a whole number from {least}, not {value!r}")
        if not (isinstance(self.checkpoint_seconds, int | float) and self.checkpoint_seconds > 0):
            raise ValueError(f"checkpoint_seconds has to be more than 0, not {self.checkpoint_seconds!r}")
        if self.device not in DEVICES:
            raise ValueError(f"device {self.device!r} is not known; allowed: {', '.join(DEVICES)}")
        if self.patience and not self.evaluation_seeds:
            raise ValueError("patience waits for evaluations; give evaluation_seeds too")
        for name in ("parameters", "rewards", "overrides"):
            if not _is_plain(getattr(self, name)):
                raise ValueError(
                    f"{name} have to be plain numbers, text, lists and mappings, since they are saved with the run"
                )

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self) | {"teams": list(self.teams)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Settings":
        """What `as_plain` gave."""
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := set(plain) - known:
            raise ValueError(
                f"settings of a run that this version does not know: {', '.join(sorted(unknown))}"
            )
        return cls(**{**plain, "teams": tuple(plain["teams"])})


def prepare(
    scenario: str | PathLike | Scenario,
    rewards: Any = None,
    teams: Sequence[str] | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    **more: Any,
) -> tuple[Settings, Scenario]:
    """Settings of a run and its scenario, from what a person says.

    Args:
        scenario: a name, a file or a Scenario that was read from a file.
        rewards: a spec (or its text) for the teams that learn, or a mapping from teams to specs; None for the
            scenario's own.
        teams: who learns; None for the team of the first helper, or all teams where nobody is one.
        overrides: changes to the scenario by dotted path.
        more: the other fields of Settings.

    Raises:
        ScenarioError, ValueError: a mistake in what was given; one line.
    """
    changes = dict(overrides or {})
    if isinstance(scenario, Scenario):
        if changes:
            raise ValueError("overrides go with a scenario's name or file, not with one that is read already")
    else:
        scenario = load_scenario(scenario, changes)
    if not scenario.text or restore_scenario(scenario.text, scenario.name, changes).hash != scenario.hash:
        raise ValueError(
            f"a run keeps its scenario as text, which {scenario.name or 'this one'} does not come from; "
            "give its name or file, and overrides beside it"
        )
    world = World(scenario)
    chosen = _teams(scenario, world, teams)
    specs = (
        dict(rewards)
        if by_team(world, rewards)
        else {}
        if rewards is None
        else dict.fromkeys(chosen, rewards)
    )
    specs = {
        team: formulations.parse(spec) if isinstance(spec, str) else spec for team, spec in specs.items()
    }
    settings = Settings(scenario.name, scenario.hash, changes, chosen, specs, **more)
    for spec in specs.values():
        formulations.make(spec)
    return settings, scenario


def restore_scenario(text: str, name: str, overrides: Mapping[str, Any]) -> Scenario:
    """The scenario that a run keeps as text."""
    return parse_kept(text, name, overrides)


def members(world: World, team: str) -> tuple[int, ...]:
    """Numbers of the agents of a team or group."""
    return tuple(
        agent for agent, own in enumerate(zip(world.teams, world.groups, strict=True)) if team in own
    )


def torch_device(name: str, local_rank: int = 0) -> torch.device:
    """The device that `auto`, `cpu` or `cuda` stands for here."""
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ValueError("device cuda: torch sees no GPU here; use --device cpu or auto")
    return torch.device("cuda", local_rank % torch.cuda.device_count())


def _teams(scenario: Scenario, world: World, teams: Sequence[str] | str | None) -> tuple[str, ...]:
    if teams is None:
        helpers = [group.team or name for name, group in scenario.agents.items() if group.role == HELPER]
        teams = helpers[:1] or list(dict.fromkeys(world.teams))
    chosen = (teams,) if isinstance(teams, str) else tuple(teams)
    known = sorted({*world.teams, *world.groups})
    taken: dict[int, str] = {}
    for team in chosen:
        if team not in known:
            raise ValueError(f"no team or group {team!r}; this world has {', '.join(known)}")
        for agent in members(world, team):
            if agent in taken:
                raise ValueError(
                    f"{world.agent_ids[agent]} would learn twice, in {taken[agent]} and in {team}"
                )
            taken[agent] = team
    if not chosen:
        raise ValueError(f"nobody learns; name a team, one of {', '.join(known)}")
    return chosen


def _is_plain(value: Any) -> bool:
    try:
        return json.loads(json.dumps(value, allow_nan=False)) == _listed(value)
    except (TypeError, ValueError):
        return False


def _listed(value: Any) -> Any:
    """Tuples as the lists that JSON makes of them."""
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
