"""How far one slice is from its normal dose, under a protocol and in Hounsfield units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.protocol import Protocol, Values, to_values
from pi.evaluation.ssim import ssim


@dataclass(frozen=True, slots=True)
class HuErrors:
    """Errors in HU, nothing cut, the same under every protocol.

    Attributes:
        rmse_hu: root of the mean squared difference.
        mae_hu: mean absolute difference.
        bias_hu: mean of image minus target: above 0 where the image is too bright.
    """

    rmse_hu: float
    mae_hu: float
    bias_hu: float


@dataclass(frozen=True, slots=True)
class Similarity:
    """Likeness under one protocol.

    Attributes:
        ssim: mean structural similarity, 1 for identical slices.
        psnr: dB; infinite for identical values.
        nrmse: ||image - target|| / ||target|| of the protocol's values (its zero counts).
        rmse_clipped_hu: RMSE in HU after both were cut to the protocol's ``rmse_clip_hu``.
    """

    ssim: float
    psnr: float
    nrmse: float
    rmse_clipped_hu: float


def hu_errors(image: NDArray[np.generic], target: NDArray[np.generic]) -> HuErrors:
    """Return the errors of ``image``, both (rows, columns) in HU, summed in float64."""
    error = image.astype(np.float64) - target.astype(np.float64)
    return HuErrors(_root_mean_square(error), float(np.abs(error).mean()), float(error.mean()))


def similarity(
    image: NDArray[np.generic],
    target: NDArray[np.generic],
    protocol: Protocol,
    errors: HuErrors,
    *,
    predicted: bool,
) -> Similarity:
    """Return how like ``target`` an image is under ``protocol``.

    Args:
        image: (rows, columns), HU.
        target: the normal dose, of the same shape, HU.
        protocol: how they are compared.
        errors: of the same pair.
        predicted: whether the image is a network's output, not one read from disk.

    Raises:
        EvaluationError: shapes that differ, or slices smaller than the window of SSIM.
    """
    a = to_values(image, protocol, predicted=predicted)
    b = to_values(target, protocol, predicted=False)
    error = _root_mean_square(np.subtract(a, b, dtype=np.float64))
    return Similarity(
        ssim(a, b, data_range=protocol.data_range, window=protocol.window),
        psnr(error, data_range=protocol.data_range),
        nrmse(error, b),
        _clipped_rmse(image, target, protocol, errors),
    )


def psnr(root_mean_square_error: float, *, data_range: float) -> float:
    """Return the peak signal-to-noise ratio in dB, 20 log10(L / RMSE).

    Identical slices have an infinite one: the table keeps it, means leave it out and count it.
    """
    if root_mean_square_error == 0:
        return float("inf")
    return float(20 * np.log10(data_range / root_mean_square_error))


def nrmse(root_mean_square_error: float, target: Values) -> float:
    """Return the RMSE over the target's root mean square (skimage's ``euclidean``).

    A target that is 0 everywhere gives 0 if there is no error, else infinity.
    """
    if root_mean_square_error == 0:
        return 0.0
    norm = _root_mean_square(target.astype(np.float64))
    return root_mean_square_error / norm if norm else float("inf")


def _clipped_rmse(
    image: NDArray[np.generic],
    target: NDArray[np.generic],
    protocol: Protocol,
    errors: HuErrors,
) -> float:
    if protocol.rmse_clip_hu is None:
        return errors.rmse_hu
    a, b = (np.clip(v.astype(np.float64), *protocol.rmse_clip_hu) for v in (image, target))
    return _root_mean_square(a - b)


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))  # np.dot would wake BLAS's threads
