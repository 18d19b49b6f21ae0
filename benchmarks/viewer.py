"""How fast the window draws, in software and on one core, and how well it bears ten minutes of anything.

    python benchmarks/viewer.py            frames a second and the time of a step back, with their bars
    python benchmarks/viewer.py --soak     random events and edits for ten minutes: no exception, no growing memory

The window is on a display that is not there; nothing but the drawing and the step before each picture is measured.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
sys.path[0] = str(Path(__file__).parents[1])  # not this folder, where this file would be the package `viewer`

import numpy as np  # noqa: E402
import pygame  # noqa: E402

from sandbox import freed_memory  # noqa: E402
from sandbox.playback.episode import Episode  # noqa: E402
from sandbox.scenario.read import parse_scenario  # noqa: E402
from tests.viewing import AtOnce, Time  # noqa: E402
from viewer.app import App  # noqa: E402
from viewer.panes import Pane  # noqa: E402
from viewer.screen import open_window  # noqa: E402

SIDE, AGENTS, SIZE = 20, 8, (1280, 800)
FRAMES_BAR, PANES_BAR, BACK_BAR = 60.0, 30.0, 50.0


def field(cycles: int = 100_000) -> str:
    """A scenario of 20 x 20 cells with walls, boxes, doors, items and eight agents who walk about."""
    chance = np.random.default_rng(0)
    rows = [
        ["#" if r in (0, SIDE - 1) or c in (0, SIDE - 1) else "." for c in range(SIDE)] for r in range(SIDE)
    ]
    free = [(r, c) for r in range(1, SIDE - 1) for c in range(1, SIDE - 1)]
    chance.shuffle(free)
    for letter in "#" * 40 + "b" * 6 + "D" * 4 + "i" * 8 + "A" * 4 + "H" * 4:
        row, column = free.pop()
        rows[row][column] = letter
    map_ = "\n".join("  " + "".join(row) for row in rows)
    return (
        f"format: 1\nname: field\nmap: |\n{map_}\nagents:\n"
        "  human: {letter: H, policy: random}\n  helper: {letter: A, policy: random, role: helper}\n"
        f"max_cycles: {cycles}\n"
    )


def window(panes: int = 1, executor: object = None) -> App:
    """A window with so many panes of the field."""
    scenario = parse_scenario(field())
    open_window(SIZE, "benchmark")
    first = Episode(scenario)
    episodes = [first, *(Episode(scenario, world=first.world) for _ in range(panes - 1))]
    return App(
        [Pane(e, f"pane {n}") for n, e in enumerate(episodes)], Time(), playing=False, executor=executor
    )  # type: ignore[arg-type]


def frames_a_second(
    app: App, overlay: str | None, agent: int | None, frames: int = 150, steps: bool = True
) -> float:
    """Pictures in a second, with a step of the world before each (its time counts too)."""
    app.settings.overlay, app.settings.agent = overlay, agent
    for _ in range(30):
        app.player.forward()
    app.draw()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(frames // 5):
            if steps:
                app.player.forward()
            app.draw()
            pygame.display.flip()
        times.append((time.perf_counter() - began) / (frames // 5))
    return 1 / min(times)


def step_back(app: App, steps: int = 10_000) -> float:
    """The slowest step back with its picture, in milliseconds, at many places of so many remembered steps."""
    app.settings.overlay = app.settings.agent = None
    while app.player.length < steps:
        app.player.forward()
    slowest = 0.0
    for index in np.random.default_rng(0).integers(1, steps, 60).tolist():
        app.player.go(index)
        app.draw()
        began = time.perf_counter()
        app.player.go(index - 1)
        app.draw()
        pygame.display.flip()
        slowest = max(slowest, time.perf_counter() - began)
    return 1000 * slowest


def told(what: str, value: float, bar: float, unit: str, more_is_better: bool) -> bool:
    """Print a figure with its bar; whether it keeps it."""
    good = value >= bar if more_is_better else value <= bar
    print(f"{what:64} {value:8.1f} {unit:9} bar {bar:g}: {'kept' if good else 'MISSED'}")
    return good


def measure() -> bool:
    """All figures; whether every bar is kept."""
    app, good = window(executor=AtOnce()), True
    size = f"{SIDE} x {SIDE} cells, {AGENTS} agents, {SIZE[0]} x {SIZE[1]}"
    print(f"{size}; pygame {pygame.version.ver}, software drawing, one core")
    good &= told(
        "drawing alone, map overlay (visits) that changes",
        drawing(app, "visits"),
        FRAMES_BAR,
        "frames/s",
        True,
    )
    good &= told("drawing alone, map overlay (own empowerment), agent inspected", drawing(app, "own_empowerment", 0),
                 FRAMES_BAR, "frames/s", True)  # fmt: skip
    good &= told("a step before each picture, map overlay (visits)", frames_a_second(app, "visits", None), FRAMES_BAR,
                 "frames/s", True)  # fmt: skip
    good &= told(
        "a step back with its picture, anywhere in 10,000 steps", step_back(app), BACK_BAR, "ms", False
    )
    app.close()
    app = window(4, AtOnce())
    together = frames_a_second(app, "visits", None)
    good &= told(
        "four panes, a step of each and a map overlay (visits)", together, PANES_BAR, "frames/s", True
    )
    app.close()
    return good


def drawing(app: App, overlay: str, agent: int | None = None, frames: int = 60) -> float:
    """Pictures in a second of moments that were played before, so that only going there and drawing count."""
    app.settings.overlay, app.settings.agent = overlay, agent
    while app.player.length < frames:
        app.player.forward()
    for index in range(frames):  # what is worked out aside is there when it is drawn
        app.player.go(index)
        app.asking.layers(app.scene.panes, app.settings)
        app.asking.consequences(app.scene.pane, app.settings)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        for index in range(frames):
            app.player.go(index)
            app.draw()
            pygame.display.flip()
        times.append((time.perf_counter() - began) / frames)
    return 1 / min(times)


# Soak ------------------------------------------------------------------------------------------------------------


def memory() -> float:
    """What the process holds, in MiB."""
    for line in (
        Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else ()
    ):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def soak(seconds: float, seed: int) -> bool:
    """Random events and edits for so long; whether memory stopped growing."""
    from tests.soaking import soaked

    freed_memory.give_back()  # as `watch` does
    held: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "field.yaml"
        scenario.write_text(field(400))
        count, began, marks = 0, time.perf_counter(), 10
        for count in soaked(scenario, Path(folder), seed, executor=ThreadPoolExecutor(1)):
            passed = time.perf_counter() - began
            if passed > (len(held) + 1) * seconds / marks:
                gc.collect()
                held.append(memory())
                print(f"{passed:6.0f} s  {count:7} events  {held[-1]:7.1f} MiB", flush=True)
            if passed > seconds:
                break
    growth = min(held[-3:]) - max(held[3:7])  # tables of estimators come and go
    print(f"{count} events, no exception; memory grew by {growth:.1f} MiB in the second half")
    return growth < 50


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--soak", action="store_true", help="random events and edits instead")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(not (soak(options.seconds, options.seed) if options.soak else measure()))
