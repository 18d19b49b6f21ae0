"""How fast training is, from worlds to updated weights: every figure of one run on one machine, with ratios.

Run it on an otherwise idle machine. Each line is a process of its own on so many cores: a warm-up, then some seconds of
`sandbox.training.loop`, whose own clocks say where the time goes. The peer is PPO of Stable-Baselines3 on the same
scenario through PettingZoo and SuperSuit with networks of the same shape: once as PettingZoo's tutorial sets it up (8
worlds, 10 epochs, batches of 256), once with as many epochs and minibatches as ours.

With `--device cuda` networks are on a GPU, and worlds and rewards too; parts are then times of asking, and what the
GPU needs falls to whichever part waits for it, mostly `learn`. Beside it JaxMARL's IPPO on its own spread world (MPE,
3 agents, networks of the same shape, as many worlds, steps, epochs and minibatches as ours), where jaxmarl and JAX are
installed; IPPO is a script of its repository and not in the package, so the repository's folder has to be named.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard

FIELD, AGENTS = "open_field", 4
FEW = {"agents.walker.view": 1, "agents.walker.count": AGENTS}
KIND = "kindness:horizon=3"
PARTS = ("world", "rewards", "others", "act", "record", "learn")
PEERS = {
    "as in PettingZoo's tutorial": {"worlds": 8, "sizes": {"batch_size": 256}},
    "with our sizes": {"worlds": 64, "sizes": {"n_steps": 32, "batch_size": 1366, "n_epochs": 3}},
}
BARS = {"plain, 2 cores": 150_000, "few features, 1 core": 300_000, "plain, GPU": 5_000_000}
ROLLOUT, EPOCHS, MINIBATCHES = 32, 3, 6


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Agent-steps a second of a run, with the seconds of each part for a million agent-steps."""
    from sandbox.training.loop import train

    rows = ROLLOUT * job["worlds"] * AGENTS  # a rollout
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        run = train(
            FIELD, job["rewards"], "ppo", job["parameters"], steps=rows * job["rollouts"], worlds=job["worlds"],
            device=job["device"], out=Path(folder) / "run", overrides=job["overrides"], teams=["walker"],
            evaluation_seeds=0, log_every=rows, checkpoint_every=10**12, checkpoint_seconds=1e9, horizon=1,
            say=said.append,
        )  # fmt: skip
    kept = run.rows[len(run.rows) // 3 :]  # the first ones compile and warm up
    spent = {name: sum(row.get(f"seconds/{name}") or 0.0 for row in kept) for name in PARTS}
    best = min(sum(row.get(f"seconds/{name}") or 0.0 for name in PARTS) for row in kept)
    steps = rows * len(kept)
    found: dict[str, Any] = {"mean": steps / sum(spent.values()), "best": rows / best}
    return found | {name: 1e6 * each / steps for name, each in spent.items()} | {"said": " ".join(said)}


def peer(job: dict[str, Any]) -> dict[str, float]:
    """Agent-steps a second of Stable-Baselines3's PPO on the same worlds."""
    import warnings

    warnings.simplefilter("ignore")
    import supersuit
    from stable_baselines3 import PPO

    import sandbox

    vector = supersuit.concat_vec_envs_v1(
        supersuit.pettingzoo_env_to_vec_env_v1(sandbox.make(FIELD, rewards="task")),
        job["worlds"],
        base_class="stable_baselines3",
    )
    model = PPO("MlpPolicy", vector, device="cpu", policy_kwargs={"net_arch": [64, 64]}, **job["sizes"])
    steps = model.n_steps * vector.num_envs
    model.learn(steps)
    rates = []
    while len(rates) < 2 or sum(steps / rate for rate in rates) < 10:
        start = time.perf_counter()
        model.learn(steps)
        rates.append(steps / (time.perf_counter() - start))
    return {"best": max(rates), "mean": len(rates) / sum(1 / rate for rate in rates)}


def jaxmarl(job: dict[str, Any]) -> dict[str, float]:
    """Agent-steps a second of JaxMARL's IPPO, compiled before it is timed; never tried, for want of a GPU with JAX."""
    import importlib.util

    import jax
    import wandb

    wandb.log = lambda *given, **more: None  # the script logs each update, to nobody here
    path = Path(job["folder"]) / "baselines" / "IPPO" / "ippo_ff_mpe.py"
    spec = importlib.util.spec_from_file_location("ippo_ff_mpe", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    config = {
        "ENV_NAME": "MPE_simple_spread_v3", "ENV_KWARGS": {}, "NUM_ENVS": job["worlds"], "NUM_STEPS": ROLLOUT,
        "TOTAL_TIMESTEPS": job["worlds"] * ROLLOUT * job["rollouts"], "UPDATE_EPOCHS": EPOCHS,
        "NUM_MINIBATCHES": MINIBATCHES, "LR": 1e-3, "ANNEAL_LR": True, "ACTIVATION": "relu", "GAMMA": 0.99,
        "GAE_LAMBDA": 0.95, "CLIP_EPS": 0.2, "ENT_COEF": 0.01, "VF_COEF": 0.5, "MAX_GRAD_NORM": 0.5,
    }  # fmt: skip
    train, rates = jax.jit(script.make_train(config)), []
    for seed in range(4):
        start = time.perf_counter()
        jax.block_until_ready(train(jax.random.PRNGKey(seed)))
        rates.append(config["NUM_ACTORS"] * ROLLOUT * job["rollouts"] / (time.perf_counter() - start))
    return {"best": max(rates[1:]), "mean": 3 / sum(1 / rate for rate in rates[1:])}


def apart(what: str, cores: int, job: dict[str, Any]) -> dict[str, Any] | str:
    """What `measure` or `peer` finds in a process of its own, or the last line of what went wrong."""
    limits = {name: str(cores) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, __file__, "--job", json.dumps({"what": what} | job)],
        env=os.environ | limits, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1])


