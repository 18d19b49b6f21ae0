"""The command `sandbox`: list, lint, run, watch, compare, empower, doctor."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import rewards as formulations
import scenarios
from sandbox.scenario.read import load_scenario
from sandbox.scenario.source import ScenarioError

app = typer.Typer(
    name="sandbox",
    help="Worlds whose agents are paid for power, for kindness or for empathy: author, watch, compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console, errors = Console(), Console(stderr=True, soft_wrap=True, highlight=False)

Scenario = Annotated[
    str, typer.Argument(help="A shipped scenario's name (see `sandbox list`) or a YAML file.")
]
Reward = Annotated[
    str | None,
    typer.Option(
        help="What --team is paid for: terms joined by +, each [WEIGHT*]NAME[:PARAMETER=VALUE]..., such as "
        "`kindness:horizon=4` or `task+0.5*empowerment`. Default: the scenario's own."
    ),
]
Team = Annotated[
    str | None,
    typer.Option(help="Team or group that --reward is for. Default: the helper's, or else the first."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change the scenario, as in `--set agents.helper.view=5`. Repeatable.",
    ),
]


@app.command("list")
def list_everything() -> None:
    """List the shipped scenarios, reward formulations and policies."""
    from rich.table import Table

    from sandbox import policies

    for title, rows in (
        ("Scenarios", [(name, load_scenario(name).about) for name in scenarios.names()]),
        ("Reward formulations", [(name, _sentence("rewards", name)) for name in formulations.names()]),
        ("Policies", [(name, _sentence("sandbox.policies", name)) for name in policies.names()]),
    ):
        view = Table(
            title=title, title_justify="left", title_style="bold", show_header=False, box=None, padding=(0, 2)
        )
        for name, about in rows:
            view.add_row(f"[cyan]{name}[/]", about)
        console.print(view, "")


@app.command()
def lint(file: Annotated[list[str], typer.Argument(help="Scenario files or shipped names.")]) -> None:
    """Check scenario files: one line for each mistake, `file:line:column: what is wrong, and what is allowed`."""
    from sandbox.experiments.company import misnamed
    from sandbox.scenario.lint import lint as check
    from sandbox.world.world import World

    bad = False
    for name in file:
        problems = check(name)
        if not any(": warning: " not in problem for problem in problems):
            scenario = load_scenario(name)
            problems += misnamed(scenario, World(scenario))
        for problem in problems:
            print(problem)
        wrong = [problem for problem in problems if ": warning: " not in problem]
        bad |= bool(wrong)
        if not wrong:
            print(f"{name}: fine")
    raise typer.Exit(2 if bad else 0)


@app.command()
def run(
    scenario: Scenario,
    reward: Reward = None,
    team: Team = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    record: Annotated[Path | None, typer.Option(help="Film to write, .mp4 or .gif.")] = None,
    set_: Set = None,
) -> None:
    """Play one episode and say who got what; with --record, film it."""
    from sandbox.environment.film import check_film_path, save_film

    if record:
        check_film_path(record)
    episode = _episode(scenario, reward, team, seed, set_)
    pictures, history = [episode.paint()] if record else [], [episode.states.copy()]
    with _progress(f"playing {episode.title}", episode.world.max_cycles) as advance:
        while episode.step():
            advance(episode.clock)
            history.append(episode.states.copy())
            if record:
                pictures.append(episode.paint())
    _print_episode(episode, history)
    if record:
        save_film(record, [*pictures, *pictures[-1:] * 4], fps=6)
        print(f"film: {record}")


@app.command()
def watch(
    scenario: Scenario,
    reward: Reward = None,
    team: Team = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    set_: Set = None,
) -> None:
    """Watch a scenario live in a window: play, pause, step forward and back, change speed, reset."""
    from viewer import NoScreen
    from viewer import watch as open_window

    try:
        open_window(_episode(scenario, reward, team, seed, set_))
    except NoScreen as problem:
        _fail(problem)


@app.command()
def compare(
    scenario: Scenario,
    rewards: Annotated[
        str,
        typer.Option(
            help="Formulations to compare, separated by commas, each written as for `run --reward`."
        ),
    ] = "task,empowerment,kindness:horizon=1,kindness:horizon=4,task+kindness",
    seeds: Annotated[
        int, typer.Option(min=1, help="Episodes for each formulation, with seeds 0, 1, ...")
    ] = 10,
    team: Team = None,
    horizon: Annotated[
        str, typer.Option(help="Horizons n of the empowerment that is measured, as in 1,3,5.")
    ] = "3",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: results/<scenario>.")
    ] = None,
    film: Annotated[str, typer.Option(help="Side-by-side film of the first seed: mp4, gif or none.")] = "mp4",
    set_: Set = None,
) -> None:
    """Play the same seeds with different rewards: a table, CSV and Parquet, a plot, a side-by-side film."""
    from sandbox.experiments import report
    from sandbox.experiments.compare import compare as play_all

    if film not in ("mp4", "gif", "none"):
        raise ValueError(f"--film {film!r} is not known; allowed: mp4, gif, none")
    horizons = _whole_numbers(horizon, "--horizon")
    loaded = _load(scenario, set_)
    folder = out or Path("results") / loaded.name
    specs = [spec.strip() for spec in rewards.split(",") if spec.strip()]
    try:
        with _progress("", 1) as advance:
            result = play_all(
                loaded, specs, seeds, team, horizons,
                on_step=lambda label, step, most: advance(step, f"{loaded.name}: {label}", most),
                on_done=lambda done: report.save(done, folder),
            )  # fmt: skip
    except KeyboardInterrupt:
        errors.print(f"stopped; the formulations that were finished are in {folder}")
        raise
    console.print(report.table(result))
    report.plot(result, folder / "comparison.png")
    print(f"table: {folder / 'comparison.csv'} (and .parquet, summary.csv, manifest.json)")
    print(f"plot:  {folder / 'comparison.png'}")
    if film != "none":
        path = folder / f"comparison.{film}"
        with console.status("filming ..."):
            report.film(result, path)
        print(f"film:  {path}")


@app.command()
def empower(
    scenario: Scenario,
    horizon: Annotated[str, typer.Option(help="Steps ahead; several as in 1,3,5.")] = "1,3,5",
    agent: Annotated[
        str, typer.Option(help="Who acts: a number, a name such as human_0, or a team of one.")
    ] = "0",
    outcome: Annotated[
        str,
        typer.Option(help="What is told apart at the end: the agent's cell, all of it (self), or the world."),
    ] = "cell",
    noise: Annotated[
        float | None, typer.Option(help="Probability of a slip. Default: the scenario's own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: results/<scenario>/empowerment.")
    ] = None,
    set_: Set = None,
) -> None:
    """Map an agent's empowerment over all cells: a table, heat maps and arrays, exact, in bits."""
    from sandbox.experiments import empower as study

    horizons = _whole_numbers(horizon, "--horizon")
    loaded = _load(scenario, set_)
    folder = out or Path("results") / loaded.name / "empowerment"
    with console.status("computing ..."):
        result = study.maps(loaded, horizons, agent, outcome, noise)
        study.save(result, folder)
    console.print(study.table(result))
    print(f"heat maps: {folder / 'empowerment.png'}")
    print(f"arrays:    {folder / 'empowerment_<horizon>.npy'} (and manifest.json)")


