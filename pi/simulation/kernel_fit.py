"""The square of a kernel's MTF where anatomy covers the noise: carried down from where it does not.

Measured over modelled noise power is, of f in units of the Nyquist frequency,

    K exp(-c f^p) (1 + A f^-4)

with the MTF of `scanner.Kernel`, and anatomy whose power falls as f^-3 beside noise that rises as
f. On the challenge's slices and on simulated ones anatomy adds a fifth to a third at 0.2 cycles
per pixel and nothing that could be measured from 0.3 on, so from there on the measured power
stands, whatever its shape, and below it the fit does.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pi.simulation.scanner import Kernel

Floats = NDArray[np.float64]

FITTED = (0.17, 0.47)
"""Cycles per pixel; lower, anatomy is all there is, and at 0.5 the detector's band may end."""

CLEAN = 0.3
"""Cycles per pixel, from which the measured power of an unknown kernel stands."""

RING_ERROR = 0.06
"""Of ln power in a ring of 0.3 cycles per pixel."""

STEEPNESS = (2.5, 0.4)
"""p of a kernel that is not known, and its spread: 2.3 and 3.0 are B30 and D45."""

KNOWN_SPREAD = 0.2
"""Of ln c and of p of a kernel that is known by name."""

ANATOMY = (-6.0, 4.0)
"""ln A and its spread: hardly any opinion."""


def clean_power(power: Floats, frequencies: Floats, kernel: Kernel | None, pixel: float) -> Floats:
    """Return the power without anatomy.

    Args:
        power: (rings,) measured over modelled, for an MTF of 1.
        frequencies: (rings,) in cycles per pixel, rising from 0.
        kernel: what is believed of it; None for nothing.
        pixel: mm.
    """
    used = (frequencies >= FITTED[0]) & (frequencies <= FITTED[1]) & (power > 0)
    f, found = frequencies[used] * 2, np.log(power[used])
    certainty = np.sqrt(f / (2 * CLEAN)) / RING_ERROR
    (bend, bend_spread), (steepness, spread) = _beliefs(kernel, pixel)

    def residuals(p: Floats) -> Floats:
        model = p[0] - np.exp(p[1]) * f ** p[2] + np.log1p(np.exp(p[3]) * f**-4.0)
        beliefs = (
            (p[1] - bend) / bend_spread,
            (p[2] - steepness) / spread,
            (p[3] - ANATOMY[0]) / ANATOMY[1],
        )
        return np.concatenate([certainty * (found - model), beliefs])

    start = [found.max(), bend, steepness, ANATOMY[0]]
    limits = ([-60.0, -12.0, 1.0, -20.0], [60.0, 8.0, 6.0, 6.0])
    level, c, p, a = least_squares(residuals, start, bounds=limits).x
    fitted = np.exp(level - np.exp(c) * (2 * frequencies) ** p)
    measured = power / (1 + np.exp(a) * np.maximum(2 * frequencies, 1e-3) ** -4)
    trusted = CLEAN if kernel is None else FITTED[1]
    result: Floats = np.where(frequencies < trusted, fitted, measured)
    return result


def _beliefs(
    kernel: Kernel | None, pixel: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return ln c and p of the kernel's squared MTF, each with its spread."""
    if kernel is None:
        return (0.5, 3.0), STEEPNESS
    steepness = math.log(math.log(10) / math.log(2)) / math.log(kernel.f10 / kernel.f50)
    bend = math.log(-2 * math.log(float(kernel.mtf(np.array(0.5 / pixel)))))
    return (bend, KNOWN_SPREAD), (steepness, KNOWN_SPREAD)
