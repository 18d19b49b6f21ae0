"""How fast empowerment is: every figure of one run on one core, with ratios to plain ways measured beside it.

Run it on an otherwise idle machine; `--quick` takes fewer and shorter windows. Each figure is the best of several
windows, since other work on the machine only ever takes time away. The peer `dit` is used where it is installed
(`pip install dit`).
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, set_num_threads

from rewards import estimators
from rewards.estimators import noisy as noisy_estimator
from rewards.estimators.map import position_map
from sandbox.environment.batch import BatchEnvironment
from sandbox.scenario.schema import Scenario
from sandbox.world.mechanics.slip import chances
from sandbox.world.world import World

FOUR_ROOMS = """\
.....#.....
.....#.....
...........
.....#.....
.....#.....
##.#####.##
.....#.....
.....#.....
...........
.....#.....
.....#....."""
BESIDE = [".", "H", "."]  # a booth in which somebody stands here or there, which is all that differs
GAME = """\
.....#.....
.b...#...b.
.....D.....
.....#.....
.....#.....
##D#####D##
.....#.....
.....#.....
.b...D...b.
.....#.....
.....#....."""
FOUR_WALKERS = {"format": 1, "map": GAME, "agents": {"walker": {"letter": ".", "count": 4, "view": 3}}}
SLIP = 0.2


def best(calls: Iterable[Callable[[], object]]) -> float:
    """Seconds of the quickest of the calls."""
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def timed(call: Callable[[], object], seconds: float) -> float:
    """Seconds of one `call`, the best of five windows."""
    call()
    count = max(1, int(seconds / max(best([call] * 3), 1e-7)))
    return best([lambda: [call() for _ in range(count)]] * 5) / count


def show(name: str, seconds: float, bar: str = "", beside: float | None = None) -> None:
    """One line: microseconds, what to reach, and how many times quicker the first line of its block was."""
    ratio = f"{seconds / beside:12,.0f}x slower" if beside else ""
    print(f"  {name:62} {seconds * 1e6:12,.2f} us   {bar:14} {ratio}", flush=True)


def table_of(free: np.ndarray) -> np.ndarray:
    """Where stay, north, south, west and east lead from each free cell, int32 [cells, 5]."""
    number = np.full(np.add(free.shape, 2), -1)
    number[1:-1, 1:-1][free] = np.arange(free.sum())
    row, column = np.argwhere(free).T + 1
    ways = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    table = np.stack([number[row + down, column + right] for down, right in ways], axis=1)
    return np.where(table < 0, np.arange(len(table))[:, None], table).astype(np.int32)


def four_rooms() -> np.ndarray:
    """The 104 free cells of the 11x11 map, bool [11, 11]."""
    return np.array([list(line) for line in FOUR_ROOMS.splitlines()]) == "."


def enumerated(table: np.ndarray, cell: int, horizon: int) -> np.ndarray:
    """The cells at the ends of all action sequences, [5^horizon]."""
    ends = np.array([cell])
    for _ in range(horizon):
        ends = table[ends].ravel()
    return ends


def maps(seconds: float) -> None:
    """All cells of a map at once, against every sequence of every cell."""
    rng = np.random.default_rng(0)
    for name, free, horizon, bar in [
        ("11x11 four rooms, n=5, all 104 cells", four_rooms(), 5, "bar 10 us"),
        ("32x32, 20 % walls, n=6, all cells", rng.random((32, 32)) >= 0.2, 6, "bar 120 us"),
    ]:
        table = table_of(free)
        ours = timed(lambda: position_map(table, horizon), seconds)  # noqa: B023
        show(name, ours, bar)
        few = rng.choice(len(table), 8, replace=False).tolist()
        theirs = timed(lambda: [len(np.unique(enumerated(table, cell, horizon))) for cell in few], 0)  # noqa: B023
        assert position_map(table, horizon)[few[0]] == len(np.unique(enumerated(table, few[0], horizon)))
        show("  NumPy, all sequences (8 cells, scaled to all)", theirs / 8 * len(table), "", ours)
        if dit := _dit():
            ends = enumerated(table, few[0], 3)
            channel = np.eye(len(table))[ends][:, np.unique(ends)]
            ours = timed(lambda: position_map(table, 3), seconds)  # noqa: B023
            show("  the same map, n=3", ours)
            theirs = timed(lambda: dit.algorithms.channel_capacity(channel), 0)  # noqa: B023
            show("  dit, n=3 (1 cell, solver alone, scaled to all)", theirs * len(table), "", ours)
    if not _dit():
        print("  peer dit: not installed (pip install dit)")


