"""Where numbers are: how exact a device is, and how many processes train together."""

import torch
from torch import Tensor, distributed


def exact(tensor: Tensor) -> torch.dtype:
    """Return float64, or float32 where the device of ``tensor`` has none."""
    return torch.float32 if tensor.device.type == "mps" else torch.float64


def processes() -> int:
    """Return how many processes train together."""
    return distributed.get_world_size() if _together() else 1


def rank() -> int:
    """Return the number of this process among them."""
    return distributed.get_rank() if _together() else 0


def over_all(sums: Tensor) -> Tensor:
    """Return the sums over all processes; the host does not wait for them."""
    if _together():
        sums = sums.clone()
        distributed.all_reduce(sums)
    return sums


def _together() -> bool:
    return bool(distributed.is_available() and distributed.is_initialized())
