"""The training loop: killed anywhere and resumed is the same to the bit; what it logs is what happened."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pyarrow import parquet

import rewards
import sandbox
from rewards.mix import pupils
from sandbox import policies
from sandbox.experiments import catalogue
from sandbox.experiments.company import Company
from sandbox.policies.seat import Seat
from sandbox.training import learner, loop, run_folder
from sandbox.training.acting import load
from sandbox.training.run_folder import RunFolder
from tests import tiny_learner

ROOT = Path(__file__).parents[1]
MORTAL = Path(__file__).with_name("contracts") / "mortal.yaml"
MAKE = learner.make
WORLDS = 20  # few enough for the serial kernels, which compile soonest
SHORT: dict[str, Any] = {
    "learner": "tiny", "steps": 6_000, "seed": 5, "worlds": WORLDS, "teams": ["walker", "mole"], "device": "cpu",
    "threads": 1,
    "log_every": 700, "evaluate_every": 2_000, "evaluation_seeds": 3, "checkpoint_every": 1_000, "horizon": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "make", tiny_learner.make)
    monkeypatch.setattr(loop, "NEWS_EVERY", -1)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> loop.TrainedRun:
    """A run that nothing interrupts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner, "make", tiny_learner.make)
        return loop.train(
            MORTAL, "task+0.1*empowerment:horizon=1", out=tmp_path_factory.mktemp("run") / "a", **SHORT
        )


def begin(path: Path, **more: Any) -> loop.TrainedRun:
    return loop.train(MORTAL, "task+0.1*empowerment:horizon=1", out=path, **SHORT | more)


def timeless(rows: list[run_folder.Row]) -> list[run_folder.Row]:
    """Rows without what the clock says."""
    return [{name: value for name, value in row.items() if not name.startswith("seconds")} for row in rows]


def assert_same(one: Path, other: Path) -> None:
    """Equal bytes of everything but times: worlds, weights, generators, counters, metrics."""
    names = [sorted(path.name for path in (run / "checkpoints").iterdir()) for run in (one, other)]
    assert names[0][-2:] == names[1][-2:]
    name = names[0][-2:]
    tensors, state = [], []
    for run in (one, other):
        tensors.append((run / "checkpoints" / name[0]).read_bytes())
        state.append(json.loads((run / "checkpoints" / name[1]).read_bytes())["state"] | {"seconds": 0})
    assert state[0] == state[1]
    assert tensors[0] == tensors[1]
    rows = [timeless(parquet.read_table(run / "metrics.parquet").to_pylist()) for run in (one, other)]
    assert rows[0] == rows[1]


class CtrlC:
    """Listens to the news of a run and presses Ctrl-C once, when so many steps are done."""

    def __init__(self, at: int) -> None:
        self.at, self.sent = at, 0

    def __call__(self, news: loop.News) -> None:
        if news.steps >= self.at and not self.sent:
            self.sent = news.steps
            os.kill(os.getpid(), signal.SIGINT)


# --- the same to the bit ------------------------------------------------------------------------------------


def test_same_seed_same_bytes_other_seed_others(straight: loop.TrainedRun, tmp_path: Path) -> None:
    assert_same(straight.run, begin(tmp_path / "again").run)
    other = begin(tmp_path / "other", seed=6)
    assert timeless(other.rows) != timeless(straight.rows)


@pytest.mark.parametrize("at", [1, 2_000, 5_000])
def test_ctrl_c_saves_and_resume_is_to_the_bit(straight: loop.TrainedRun, tmp_path: Path, at: int) -> None:
    run, interrupt = tmp_path / "run", CtrlC(at)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(loop.Interrupted, match=rf"go on with: sandbox train --resume {run}$"):
        begin(run, on_news=interrupt)
    assert interrupt.sent
    assert signal.getsignal(signal.SIGINT) is handler
    found = RunFolder(run).newest()
    assert found
    assert found.steps == interrupt.sent + 4 * WORLDS * 3, "the rollout was finished, and no more"
    ended = loop.resume(run)
    assert ended.why == loop.FINISHED
    assert timeless(ended.rows) == timeless(straight.rows)
    assert_same(straight.run, run)