def show(name: str, found: dict[str, Any] | str, note: str = "") -> None:
    """One line of the result."""
    if isinstance(found, str):
        print(f"{name:52} not measured: {found}", flush=True)
        return
    parts = "  ".join(f"{part} {found[part]:5.2f}" for part in PARTS if part in found)
    print(f"{name:52} {found['best']:11,.0f} {found['mean']:11,.0f}   {parts}   {note}", flush=True)
    if found.get("said"):
        print(f"  {found['said']}", flush=True)


def ours(device: str, worlds: int, rollouts: int, **more: Any) -> dict[str, Any]:
    """A run of PPO."""
    job = {
        "device": device,
        "worlds": worlds,
        "rollouts": rollouts,
        "rewards": "task",
        "parameters": {},
        "overrides": {},
    }
    return job | more


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--device",
        default="cpu",
        choices=["cpu", "cuda"],
        help="where networks, and if they can worlds, live (default: cpu)",
    )
    parser.add_argument(
        "--worlds", type=int, default=0, help="worlds that step together (default: 512, 16384 on cuda)"
    )
    parser.add_argument(
        "--rollouts", type=int, default=15, help="rollouts of 32 steps for each line (default: 15)"
    )
    parser.add_argument("--no-peer", action="store_true", help="leave Stable-Baselines3 out")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument(
        "--jaxmarl", help="a folder with JaxMARL's repository, for its IPPO beside ours on cuda"
    )
    asked = parser.parse_args()
    if asked.job:
        job = json.loads(asked.job)
        print(json.dumps({"measure": measure, "peer": peer, "jaxmarl": jaxmarl}[job["what"]](job)))
        return
    if asked.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            print("Nothing was measured: torch sees no GPU here.")
            return
    worlds = asked.worlds or (16384 if asked.device == "cuda" else 512)
    print(f"PPO on {FIELD} ({AGENTS} agents, 7x7 views, networks 64-64), {worlds} worlds, {asked.device}")
    print(f"{'agent-steps a second':52} {'best':>11} {'mean':>11}   microseconds for an agent-step")
    if asked.device == "cuda":
        on_gpu(worlds, asked.rollouts, asked.jaxmarl)
    else:
        on_cpu(worlds, asked.rollouts, not asked.no_peer)


def on_cpu(worlds: int, rollouts: int, with_peer: bool) -> None:
    """Every line of a CPU."""
    given = ("cpu", worlds, rollouts)
    few = {"parameters": {"hidden": [28, 28]}, "overrides": FEW}
    both = min(2, os.cpu_count() or 1)
    plain = apart("measure", both, ours(*given))
    show(f"plain, {both} cores", plain, f"bar {BARS['plain, 2 cores']:,}")
    show("plain, 1 core", apart("measure", 1, ours(*given)))
    show(
        "few features, 1 core",
        apart("measure", 1, ours(*given, **few)),
        f"bar {BARS['few features, 1 core']:,}",
    )
    kind = apart("measure", both, ours(*given, rewards=KIND))
    show(f"paid by kindness, n = 3, {both} cores", kind, of_plain(kind, plain))
    for note, job in PEERS.items() if with_peer else ():
        theirs = apart("peer", both, job)
        show(
            f"peer Stable-Baselines3, {note}",
            theirs,
            f"ours is {plain['mean'] / theirs['mean']:.1f}x, bar 20x"
            if known(plain) and known(theirs)
            else "",
        )


def on_gpu(worlds: int, rollouts: int, folder: str | None) -> None:
    """Every line of a GPU."""
    given, cores = ("cuda", worlds, rollouts), os.cpu_count() or 1
    plain = apart("measure", cores, ours(*given))
    show("plain", plain, f"aim {BARS['plain, GPU']:,}")
    show("plain, torch.compile", apart("measure", cores, ours(*given, parameters={"compile": True})))
    kind = apart("measure", cores, ours(*given, rewards=KIND))
    show("paid by kindness, n = 3", kind, of_plain(kind, plain))
    swapped = ours(
        *given, parameters={"swap": "level"}
    )  # which is worked out on the CPU, where all worlds then are
    show("worlds on the CPU, value swap", apart("measure", cores, swapped))
    theirs: dict[str, Any] | str
    if find_spec("jaxmarl") is None:
        theirs = "jaxmarl is not installed"
    elif folder is None:
        theirs = "its IPPO is not in the package; name its repository's folder with --jaxmarl"
    else:
        theirs = apart("jaxmarl", cores, {"folder": folder, "worlds": worlds, "rollouts": rollouts})
    show("peer JaxMARL, IPPO on MPE spread (3 agents)", theirs)


def of_plain(paid: dict[str, Any] | str, plain: dict[str, Any] | str) -> str:
    """How a rate compares with the plain one."""
    if not (known(paid) and known(plain)):
        return ""
    return f"{paid['mean'] / plain['mean']:.2f} of plain, bar 0.33"


def known(found: dict[str, Any] | str) -> TypeGuard[dict[str, Any]]:
    """Whether it was measured."""
    return not isinstance(found, str)


if __name__ == "__main__":
    main()
