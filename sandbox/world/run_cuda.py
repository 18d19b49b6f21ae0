"""Worlds on a GPU: one thread moves one world, with the very kernels that move it on the CPU."""

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
from numba.core import config
from numba.core.errors import NumbaPerformanceWarning

from sandbox.world.codes import PLANE_COUNT
from sandbox.world.world import World

THREADS = 64  # in a block; few, so that a thousand worlds already lie on all multiprocessors


def toolkit() -> Any:
    """The module `numba.cuda`.

    Raises:
        RuntimeError: numba-cuda or a GPU is missing, in one line that says what to do.
    """
    simulated = getattr(config, "ENABLE_CUDASIM", 0)
    if not simulated and find_spec("numba_cuda") is None:
        raise RuntimeError(
            "a GPU is used through numba-cuda, which is missing here: pip install 'empowerment-sandbox[gpu]'"
        )
    from numba import cuda

    if not cuda.is_available():
        raise RuntimeError(
            "no GPU is at hand: numba-cuda finds no NVIDIA driver or no device on this machine"
        )
    return cuda


class Field:
    """One field of all states where it lies, [worlds, ...]: what torch and others take without a copy.

    `torch.as_tensor(field, device="cuda")` shares the memory.
    """

    def __init__(self, states: Any, name: str) -> None:
        kind, offset = states.dtype.fields[name][:2]
        base, shape = kind.subdtype or (kind, ())
        inner = np.empty(shape, base).strides
        self.states = states  # kept alive
        self.__cuda_array_interface__ = {
            "shape": (len(states), *shape),
            "strides": (states.dtype.itemsize, *inner),
            "typestr": base.str,
            "data": (states.__cuda_array_interface__["data"][0] + offset, False),
            "version": 3,
        }


class CudaWorld:
    """A world whose states lie in the memory of the GPU; the rules, and what every step does, are those of `world`.

    Arrays are numba-cuda's device arrays, or anything with `__cuda_array_interface__` (torch tensors) where
    arrays of numbers are asked for. Kernels are compiled in each process on first use, for some seconds.

    Args:
        world: the World.

    Raises:
        RuntimeError: numba-cuda or a GPU is missing.
    """

    def __init__(self, world: World) -> None:
        self.cuda = toolkit()
        from sandbox.world.cuda_kernels import launchable

        self.dynamics = self.world = world
        self.kernels = launchable(world.kernels)
        self.level = self.cuda.to_device(world.level)
        self.first_words = self.cuda.to_device(world.first_words)

    def new_states(self, count: int, seed: int) -> Any:
        """Fresh states on the GPU, records [count]: the same bytes as `World.new_states` gives."""
        return self.cuda.to_device(self.world.new_states(count, seed))

    def restart(self, states: Any, where: Any = None) -> None:
        """Begin the next episode in place, in all worlds or in those for which `where` [worlds] is not 0."""
        if where is None:
            where = np.ones(len(states), np.bool_)
        self._check("where", where, (len(states),))
        self._run(
            "restart", states, self.level, self.first_words, states, self.words(states), self._there(where)
        )

    def step(self, states: Any, actions: Any) -> None:
        """Let all agents act, in place, noise included.

        Args:
            states: device records [worlds].
            actions: integers [worlds, agents]. Those that lie on the GPU already are trusted to be actions of
                this world, since looking at them would mean to wait for it.

        Raises:
            ValueError: a wrong shape, or (host arrays) an action that this world does not have.
        """
        self._run("step", states, self.level, states, self._actions(states, actions))

    def imagine(self, states: Any, actions: Any) -> Any:
        """Copies of the states in which `actions` were executed, as `World.imagine`; noise never strikes here."""
        futures = self.cuda.device_array_like(states)
        self.words(futures).copy_to_device(self.words(states))
        self._run("imagine", futures, self.level, futures, self._actions(states, actions))
        return futures

    def observe(self, states: Any, out: Any = None) -> Any:
        """What agents see, uint8 [worlds, agents, side, side, 3], on the GPU; into `out` where given."""
        side = self.world.side
        shape = (len(states), self.world.agent_count, side, side, PLANE_COUNT)
        if out is None:
            out = self.cuda.device_array(shape, np.uint8)
        self._check("out", out, shape)
        self._run("observe", states, states, out)
        return out

    def action_mask(self, states: Any, out: Any = None) -> Any:
        """As `World.action_mask`, int8 [worlds, agents, actions], on the GPU; into `out` where given."""
        shape = (len(states), self.world.agent_count, len(self.world.actions))
        if out is None:
            out = self.cuda.device_array(shape, np.int8)
        self._check("out", out, shape)
        self._run("permit", states, self.level, states, out)
        return out

    def cycle(self, states: Any, actions: Any, *out: Any) -> None:
        """Let all agents act, in place, and write what came of it into device arrays; nothing begins anew.

        Args:
            states: device records [worlds].
            actions: int8 [worlds, agents] on the GPU, trusted as by `step`.
            out: observations uint8 [worlds, agents, side, side, 3], pay float32 [worlds, agents], terminated and
                truncated bool [worlds, agents], masks int8 [worlds, agents, actions], finished bool [worlds].
        """
        world = self.world
        self._run(
            "cycle", states, self.level, self.first_words, world.max_cycles, states, self.words(states), actions, *out
        )  # fmt: skip

    def renew(self, states: Any, where: Any, observations: Any, masks: Any) -> None:
        """Begin the next episode, in place, where `where` [worlds] says so, and show what agents then see and may do.

        All are arrays on the GPU; nothing is waited for.
        """
        self._run(
            "renew", states, self.level, self.first_words, states, self.words(states), where, observations, masks
        )  # fmt: skip

    def draw(self, states: Any, agents: Any, actions: Any) -> None:
        """Write the actions that the policy `random` draws for `agents` into actions int8 [worlds, agents]."""
        self._run("draw", states, states, agents, len(self.world.actions), actions)

    def share(self, tensor: Any) -> Any:
        """A torch tensor on this device as a device array: the same memory.

        Kernels run in the default stream, as torch's do unless it is told otherwise, and so one after the other.
        """
        if getattr(config, "ENABLE_CUDASIM", 0):  # then the device is the CPU
            return type(self.level)(tensor.numpy())
        return self.cuda.as_cuda_array(tensor)

    def words(self, states: Any) -> Any:
        """A second view of the same device records, uint64 [worlds, words]."""
        return states.view(np.uint64).reshape(len(states), states.dtype.itemsize // 8)

    def field(self, states: Any, name: str) -> Field:
        """One field of the states for torch and others to share, such as "pay", "alive", "over" or "clock"."""
        return Field(states, name)

    def _actions(self, states: Any, actions: Any) -> Any:
        if hasattr(actions, "copy_to_host") or hasattr(actions, "__cuda_array_interface__"):
            self._check("actions", actions, (len(states), self.world.agent_count))
            return actions
        return self._there(self.world.check_actions(states, actions))

    def _there(self, array: Any) -> Any:
        return self.cuda.to_device(array) if isinstance(array, np.ndarray) else array

    def _check(self, name: str, array: Any, shape: tuple[int, ...]) -> None:
        if tuple(array.shape) != shape:
            raise ValueError(f"{name} must be of shape {shape}, not {tuple(array.shape)}")

    def _run(self, name: str, states: Any, *arguments: Any) -> None:
        if len(states) == 0:
            return
        with warnings.catch_warnings():  # a small batch is slow on a GPU, but no mistake
            warnings.simplefilter("ignore", NumbaPerformanceWarning)
            getattr(self.kernels, name)[-(-len(states) // THREADS), THREADS](*arguments)
