"""From what agents see to figures for each action: bytes become features on the device, small networks follow.

On the CPU the first layer is a compiled sum over the bytes that are not zero, a tenth of all (sight_kernels.py); on
other devices it is one matrix product over features of 0 and 1. Both are the same function.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sandbox import freed_memory
from sandbox.training import sight_kernels
from sandbox.world.codes import AGENT, CARRYING, CROWD, OTHERS_COIN, OWN_COIN, PLANE_COUNT, THING
from sandbox.world.world import World


def alphabet(world: World) -> NDArray[np.uint8]:
    """The place of every code among a cell's features from 1, uint8 [planes, 256]; 0 for what never shows.

    The empty codes (floor, nothing, nobody) have none: a network's bias speaks for them.
    """
    layout = world.layout
    marks = {mark for rule in layout.rules.values() for mark in rule.marks}
    if "coloured_coins" in layout.rules:
        marks |= {(THING, OWN_COIN), (THING, OTHERS_COIN)}
    marks |= {(AGENT, look) for look in looks(world)}
    slots = np.zeros((PLANE_COUNT, 256), np.uint8)
    for place, (plane, code) in enumerate(sorted(mark for mark in marks if mark[1])):
        slots[plane, code] = place + 1
    return slots


def looks(world: World) -> list[int]:
    """How agents can look: by their own look, the coins they have, what they carry, and whether more stand there."""
    layout = world.layout
    coins = len(layout.things("coin")) if "coins" in layout.rules else 0
    found = {1 + look for look in range(len(layout.look_names) * (1 + coins)) if 1 + look < CARRYING}
    for mark, rule in ((CARRYING, "keys"), (CROWD, "mingling")):
        if rule in layout.rules:
            found |= {look + mark for look in found}
    return sorted(found)


def window_bytes(world: World) -> int:
    """Bytes of what one agent sees."""
    return world.side**2 * PLANE_COUNT


class _Look(torch.autograd.Function):
    """`sight_kernels.add_up` with its gradient, on the CPU."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> tuple[torch.Tensor, ...]:
        """Give float32 [rows, units] for each tower, from uint8 [rows, bytes], slots, weight, bias and the towers."""
        seen, slots, weight, bias, towers = given
        seen, out = seen.contiguous(), torch.empty(len(seen), len(bias))
        sight_kernels.add_up(seen.numpy(), slots, *_arrays((weight, bias, out)))
        ctx.save_for_backward(seen, weight, bias, out)
        ctx.slots = slots
        return out.chunk(towers, 1)

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple:
        """Gradients of weight and bias."""
        seen, weight, bias, out = ctx.saved_tensors
        to_weight, to_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        parts = _arrays(slope.contiguous() for slope in slopes)
        sight_kernels.hand_back(
            seen.numpy(), ctx.slots, out.numpy(), parts, to_weight.numpy(), to_bias.numpy()
        )
        return None, None, to_weight, to_bias, None


def _arrays(tensors: Iterable[torch.Tensor]) -> tuple[np.ndarray, ...]:
    return tuple(tensor.detach().numpy() for tensor in tensors)


