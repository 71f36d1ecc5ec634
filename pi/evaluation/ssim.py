"""SSIM of two slices in float64: scikit-image's value in a thirtieth of its time.

Wang et al. 2004, Eq. 13, with the covariances from E[ab] - E[a]E[b]. Variances appear only as
their sum, so four window sums do; a sum of 7 is made of sums of 2 and of 4; and rows are taken
in bands that stay in a core's cache.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from pi.evaluation.protocol import EvaluationError, Values, Window
from pi.evaluation.smoothing import Plane, bands, gaussian_taps, smoothed

K1, K2 = 0.01, 0.03  # of Wang et al.
SIDE = 7  # of scikit-image's uniform window
GAUSSIAN_SIDE, SIGMA = 11, 1.5  # of Wang et al.

Smooth = Callable[[Plane], Plane]


class _Kind(NamedTuple):
    smooth: Smooth
    side: int
    bias: float  # sample covariance over population covariance
    padded: int  # zeros outside the slice


def ssim(a: Values, b: Values, *, data_range: float, window: Window = "uniform") -> float:
    """Return the mean structural similarity of two slices.

    Args:
        a: (rows, columns), any real dtype; computed in float64.
        b: of the same shape. The order does not matter.
        data_range: L, the distance between the lowest and highest possible value.
        window: ``uniform``: 7 x 7, sample covariance, windows that lie wholly inside: the default
            of `skimage.metrics.structural_similarity`, equal within 1e-10. ``gaussian``: 11 x 11,
            sigma 1.5, population covariance, windows wholly inside: Wang et al., and
            `tf.image.ssim`. ``gaussian_zero_padded``: the same, centred on every pixel with zeros
            outside the slice: RED-CNN's code and its descendants.

    Raises:
        EvaluationError: shapes that differ, are not 2-D or smaller than the window.
    """
    kind = _KINDS[window]
    if a.shape != b.shape or a.ndim != 2:
        raise EvaluationError(
            f"two slices must be 2-D and of one shape but got {a.shape} and {b.shape}."
        )
    if min(a.shape) < kind.side - 2 * kind.padded:
        raise EvaluationError(
            f"a slice must have at least {kind.side} rows and columns for SSIM but got {a.shape}."
        )
    first, second = (np.pad(v, kind.padded) if kind.padded else v for v in (a, b))
    rows, columns = (length - kind.side + 1 for length in first.shape)
    total = sum(
        _similarity(one, other, data_range, kind).sum()
        for one, other in bands(first, second, kind.side)
    )
    return float(total / (rows * columns))


def _similarity(a: Plane, b: Plane, data_range: float, kind: _Kind) -> Plane:
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    mean_a, mean_b = kind.smooth(a), kind.smooth(b)
    product = mean_a * mean_b
    squares = mean_a * mean_a + mean_b * mean_b
    covariance = kind.bias * (kind.smooth(a * b) - product)
    variances = kind.bias * (kind.smooth(a * a + b * b) - squares)
    likeness = (2 * product + c1) * (2 * covariance + c2)
    return np.asarray(likeness / ((squares + c1) * (variances + c2)))


def _uniform(plane: Plane) -> Plane:
    """Return the mean of each 7 x 7 window."""
    twos = plane[:-1] + plane[1:]
    down = (twos[:-2] + twos[2:])[:-3] + twos[4:-1] + plane[6:]
    twos = down[:, :-1] + down[:, 1:]
    sevens = (twos[:, :-2] + twos[:, 2:])[:, :-3] + twos[:, 4:-1] + down[:, 6:]
    return sevens / SIDE**2


_GAUSSIAN = partial(smoothed, taps=gaussian_taps(GAUSSIAN_SIDE, SIGMA))
_KINDS: dict[Window, _Kind] = {
    "uniform": _Kind(_uniform, SIDE, SIDE**2 / (SIDE**2 - 1), 0),
    "gaussian": _Kind(_GAUSSIAN, GAUSSIAN_SIDE, 1.0, 0),
    "gaussian_zero_padded": _Kind(_GAUSSIAN, GAUSSIAN_SIDE, 1.0, GAUSSIAN_SIDE // 2),
}
