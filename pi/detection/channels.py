"""What a model observer sees a slice through: Laguerre-Gauss channels, and the filter of the eye.

References:
    Gallas and Barrett, Validating the use of channels to estimate the ideal linear observer, JOSA A
    20 (2003) 1725: u_j(r) = sqrt(2)/a exp(-pi r^2/a^2) L_j(2 pi r^2/a^2), orthonormal in the plane.
    Burgess, Li and Abbey, Visual signal detectability with two noise components, JOSA A 14 (1997)
    2420: the eye's filter f^n exp(-c f^2).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import eval_laguerre

Floats = NDArray[np.float64]

ORDERS = 5
"""Channels: orders 0 to 4."""

WIDTH = math.sqrt(math.pi)
"""The channels' a over the lesion's radius: exp(-pi r^2/a^2) then has the volume of the disc."""

EYE_POWER, EYE_PEAK = 1.3, 4.0
"""Exponent n of the eye's filter, and where it is greatest, cycles per degree."""

DISTANCE_MM = 500.0
"""From the eye to a display that shows a slice life-size."""

_FINE = 8  # side of the plane in which a template is filtered, over that of its box


def laguerre_gauss(radius: Floats, width: float, orders: int = ORDERS) -> Floats:
    """Return the channels at some distances from their middle, (orders, *radius.shape), 1/mm.

    Args:
        radius: distance of each pixel, mm.
        width: a, mm.
        orders: how many.
    """
    x = 2 * math.pi * np.square(radius / width)
    envelope = math.sqrt(2) / width * np.exp(-x / 2)
    return np.stack([envelope * eval_laguerre(order, x) for order in range(orders)])


def eye_filter(frequency: Floats) -> Floats:
    """Return what the eye passes of frequencies in 1/mm on the display, 1 at its peak.

    c follows from the peak: n / (2 f^2). Nothing passes at 0: the eye sees no absolute HU.
    """
    degree = DISTANCE_MM * math.tan(math.radians(1.0))
    relative = frequency * degree / EYE_PEAK
    return np.asarray(relative**EYE_POWER * np.exp(EYE_POWER / 2 * (1 - relative**2)))


def eye_template(signal: Floats, pixel: float) -> Floats:
    """Return a signal through the filter of the eye twice: what NPWE correlates slices with.

    Args:
        signal: (rows, columns) HU, 0 at its edges.
        pixel: spacing, mm.

    Returns:
        The same shape; what lies beyond it is cut off.
    """
    rows, columns = signal.shape
    shape = (fft.next_fast_len(_FINE * rows), fft.next_fast_len(_FINE * columns, real=True))
    frequency = np.hypot(fft.fftfreq(shape[0], pixel)[:, np.newaxis], fft.rfftfreq(shape[1], pixel))
    seen = fft.rfft2(signal, shape) * np.square(eye_filter(frequency))
    return np.asarray(fft.irfft2(seen, shape)[:rows, :columns])
