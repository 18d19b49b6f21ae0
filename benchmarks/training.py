"""How fast training is, from worlds to updated weights: every figure of one run on one machine, with ratios.

Run it on an otherwise idle machine. Each line is a process of its own on so many cores: a warm-up, then some seconds of
`sandbox.training.loop`, whose own clocks say where the time goes. The peer is PPO of Stable-Baselines3 on the same
scenario through PettingZoo and SuperSuit with networks of the same shape: once as PettingZoo's tutorial sets it up (8
worlds, 10 epochs, batches of 256), once with as many epochs and minibatches as ours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FIELD, AGENTS = "open_field", 4
FEW = {"agents.walker.view": 1, "agents.walker.count": AGENTS}
PARTS = ("world", "act", "record", "learn")
PEERS = {
    "as in PettingZoo's tutorial": {"worlds": 8, "sizes": {"batch_size": 256}},
    "with our sizes": {"worlds": 64, "sizes": {"n_steps": 32, "batch_size": 1366, "n_epochs": 3}},
}
BARS = {"plain, 2 cores": 150_000, "few features, 1 core": 300_000}


def measure(job: dict[str, Any]) -> dict[str, float]:
    """Agent-steps a second of a run, with the seconds of each part for a million agent-steps."""
    from sandbox.training.loop import train

    rows = 32 * job["worlds"] * AGENTS  # a rollout
    with tempfile.TemporaryDirectory() as folder:
        run = train(
            FIELD, job["rewards"], "ppo", job["parameters"], steps=rows * job["rollouts"], worlds=job["worlds"],
            device=job["device"], out=Path(folder) / "run", overrides=job["overrides"], teams=["walker"],
            evaluation_seeds=0, log_every=rows, checkpoint_every=10**12, checkpoint_seconds=1e9, horizon=1,
            say=lambda line: None,
        )  # fmt: skip
    kept = run.rows[len(run.rows) // 3 :]  # the first ones compile and warm up
    spent = {name: sum(row.get(f"seconds/{name}") or 0.0 for row in kept) for name in PARTS}
    best = min(sum(row.get(f"seconds/{name}") or 0.0 for name in PARTS) for row in kept)
    steps = rows * len(kept)
    return {"mean": steps / sum(spent.values()), "best": rows / best} | {
        name: 1e6 * each / steps for name, each in spent.items()
    }


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
        "--device", default="cpu", choices=["cpu", "cuda"], help="where networks live (default: cpu)"
    )
    parser.add_argument(
        "--worlds", type=int, default=0, help="worlds that step together (default: 512, 4096 on cuda)"
    )
    parser.add_argument(
        "--rollouts", type=int, default=15, help="rollouts of 32 steps for each line (default: 15)"
    )
    parser.add_argument("--no-peer", action="store_true", help="leave Stable-Baselines3 out")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        job = json.loads(asked.job)
        print(json.dumps({"measure": measure, "peer": peer}[job["what"]](job)))
        return
    worlds = asked.worlds or (4096 if asked.device == "cuda" else 512)
    given = (asked.device, worlds, asked.rollouts)
    few = {"parameters": {"hidden": [28, 28]}, "overrides": FEW}
    both = min(2, os.cpu_count() or 1)
    print(f"PPO on {FIELD} ({AGENTS} agents, 7x7 views, networks 64-64), {worlds} worlds, {asked.device}")
    print(f"{'agent-steps a second':52} {'best':>11} {'mean':>11}   microseconds for an agent-step")
    plain = apart("measure", both, ours(*given))
    show(f"plain, {both} cores", plain, f"bar {BARS['plain, 2 cores']:,}")
    show("plain, 1 core", apart("measure", 1, ours(*given)))
    show(
        "few features, 1 core",
        apart("measure", 1, ours(*given, **few)),
        f"bar {BARS['few features, 1 core']:,}",
    )
    kind = apart("measure", both, ours(*given, rewards="kindness:horizon=3"))
    ratio = f"{kind['mean'] / plain['mean']:.2f} of plain, bar 0.33" if both_known(kind, plain) else ""
    show(f"paid by kindness, n = 3, {both} cores", kind, ratio)
    if not asked.no_peer:
        for note, job in PEERS.items():
            theirs = apart("peer", both, job)
            ratio = (
                f"ours is {plain['mean'] / theirs['mean']:.1f}x, bar 20x" if both_known(plain, theirs) else ""
            )
            show(f"peer Stable-Baselines3, {note}", theirs, ratio)
    if asked.device == "cuda":
        print("peer JaxMARL IPPO: not measured here (pip install jaxmarl, on a machine with JAX and a GPU)")


def both_known(*found: dict[str, Any] | str) -> bool:
    """Whether all were measured."""
    return not any(isinstance(each, str) for each in found)


if __name__ == "__main__":
    main()