def noisy(seconds: float) -> None:
    """20 % slip, three steps, a state at a time: new to everything, then with a table of neighbourhoods."""
    rows = [
        line + "#" + (BESIDE[row] if row < 3 else "#") for row, line in enumerate(FOUR_ROOMS.splitlines())
    ]
    scenario = Scenario.model_validate(
        {
            "format": 1, "map": "\n".join(["A" + rows[0][1:], *rows[1:]]), "noise": {"slip": SLIP},
            "agents": {"one": {"letter": "A"}, "other": {"letter": "H"}},
        }
    )  # fmt: skip
    cells = np.argwhere(four_rooms())

    def states_of(world: World, booth: int) -> np.ndarray:
        states = np.repeat(world.new_states(1, 0), len(cells))
        world.place(states, 0, cells[:, 0], cells[:, 1])
        world.place(states, 1, booth, len(rows[0]) - 1)
        return states

    worlds = [World(scenario) for _ in range(3 if seconds < 0.1 else 8)]
    estimators.empowerment(World(scenario), states_of(worlds[0], 1)[:2], 3)

    placed = [[states_of(world, booth) for booth in (1, 0)] for world in worlds]

    def unprepared(world: World, states: np.ndarray) -> None:
        noisy_estimator._solved.clear()  # which worlds share
        estimators.empowerment(world, states, 3)

    cold = best(
        [lambda w=world, s=new: unprepared(w, s) for world, (new, _) in zip(worlds, placed, strict=True)]
    )
    show("11x11, 20 % slip, n=3, per state, table empty at first", cold / len(cells), "bar 60 us")
    warm = best(
        [
            lambda w=world, s=new: estimators.empowerment(w, s, 3)
            for world, (_, new) in zip(worlds, placed, strict=True)
        ]
    )
    show("  with a warm table of neighbourhoods", warm / len(cells), "bar 5 us")
    states = states_of(worlds[0], 0)
    again = timed(lambda: estimators.empowerment(worlds[0], states, 3), 0)
    show("  the same states asked for again", again / len(cells))
    table, noise = table_of(four_rooms()), chances(SLIP, 5)
    steps = np.einsum("ae,ecd->acd", noise, np.eye(len(table))[table.T])
    few = range(0, len(table), 13 if seconds < 0.1 else 26)
    channels = [_channel(steps, cell, 3) for cell in few]
    found = [_blahut_arimoto(channel) for channel in channels]
    theirs = best([lambda p=channel: _blahut_arimoto(p) for channel in channels])
    sure = sum(gap <= 1e-6 for _, gap in found)
    show(
        f"  NumPy, Blahut-Arimoto, quickest of {len(found)} ({sure} certified to 1e-6)",
        theirs,
        "",
        cold / len(cells),
    )
    if dit := _dit():
        theirs = best([lambda p=p: dit.algorithms.channel_capacity(p, atol=1e-6) for p in channels])
        show("  dit, solver alone, atol 1e-6, quickest", theirs, "", cold / len(cells))
    for cell, (bits, gap) in zip(few, found, strict=True):
        assert abs(estimators.empowerment(worlds[0], states[cell : cell + 1], 3)[0] - bits) <= gap + 1e-6


def _channel(steps: np.ndarray, cell: int, horizon: int) -> np.ndarray:
    """P(end | sequence) from one cell over all sequences, without columns of zeros."""
    p = np.eye(steps.shape[1])[[cell]]
    for _ in range(horizon):
        p = np.einsum("sc,acd->sad", p, steps).reshape(-1, steps.shape[1])
    return p[:, p.any(axis=0)]


def _blahut_arimoto(p: np.ndarray, tolerance: float = 1e-6, most: int = 5_000) -> tuple[float, float]:
    """Bits and certified gap of the plain iteration."""
    own = np.sum(p * np.log2(np.where(p > 0, p, 1)), axis=1)
    q = np.full(len(p), 1 / len(p))
    lower = upper = 0.0
    for _ in range(most):
        d = own - p @ np.log2(q @ p)
        weighted = q * np.exp2(d)
        lower, upper = np.log2(weighted.sum()), d.max()
        if upper - lower <= tolerance:
            break
        q = weighted / weighted.sum()
    return float(lower), float(upper - lower)