@app.command()
def doctor() -> None:
    """Say what this installation has, and whether it is sound: versions, threads, GPU, display, name clashes."""
    from sandbox.experiments.doctor import checks

    sound = True
    for name, good, what in checks():
        sound &= good is not False
        mark = {True: "[green]ok[/]  ", False: "[red]bad[/] ", None: "    "}[good]
        console.print(f"{mark} [bold]{name:12}[/] {what}", highlight=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)


def main() -> None:
    """Run the command; a user's mistake is one line and exit code 2, Ctrl-C exit code 130."""
    try:
        app()
    except (ValueError, OSError) as problem:
        _fail(problem)
    except KeyboardInterrupt:
        errors.print("stopped")
        sys.exit(130)


def _fail(problem: Exception) -> NoReturn:
    errors.print(str(problem), markup=False)
    sys.exit(2)


def _overrides(assignments: list[str] | None) -> dict[str, Any]:
    """`path=value` texts as a mapping; values are read as YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found = {}
    for assignment in assignments or []:
        path, equals, value = assignment.partition("=")
        if not (equals and path and value):
            raise ValueError(f"--set {assignment!r} is not PATH=VALUE, such as agents.helper.view=5")
        try:
            found[path.strip()] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise ValueError(f"--set {assignment!r}: the value is not YAML") from None
    return found


def _sentence(package: str, name: str) -> str:
    """The sentence that opens a module."""
    return (importlib.import_module(f"{package}.{name}").__doc__ or "").partition("\n")[0]


def _whole_numbers(text: str, option: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"{option} {text!r} is not a list of whole numbers such as 1,3,5") from None


def _episode(scenario: str, reward: str | None, team: str | None, seed: int, assignments: list[str] | None):
    from sandbox.environment.payment import check_owner
    from sandbox.experiments.compare import default_team
    from sandbox.experiments.episode import Episode
    from sandbox.world.world import World

    loaded = _load(scenario, assignments)
    if team and not reward:
        raise ValueError("--team says whom --reward is for; give --reward too")
    if team:
        check_owner(World(loaded), team)
    return Episode(
        loaded, {team or default_team(loaded): formulations.parse(reward)} if reward else None, seed
    )


def _load(scenario: str, assignments: list[str] | None) -> Any:
    """A scenario that can be played; tells those who run it for the first time why they wait."""
    from sandbox.experiments.company import misnamed
    from sandbox.world.world import World

    loaded = load_scenario(scenario, _overrides(assignments))
    world = World(loaded)
    if problems := misnamed(loaded, world):
        raise ScenarioError(problems)
    if not world.is_compiled():
        errors.print(f"first run of {loaded.name}: its rules are compiled once, which takes some seconds ...")
    return loaded


def _print_episode(episode: Any, history: list[Any]) -> None:
    import numpy as np
    from rich import box
    from rich.table import Table

    from sandbox.experiments.compare import measured
    from sandbox.experiments.report import heading

    view = Table(
        title=f"{episode.title}, seed {episode.seed}, {episode.clock} steps",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    view.add_column("agent")
    view.add_column("paid for")
    view.add_column("total reward", justify="right")
    for agent, mix, total in zip(episode.agent_names, episode.company.mixes, episode.total, strict=True):
        view.add_row(agent, " + ".join(f"{term.weight:g} {term.name}" for term in mix.terms), f"{total:.3f}")
    console.print(view)
    for name, value in measured(episode.world, np.concatenate(history)).items():
        if not np.isnan(value):
            console.print(f"  {heading(name)}: {value:g}", highlight=False)


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error; gives a function that advances it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=total)

        def advance(done: int, title: str | None = None, total: int | None = None) -> None:
            progress.update(task, completed=done, description=title, total=total)

        yield advance


if __name__ == "__main__":
    main()
