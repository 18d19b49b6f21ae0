"""Arrays on their way to the device where networks live, and answers on their way back."""

from typing import Any

import numpy as np
import torch


def there(array: Any, device: torch.device) -> torch.Tensor:
    """A NumPy array or tensor as a tensor on `device`.

    What lies there already is taken as it is, and on the CPU memory is shared. To a GPU it goes by way of pinned
    memory, without waiting; torch keeps that memory until the copy is done.
    """
    if isinstance(array, torch.Tensor):
        return array.to(device, non_blocking=True)
    tensor = torch.as_tensor(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def as_given(answer: torch.Tensor, question: Any) -> Any:
    """A tensor where the question was asked with one, which waits for nothing; else a NumPy array."""
    return answer if isinstance(question, torch.Tensor) else answer.cpu().numpy()


def host(answer: Any) -> np.ndarray:
    """A NumPy array of what may be a tensor."""
    return answer.cpu().numpy() if isinstance(answer, torch.Tensor) else answer
