"""Full slices through the denoiser: HU in, HU out, of any size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.network.state import Denoiser, restore_weights
from pi.network.unet import LEVELS, build_unet
from pi.slices.intensity import denormalise, normalise

# isort: split
import tensorflow as tf  # after `pi.network`, which silences its remarks on the hardware

DIVISOR = 2 ** (LEVELS - 1)
"""The U-Net halves a slice this often, so rows and columns must divide by it."""

SliceDenoiser = Callable[[NDArray[np.int16] | NDArray[np.floating]], NDArray[np.float32]]
"""(n, rows, columns) in HU to the same."""


def load_denoiser(weights: Path, channels: int) -> SliceDenoiser:
    """Return a trained U-Net as a function of slices in HU.

    Args:
        weights: its ``.weights.h5`` file; only arrays are read.
        channels: of its first level.

    Raises:
        StateError: the file holds no weights of a U-Net of this width.
    """
    unet = build_unet(channels, seed=0)
    restore_weights(unet, weights)
    return slice_denoiser(unet)


def slice_denoiser(denoiser: Denoiser) -> SliceDenoiser:
    """Return ``denoiser`` as a function of slices in HU.

    A slice whose sides do not divide by 16 is continued by reflection below and to the right,
    and cut again afterwards; a pixel keeps its place under the network's pooling.

    Args:
        denoiser: a U-Net, or any other function of (n, rows, columns, 1) in the network's range.

    Returns:
        From (n, rows, columns) HU, the low dose, to (n, rows, columns) float32 HU.
    """
    through = padded(tf.function(denoiser, reduce_retracing=True))
    return lambda low_dose: denormalise(through(normalise(low_dose)))


def padded(denoiser: Denoiser) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return ``denoiser`` as a function of slices of any size in the network's range.

    Returns:
        From (n, rows, columns) float32 to the same; see `slice_denoiser`.
    """

    def denoise(low_dose: NDArray[np.float32]) -> NDArray[np.float32]:
        rows, columns = low_dose.shape[1:]
        beyond = ((0, 0), (0, -rows % DIVISOR), (0, -columns % DIVISOR))
        continued = np.pad(low_dose, beyond, mode="reflect")
        output: NDArray[np.float32] = denoiser(tf.constant(continued[..., np.newaxis])).numpy()
        return output[:, :rows, :columns, 0]

    return denoise