SMALL: dict[str, dict[str, Any]] = {
    "ppo": {"rollout": 8, "hidden": [8]},
    "dqn": {"hidden": [8]},
    "empathic_dqn": {"hidden": [8]},
}


@pytest.mark.parametrize("name", learner.names())
def test_every_learner_goes_on_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(learner, "make", MAKE)
    wanted = {"learner": name, "parameters": SMALL.get(name, {}), "teams": ["walker"], "steps": 4_000}
    whole = begin(tmp_path / "whole", **wanted)
    with pytest.raises(loop.Interrupted):
        begin(tmp_path / "cut", **wanted, on_news=CtrlC(1_500))
    loop.resume(tmp_path / "cut")
    assert_same(whole.run, tmp_path / "cut")
    assert sandbox.evaluate(whole.run, 2).summary()["reward/walker"].seeds == 2


class Killed(BaseException):
    """Stands for a kill: nothing is tidied up after it."""


@pytest.mark.parametrize("nth", [2, 3, 5, 10, 13])
def test_a_kill_in_a_save_and_resume_is_to_the_bit(
    straight: loop.TrainedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    write, count = run_folder.write_whole, [0]

    def die(path: Path, data: bytes) -> None:
        count[0] += 1
        if count[0] > nth:
            path.with_name(f".{path.name}.part").write_bytes(data[: len(data) // 2])
            raise Killed
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "write_whole", die)
        with pytest.raises(Killed):
            begin(tmp_path / "run")
    loop.resume(tmp_path / "run", say=pytest.fail)
    assert_same(straight.run, tmp_path / "run")


SCRIPT = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from sandbox.training import learner, loop, run_folder
from tests import tiny_learner
learner.make = tiny_learner.make
loop.NEWS_EVERY = -1
mode, write = sys.argv[1], run_folder.write_whole

def slow(path, data):
    if mode == "save" and path.suffix == ".safetensors" and int(path.name[:15]) > 3000:
        with path.with_name("." + path.name + ".part").open("wb") as file:
            for start in range(0, len(data), 1000):
                file.write(data[start:start + 1000])
                file.flush()
                print("saving", flush=True)
                time.sleep(0.2)
    write(path, data)

run_folder.write_whole = slow

def news(at):
    if mode == "run" and at.steps > 3000:
        print("running", flush=True)
        time.sleep(0.2)

loop.train({scenario!r}, "task+0.1*empowerment:horizon=1", out=sys.argv[2], on_news=news, **{settings!r})
"""


@pytest.mark.parametrize("mode", ["run", "save"])
def test_sigkill_and_resume_is_to_the_bit(straight: loop.TrainedRun, tmp_path: Path, mode: str) -> None:
    script, run = tmp_path / "script.py", tmp_path / "run"
    script.write_text(SCRIPT.format(root=str(ROOT), scenario=str(MORTAL), settings=SHORT))
    with subprocess.Popen([sys.executable, script, mode, run], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert bool(list((run / "checkpoints").glob("*.part"))) == (mode == "save")
    loop.resume(run, say=pytest.fail)
    assert_same(straight.run, run)


@pytest.mark.parametrize("file", ["*.safetensors", "*.json"])
def test_damage_is_one_line_and_the_end_is_the_same(
    straight: loop.TrainedRun, tmp_path: Path, file: str
) -> None:
    with pytest.raises(loop.Interrupted):
        begin(tmp_path / "run", on_news=CtrlC(4_000))
    newest = max((tmp_path / "run" / "checkpoints").glob(file))
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes(data)
    said: list[str] = []
    loop.resume(tmp_path / "run", say=said.append)
    [line] = said
    assert "is damaged" in line
    assert_same(straight.run, tmp_path / "run")


def test_a_run_killed_before_its_first_checkpoint_begins_anew(
    straight: loop.TrainedRun, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.Run, "_save", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            begin(tmp_path / "run")
    loop.resume(tmp_path / "run")
    assert_same(straight.run, tmp_path / "run")


class Curious:
    """A formulation with a memory: paid for less and less, as it learns."""

    def __init__(self) -> None:
        self.seen = np.zeros(1, np.int64)

    def pay(self, transition: Any, agent: int) -> np.ndarray:
        return np.full(len(transition.after), 1 / (1 + self.seen[0]))

    def learn(self, transition: Any) -> None:
        self.seen += len(transition.after)

    def tensors(self) -> dict[str, np.ndarray]:
        return {"seen": self.seen}

    def restore(self, tensors: dict[str, np.ndarray]) -> None:
        self.seen = tensors["seen"].copy()


def test_formulations_that_learn_are_taught_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = rewards.make
    monkeypatch.setattr(rewards, "make", lambda spec: known(Curious() if spec == {"curious": {}} else spec))

    def go(path: Path, **more: Any) -> loop.TrainedRun:
        return loop.train(
            MORTAL, {"walker": {"curious": {}}}, out=path, **SHORT | {"teams": ["walker"]} | more
        )

    whole = go(tmp_path / "whole")
    found = RunFolder(whole.run).newest()
    assert found
    seen = [tensor for name, tensor in found.tensors.items() if name.startswith("formulation.")]
    assert [int(each) for each in seen] == [WORLDS * int(whole.rows[-1]["world_steps"] or 0)]
    with pytest.raises(loop.Interrupted):
        go(tmp_path / "cut", on_news=CtrlC(1_000))
    loop.resume(tmp_path / "cut")
    assert_same(whole.run, tmp_path / "cut")


LEARNING = [
    name
    for name in rewards.names()
    if pupils([rewards.make(name)]) and catalogue.entry(name).cost != "solver"  # which takes minutes here
]


@pytest.mark.parametrize("name", LEARNING)
def test_what_a_formulation_has_learned_survives_an_interruption(name: str, tmp_path: Path) -> None:
    short: dict[str, Any] = SHORT | {"steps": 2_400, "evaluate_every": 10_000}
    whole = loop.train(MORTAL, name, out=tmp_path / "whole", **short)
    saved = RunFolder(whole.run).newest()
    assert saved
    assert any(tensor.any() for key, tensor in saved.tensors.items() if key.startswith("formulation."))
    with pytest.raises(loop.Interrupted):
        loop.train(MORTAL, name, out=tmp_path / "cut", on_news=CtrlC(1_000), **short)
    loop.resume(tmp_path / "cut")
    assert_same(whole.run, tmp_path / "cut")


# --- what it does and says --------------------------------------------------------------------------------


def test_what_is_logged_is_what_happened(straight: loop.TrainedRun) -> None:
    rows = parquet.read_table(straight.run / "metrics.parquet").to_pylist()
    assert rows == [{name: row.get(name) for name in rows[0]} for row in straight.rows]
    share = WORLDS * 3
    assert straight.steps == rows[-1]["steps"] == -(-6_000 // (share * 4)) * 4 * share
    assert [row["world_steps"] * share for row in rows] == [row["steps"] for row in rows]
    assert sum(row["episodes"] for row in rows) > 0
    for row in rows:
        assert 0 < row["entropy/walker"] <= np.log(5) + 1e-6
        assert 0 <= row["empowerment_1/mole"] <= np.log2(5)
        assert {"seconds", "seconds/act", "seconds/world", "seconds/learn"} <= row.keys()
        if row["episodes"]:
            terms = row["reward/walker/task"] + row["reward/walker/empowerment"]
            assert row["reward/walker"] == pytest.approx(terms, rel=1e-5)
            assert row["task/walker"] == pytest.approx(row["reward/walker/task"], rel=1e-5)
            assert row["true_objective/walker"] == pytest.approx(row["task/walker"], rel=1e-5)
        else:
            assert row["reward/walker"] is None
    judged = [row["steps"] for row in rows if row["evaluation/reward/walker"] is not None]
    assert [step // 2_000 for step in judged] == [1, 2, 3]


def test_the_manifest_tells_how_it_came_about(straight: loop.TrainedRun) -> None:
    manifest = json.loads((straight.run / "manifest.json").read_text())
    assert manifest["scenario_hash"] == sandbox.load_scenario(MORTAL).hash
    assert manifest["settings"]["rewards"]["walker"] == {
        "task": {},
        "empowerment": {"weight": 0.1, "horizon": 1},
    }
    assert manifest["settings"]["parameters"] == {}
    assert {"python", "numpy", "torch", "safetensors"} <= manifest["versions"].keys()
    assert {"worlds", "learners", "evaluation"} == manifest["seed_tree"].keys()
    seeds = [*manifest["seed_tree"]["worlds"], *manifest["seed_tree"]["evaluation"]]
    seeds += [seed for branch in manifest["seed_tree"]["learners"].values() for seed in branch]
    assert len(set(seeds)) == len(seeds)
    assert (straight.run / "scenario.yaml").read_text() == MORTAL.read_text()


class Watcher(tiny_learner.Tiny):
    """Keeps all steps, with their states."""

    reads_states = True
    steps: list[learner.Step]

    def record(self, step: learner.Step) -> None:
        super().record(step)
        self.__dict__.setdefault("steps", []).append(step)


def test_steps_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Watcher] = []
    monkeypatch.setattr(
        learner, "make", lambda name, parameters, task: made.append(Watcher(task)) or made[-1]
    )
    begin(tmp_path / "run", teams=["walker"], steps=4_800)
    world = made[0].task.world
    ended = 0
    for step, following in zip(made[0].steps, made[0].steps[1:], strict=False):
        assert step.before is not None
        assert step.after is not None
        assert following.before is not None
        assert np.array_equal(step.observations, world.observe(step.before))
        assert np.array_equal(step.next_observations, world.observe(step.after))
        assert np.array_equal(step.present, world.alive(step.before))
        finished = (
            step.after["over"].astype(bool) | ~world.alive(step.after).any(1) | (step.after["clock"] >= 60)
        )
        assert (following.before["clock"][finished] == 0).all()
        assert np.array_equal(world.key(following.before[~finished]), world.key(step.after[~finished]))
        late = (step.after["clock"] >= 60)[:, None]
        assert np.array_equal(step.truncated, late & world.alive(step.after))
        assert (step.terminated == ~world.alive(step.after)).all()
        ended += finished.sum()
    assert ended > 0


def test_non_learners_follow_their_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Watcher] = []
    monkeypatch.setattr(
        learner, "make", lambda name, parameters, task: made.append(Watcher(task)) or made[-1]
    )
    begin(tmp_path / "run", teams=["walker"], steps=480)
    company = Company(sandbox.load_scenario(MORTAL))
    for step in made[0].steps:
        assert np.array_equal(step.actions[:, 2], company.policies[2].act(step.before))


def test_no_better_return_stops_early(tmp_path: Path) -> None:
    ended = begin(tmp_path / "run", patience=2, evaluate_every=500, steps=10**9, parameters={"rate": 0.0})
    assert ended.why == loop.STOPPED_EARLY
    judged = [row for row in ended.rows if row.get("evaluation/reward/walker") is not None]
    assert len(judged) == 3
    with pytest.raises(ValueError, match="this run is over"):
        loop.resume(tmp_path / "run")


def test_news_come_and_end_at_the_end(tmp_path: Path) -> None:
    heard: list[loop.News] = []
    ended = begin(tmp_path / "run", on_news=heard.append)
    assert heard[-1].steps == heard[-1].total == ended.steps
    assert all(news.speed > 0 for news in heard)
    assert heard[-1].latest is not None


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "steps": ({"steps": 0}, "steps has to be a whole number from 1, not 0"),
    "worlds": ({"worlds": 2.5}, "worlds has to be a whole number from 1"),
    "seed": ({"seed": -1}, "seed has to be a whole number from 0"),
    "device": ({"device": "tpu"}, "allowed: auto, cpu, cuda"),
    "team": ({"teams": ["moles"]}, "no team or group 'moles'; this world has mole, walker"),
    "nobody": ({"teams": []}, "nobody learns"),
    "twice": ({"teams": ["mole", "mole"]}, "mole_0 would learn twice"),
    "patience": ({"patience": 1, "evaluation_seeds": 0}, "patience waits for evaluations"),
    "object": ({"parameters": {"rate": object()}}, "parameters have to be plain"),
    "overrides": ({"overrides": {"agents.mole.colour": 1}}, "colour"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_line_and_leave_no_folder(tmp_path: Path, case: str) -> None:
    change, message = MISTAKES[case]
    with pytest.raises(ValueError, match=message) as caught:
        begin(tmp_path / "run", **change)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_no_gpu_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="torch sees no GPU here"):
        begin(tmp_path / "run", device="cuda")


def test_tensorboard_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ValueError, match="tensorboard is not installed"):
        begin(tmp_path / "run", tensorboard=True)


def test_a_scenario_without_text_is_refused(tmp_path: Path) -> None:
    bare = sandbox.Scenario.model_validate(
        {"format": 1, "name": "bare", "map": "A.", "agents": {"a": {"letter": "A"}}}
    )
    with pytest.raises(ValueError, match="keeps its scenario as text"):
        loop.train(bare, out=tmp_path / "run", **SHORT | {"teams": None})
    changed = sandbox.load_scenario(MORTAL, {"max_cycles": 5})
    with pytest.raises(ValueError, match="overrides beside it"):
        loop.train(changed, out=tmp_path / "run", **SHORT)


def test_overrides_are_kept(tmp_path: Path) -> None:
    ended = begin(tmp_path / "run", overrides={"max_cycles": 5}, steps=600)
    assert 4 < max(row.get("episode_steps", 0) for row in ended.rows) <= 5
    assert max(sandbox.evaluate(ended.run, 2).values("steps")) <= 5


# --- what was learned, acting ----------------------------------------------------------------------------------


def test_evaluation_is_of_the_last_checkpoint_and_repeats(straight: loop.TrainedRun) -> None:
    one, other = sandbox.evaluate(straight.run, 6), sandbox.evaluate(straight.run, [0, 1, 2, 3, 4, 5])
    assert repr(one.rows) == repr(other.rows)  # nan is nan
    assert [row["seed"] for row in one.rows] == list(range(6))
    summary = one.summary()
    assert summary["reward/walker"].low <= summary["reward/walker"].mean <= summary["reward/walker"].high
    sampled = sandbox.evaluate(straight.run, 6, greedy=False)
    assert repr(sampled.rows) == repr(sandbox.evaluate(straight.run, 6, greedy=False).rows)
    assert repr(sampled.rows) != repr(one.rows)
    with pytest.raises(ValueError, match="at least one seed"):
        sandbox.evaluate(straight.run, 0)


@pytest.mark.parametrize("greedy", [True, False])
def test_trained_keeps_what_policies_keep(straight: loop.TrainedRun, greedy: bool) -> None:
    world = sandbox.World(sandbox.load_scenario(MORTAL))
    states = world.new_states(40, 1)
    was = states.tobytes()
    seated = policies.seated(
        world, [{"trained": {"run": str(straight.run), "greedy": greedy}}] * 3, [None] * 3
    )
    for agent, policy in enumerate(seated):
        actions = policy.act(states)
        assert actions.dtype == np.int8
        assert actions.shape == (40,)
        assert states.tobytes() == was
        assert [policy.act(states[k : k + 1])[0] for k in range(40)] == actions.tolist()
        assert policy.act(states[:0]).tolist() == []
        chances = policy.chances(states)  # type: ignore[attr-defined]
        assert chances.sum(axis=1) == pytest.approx(1)
        actor = next(each for each in load(straight.run, world).values() if agent in each.agents)
        expected = actor.learner.probabilities(world.observe(states), world.action_mask(states))  # type: ignore
        if greedy:
            assert np.array_equal(actions, expected[:, actor.agents.index(agent)].argmax(1))
        else:
            many = world.new_states(4_000, 2)
            world.words(many)[:, : world.core_words] = world.words(states)[:1, : world.core_words]
            many["cells"], many["look"] = states["cells"][0], states["look"][0]
            shares = np.bincount(policy.act(many), minlength=5) / 4_000
            assert shares == pytest.approx(expected[0, actor.agents.index(agent)], abs=0.04)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("trained", "run has to be the folder of a run"),
        ({"trained": {"run": "nowhere"}}, "no such folder"),
        ({"trained": {"run": 3}}, "run should be a valid string"),
    ],
    ids=str,
)
def test_wrong_runs_are_one_line(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        policies.make(spec, Seat(sandbox.World(sandbox.load_scenario(MORTAL)), 0))
    assert "\n" not in str(caught.value)


def test_trained_does_not_fit_everywhere(straight: loop.TrainedRun) -> None:
    doorway = sandbox.World(sandbox.load_scenario("doorway"))
    with pytest.raises(ValueError, match="it trained 'walker', which doorway does not have"):
        policies.make({"trained": {"run": str(straight.run)}}, Seat(doorway, 0))
    wide = sandbox.World(sandbox.load_scenario(MORTAL, {"agents.walker.view": 4}))
    with pytest.raises(ValueError, match="do not fit"):
        policies.make({"trained": {"run": str(straight.run)}}, Seat(wide, 0))


def test_a_learner_without_probabilities_is_greedy_only(straight: loop.TrainedRun, monkeypatch) -> None:
    monkeypatch.delattr(tiny_learner.Tiny, "probabilities")
    with pytest.raises(ValueError, match="no probabilities to draw from"):
        sandbox.evaluate(straight.run, 1, greedy=False)


# --- commands ------------------------------------------------------------------------------------------


def test_train_evaluate_and_film_a_run(call, tmp_path: Path) -> None:
    run = tmp_path / "run"
    code, out, err = call(
        "train", MORTAL, "--learner", "tiny", "--reward", "task+0.1*empowerment:horizon=1", "--steps", 2000,
        "--worlds", 20, "--team", "walker", "--team", "mole", "--set-learner", "rate=0.01", "--device", "cpu",
        "--threads", 1, "--set", "max_cycles=9", "--out", run,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out.startswith("finished: 2,160 agent-steps\n")
    settings = json.loads((run / "manifest.json").read_text())["settings"]
    assert settings["teams"] == ["walker", "mole"]
    assert settings["parameters"] == {"rate": 0.01}
    assert settings["overrides"] == {"max_cycles": 9}
    code, out, err = call("evaluate", run, "--seeds", 4, "--horizon", "1,2", "--sampled")
    assert (code, err) == (0, "")
    assert "walker reward" in out
    assert "walker bits, n=2" in out
    figures = json.loads((run / "evaluation.json").read_text())
    assert figures["seeds"] == [0, 1, 2, 3]
    assert figures["summary"]["reward/walker"].keys() == {"mean", "low", "high", "seeds"}
    assert len(figures["rows"]) == 4
    code, out, err = call("run", run, "--seed", 2, "--record", tmp_path / "film.gif")
    assert (code, err) == (0, "")
    assert "mortal, tiny, seed 2" in out
    assert (tmp_path / "film.gif").stat().st_size > 0
    code, out, err = call("run", run, "--reward", "task")
    assert (code, out) == (2, "")
    assert "is a run, with a scenario and rewards of its own" in err
    code, out, err = call("train", "--resume", run)
    assert (code, out) == (2, "")
    assert err == f"{run}: this run is over, finished at 2,160 agent-steps\n"


def test_ctrl_c_is_130_and_says_how_to_go_on(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going = loop.Run.go
    monkeypatch.setattr(loop.Run, "go", lambda self, on_news: going(self, CtrlC(200)))
    run = tmp_path / "run"
    code, out, err = call("train", MORTAL, "--learner", "tiny", "--worlds", 20, "--steps", 5000, "--out", run)
    assert (code, out) == (130, "")
    assert err.endswith(f"agent-steps; go on with: sandbox train --resume {run}\n")
    monkeypatch.undo()
    monkeypatch.setattr(learner, "make", tiny_learner.make)
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = call("train", "--resume", run)
    assert (code, err) == (0, "")
    assert out.startswith("finished: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "train needs a scenario, or --resume RUN"),
        (["train", "doorway", "--resume", "x"], "train needs a scenario, or --resume RUN"),
        (
            ["train", "--resume", "x", "--steps", "9"],
            "--resume takes all settings from the run; leave --steps out",
        ),
        (["train", "--resume", "nowhere"], "nowhere: no such folder; `sandbox train` makes one"),
        (["train", "dorway"], "did you mean"),
        (["train", "doorway", "--learner", "pppo"], "pppo"),
        (["train", "doorway", "--set-learner", "rate"], "--set-learner 'rate' is not NAME=VALUE"),
        (["train", "doorway", "--set-learner", "speed=1"], "speed"),
        (["train", "doorway", "--device", "tpu"], "device 'tpu' is not known"),
        (["train", "doorway", "--reward", "kind"], "unknown reward"),
        (["train", "doorway", "--out", "tests"], "tests is there already and not empty"),
        (["evaluate", "nowhere"], "nowhere: no such folder"),
        (["evaluate", "tests"], "tests: not the folder of a run"),
    ],
    ids=str,
)
def test_mistakes_on_the_command_line(call, monkeypatch: pytest.MonkeyPatch, arguments, message: str) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(learner, "make", MAKE)
    kept = sorted(ROOT.glob("runs/*"))
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len([line for line in err.splitlines() if not line.startswith("first run of")]) == 1
    assert sorted(ROOT.glob("runs/*")) == kept


def test_help_needs_no_torch() -> None:
    code = "import sys\nsys.argv = ['sandbox', '--help']\nfrom sandbox import cli\ntry: cli.main()\n"
    code += "except SystemExit: pass\nassert 'torch' not in sys.modules and 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


# --- several processes --------------------------------------------------------------------------------------------

PARALLEL = """
import sys
sys.path.insert(0, {root!r})
import torch
from sandbox.training import learner, loop, parallel
from tests import tiny_learner

class Averaging(tiny_learner.Tiny):
    def learn(self):
        before = self.weights.clone()
        figures = super().learn()
        change = torch.nn.Parameter(torch.zeros_like(before))
        change.grad = self.weights - before
        silent = torch.nn.Parameter(torch.zeros(3))
        parallel.average_gradients([change, silent])
        assert torch.equal(silent.grad, torch.zeros(3))
        self.weights = before + change.grad
        return figures

learner.make = lambda name, parameters, task: Averaging(task)
if sys.argv[1] == "resume":
    loop.resume(sys.argv[2])
else:
    def stop(news):
        if sys.argv[1] == "stop" and news.steps > 3000:
            raise SystemExit(0)
    loop.NEWS_EVERY = -1
    loop.train({scenario!r}, out=sys.argv[2], on_news=stop, **{settings!r})
"""


@pytest.mark.slow
def test_two_processes_train_one_learner(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PARALLEL.format(root=str(ROOT), scenario=str(MORTAL), settings=SHORT))

    def torchrun(mode: str, run: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", script, mode, run],
            env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    whole = torchrun("train", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    run = RunFolder(tmp_path / "whole")
    first, second = run.newest(0), run.newest(1)
    assert first
    assert second
    assert first.state["world_steps"] * WORLDS * 3 * 2 == first.steps
    assert first.tensors["worlds"].shape == second.tensors["worlds"].shape
    assert not torch.equal(first.tensors["worlds"], second.tensors["worlds"]), "worlds of their own"
    assert not torch.equal(first.tensors["generator.walker"], second.tensors["generator.walker"])
    assert torch.equal(first.tensors["learner.walker.weights"], second.tensors["learner.walker.weights"])
    with pytest.raises(
        ValueError, match="trained by 2 processes, not 1; go on with: torchrun --nproc-per-node 2"
    ):
        loop.resume(run.path)
    torchrun("stop", tmp_path / "cut")
    found = RunFolder(tmp_path / "cut").newest()
    assert found
    assert found.steps < first.steps
    resumed = torchrun("resume", tmp_path / "cut")
    assert resumed.returncode == 0, resumed.stderr
    assert_same(run.path, tmp_path / "cut")