class Towers(nn.Module):
    """Networks of one shape that read the same windows, laid side by side so that windows are read once.

    Hidden layers are cut off below 0 (ReLU) and begin orthogonal; a bias begins at 0.

    Args:
        slots: see `alphabet`.
        cells: how many cells are seen at once, those of several windows one after the other.
        hidden: units of each network's hidden layers, one or more.
        outputs: how many figures each network gives.
        gains: scale of each network's last layer at the start.
        generator: for the weights at the start.
    """

    features: torch.Tensor

    def __init__(
        self,
        slots: NDArray[np.uint8],
        cells: int,
        hidden: Sequence[int],
        outputs: Sequence[int],
        gains: Sequence[float],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.slots = slots
        places, towers = int(slots.max()), len(outputs)
        # about as many codes show in a window as a third of its cells
        first = torch.randn(cells * places, towers * hidden[0], generator=generator) * math.sqrt(6 / cells)
        self.weight, self.bias = nn.Parameter(first), nn.Parameter(torch.zeros(towers * hidden[0]))
        self.tails = nn.ModuleList()
        for count, gain in zip(outputs, gains, strict=True):
            layers: list[nn.Module] = []
            for wide, narrow in pairwise(hidden):
                layers += [_linear(wide, narrow, math.sqrt(2), generator), nn.ReLU(inplace=True)]
            self.tails.append(nn.Sequential(*layers, _linear(hidden[-1], count, gain, generator)))
        features = torch.from_numpy(slots[..., None] == np.arange(1, places + 1)).float()
        self.register_buffer("features", features, persistent=False)

    def forward(self, seen: torch.Tensor) -> list[torch.Tensor]:
        """Figures [rows, outputs] of each network for uint8 [rows, cells * planes]."""
        look = self.look if seen.device.type == "cpu" else self.look_densely
        return [tail(part) for tail, part in zip(self.tails, look(seen), strict=True)]

    def look(self, seen: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The first layer, compiled, on the CPU: float32 [rows, units] for each tower."""
        return _Look.apply(seen, self.slots, self.weight, self.bias, len(self.tails))  # pyright: ignore[reportReturnType]

    def last(self, tower: int) -> nn.Linear:
        """The last layer of one network."""
        return self.tails[tower][-1]  # pyright: ignore[reportIndexIssue, reportReturnType]

    def look_densely(self, seen: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The same by a matrix product, on any device."""
        codes = seen.reshape(len(seen), -1, PLANE_COUNT).int()
        shown = self.features[0][codes[..., 0]]
        for plane in range(1, PLANE_COUNT):
            shown = shown + self.features[plane][codes[..., plane]]
        return torch.addmm(self.bias, shown.flatten(1), self.weight).relu().chunk(len(self.tails), 1)


def at_once(function: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
    """What a function gives for each part, in order; as many parts at a time as there are threads, each on one.

    Cut into parts that do not depend on the number of threads, what networks learn has the same bits on any number.
    """
    threads = single_thread()
    return list(threads.map(function, parts) if threads and len(parts) > 1 else map(function, parts))


@cache
def single_thread() -> ThreadPoolExecutor | None:
    """Keep torch to one thread from now on; gives as many threads of our own as it had, none where that is one.

    Networks this small lose more than they gain when each product is shared out, and much where others use the machine.
    """
    freed_memory.keep()
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    return ThreadPoolExecutor(count, "learning", torch.set_num_threads, (1,)) if count > 1 else None


def _linear(wide: int, narrow: int, gain: float, generator: torch.Generator) -> nn.Linear:
    layer: Any = nn.utils.skip_init(nn.Linear, wide, narrow)
    nn.init.orthogonal_(layer.weight, gain, generator)
    nn.init.zeros_(layer.bias)
    return layer


def moments(optimizer: torch.optim.Optimizer, name: str) -> dict[str, torch.Tensor]:
    """An optimizer's memory by name, nothing before its first step."""
    return {
        f"{name}.{index}.{key}": value
        for index, state in optimizer.state_dict()["state"].items()
        for key, value in state.items()
    }


def restore_moments(optimizer: torch.optim.Optimizer, name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Put back what `moments` gave."""
    saved = optimizer.state_dict()
    saved["state"] = {}
    for key, value in tensors.items():
        if key.startswith(f"{name}."):
            index, what = key.removeprefix(f"{name}.").split(".")
            saved["state"].setdefault(int(index), {})[what] = value
    optimizer.load_state_dict(saved)


def restore_module(module: nn.Module, name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Put back a module's weights; raises ValueError with one line where names or shapes do not fit."""
    for key, own in module.state_dict().items():
        saved = tensors.get(f"{name}.{key}")
        if saved is None or saved.shape != own.shape:
            found = "nothing" if saved is None else f"shape {tuple(saved.shape)}"
            raise ValueError(
                f"saved weights do not fit: {name}.{key} has shape {tuple(own.shape)}, not {found}"
            )
        own.copy_(saved)
