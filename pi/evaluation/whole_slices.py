"""Full slices through the denoiser: HU in, HU out, of any size."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pi.denoisers import Sizes
from pi.evaluation.denoising import SliceDenoiser
from pi.evaluation.in_parts import in_parts
from pi.network.state import Denoiser
from pi.slices.intensity import denormalise, normalise

# isort: split
import tensorflow as tf  # after `pi.network`, which silences its remarks on the hardware

__all__ = ["SliceDenoiser", "padded", "slice_denoiser"]


def slice_denoiser(denoiser: Denoiser, sizes: Sizes) -> SliceDenoiser:
    """Return ``denoiser`` as a function of slices in HU.

    A slice of a size that the network does not take is continued by reflection below and to the
    right, and cut again afterwards; a pixel keeps its place under the network's pooling.

    Args:
        denoiser: a function of (n, rows, columns, 1) in the network's range.
        sizes: that it takes.

    Returns:
        From (n, rows, columns) HU, the low dose, to (n, rows, columns) float32 HU.
    """
    through = padded(tf.function(denoiser, reduce_retracing=True), sizes)
    return lambda low_dose: denormalise(through(normalise(low_dose)))


def padded(
    denoiser: Denoiser, sizes: Sizes
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return ``denoiser`` as a function of slices of any size in the network's range.

    Returns:
        From (n, rows, columns) float32 to the same, in parts where memory asks for them; see
        `slice_denoiser`.
    """

    def denoise(low_dose: NDArray[np.float32]) -> NDArray[np.float32]:
        rows, columns = low_dose.shape[1:]
        beyond = ((0, 0), (0, sizes.missing(rows)), (0, sizes.missing(columns)))
        continued = np.pad(low_dose, beyond, mode="reflect")
        output: NDArray[np.float32] = denoiser(tf.constant(continued[..., np.newaxis])).numpy()
        return output[:, :rows, :columns, 0]

    return in_parts(denoise)
