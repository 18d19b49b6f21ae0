"""Rewards know no world: a world of twenty lines that is not ours satisfies the socket."""

import importlib.util
import inspect
import itertools
import sys

import numpy as np
import pytest

from rewards import Transition, make
from rewards.estimators import empowerment

STATE = np.dtype(
    {"names": ["place", "clock"], "formats": [("i4", 2), "i4"], "offsets": [0, 8], "itemsize": 16}
)
KERNELS = """
from numba import njit

CORE_WORDS = 1


@njit(cache=True)
def act(level, state, agent, action):
    state.place[agent] = (state.place[agent] + level.stride[action]) % level.size
    state.clock += 1


@njit(cache=True)
def write_outcome(level, state, words_row, agent, outcome, out):
    if outcome == 2:
        out[0] = words_row[0]
    elif outcome == 1:
        out[0] = state.place[agent]
    else:
        out[0] = state.place[agent] // 2
    return 1
"""


class Ring:
    """Two walkers on a ring of places who cannot stay: what is reached in n steps is not reached in n + 1."""

    agent_count = 2
    teams = ("walkers", "walkers")
    core_words = 1

    def __init__(self, folder, size=12, strides=(1, 3, 9), noise=None):
        self.folder, self.noise = folder, noise
        self.actions = tuple(f"on_{stride}" for stride in strides)
        level = np.dtype([("size", "i4"), ("stride", "i4", len(strides))], align=True)
        self.level = np.array([(size, strides)], level)

    def states(self, count):
        states = np.zeros(count, STATE)
        states["place"][:, 0] = np.arange(count) % 12
        states["clock"] = np.arange(count)
        return states

    def imagine(self, states, actions):
        states = states.copy()
        states["place"] = (states["place"] + self.level["stride"][0][actions]) % self.level["size"][0]
        return states

    def key(self, states):
        return states.view(np.uint64).reshape(len(states), -1)[:, :1].copy()

    def specialise(self, module):
        kernels = self._module("ring_kernels", KERNELS)
        text = inspect.getsource(module).replace("from rewards.kernel_socket", f"from {kernels.__name__}")
        return self._module("ring_" + module.__name__.rsplit(".")[-1], text)

    def pay(self, states):
        return np.zeros((len(states), 2), np.float32)

    def fresh(self, states):
        return states["clock"] == 0

    def alive(self, states):
        return np.ones((len(states), 2), bool)

    def _module(self, name, text):
        path = self.folder / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    ring = Ring(tmp_path_factory.mktemp("ring"))
    yield ring
    for name in ("ring_kernels", "ring_reachable_kernels"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("horizon", range(1, 8))
def test_exactly_n_steps_without_a_stay_action(ring, horizon):
    """Reached in exactly n steps, no fewer, in a world in which nobody can wait."""
    states = ring.states(12)
    ends = [sum(steps) for steps in itertools.product((1, 3, 9), repeat=horizon)]
    for outcome, grain in (("cell", 2), ("self", 1), ("world", 1)):
        wanted = [np.log2(len({(start + end) % 12 // grain for end in ends})) for start in range(12)]
        assert empowerment(ring, states, horizon, outcome=outcome).tolist() == wanted


def test_repeated_states_and_clocks(ring):
    """States that differ in their clock only are one; a bystander's outcome never changes."""
    states = ring.states(300)
    bits = empowerment(ring, states, 4, outcome="self")
    assert (bits == bits[np.arange(300) % 12]).all()
    assert (empowerment(ring, states, 4, agent=1, perceiver=0) == 0).all()


def test_noise_that_forgets_the_choice(ring):
    """Executed at random whatever is chosen: no empowerment; nearly so: little."""
    states = ring.states(3)
    random = np.full((3, 3), 1 / 3)
    assert empowerment(ring, states, 3, noise=random) == pytest.approx(0, abs=1e-12)
    half = 0.5 * random + 0.5 * np.eye(3)
    assert (empowerment(ring, states, 3, noise=half) > 0).all()
    assert (empowerment(ring, states, 3, noise=half) < empowerment(ring, states, 3)).all()


def test_formulations_work_on_it(ring):
    """Every formulation pays on a world that is not ours."""
    states = ring.states(5)
    actions = np.zeros((5, 2), int)
    transition = Transition(ring, states, actions, ring.imagine(states, actions))
    paid = make("task + empowerment:outcome=self + 2*kindness:outcome=self + equality").terms_paid(
        transition, 0
    )
    assert list(paid) == ["task", "empowerment", "kindness", "equality"]
    assert paid["task"].tolist() == [0.0] * 5
    assert paid["kindness"].tolist() == (2 * paid["empowerment"]).tolist()
