"""The command `sandbox`: what can be listed, checked, played, compared, solved, trained and reproduced."""

import pkgutil
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import rewards as formulations
import scenarios
from sandbox.reproduction.command import reproduce
from sandbox.scenario.read import load_scenario
from sandbox.terminal import (
    Reward,
    Scenario,
    ScenarioOrRun,
    Set,
    Team,
    console,
    errors,
    load,
    progress,
    sentence,
    whole_numbers,
)
from sandbox.training.commands import evaluate, train
from sandbox.training.run_folder import is_run
from sandbox.training.solve_command import solve

app = typer.Typer(
    name="sandbox",
    help="Worlds whose agents are paid for power, for kindness or for empathy: author, watch, compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("list")
def list_everything() -> None:
    """List the shipped scenarios, reward formulations, policies and learners."""
    from rich.table import Table

    from sandbox import policies
    from sandbox.training import learners

    learner_names = sorted(module.name for module in pkgutil.iter_modules(learners.__path__))
    for title, rows in (
        ("Scenarios", [(name, load_scenario(name).about) for name in scenarios.names()]),
        ("Reward formulations", [(name, sentence("rewards", name)) for name in formulations.names()]),
        ("Policies", [(name, sentence("sandbox.policies", name)) for name in policies.names()]),
        ("Learners", [(name, sentence("sandbox.training.learners", name)) for name in learner_names]),
    ):
        view = Table(
            title=title, title_justify="left", title_style="bold", show_header=False, box=None, padding=(0, 2)
        )
        for name, about in rows:
            view.add_row(f"[cyan]{name}[/]", about)
        console.print(view, "")


@app.command("rewards")
def show_rewards(
    name: Annotated[str | None, typer.Argument(help="A formulation; none: a table of all of them.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/rewards.md.")] = False,
) -> None:
    """List the reward formulations with formula, parameters and cost, or print the page of one."""
    from sandbox.experiments import catalogue

    if name:
        print(catalogue.page(name))
    elif markdown:
        print(catalogue.markdown(), end="")
    else:
        console.print(catalogue.table())
        for cost, about in catalogue.COSTS.items():
            console.print(f"cost {cost}: {about}", highlight=False)


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
    scenario: ScenarioOrRun,
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
    with progress(f"playing {episode.title}", episode.world.max_cycles) as advance:
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
    scenario: ScenarioOrRun,
    reward: Reward = None,
    team: Team = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    set_: Set = None,
) -> None:
    """Watch a scenario or a run live in a window: play, pause, step forward and back, change speed, reset."""
    from viewer import NoScreen
    from viewer import watch as open_window

    try:
        open_window(_episode(scenario, reward, team, seed, set_))
    except NoScreen as problem:
        _fail(problem)


@app.command()
def probe(
    scenario: Scenario,
    rewards: Annotated[
        str | None,
        typer.Option(help="Formulations, separated by commas, written as for `run --reward`. Default: all."),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(help="Whose actions are tried: a number or a name. Default: the helper, or the first."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    steps: Annotated[int, typer.Option(min=0, help="Steps of the episode that are played first.")] = 0,
    set_: Set = None,
) -> None:
    """Ask every reward formulation about one state: what each agent is paid, and what each next action of one pays."""
    from sandbox.experiments.compare import default_team
    from sandbox.experiments.empower import agent_number
    from sandbox.experiments.probe import probe as ask
    from sandbox.world.world import World

    loaded = load(scenario, set_)
    world = World(loaded)
    who = agent_number(world, agent) if agent else world.teams.index(default_team(loaded))
    specs = [each.strip() for each in formulations.split(rewards, ",")] if rewards else None
    found = ask(loaded, specs, who, seed, steps)
    for view in found.tables():
        console.print(view)
    for name, why in found.silent.items():
        console.print(f"[dim]{name}: {why}[/]", highlight=False)


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
    horizons = whole_numbers(horizon, "--horizon")
    loaded = load(scenario, set_)
    folder = out or Path("results") / loaded.name
    specs = [spec.strip() for spec in formulations.split(rewards, ",") if spec.strip()]
    try:
        with progress("", 1) as advance:
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
    others: Annotated[
        str,
        typer.Option(
            help="What everybody else does meanwhile: still, random, or policy (the scenario's own)."
        ),
    ] = "still",
    noise: Annotated[
        float | None, typer.Option(help="Probability of a slip. Default: the scenario's own.")
    ] = None,
    samples: Annotated[
        int, typer.Option(help="Futures drawn for a cell where random others have too many to work out.")
    ] = 64,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: results/<scenario>/empowerment.")
    ] = None,
    set_: Set = None,
) -> None:
    """Map an agent's empowerment over all cells, in bits: a table, heat maps and arrays."""
    from sandbox.experiments import empower as study

    horizons = whole_numbers(horizon, "--horizon")
    loaded = load(scenario, set_)
    folder = out or Path("results") / loaded.name / "empowerment"
    with progress(loaded.name, 1, "cells") as advance:
        result = study.maps(
            loaded, horizons, agent, outcome, noise, others, samples,
            on_cell=lambda n, done, cells: advance(done, f"{loaded.name}: n = {n}", cells),
        )  # fmt: skip
    with console.status("drawing ..."):
        study.save(result, folder)
    console.print(study.table(result))
    print(f"heat maps: {folder / 'empowerment.png'}")
    print(f"arrays:    {folder / 'empowerment_<horizon>.npy'} (and manifest.json)")


app.command()(solve)
app.command()(train)
app.command()(evaluate)
app.command()(reproduce)


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


def _episode(scenario: str, reward: str | None, team: str | None, seed: int, assignments: list[str] | None):
    from sandbox.environment.payment import check_owner
    from sandbox.experiments.compare import default_team
    from sandbox.experiments.episode import Episode
    from sandbox.world.world import World

    if is_run(scenario):
        from sandbox.training.evaluate import episode

        if reward or team or assignments:
            raise ValueError(
                f"{scenario} is a run, with a scenario and rewards of its own: leave --reward, --team and --set out"
            )
        return episode(scenario, seed)
    loaded = load(scenario, assignments)
    if team and not reward:
        raise ValueError("--team says whom --reward is for; give --reward too")
    if team:
        check_owner(World(loaded), team)
    return Episode(
        loaded, {team or default_team(loaded): formulations.parse(reward)} if reward else None, seed
    )


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


if __name__ == "__main__":
    main()
