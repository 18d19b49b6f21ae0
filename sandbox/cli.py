"""The command `sandbox`: what can be listed, checked, played, compared, solved, trained and reproduced."""

import pkgutil
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import rewards as formulations
import scenarios
from sandbox.playing import check_record, episodes_of, print_episode
from sandbox.reproduction.command import reproduce
from sandbox.scenario.read import load_scenario
from sandbox.terminal import (
    Reward,
    Scenario,
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
from sandbox.training.solve_command import solve

Playable = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO|RUN|RECORDING",
        help="A shipped scenario's name, a YAML file, a run's folder, or a .recording.",
    ),
]

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
    scenario: Playable,
    reward: Reward = None,
    team: Team = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    record: Annotated[
        Path | None,
        typer.Option(help="Film to write, .mp4 or .gif, or a .recording, which `watch` plays again."),
    ] = None,
    set_: Set = None,
) -> None:
    """Play one episode and say who got what; with --record, film it or keep what was done."""
    from sandbox.playback import recording

    if record:
        check_record(record)
    [episode] = episodes_of(scenario, [reward], team, seed, set_, whole=True)
    last = episode.length if recording.is_recording(scenario) else episode.world.max_cycles
    with progress(f"playing {episode.title}", last) as advance:
        while episode.index < last and episode.forward():
            advance(episode.index)
    print_episode(episode)
    if record and recording.is_recording(record):
        recording.save(record, episode)
        print(f"recording: {record}")
    elif record:
        episode.clip().save(record)
        print(f"film: {record}")


@app.command()
def watch(
    scenario: Playable,
    reward: Reward = None,
    team: Team = None,
    seed: Annotated[int, typer.Option(help="Same seed, same episode.")] = 0,
    compare: Annotated[
        str | None,
        typer.Option(
            help="Two to four formulations side by side on the same seed, separated by semicolons, each written as "
            "for --reward."
        ),
    ] = None,
    set_: Set = None,
) -> None:
    """Watch a scenario, a run or a recording in a window: play, go back, change something and go on from there."""
    from viewer import NoScreen
    from viewer import watch as open_window

    specs: list[str | None] = [reward]
    if compare is not None:
        specs = [spec.strip() for spec in formulations.split(compare, ";") if spec.strip()]
        if reward or not 2 <= len(specs) <= 4:
            raise ValueError(
                "--compare takes two to four formulations, separated by semicolons, and no --reward"
            )
    episodes = episodes_of(scenario, specs, team, seed, set_)
    titles = [spec for spec in specs if spec] if len(episodes) > 1 else []
    try:
        open_window(episodes, titles=titles, rewards=[episode.rewards for episode in episodes])
    except NoScreen as problem:
        _fail(problem)


@app.command()
def probe(
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO|RECORDING", help="A scenario's name, a YAML file, or a .recording."),
    ],
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
    state: Annotated[
        Path | None, typer.Option(help="A .recording whose state after so many --steps is asked about.")
    ] = None,
    set_: Set = None,
) -> None:
    """Ask every reward formulation about one state: what each agent is paid, and what each next action of one pays."""
    from sandbox.experiments.compare import default_team
    from sandbox.experiments.empower import agent_number
    from sandbox.experiments.probe import probe as ask
    from sandbox.playback import recording
    from sandbox.playback.replay import state_at
    from sandbox.world.world import World

    source = Path(scenario) if recording.is_recording(scenario) else state
    states, past = None, ()
    if source is None:
        loaded = load(scenario, set_)
    else:
        if set_:
            raise ValueError(f"{source} is a recording, with a scenario of its own: leave --set out")
        episode = recording.load(source)
        if steps > episode.length:
            raise ValueError(f"{source} ends after {episode.length} steps, before step {steps}")
        loaded, past = episode.scenario, episode.lived(steps)
        states = state_at(episode.world, episode.tree, episode.tree.present, steps)
        if scenario != str(source) and load(scenario, None).hash != loaded.hash:
            raise ValueError(f"{source} is no recording of {scenario}, but of {loaded.name}")
    world = World(loaded)
    who = agent_number(world, agent) if agent else world.teams.index(default_team(loaded))
    specs = [each.strip() for each in formulations.split(rewards, ",")] if rewards else None
    found = ask(loaded, specs, who, seed, steps, states, past, world)
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


if __name__ == "__main__":
    main()
