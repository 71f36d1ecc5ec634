"""What a normal dose becomes at equal MSE: noise of less and less dose, blur, high and low grains.

A distance is worth a lambda if it tells these apart where the MSE cannot.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

AMPLITUDES = (0.25, 0.5, 0.75, 1.0)
"""Of the noise: as if the dose fell in steps to the low dose."""

SIGMAS = np.geomspace(0.3, 12, 20)
"""Of blurs, pixels: the first whose MSE is at least the noise's is mixed down to it."""

SPLIT_SIGMA = 1.0
"""Pixels: what a Gaussian of it leaves of the noise is low, the rest is high."""

Patches = NDArray[np.float32]


@dataclass(frozen=True)
class Degraded:
    """Patches degraded in several ways; of one patch all but the weaker doses have one MSE.

    Attributes:
        doses: one of `AMPLITUDES` each: (n, size, size, 1), the last is the low dose itself.
        blur: the target blurred; the target itself where ``blurred`` is False.
        high: with the grains of the noise that a Gaussian takes away.
        low: with those that it leaves.
        blurred: (n,) whether any blur has as much MSE as the noise: a flat patch has none.
    """

    doses: tuple[Patches, ...] = field(repr=False)
    blur: Patches = field(repr=False)
    high: Patches = field(repr=False)
    low: Patches = field(repr=False)
    blurred: NDArray[np.bool]

    @property
    def images(self) -> tuple[Patches, ...]:
        """All of them: the doses, blur, high, low."""
        return (*self.doses, self.blur, self.high, self.low)


def degrade(low_dose: Patches, normal_dose: Patches) -> Degraded:
    """Degrade normal doses, (n, size, size, 1) in the network's range, as their low doses are."""
    target = normal_dose.astype(np.float64)
    noise = low_dose - target
    wanted = _mse(noise)
    smooth = _smoothed(noise, SPLIT_SIGMA)
    blur, blurred = _blurs(target, wanted)
    return Degraded(
        tuple(_image(target + amplitude * noise) for amplitude in AMPLITUDES),
        _image(target + blur),
        _image(target + _scaled(noise - smooth, wanted)),
        _image(target + _scaled(smooth, wanted)),
        blurred,
    )


def _blurs(
    target: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool]]:
    """Return what a blur of the MSE ``wanted`` changes, and where there is one."""
    found = np.zeros_like(target)
    blurred = np.zeros(len(target), bool)
    for sigma in SIGMAS:
        left = ~blurred
        if not left.any():
            break
        change = _smoothed(target[left], sigma) - target[left]
        enough = (_mse(change) >= wanted[left]) & (wanted[left] > 0)
        places = np.flatnonzero(left)[enough]
        found[places] = _scaled(change[enough], wanted[places])
        blurred[places] = True
    return found, blurred


def _smoothed(images: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return np.asarray(gaussian_filter(images, (0, sigma, sigma, 0)))


def _mse(change: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.square(change).mean(axis=(1, 2, 3)))


def _scaled(change: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return changes of the MSE that is wanted; 0 where there is nothing to be scaled."""
    own = _mse(change)
    factor = np.sqrt(np.divide(wanted, own, out=np.zeros_like(own), where=own > 0))
    return change * factor[:, None, None, None]


def _image(values: NDArray[np.float64]) -> Patches:
    return values.astype(np.float32)
