"""Launchable kernels that give each world a GPU thread; imported only where numba-cuda is asked for."""

# Numba's own annotations take cuda.grid and others for classes.
# pyright: reportCallIssue=false

from types import ModuleType, SimpleNamespace

from numba import cuda


def launchable(own: ModuleType) -> SimpleNamespace:
    """The kernels of a world's generated module, from the same sources, for arrays in the memory of the GPU."""
    act_all, observe_one, restart_one, step_one = own.act_all, own.observe, own.restart_one, own.step_one

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

    return SimpleNamespace(step=step, imagine=imagine, restart=restart, observe=observe)
