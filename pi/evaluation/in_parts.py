"""Stacks of slices through a network in the largest parts that its device's memory bears.

A GPU is slow on few slices and refuses too many; how many it bears depends on the network, the
slices' size and who else is at work on it, so it is tried: a part that is refused is halved, and no
later one is larger. On a processor a slice of 512 x 512 has work enough for every thread.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.evaluation.protocol import EvaluationError

ON_A_GPU = 64
"""Slices that a GPU is given at once, at first."""

Through = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(n, rows, columns) to the same."""


def together(asked: int, on_a_processor: int) -> int:
    """Return how many slices are handed over at once.

    Args:
        asked: by the user; 0: as many as memory bears.
        on_a_processor: where there is no GPU and nobody asked.
    """
    if asked:
        return asked
    return ON_A_GPU if tf.config.list_physical_devices("GPU") else on_a_processor


def in_parts(through: Through) -> Through:
    """Return ``through``, a stack in parts where memory is too small for all of it.

    Raises:
        EvaluationError: it is too small for one slice.
    """
    most = np.iinfo(np.int64).max

    def denoise(stack: NDArray[np.float32]) -> NDArray[np.float32]:
        nonlocal most
        found: list[NDArray[np.float32]] = []
        done = 0
        while done < len(stack):
            part = stack[done : done + min(most, len(stack))]
            try:
                found.append(through(part))
            except tf.errors.ResourceExhaustedError as error:
                if len(part) == 1:
                    rows, columns = stack.shape[1:]
                    raise EvaluationError(
                        "the device's memory must hold the denoiser at work on a slice of "
                        f"{rows} x {columns} pixels but is too small."
                    ) from error
                most = len(part) // 2
                continue
            done += len(part)
        return np.concatenate(found) if len(found) != 1 else found[0]

    return denoise
