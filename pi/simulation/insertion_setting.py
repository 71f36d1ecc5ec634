"""Photons and kernel of a series, from the noise of its own normal-dose slices.

Neither is told by a header in a way that could be used: kernels have a name and no formula, and mA
s no photons. So noise of a known number of photons is reconstructed with a guessed kernel, and
measured in the same squares of the same slices as the scan's; the ratio of the two spectra is the
number of photons and the square of the MTF. What the estimator and the place in the body do to a
spectrum is in both, and cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pi.simulation.insertion import (
    Beams,
    InsertionError,
    Setting,
    check_slice,
    crop,
    reconstruct_noise,
    trace,
)
from pi.simulation.noise_power import Floats, calm_squares, ring_frequencies, ring_powers
from pi.simulation.scanner import Protocol

FIELD_OF_VIEW = 360.0
"""mm; assumed where pixels have no size. The challenge's are 340 to 420. Only the paths through
the body depend on it, not the level of the noise, which is measured."""

SQUARES_NEEDED = 4
CLEAN = 0.2
"""Cycles per pixel; below, anatomy outweighs noise: with the soft kernel and 3 mm it adds 14 % at
0.16 and 6 % at 0.22, and as much again at a fifth less."""

STRAIGHT = 0.47
"""Cycles per pixel, up to which the logarithm of the MTF is taken for smooth; at 0.5 the band of
the detector may end."""

ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """A slice's noise, and the beams that would explain it.

    Attributes:
        beams: through the slice.
        shape: of the slice.
        corners: (n, 2) of its calm squares.
        powers: (n, rings) of them.
    """

    beams: Beams
    shape: tuple[int, ...]
    corners: NDArray[np.int64]
    powers: Floats


def estimate(
    slices: Sequence[NDArray[np.generic]], spacing: float | None, rng: np.random.Generator
) -> Setting:
    """Return the setting that gives the slices' noise at their own dose.

    Args:
        slices: of one series, each (rows, columns), int16 or floating HU; about six, spread
            over the series, are enough.
        spacing: side of a pixel in mm; None where unknown: a field of view of 360 mm is then
            assumed, and the setting says so.
        rng: of the noise that the slices are compared with.

    Raises:
        InsertionError: no slices, a spacing that is none, a pixel that is no number, or no
            calm tissue.
    """
    if spacing is not None and not 0 < spacing < np.inf:
        raise InsertionError(f"A pixel spacing must be more than 0 mm but got {spacing:g}.")
    checked = [check_slice(hu) for hu in slices]
    if not checked:
        raise InsertionError("A series must have slices to estimate its noise from but got none.")
    pixel = spacing or FIELD_OF_VIEW / max(checked[0].shape)
    side = 24 if min(checked[0].shape) >= 384 else 16
    samples = [_sample(hu, pixel, side) for hu in checked]
    found = sum(len(sample.corners) for sample in samples)
    if found < SQUARES_NEEDED:
        raise InsertionError(
            f"The noise is measured in {SQUARES_NEEDED} or more squares of {side} x {side} pixels "
            f"of soft tissue or fat but {len(checked)} slices have {found}."
        )
    frequencies = ring_frequencies(side)
    flat = np.sqrt(np.clip((np.sqrt(0.5) - frequencies) / 0.2, 0, 1))
    setting = Setting(
        pixel, spacing is None, Protocol().photons, _tuple(frequencies / pixel), _tuple(flat)
    )
    for _ in range(ROUNDS):
        setting = _corrected(setting, samples, side, rng)
    return setting


def _sample(hu: NDArray[np.float32], pixel: float, side: int) -> Sample:
    corners = calm_squares(hu, side)
    return Sample(trace(hu, pixel), hu.shape, corners, ring_powers(hu, corners, side))


def _corrected(
    setting: Setting, samples: Sequence[Sample], side: int, rng: np.random.Generator
) -> Setting:
    """Divide the scan's spectrum by the setting's, and take the quotient into the setting."""
    scan = np.median(np.concatenate([sample.powers for sample in samples]), axis=0)
    model = np.median(
        np.concatenate([_model_powers(setting, sample, side, rng) for sample in samples]), axis=0
    )
    frequencies = ring_frequencies(side)
    mtf = np.asarray(setting.mtf)
    power = mtf**2 * np.divide(scan, model, out=np.zeros_like(scan), where=(model > 0) & (mtf > 0))
    power = _cleaned(power, frequencies, side)
    return replace(
        setting, photons=setting.photons / power[0], mtf=_tuple(np.sqrt(power / power[0]))
    )


def _model_powers(
    setting: Setting, sample: Sample, side: int, rng: np.random.Generator
) -> Floats:
    variance = sample.beams.variance(setting.photons)
    draws = reconstruct_noise(variance, sample.beams.geometry, setting, rng)
    powers = [ring_powers(crop(d, sample.shape), sample.corners, side) for d in draws]
    return np.concatenate(powers)


def _cleaned(power: Floats, frequencies: Floats, side: int) -> Floats:
    """Replace what anatomy spoils by what the clean frequencies say of it.

    ln MTF^2 is taken for c0 + c1 f^2 + c2 f^4: smooth, and flat at 0 as every MTF is. All rings
    up to `STRAIGHT` follow the fit; those above are taken as measured.
    """
    used = (frequencies >= CLEAN) & (frequencies <= STRAIGHT) & (power > 0)
    terms = np.stack([frequencies**0, frequencies**2, frequencies**4], axis=1)
    weights = np.sqrt(frequencies[used])
    fitted = np.linalg.lstsq(
        terms[used] * weights[:, None], np.log(power[used]) * weights, rcond=None
    )[0]
    return np.where(frequencies <= STRAIGHT, np.exp(terms @ fitted), power)


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