def game(seconds: float) -> None:
    """Four agents, four boxes, four doors, through the general kernel, all that is true told apart."""
    world = World(game_scenario())
    horizon, chunk = 5, 200
    pool = world.new_states(chunk * (6 if seconds < 0.1 else 20), 1)
    rng = np.random.default_rng(1)
    for _ in range(40):
        world.step(pool, rng.integers(0, len(world.actions), (len(pool), world.agent_count)))
    estimators.empowerment(world, pool[:1], horizon, outcome="world")
    chunks = [
        pool[first : first + chunk] for first in range(chunk, len(pool), chunk)
    ]  # each asked for only once

    def all_agents(states: np.ndarray) -> None:
        for agent in range(world.agent_count):
            estimators.empowerment(world, states, horizon, agent, outcome="world")

    ours = best([lambda c=states: all_agents(c) for states in chunks]) / chunk / world.agent_count
    show("11x11, 4 agents, boxes, doors, n=5, per agent-step, general", ours, "bar 8, aim 3")
    hand = ByHand(world)
    counts = hand.counts(pool, 0, horizon)
    assert np.array_equal(np.log2(counts), estimators.empowerment(world, pool, horizon, outcome="world"))
    packed = [hand.packed(states, 0) for states in chunks]
    written = best([lambda c=each: hand.run(*c, horizon) for each in packed]) / chunk
    show("  a kernel written by hand for this one game", written)
    print(f"  the price of generality: {ours / written:.1f}x")
    sequences = np.array(list(itertools.product(range(len(world.actions)), repeat=horizon)))

    def by_enumeration() -> int:
        futures, actions = np.repeat(pool[:1], len(sequences)), np.zeros((len(sequences), 4), np.int8)
        for step in range(horizon):
            actions[:, 0] = sequences[:, step]
            futures = world.imagine(futures, actions)
        return len(np.unique(world.key(futures), axis=0))

    assert by_enumeration() == counts[0]
    show("  NumPy, all 7,776 sequences as one batch of imagined worlds", best([by_enumeration] * 3), "", ours)


def company(seconds: float) -> None:
    """The same game where one agent's actions matter to others, or the others act too."""
    from rewards.estimators.anticipation import anticipation
    from rewards.estimators.several import among_others

    world = World(game_scenario())
    pool = world.new_states(8 if seconds < 0.1 else 64, 2)
    rng = np.random.default_rng(2)
    for _ in range(40):
        world.step(pool, rng.integers(0, len(world.actions), (len(pool), world.agent_count)))
    # of the same worlds a step later each time: kept answers are of no use, and a mean is over all of them
    pools = [world.imagine(pool, np.full((len(pool), 4), action, np.int8)) for action in (0, 1, 2, 3, 4)]
    assert anticipation(world, pools[0], 4, "world").bits.size == 96 * len(pool)

    def one_by_one(ask: Callable[[np.ndarray], object], states: np.ndarray) -> None:
        for k in range(len(states)):
            ask(states[k : k + 1])

    def table(states: np.ndarray) -> object:
        return anticipation(world, states, 4, "world")

    took = best([lambda s=states: one_by_one(table, s) for states in pools[1:3]]) / len(pool)
    show("anticipation table, 96 values, n=4, one state a call", took, "bar 500")
    took = best([lambda s=states: table(s) for states in pools[3:]]) / len(pool)
    show("  in a batch, per table", took)

    def random_company(states: np.ndarray) -> object:
        return among_others(world, states, 4, others="random", exactly=False, samples=32)

    random_company(pools[0][:1])
    took = best([lambda s=states: one_by_one(random_company, s) for states in pools[1:]]) / len(pool)
    show("3 random others, n=4, 32 futures, own cell", took, "bar 2000")


def rewards_of_training(seconds: float) -> None:
    """A batch that steps with rewards of empowerment, against the same batch paid by its task alone."""
    scenario, worlds, steps = game_scenario(), 256, 20
    rng = np.random.default_rng(3)
    plans = rng.integers(0, 6, (steps, worlds, 4)).astype(np.int8)
    agent_steps = worlds * 4 * steps
    beside = None
    for spec in (
        None,
        "empowerment:horizon=3",
        "kindness:horizon=3",
        "kindness:horizon=3+empowerment:horizon=5",
    ):
        batch = BatchEnvironment(scenario, worlds, spec)
        batch.reset(seed=4)

        def play(batch: BatchEnvironment = batch) -> None:
            for plan in plans:
                batch.step(plan)

        play()
        took = best([play] * (3 if seconds < 0.1 else 10)) / agent_steps
        show(f"256 worlds, {spec or 'task'}", took, "", beside)
        beside = beside or took


