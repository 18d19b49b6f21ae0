"""The command `sandbox solve`."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.terminal import Scenario, Set, console, load, progress


def solve(
    scenario: Scenario,
    reward: Annotated[
        str | None,
        typer.Option(
            help="What --agent is paid for: terms joined by +, each [WEIGHT*]NAME[:PARAMETER=VALUE]..., such as "
            "`kindness:horizon=4`. Default: the scenario's own."
        ),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(
            help="Who is free: a number, a name such as human_0, or a team or group of one. Default: the helper, or "
            "else the first team; the others follow the scenario's policies."
        ),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Steps that count. Default: those of an episode.")
    ] = None,
    discounted: Annotated[
        bool, typer.Option("--discounted", help="Count all steps without end, later ones less.")
    ] = False,
    gamma: Annotated[
        float | None,
        typer.Option(help="Weight of a reward one step later. Default: 1, with --discounted 0.99."),
    ] = None,
    most_states: Annotated[int, typer.Option(min=1, help="Give up beyond as many states.")] = 5_000_000,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: results/<scenario>/solution.")
    ] = None,
    set_: Set = None,
) -> None:
    """Solve a small world exactly: the best that one agent can do, by enumerating every state."""
    from sandbox.training import solve_report
    from sandbox.training.solve import solve as work_out

    if discounted and horizon:
        raise ValueError("--discounted has no end and --horizon is one: give one of the two")
    loaded = load(scenario, set_)
    folder = out or Path("results") / loaded.name / "solution"
    steps = None if discounted else horizon or loaded.max_cycles
    with progress(f"{loaded.name}: enumerating", 1, "states") as advance:
        solution = work_out(
            loaded, reward, agent, steps, gamma, most_states=most_states,
            on_progress=lambda done, known: advance(done, None, known),
        )  # fmt: skip
    with console.status("evaluating ..."):
        evaluation = solution.evaluate()
        solve_report.save(loaded, solution, evaluation, folder)
    console.print(solve_report.table(solution, evaluation))
    print(f"values:   {folder / 'values.png'} (mean over states by the agent's cell)")
    print(f"arrays:   {folder / 'solution.npz'} (and manifest.json)")
