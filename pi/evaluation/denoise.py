"""Full slices through the denoiser: HU in, HU out, of any size."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pi.network.state import Denoiser
from pi.network.unet import LEVELS
from pi.slices.intensity import denormalise, normalise

# isort: split
import tensorflow as tf  # after `pi.network`, which silences its remarks on the hardware

DIVISOR = 2 ** (LEVELS - 1)
"""The U-Net halves a slice this often, so rows and columns must divide by it."""

SliceDenoiser = Callable[[NDArray[np.int16] | NDArray[np.floating]], NDArray[np.float32]]
"""(n, rows, columns) in HU to the same."""


def slice_denoiser(denoiser: Denoiser) -> SliceDenoiser:
    """Return ``denoiser`` as a function of slices in HU.

    A slice whose sides do not divide by 16 is continued by reflection below and to the right,
    and cut again afterwards; a pixel keeps its place under the network's pooling.

    Args:
        denoiser: a U-Net, or any other function of (n, rows, columns, 1) in the network's range.

    Returns:
        From (n, rows, columns) HU, the low dose, to (n, rows, columns) float32 HU.
    """
    compiled = tf.function(denoiser, reduce_retracing=True)

    def denoise(low_dose: NDArray[np.int16] | NDArray[np.floating]) -> NDArray[np.float32]:
        rows, columns = low_dose.shape[1:]
        padding = ((0, 0), (0, -rows % DIVISOR), (0, -columns % DIVISOR))
        padded = np.pad(normalise(low_dose), padding, mode="reflect")
        output: NDArray[np.float32] = compiled(tf.constant(padded[..., np.newaxis])).numpy()
        return denormalise(output[:, :rows, :columns, 0])

    return denoise
