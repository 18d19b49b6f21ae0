"""Training on several processes, started by torchrun: each plays worlds of its own, gradients are averaged."""

import os
from collections.abc import Iterable

import numba
import torch
import torch.distributed as dist


def rank() -> int:
    """The number of this process; 0 where there is one only. Rank 0 alone writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def local_rank() -> int:
    """The number of this process on its machine, and so of its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def join() -> bool:
    """Meet the other processes if torchrun started this one; whether this call did so (then `leave` at the end)."""
    if dist.is_initialized() or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return False
    on_gpus = torch.cuda.is_available() and dist.is_nccl_available()
    if on_gpus:
        torch.cuda.set_device(local_rank() % torch.cuda.device_count())
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpus else "gloo")
    return True


def leave() -> None:
    """Part from the other processes."""
    dist.destroy_process_group()


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Replace each gradient by its mean over the processes, in one message; nothing happens where there is one.

    Every process has to call it equally often, with the same parameters in the same order. A parameter without a
    gradient counts as zero, so that the processes agree on the size of the message.
    """
    if processes() == 1:
        return
    chosen = [parameter for parameter in parameters if parameter.requires_grad]
    if not chosen:
        return
    flat = mean(torch.cat([_gradient(parameter).reshape(-1) for parameter in chosen]))
    for parameter, part in zip(chosen, flat.split([each.numel() for each in chosen]), strict=True):
        parameter.grad = part.view_as(parameter)


def mean(values: torch.Tensor) -> torch.Tensor:
    """The mean of a tensor over the processes, in place."""
    if processes() > 1:
        dist.all_reduce(values)
        values /= processes()
    return values


def anywhere(*flags: bool) -> list[bool]:
    """Whether each flag is up in any process, in one message."""
    if processes() == 1:
        return [bool(flag) for flag in flags]
    return (mean(torch.tensor(flags, dtype=torch.float32)) > 0).tolist()


def gather(data: bytes) -> list[bytes] | None:
    """What each process has, by rank, on rank 0; None elsewhere."""
    if processes() == 1:
        return [data]
    sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(processes())]
    dist.all_gather(sizes, torch.tensor([len(data)]))
    most = max(int(size) for size in sizes)
    padded = torch.zeros(most, dtype=torch.uint8)
    padded[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    parts = [torch.empty_like(padded) for _ in range(processes())] if rank() == 0 else None
    dist.gather(padded, parts)
    if parts is None:
        return None
    return [part[: int(size)].numpy().tobytes() for part, size in zip(parts, sizes, strict=True)]


def _gradient(parameter: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def on_one_thread() -> None:
    """Keep this process to one thread from now on, in torch and in kernels."""
    torch.set_num_threads(1)
    numba.set_num_threads(1)
