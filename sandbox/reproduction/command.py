"""The command `sandbox reproduce`."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.terminal import console, progress, sentence


def reproduce(
    name: Annotated[
        list[str] | None, typer.Argument(help="Results to reproduce; none: a list of what there is.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All results.")] = False,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Seeds 0, 1, ... of each arm. Default: as many as the result asks for."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side, each on one core. Default: one a core.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for figures, pictures and the page of all results.")
    ] = Path("results/reproduction"),
    anew: Annotated[bool, typer.Option("--anew", help="Forget the figures that are there.")] = False,
) -> None:
    """Do a published or promised experiment again: a table, what was claimed, and whether it came out.

    Ctrl-C keeps what was measured; the same command goes on with it.
    """
    from sandbox.reproduction import report, results
    from sandbox.reproduction.record import Record
    from sandbox.reproduction.result import find, names
    from sandbox.reproduction.runner import reproduce as run

    if everything and name:
        raise ValueError("--all stands for every name: give one of the two")
    if not everything and not name:
        for each in names():
            console.print(f"[cyan]{each}[/]  {sentence(results.__name__, each)}", highlight=False)
        return
    chosen = names() if everything else list(name or [])
    for each in chosen:
        find(each)
    for each in chosen:
        with progress(each, 1, "measured") as advance:
            record = run(
                each, out, seeds, jobs, anew=anew, on_figures=lambda done, total: advance(done, total=total)
            )
        console.print(report.table(record))
        for holds, line in report.verdicts(record):
            console.print(
                f"{'[green]holds[/]        ' if holds else '[red]does not hold[/]'} {line}", highlight=False
            )
        picture = report.draw(record, out)
        print(f"figures: {record.path}" + (f"\npicture: {picture}" if picture else ""))
    records = [Record(each, find(each), out) for each in names() if (out / f"{each}.json").exists()]
    print(f"page:    {report.page([each for each in records if each.seed_count()], out)}")
