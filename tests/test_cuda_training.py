"""Training on a GPU, tested without one: in Numba's simulator the worlds of a GPU run are those of a CPU run, byte for
byte, and PPO learns the same from them.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rewards.estimators import reachable_cuda
from sandbox.experiments.company import Company
from sandbox.policies.random import Random
from sandbox.policies.seat import Seat
from sandbox.scenario.read import load_scenario
from sandbox.training import cuda_worlds, learner, loop, run_folder
from sandbox.training.cuda_worlds import CudaWorlds, open_worlds, why_not
from sandbox.training.learner import Task
from sandbox.training.networks import Towers, alphabet
from sandbox.training.transfer import host, there
from sandbox.training.worlds import Worlds
from sandbox.world import randomness, run_cuda
from sandbox.world.run_cuda import CudaWorld
from sandbox.world.world import World
from tests.random_maps import likely_actions
from tests.test_cuda import counts_by_loop

ROOT = Path(__file__).parents[1]
MORTAL = str(Path(__file__).with_name("contracts") / "mortal.yaml")
CPU = torch.device("cpu")
WORLDS, STEPS = 3, 5
SHORT = {"max_cycles": 3}  # so that episodes end, some by time
CASES: dict[str, tuple[str, dict[str, Any], Any]] = {
    "slips and deaths": (MORTAL, SHORT, None),
    "a torus, harm": ("coexistence", {}, "0.5*task+prosocial:alpha=0.5+0*equality"),
    "kindness": (
        "two_doors",
        SHORT | {"true_objective.human": {"empowerment": {"horizon": 1, "outcome": "self"}}},
        {"helper": "task+kindness:horizon=2:aggregate=min+empowerment:horizon=1:outcome=world",
         "human": "kindness:horizon=1:aggregate=power:xi=2.0:eta=1.5+equality:horizon=1"},
    ),
}  # fmt: skip
RUN: dict[str, Any] = {
    "scenario": "coexistence", "rewards": "task+0.3*kindness:horizon=2", "overrides": {"max_cycles": 9},
    "teams": ["learner"], "parameters": {"rollout": 8, "epochs": 2, "minibatches": 2, "hidden": [8]},
    "steps": 400, "worlds": 10, "threads": 1, "log_every": 1, "evaluation_seeds": 2, "horizon": 1,
}  # fmt: skip


@cache
def company_of(case: str) -> Company:
    """Everybody in a case, with their rewards."""
    scenario, overrides, rewards = CASES[case]
    return Company(load_scenario(scenario, overrides), rewards)


def others_of(company: Company) -> list:
    """Those who act at random, with their policies."""
    return [each for each in enumerate(company.policies) if isinstance(each[1], Random)]


def played(case: str, worlds: Any, actions: np.ndarray) -> dict[str, np.ndarray]:
    """All that happened in some steps, by name; whoever has a policy of chance follows it at every other step."""
    found = {"observations": worlds.observations, "masks": worlds.masks}
    others = others_of(company_of(case))
    for number, chosen in enumerate(actions):
        doing = worlds.idle()
        doing[:] = there(chosen, worlds.device) if isinstance(doing, torch.Tensor) else chosen
        if number % 2:
            worlds.play(others, doing)
        found |= {f"{number}.done": doing, f"{number}.present": worlds.present()}
        happened = worlds.advance(doing)
        for name in ("observations", "rewards", "task", "objective", "terminated", "truncated", "finished"):
            found[f"{number}.{name}"] = getattr(happened, name)
        for agent, terms in enumerate(happened.terms):
            found |= {f"{number}.term.{agent}.{name}": paid for name, paid in terms.items()}
        worlds.restart(happened.finished)
        found |= {f"{number}.anew": worlds.observations, f"{number}.masks": worlds.masks}
        found |= {f"{number}.states": worlds.saved()}
    found["some"] = worlds.world.words(worlds.some(2))
    return {name: np.array(host(array)) for name, array in found.items()}


def write_expected(folder: Path) -> None:
    """What worlds on the CPU do, and what a run logs, for `check_device` to compare with."""
    for case in CASES:
        world = company_of(case).world
        begun = world.new_states(WORLDS, 1)
        generator, shadow, actions = np.random.default_rng(0), world.copy(begun), []
        for _ in range(STEPS):
            actions.append(likely_actions(generator, world.action_mask(shadow)).astype(np.int8))
            world.step(shadow, actions[-1])
        found = played(case, Worlds(company_of(case), world.copy(begun)), np.array(actions))
        np.savez(folder / f"{case}.npz", begun=world.words(begun), actions=actions, **found)  # pyright: ignore[reportArgumentType]
        assert (
            any(found[f"{step}.finished"].any() for step in range(STEPS))
            or "max_cycles" not in CASES[case][1]
        )


def check_device(folder: Path, device: torch.device) -> None:
    """Compare what worlds on the device do, and what a run logs there, with what happened on the CPU."""
    for case in CASES:
        company = company_of(case)
        with np.load(folder / f"{case}.npz") as kept:
            expected = dict(kept)
        states = expected["begun"].view(company.world.state_type)[:, 0]
        worlds = CudaWorlds(company, states, device)
        found = played(case, worlds, expected["actions"])
        for name, array in found.items():
            assert array.dtype == expected[name].dtype, (case, name)
            assert np.array_equal(array, expected[name]), (case, name)
        worlds.restore(torch.from_numpy(expected["0.states"]))
        assert np.array_equal(worlds.saved().numpy(), expected["0.states"])
        assert np.array_equal(host(worlds.observations), expected["0.anew"])


def test_the_simulated_gpu_steps_as_the_cpu_does(tmp_path: Path) -> None:
    """Kernels, launches and shared memory in Numba's simulator, where kernels are plain Python."""
    write_expected(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.test_cuda_training", str(tmp_path)],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


class Loops(CudaWorld):
    """Stands for a GPU: its memory is the CPU's, and its kernels are the world's own loops, compiled."""

    def __init__(self, world: World) -> None:
        self.dynamics = self.world = world
        self.level, self.first_words = world.level, world.first_words

    def share(self, tensor: torch.Tensor) -> np.ndarray:
        return tensor.numpy()

    def _run(self, name: str, states: np.ndarray, *given: Any) -> None:
        world = self.world
        if name == "cycle":
            *most, masks, finished = given
            nowhere = np.zeros((len(states), 0, world.side, world.side, 3), np.uint8)
            world.run_kernel("cycle", states, *most, nowhere, masks, finished)
        elif name == "renew":
            *_, words, where, observations, masks = given
            fresh = words[where].view(world.state_type)[:, 0]
            world.restart(fresh)
            words[where], observations[where] = world.words(fresh), world.observe(fresh)
            masks[where] = world.action_mask(fresh)
        elif name == "draw":
            _, agents, _, actions = given
            for agent in agents:
                actions[:, agent] = Random(Seat(world, int(agent))).act(states)
        else:
            world.run_kernel(name, states, *given)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let worlds of a GPU stand on `Loops`; the most nodes of a thread's set, 0 for as many as on a GPU."""
    most = [0]

    def count_into(out: np.ndarray, device: Any, states: np.ndarray, horizon: int, outcome: int) -> None:
        out[:] = counts_by_loop(device.world, states, horizon, outcome, nodes=most[0]).ravel()

    monkeypatch.setattr(cuda_worlds, "CudaWorld", Loops)
    monkeypatch.setattr(reachable_cuda, "count_into", count_into)
    return most


def test_what_outgrows_a_thread_is_paid_right(nodes: list[int]) -> None:
    """Where threads' sets are too small the CPU counts, and rewards are the same."""
    nodes[0] = 3
    company = company_of("kindness")
    states, actions = company.world.new_states(WORLDS, 1), np.zeros((2, WORLDS, 2), np.int8)
    found = played("kindness", CudaWorlds(company, states, CPU), actions)
    expected = played("kindness", Worlds(company, company.world.copy(states)), actions)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def on_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the worlds of runs as if there were a GPU."""
    monkeypatch.setattr(loop, "open_worlds", lambda company, states, *more: CudaWorlds(company, states, CPU))


def known(run: loop.TrainedRun) -> list[dict[str, Any]]:
    """A run's metrics but for times."""
    return [
        {name: value for name, value in row.items() if not name.startswith("seconds")} for row in run.rows
    ]


def test_a_run_with_worlds_on_the_device_learns_the_same(
    nodes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metrics are equal to the last bit, since networks are on the CPU in both runs; a stopped run goes on."""
    expected = loop.train(out=tmp_path / "cpu", device="cpu", **RUN)
    on_device(monkeypatch)
    assert known(loop.train(out=tmp_path / "there", device="cpu", **RUN)) == known(expected)
    save, rows = run_folder.RunFolder.save, []

    def stop(self: Any, *given: Any) -> None:
        save(self, *given)
        rows.append(given)
        if len(rows) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_folder.RunFolder, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            loop.train(out=tmp_path / "stopped", device="cpu", checkpoint_every=80, **RUN)
    assert known(loop.resume(tmp_path / "stopped")) == known(expected)
    assert expected.rows[-1]["episodes"]
    assert expected.rows[-1]["true_objective/learner"] > 0


@dataclass(frozen=True)
class Odd:
    """A formulation that only the CPU knows."""

    def pay(self, transition: Any, agent: int) -> np.ndarray:
        return np.zeros(len(transition.after))


def reason(scenario: str, rewards: Any, agents: tuple[int, ...], **parameters: Any) -> str:
    """Why the worlds of such a run are not on the GPU."""
    company = Company(load_scenario(scenario), rewards)
    task = Task(company.world, agents, 2, 1, CPU, torch.Generator())
    made = learner.make(parameters.pop("learner", "ppo"), parameters, task)
    others = [(agent, policy) for agent, policy in enumerate(company.policies) if agent not in agents]
    return why_not(company, others, [made])


def test_what_stands_in_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear reason for each kind of run whose worlds stay on the CPU."""
    assert reason("two_doors", None, (1,)) == (
        "human_0 acts by the policy scripted, which reads states on the CPU"
    )
    assert reason("coexistence", None, (0,), learner="dqn") == (
        "dqn, set as it is, learns from arrays on the CPU"
    )
    assert reason("coexistence", None, (0,), swap="level").startswith("ppo, set as it is")
    assert reason("coexistence", Odd(), (0,)) == "the reward odd is worked out on the CPU"
    assert "where nobody slips" in reason(MORTAL, "kindness", (0, 1))
    missing = "no GPU is at hand"

    def toolkit() -> None:
        raise RuntimeError(missing)

    monkeypatch.setattr(cuda_worlds, "toolkit", toolkit)
    assert reason("coexistence", "kindness", (0,)) == missing
    monkeypatch.setattr(cuda_worlds, "toolkit", lambda: None)
    assert reason("coexistence", "kindness", (0,)) == ""
    assert reason(MORTAL, "task", (0, 1), swap="own") == ""


def test_a_gpu_run_says_why_its_worlds_are_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and worlds on the CPU."""
    company, said = company_of("kindness"), []
    states, others = company.world.new_states(2, 0), [(0, company.policies[0])]
    found = open_worlds(company, states, torch.device("cuda"), others, [], said.append)
    assert isinstance(found, Worlds)
    assert said == [
        "networks are on the GPU, worlds on the CPU: human_0 acts by the policy scripted, which reads states on the CPU"
    ]
    assert isinstance(open_worlds(company, states, CPU, others, [], said.append), Worlds)
    assert len(said) == 1


def test_the_dense_first_layer_can_be_compiled() -> None:
    """What a GPU computes is one graph without breaks, for any number of rows, and gives what it gave."""
    world = company_of("kindness").world
    generator = torch.Generator().manual_seed(0)
    towers = Towers(alphabet(world), world.side**2, (8,), (5, 1), (1.0, 1.0), generator)
    towers.look = towers.look_densely
    compiled = torch.compile(towers, backend="eager", fullgraph=True, dynamic=True)
    seen = torch.from_numpy(world.observe(world.new_states(7, 0))).flatten(0, 1).flatten(1)
    for rows in (seen, seen[:5]):
        for found, expected in zip(compiled(rows), towers(rows), strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize("case", CASES)
def test_the_gpu_steps_as_the_cpu_does(case: str, tmp_path: Path) -> None:
    """The same comparison on a GPU, where one is at hand, with torch's tensors in its memory."""
    try:
        run_cuda.toolkit()
    except RuntimeError as missing:
        pytest.skip(str(missing))
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    write_expected(tmp_path)
    check_device(tmp_path, torch.device("cuda"))


if __name__ == "__main__":
    randomness.mix.py_func = randomness.mix  # pyright: ignore[reportFunctionMemberAccess]
    check_device(Path(sys.argv[1]), CPU)
