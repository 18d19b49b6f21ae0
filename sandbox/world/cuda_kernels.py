"""Launchable kernels that give each world a GPU thread; imported only where numba-cuda is asked for."""

# Numba's own annotations take cuda.grid and others for classes.
# pyright: reportCallIssue=false

from types import ModuleType, SimpleNamespace

import numpy as np
from numba import cuda

from sandbox.world.randomness import GOLDEN, SECOND, mix

TURN = np.uint64(0x10001)
S33 = np.uint64(33)


def launchable(own: ModuleType) -> SimpleNamespace:
    """The kernels of a world's generated module, from the same sources, for arrays in the memory of the GPU."""
    act_all, observe_one, restart_one, step_one = own.act_all, own.observe, own.restart_one, own.step_one
    cycle_one, permit_one = own.cycle_one, own.permit

    @cuda.jit
    def step(levels, states, actions):
        world = cuda.grid(1)
        if world < states.shape[0]:
            step_one(levels[0], states[world], actions[world])

    @cuda.jit
    def imagine(levels, states, actions):
        world = cuda.grid(1)
        if world < states.shape[0]:
            act_all(levels[0], states[world], actions[world])

    @cuda.jit
    def restart(levels, first_words, states, words, where):
        world = cuda.grid(1)
        if world < states.shape[0] and where[world]:
            restart_one(levels[0], first_words, states[world], words[world])

    @cuda.jit
    def observe(states, out):
        world = cuda.grid(1)
        if world < states.shape[0]:
            observe_one(states[world], out[world])

    @cuda.jit
    def permit(levels, states, out):
        world = cuda.grid(1)
        if world < states.shape[0]:
            for agent in range(out.shape[1]):
                permit_one(levels[0], states[world], agent, out[world, agent])

    @cuda.jit
    def cycle(
        levels, first_words, max_cycles, states, words, actions, observations, pay, terminated, truncated,
        masks, finished,
    ):  # fmt: skip
        world = cuda.grid(1)
        if world < states.shape[0]:
            # without room for last views finished worlds are left as they are
            nowhere = observations[world, :0]
            finished[world] = cycle_one(
                levels[0], first_words, max_cycles, states[world], words[world], actions[world], observations[world],
                pay[world], terminated[world], truncated[world], nowhere, masks[world],
            )  # fmt: skip

    @cuda.jit
    def renew(levels, first_words, states, words, where, observations, masks):
        world = cuda.grid(1)
        if world < states.shape[0] and where[world]:
            restart_one(levels[0], first_words, states[world], words[world])
            observe_one(states[world], observations[world])
            for agent in range(masks.shape[1]):
                permit_one(levels[0], states[world], agent, masks[world, agent])

    return SimpleNamespace(
        step=step, imagine=imagine, restart=restart, observe=observe, permit=permit, cycle=cycle, renew=renew,
        draw=draw,
    )  # fmt: skip


@cuda.jit
def draw(states, agents, bound, actions):
    """Actions below `bound` of these agents, each with the same chance: what the policy `random` draws."""
    world = cuda.grid(1)
    if world < states.shape[0]:
        key, clock = mix(states[world].rng_key ^ SECOND), np.uint64(states[world].clock)
        for index in range(agents.shape[0]):
            turn = clock * TURN + np.uint64(agents[index])  # as `randomness.aside`
            bits = mix(key + turn * GOLDEN) >> S33
            actions[world, agents[index]] = bits % np.uint64(bound)