def game_scenario() -> Scenario:
    """The game of the table: where the four agents begin is left to chance."""
    return Scenario(**FOUR_WALKERS)


class ByHand:
    """The game alone, a state in 39 bits: own cell, four boxes in order, four doors; the others never move."""

    def __init__(self, world: World) -> None:
        self._world = world
        rows, columns = world.rows, world.columns
        walls = np.array([list(line) for line in world.blueprint.rows]) == "#"
        self._next = np.empty((rows * columns, 4), np.int64)
        for row, column in np.ndindex(rows, columns):
            for way, (down, right) in enumerate([(-1, 0), (1, 0), (0, -1), (0, 1)]):
                inside = 0 <= row + down < rows and 0 <= column + right < columns
                free = inside and not walls[row + down, column + right]
                here = row * columns + column
                self._next[here, way] = here + down * columns + right if free else here
        self._doors = np.array(
            [p.row * columns + p.column for p in world.blueprint.things if p.name == "door"]
        )
        self._near = np.zeros(rows * columns, np.int64)  # the doors that one reaches from a cell
        for number, door in enumerate(self._doors.tolist()):
            for cell in np.ndindex(rows, columns):
                if abs(cell[0] - door // columns) + abs(cell[1] - door % columns) <= 1:
                    self._near[cell[0] * columns + cell[1]] |= 1 << number
        self._table, self._queue = np.zeros(1 << 14, np.uint64), np.empty(1 << 13, np.uint64)

    def packed(self, states: np.ndarray, agent: int) -> tuple[np.ndarray, np.ndarray]:
        """Packed states [worlds] and, bool [worlds, cells], where the others stand."""
        world = self._world

        def flat(cells: np.ndarray) -> np.ndarray:
            row, column = world.layout.row_column(cells.astype(np.int64))
            return row * world.columns + column

        key = flat(states["cell"][:, agent]).astype(np.uint64)
        for place, boxes in enumerate(flat(states["box_cell"]).T, 1):
            key |= boxes.astype(np.uint64) << np.uint64(7 * place)
        for number in range(4):
            key |= states["door_open"][:, number].astype(np.uint64) << np.uint64(35 + number)
        taken = np.zeros((len(states), world.rows * world.columns), np.bool_)
        for other in range(world.agent_count):
            if other != agent:
                taken[np.arange(len(states)), flat(states["cell"][:, other])] = True
        return key, taken

    def run(self, keys: np.ndarray, taken: np.ndarray, horizon: int) -> np.ndarray:
        """Number of states reached from each, int64 [worlds]."""
        out = np.empty(len(keys), np.int64)
        reach_by_hand(
            keys, taken, self._next, self._doors, self._near, horizon, self._table, self._queue, out
        )
        return out

    def counts(self, states: np.ndarray, agent: int, horizon: int) -> np.ndarray:
        """The same from the world's own states."""
        return self.run(*self.packed(states, agent), horizon)


@njit(inline="always")
def box_of(key, box):
    """The cell of a box."""
    return np.int64(key >> np.uint64(7 * box + 7) & np.uint64(127))


@njit(inline="always")
def is_shut(shut_at, opened, cell):
    """Whether a closed door is on the cell."""
    return shut_at[cell] >= 0 and not opened >> shut_at[cell] & 1


@njit
def moved_box(key, box, cell):
    """The key with a box elsewhere, the boxes still in order."""
    while box < 3 and box_of(key, box + 1) < cell:
        key = with_box(key, box, box_of(key, box + 1))
        box += 1
    while box > 0 and box_of(key, box - 1) > cell:
        key = with_box(key, box, box_of(key, box - 1))
        box -= 1
    return with_box(key, box, cell)


@njit(inline="always")
def with_box(key, box, cell):
    """The key with one box written over."""
    shift = np.uint64(7 * box + 7)
    return (key & ~(np.uint64(127) << shift)) | (np.uint64(cell) << shift)


@njit
def reach_by_hand(keys, taken, next_cell, doors, near, horizon, table, queue, out):
    """States within `horizon` steps of each key; table and queue have room for all of them."""
    mask = np.uint64(len(table) - 1)
    shut_at = np.full(len(next_cell), -1, np.int64)
    for number in range(len(doors)):
        shut_at[doors[number]] = number
    for w in range(len(keys)):
        count, level_end = 1, 0
        queue[0] = keys[w]
        slot = (keys[w] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(50) & mask
        table[slot] = keys[w] + np.uint64(1)
        for _ in range(horizon):
            first, level_end = level_end, count
            for parent in range(first, level_end):
                key = queue[parent]
                cell = np.int64(key & np.uint64(127))
                opened = np.int64(key >> np.uint64(35))
                for action in range(5):
                    fresh = key
                    if action == 4:
                        wished = near[cell]
                        if wished == 0:
                            continue
                        for number in range(4):
                            if wished >> number & 1:
                                door, free = doors[number], True
                                if opened >> number & 1:
                                    free = door != cell and not taken[w, door]
                                    for box in range(4):
                                        free = free and box_of(key, box) != door
                                if free:
                                    fresh ^= np.uint64(1) << np.uint64(35 + number)
                    else:
                        target = next_cell[cell, action]
                        if target == cell or taken[w, target] or is_shut(shut_at, opened, target):
                            continue
                        pushed = -1
                        for box in range(4):
                            if box_of(key, box) == target:
                                pushed = box
                        if pushed >= 0:
                            beyond = next_cell[target, action]
                            stuck = beyond == target or taken[w, beyond] or is_shut(shut_at, opened, beyond)
                            for box in range(4):
                                stuck = stuck or box_of(key, box) == beyond
                            if stuck:
                                continue
                            fresh = moved_box(key, pushed, beyond)
                        fresh = (fresh & ~np.uint64(127)) | np.uint64(target)
                    slot = (fresh * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(50) & mask
                    while table[slot] != np.uint64(0) and table[slot] != fresh + np.uint64(1):
                        slot = (slot + np.uint64(1)) & mask
                    if table[slot] == np.uint64(0):
                        table[slot] = fresh + np.uint64(1)
                        queue[count] = fresh
                        count += 1
        out[w] = count
        for k in range(count):
            slot = (queue[k] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(50) & mask
            while table[slot] != queue[k] + np.uint64(1):
                slot = (slot + np.uint64(1)) & mask
            table[slot] = np.uint64(0)


COLD = """
import time
begun = time.perf_counter()
import numpy as np
import numba
loaded = time.perf_counter()
from rewards import estimators
from rewards.estimators.map import position_map
from sandbox.scenario.schema import Scenario
from sandbox.world.world import World
world = World(Scenario(**SAID))
states = world.new_states(2, 0)
for outcome in estimators.OUTCOMES:
    estimators.empowerment(world, states, 3, outcome=outcome)
estimators.empowerment(world, states, 2, noise=np.full((6, 6), 1 / 6) * 0.2 + np.eye(6) * 0.8)
position_map(np.zeros((4, 5), np.int32), 3)
print(time.perf_counter() - begun, loaded - begun, time.process_time())
"""


def cold_start() -> None:
    """A new process from import to results: with everything to be compiled, and with nothing."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        places = {"EMPOWERMENT_SANDBOX_CACHE": f"{folder}/worlds", "NUMBA_CACHE_DIR": f"{folder}/kernels"}
        program = f"SAID = {FOUR_WALKERS!r}{COLD}"
        env = os.environ | places | {"PYTHONPATH": str(root)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles our sources anew, 0.05 s
        times, files = [], []
        for _ in range(9):
            done = subprocess.run(
                [sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True
            )
            times.append([float(part) for part in done.stdout.split()])
            files.append(len(list(Path(folder).rglob("*.nbc"))))
    print(
        f"  new process to results, everything compiled: {times[0][0]:.1f} s ({times[0][2]:.1f} s CPU)   bar 20 s"
    )
    whole, libraries, _ = min(times[1:])
    print(f"  the same with warm caches: {whole:.2f} s, {libraries:.2f} of it NumPy and Numba   bar 0.5 s")
    print(f"  .nbc files after each run: {files}")


def _dit() -> Any:
    try:
        import dit
    except ImportError:
        return None
    return dit


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter windows")
    seconds = 0.02 if parser.parse_args().quick else 0.4
    set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("deterministic maps")
    maps(seconds)
    print("noise")
    noisy(seconds)
    print("several agents")
    game(seconds)
    company(seconds)
    print("rewards at training speed")
    rewards_of_training(seconds)
    print("compiling")
    cold_start()


if __name__ == "__main__":
    main()
