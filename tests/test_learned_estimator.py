"""The learned bound against the exact table: below it, close to it, and alone in needing torch."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rewards.estimators import empowerment
from tests.conftest import world_of

SLIP = np.full((5, 5), 0.04) + np.eye(5) * 0.8


@pytest.fixture(scope="module")
def maze():
    """The maze of Klyubin, Polani and Nehaniv (2005) with its agent on each cell: (world, states [100])."""
    world = world_of("klyubin_maze")
    cells = world.free_cells()
    states = world.new_states(len(cells), 0)
    world.place(states, 0, cells[:, 0], cells[:, 1])
    return world, states


@pytest.fixture(scope="module")
def learned():
    """The module, imported here so that collecting tests does not load torch."""
    from rewards.estimators import learned

    return learned


@pytest.mark.parametrize(("horizon", "error"), [(1, 0.02), (2, 0.06), (3, 0.2)])
def test_maze(maze, learned, horizon, error):
    """A lower bound in every cell, and nearly the exact map."""
    world, states = maze
    before = states.tobytes()
    exact = empowerment(world, states, horizon)
    found = learned.learned_bound(world, states, horizon, seed=1)
    assert states.tobytes() == before
    assert (found.bits <= exact + 1e-6).all()
    agreement = learned.against_exact(found, exact)
    assert agreement.r > 0.9
    assert agreement.slope == pytest.approx(1.0, abs=0.15)
    assert agreement.mean_absolute_error < error
    assert found.lower is found.bits
    assert found.bits - found.bias == pytest.approx(exact, abs=1e-9)
    assert (found.definition.estimator, found.definition.samples) == ("learned bound", 5**horizon)


def test_little_learning_is_low_and_never_high(maze, learned):
    """A planner that has learned nothing still gives a bound."""
    world, states = maze
    exact = empowerment(world, states, 2)
    for rounds in (0, 20):
        found = learned.learned_bound(world, states, 2, rounds=rounds)
        assert (found.bits <= exact + 1e-6).all()
        assert (found.bits >= 0).all()
        assert found.bits.mean() < exact.mean() - 0.3


def test_noise(maze, learned):
    """Measured on futures that were not learned from, so that what was learned by heart does not count."""
    world, states = maze[0], maze[1][::2]
    exact = empowerment(world, states, 1, noise=SLIP)
    found = learned.learned_bound(world, states, 1, noise=SLIP, rounds=200)
    agreement = learned.against_exact(found, exact)
    assert agreement.r > 0.9
    assert found.bits.mean() < exact.mean() + 0.01
    assert agreement.mean_absolute_error < 0.1
    assert found.lower is None
    told = found.bits - found.bias  # noise in 256 futures of each sequence is left
    assert told.mean() == pytest.approx(exact.mean(), abs=0.02)
    assert told == pytest.approx(exact, abs=0.2)


def test_seed_and_threads(maze, learned):
    """The seed decides, torch's own generator and its number of threads are left alone."""
    import torch

    world, states = maze[0], maze[1][:10]
    threads, before = torch.get_num_threads(), torch.get_rng_state()
    bits = [learned.learned_bound(world, states, 2, seed=seed, rounds=30).bits.tolist() for seed in (1, 1, 2)]
    assert bits[0] == bits[1] != bits[2]
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), before)


def test_edges(maze, learned):
    """No steps, no states, too many sequences."""
    world, states = maze
    assert learned.learned_bound(world, states[:4], 0).bits.tolist() == [0.0] * 4
    assert learned.learned_bound(world, states[:0], 2).bits.shape == (0,)
    with pytest.raises(ValueError, match=r"15625 action sequences.*lower the horizon"):
        learned.learned_bound(world, states, 6)
    with pytest.raises(ValueError, match="width"):
        learned.learned_bound(world, states, 1, width=0)
    with pytest.raises(ValueError, match="outcome"):
        learned.learned_bound(world, states, 1, outcome="place")


def test_nothing_else_loads_torch():
    """All other estimators and formulations are imported without it."""
    code = (
        "import importlib, pkgutil, sys, rewards, rewards.estimators\n"
        "for package in (rewards, rewards.estimators):\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        if module.name != 'rewards.estimators.learned':\n"
        "            importlib.import_module(module.name)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_nothing_else_asks_for_it():
    """Not even inside a function, except by name and at the user's wish; training aside, which is about networks."""
    root = Path(__file__).parent.parent
    for path in [p for folder in ("rewards", "sandbox", "viewer") for p in (root / folder).rglob("*.py")]:
        if path.name == "learned.py" or path.parts[-2:-1] == ("training",) or "learners" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                asked = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                asked = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            assert not [n for n in asked if n.split(".")[0] == "torch" or "estimators.learned" in n], path
