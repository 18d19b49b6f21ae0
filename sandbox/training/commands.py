"""The commands `train` and `evaluate`; torch is imported once they run."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sandbox.terminal import Set, console, errors, load, overrides, whole_numbers
from sandbox.terminal import progress as step_progress

ALONE = ("resume",)  # what may stand beside --resume


def train(
    context: typer.Context,
    scenario: Annotated[
        str | None, typer.Argument(help="A shipped scenario's name (see `sandbox list`) or a YAML file.")
    ] = None,
    reward: Annotated[
        str | None,
        typer.Option(
            help="What those who learn are paid for: terms joined by +, each [WEIGHT*]NAME[:PARAMETER=VALUE]..., such "
            "as `kindness:horizon=4`. Default: the scenario's own."
        ),
    ] = None,
    learner: Annotated[str, typer.Option(help="How they learn (see `sandbox list`).")] = "ppo",
    steps: Annotated[
        int,
        typer.Option(
            help="Agent-steps in all: steps of a world x worlds x learning agents (x processes), rounded up to whole "
            "rollouts of the learner."
        ),
    ] = 1_000_000,
    seed: Annotated[
        int, typer.Option(help="Same settings and seed, same weights to the bit (on the CPU).")
    ] = 0,
    worlds: Annotated[int, typer.Option(help="Worlds that step together, in each process.")] = 256,
    team: Annotated[
        list[str] | None,
        typer.Option(
            help="Team or group that learns, with a learner of its own. Repeatable. Default: the first helper's, or "
            "all teams where nobody is a helper."
        ),
    ] = None,
    set_learner: Annotated[
        list[str] | None,
        typer.Option("--set-learner", metavar="NAME=VALUE", help="A parameter of the learner. Repeatable."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where networks live: auto (a GPU if torch sees one), cpu or cuda.")
    ] = "auto",
    threads: Annotated[
        int, typer.Option(help="Threads of torch on the CPU; 0 for as many as it takes by itself.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder. Default: runs/<scenario>-<learner>-<seed>.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with a run that was interrupted; takes no other option."),
    ] = None,
    evaluate_every: Annotated[
        int, typer.Option(help="Agent-steps between evaluations on fixed seeds; 0 for a 20th of the run.")
    ] = 0,
    evaluation_seeds: Annotated[
        int, typer.Option(help="Episodes of an evaluation; 0 for no evaluation.")
    ] = 20,
    patience: Annotated[
        int, typer.Option(help="Stop after so many evaluations without a better return; 0 for never.")
    ] = 0,
    checkpoint_every: Annotated[
        int, typer.Option(help="Agent-steps between checkpoints; 0 for a 20th of the run.")
    ] = 0,
    log_every: Annotated[
        int, typer.Option(help="Agent-steps between rows of metrics; 0 for a 200th of the run.")
    ] = 0,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write TensorBoard's files too, if it is installed.")
    ] = False,
    set_: Set = None,
) -> None:
    """Train agents on a scenario; Ctrl-C saves the run, and --resume goes on with it, to the bit."""
    if (scenario is None) == (resume is None):
        raise ValueError("train needs a scenario, or --resume RUN")
    if resume is not None:
        _check_alone(context)
        from sandbox.training import loop

        with _bar(f"training {resume}") as on_news:
            ended = loop.resume(resume, on_news, _say)
    else:
        changes = overrides(set_)
        parameters = overrides(set_learner, "--set-learner", "NAME=VALUE, such as rate=0.001")
        loaded = load(str(scenario), set_)
        from sandbox.training import loop

        with _bar(f"training {loaded.name}") as on_news:
            ended = loop.train(
                str(scenario), reward, learner, parameters, steps, seed, worlds, team, device, out, changes,
                on_news, _say, threads=threads, evaluate_every=evaluate_every, evaluation_seeds=evaluation_seeds,
                patience=patience, checkpoint_every=checkpoint_every, log_every=log_every, tensorboard=tensorboard,
            )  # fmt: skip
    if _is_first():
        console.print(f"{ended.why}: {ended.steps:,} agent-steps", highlight=False)
        print(f"run: {ended.run}  (sandbox evaluate {ended.run}, sandbox watch {ended.run})")


def evaluate(
    run: Annotated[str, typer.Argument(help="The folder of a run.")],
    seeds: Annotated[int, typer.Option(min=1, help="Episodes, with seeds 0, 1, ...")] = 20,
    sampled: Annotated[
        bool,
        typer.Option("--sampled", help="Draw actions by their probabilities instead of taking the best."),
    ] = False,
    horizon: Annotated[
        str | None,
        typer.Option(help="Horizons n of the empowerment that is measured, as in 1,3,5. Default: the run's."),
    ] = None,
    device: Annotated[str, typer.Option(help="Where networks live: auto, cpu or cuda.")] = "cpu",
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write. Default: RUN/evaluation.json.")
    ] = None,
) -> None:
    """Let what a run has learned play: a table of measures with 95 % intervals, and the same as JSON."""
    from sandbox.training.evaluate import evaluate as play

    with step_progress("evaluating", 1) as advance:
        found = play(
            run, seeds, not sampled, whole_numbers(horizon, "--horizon") if horizon else None, device,
            lambda step, most: advance(step, total=most),
        )  # fmt: skip
    path = out or Path(run) / "evaluation.json"
    found.save(path)
    console.print(found.table())
    print(f"figures: {path}")


def _check_alone(context: typer.Context) -> None:
    """Refuse options beside --resume: a run keeps its settings."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in ALONE and source is not None and source.name == "COMMANDLINE":
            option = "--set" if name == "set_" else f"--{name.replace('_', '-')}"
            raise ValueError(f"--resume takes all settings from the run; leave {option} out")


def _is_first() -> bool:
    """Whether this process speaks: the first one that torchrun started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _say(line: str) -> None:
    errors.print(line, markup=False)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Any], None]]:
    """A progress bar on standard error, as a function that takes the loop's news; after Ctrl-C says how to go on."""
    columns = (
        TextColumn("{task.description}"), BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} agent-steps"), TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(), TextColumn("{task.fields[latest]}"),
    )  # fmt: skip
    shown = errors.is_terminal and _is_first()
    try:
        with Progress(*columns, console=errors, transient=True, disable=not shown) as bar:
            task = bar.add_task(title, total=1, speed="", latest="")

            def tell(news: Any) -> None:
                latest = "" if news.latest is None else f"return {news.latest:.3g}"
                speed = f"{news.speed:,.0f}/s"
                bar.update(task, completed=news.steps, total=news.total, speed=speed, latest=latest)

            yield tell
    except KeyboardInterrupt as stop:
        if _is_first():
            _say(str(stop) or "stopped; the last checkpoint is kept")
        raise
