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
# # Where formulations disagree
#
# There are more than thirty ways here to pay an agent for power, care, empathy or curiosity, most of them from papers.
# They agree on much, and the places where they do not are the ones to look at before anybody is trained. Here we ask
# all of them about one moment, and then see why the answer to one step is not yet a plan.

# %%
# %matplotlib inline
import numpy as np
import rich
from PIL.Image import fromarray

import sandbox
from sandbox.environment.picture import Painter
from sandbox.experiments import report
from sandbox.experiments.probe import probe

# %% [markdown]
# ## One moment
#
# In the *gilded cage* a human walks to the goal at the end of a corridor; the helper, in a booth of its own, can shut
# the door by a switch. We let the human walk up to the open door.

# %%
scenario = sandbox.load_scenario("gilded_cage")
world = sandbox.World(scenario)
human, helper = world.agent_ids.index("human_0"), world.agent_ids.index("helper_0")
states = world.new_states(1, 0)
for _ in range(3):
    actions = np.zeros((1, world.agent_count), np.int8)
    actions[0, human] = world.actions.index("east")
    world.step(states, actions)
fromarray(Painter(world).paint(states[0]))

# %% [markdown]
# `probe` asks every formulation what it would pay each agent if all stayed, and what it would pay the helper for each
# of its next actions. (`sandbox probe` does the same in a terminal, and the viewer beside the picture.)

# %%
found = probe(scenario, agent=helper, states=states)
for table in found.tables():
    rich.print(table)

# %% [markdown]
# To `interact` is to shut the door. Drawn as what each action gains over staying, each formulation in its own unit:

# %%
report.plot_probe(found)

# %% [markdown]
# Whoever cares is against shutting the door: `kindness`, `choice`, `anticipation` and their kin, because fewer cells
# lie ahead of the human; `option_value` and `be_considerate`, because its goal would be out of reach. `equality` is
# for it, since the human can do more than the helper and would lose some of that. `empowerment` does not tell: the
# helper's own three cells stay as they are. Curiosity wants what it has not yet seen.

# %%
assert found.actions["kindness"][world.actions.index("interact")] < found.actions["kindness"][0]
assert found.actions["equality"][world.actions.index("interact")] > found.actions["equality"][0]

# %% [markdown]
# ## A step is not a plan
#
# And yet a helper that plans for `kindness` with a short horizon shuts the door (see the first notebook). The pay of
# this one step is against it; what counts is where the human goes in all the steps after. Here is its empowerment on
# each cell of its way, with the door open, beside what it has in the room behind a shut door:

# %%
way = [(3, column) for column in range(1, 12)]
maps = {
    (horizon, is_open): sandbox.empowerment_map(
        sandbox.World(sandbox.load_scenario("gilded_cage", {"legend.D.door.open": is_open})), horizon=horizon
    )
    for horizon in (2, 3, 12)
    for is_open in (True, False)
}
for horizon in (2, 3, 12):
    along = [maps[horizon, True][cell] for cell in way]
    room = np.nanmean(maps[horizon, False][1:6, 1:6])
    print(
        f"n={horizon:2}: "
        + " ".join(f"{bits:.1f}" for bits in along)
        + f"   shut in, on average {room:.1f} bits"
    )

# %% [markdown]
# Two or three steps ahead the corridor is poorer than the room, so a helper that is paid for what the human *can* do
# keeps it from where it *wants* to go. Twelve steps ahead the room, the corridor and all that lies between are in
# reach from everywhere, and there is nothing to gain by shutting. What looks like a taste for cages is a horizon.

# %%
for horizon in (2, 3):
    assert maps[horizon, True][3, 11] < np.nanmean(maps[horizon, False][1:6, 1:6])
assert maps[12, True][3, 11] > np.nanmean(maps[12, False][1:6, 1:6])
