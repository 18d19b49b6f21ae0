# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First steps
#
# What do agents do to each other when they are paid for power, or for kindness? Here we build a small world, play it
# by hand, let a helper play it for three different rewards, and look at who got what.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import rich
from IPython.display import Image, display
from PIL.Image import fromarray

import sandbox
from sandbox.experiments import report

sandbox.scenario_names()

# %% [markdown]
# ## An environment
#
# In the *gilded cage* a human (on the left) wants to walk through the door and down the corridor to its goal. A
# helper in a booth of its own can work the door, which stands open at the start, by a switch.
#
# `sandbox.make` gives a [PettingZoo](https://pettingzoo.farama.org) ParallelEnv. The first time, the rules of a
# scenario are compiled, which takes some seconds; then they stay on disk.

# %%
env = sandbox.make("gilded_cage", render_mode="rgb_array")
observations, infos = env.reset(seed=0)
print(env.possible_agents, env.action_names)
fromarray(env.render())

# %% [markdown]
# ## Playing by hand
#
# Actions are numbers that `env.action_names` names; an agent that is not told what to do stays where it is. The helper
# is paid by *kindness*: the human's **empowerment**, log2 of the number of cells in which the human can choose to be
# `n` steps from now (here 2), in bits. Each term of a reward is shown in the infos.

# %%
plan = [
    {"human_0": "east"},
    {"human_0": "east"},
    {"human_0": "east"},
    {"human_0": "east", "helper_0": "interact"},  # it shuts the door in the human's face
    {"human_0": "east"},  # which the human cannot pass
]
for words in plan:
    actions = {agent: env.action_names.index(word) for agent, word in words.items()}
    observations, rewards, terminations, truncations, infos = env.step(actions)
    print(f"{words}: the helper is paid {infos['helper_0']['reward/kindness']:.2f} bits")
fromarray(env.render())

# %% [markdown]
# Any place can be asked how much can be done from it. The room is rich in choices, the corridor poor:

# %%
for door_is_open in (True, False):
    world = sandbox.World(sandbox.load_scenario("gilded_cage", {"legend.D.door.open": door_is_open}))
    bits = sandbox.empowerment_map(world, horizon=2)
    print(f"door open: {door_is_open}; the human in the middle of its room {bits[3, 3]:.2f} bits, "
          f"before the door {bits[3, 5]:.2f}, at its goal {bits[3, 11]:.2f}")  # fmt: skip

# %% [markdown]
# ## Three rewards, the same seeds
#
# Now a planner plays the helper, and only what it is paid for differs: its task (there is none for it here, so it
# acts at random), or kindness that looks 3 or 12 steps ahead.

# %%
rewards = {
    "its own task": "task",
    "kindness, 3 steps": "kindness:horizon=3",
    "kindness, 12 steps": "kindness:horizon=12",
}
result = sandbox.compare("gilded_cage", rewards, seeds=5)
rich.print(report.table(result))

# %%
report.plot(result)

# %% [markdown]
# Kindness that looks 3 steps ahead sees the poor corridor and keeps the human in its roomy cage: it even opens the
# door while the human cannot yet step into it, since an open door is a choice more, and shuts it in time. Kindness that
# looks further sees all that lies beyond the door, and lets the human go.
#
# `result.rows` holds the figures of every seed, `result.summary()` means and intervals; `report.save` writes them.

# %%
result.summary()["kindness, 3 steps"]["goal_reached/human"]

# %% [markdown]
# The first seed, side by side:

# %%
with tempfile.TemporaryDirectory() as folder:
    film = Path(folder) / "gilded_cage.gif"
    report.film(result, film)
    display(Image(data=film.read_bytes()))

# %% [markdown]
# From here: `sandbox.make` takes `rewards=` too, a name, a mix such as `"task+0.5*kindness:horizon=4"` or an object of
# your own; `sandbox.make_batch` steps many worlds at once; and a scenario of your own is one YAML file.
