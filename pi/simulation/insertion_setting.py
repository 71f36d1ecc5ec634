"""Photons and kernel of a series, from the noise of its own normal-dose slices.

Neither is told by a header in a way that could be used: kernels have a name and no formula,
and mAs no photons. So noise of a known number of photons is reconstructed with a guessed kernel and
measured in the same squares of the same slices as the scan's; the ratio of the two spectra is the
number of photons and the square of the MTF. What the estimator and the place in the body do to a
spectrum is in both, and cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pi.simulation.calm_noise import Floats, Squares, ring_frequencies, ring_powers, tissue_squares
from pi.simulation.insertion import (
    Beams,
    InsertionError,
    Setting,
    check_slice,
    crop,
    reconstruct_noise,
    trace,
)
from pi.simulation.kernel_fit import clean_power
from pi.simulation.scanner import KERNELS, Kernel, ScanSettings

FIELD_OF_VIEW = 360.0
"""mm; assumed where pixels have no size. The challenge's are 340 to 420. Only the paths through
the body depend on it, not the level of the noise, which is measured."""

SIDE = 16
"""Pixels of a square."""

CALMEST = 0.1
"""Part of the squares of a series that is used."""

SQUARES_NEEDED, SQUARES_WANTED = 4, 48
LEAST_POWER = 0.1
"""HU^2; rounding to whole HU makes 1/12, so what is less is no noise."""

ROUNDS = 4
"""Of correcting the MTF: after two, what the first one smeared still makes 11 % of an octave."""


def known_kernel(name: str, size: int) -> Kernel | None:
    """Return what is known of a kernel: of B30 and D45 (with any suffix) their MTF, else None.

    Args:
        name: ConvolutionKernel (0018,1210).
        size: rows of the slices.
    """
    return next((kernel.on(size) for kernel in KERNELS if name.startswith(kernel.name)), None)


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
    slices: Sequence[NDArray[np.generic]],
    spacing: float | None,
    kernel: Kernel | None,
    rng: np.random.Generator,
) -> Setting:
    """Return the setting that gives the slices' noise at their own dose.

    Args:
        slices: of one series, each (rows, columns), int16 or floating HU; about six, spread
            over the series, are enough.
        spacing: side of a pixel in mm; None where unknown: a field of view of 360 mm is then
            assumed, and the setting says so.
        kernel: see `known_kernel`; None where it is not known.
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
    squares = _calmest([tissue_squares(hu, SIDE) for hu in checked])
    samples = [
        Sample(trace(hu, pixel), hu.shape, corners, ring_powers(hu, corners, SIDE))
        for hu, corners in zip(checked, squares, strict=True)
        if len(corners)
    ]
    found = sum(len(sample.corners) for sample in samples)
    if found < SQUARES_NEEDED:
        raise InsertionError(
            f"The noise is measured in {SQUARES_NEEDED} or more squares of {SIDE} x {SIDE} pixels "
            f"of soft tissue or fat but {len(checked)} slices have {found}."
        )
    power = np.median(np.concatenate([sample.powers for sample in samples]), axis=0)
    if power[SIDE // 4 :].max() < LEAST_POWER:
        raise InsertionError("Tissue must hold noise to tell photons from but has no noise at all.")
    frequencies = ring_frequencies(SIDE)
    flat = np.sqrt(np.clip((np.sqrt(0.5) - frequencies) / 0.2, 0, 1))
    setting = Setting(
        pixel, spacing is None, ScanSettings().photons, _tuple(frequencies / pixel), _tuple(flat)
    )
    for _ in range(ROUNDS):
        setting = _corrected(setting, samples, kernel, rng)
    return setting


def _calmest(slices: Sequence[Squares]) -> list[NDArray[np.int64]]:
    """Return the corners of the calmest squares of the whole series, slice by slice."""
    unrest = np.concatenate([squares.unrest for squares in slices])
    if not unrest.size:
        return [squares.corners for squares in slices]
    part = max(CALMEST, min(SQUARES_WANTED / unrest.size, 1.0))
    limit = np.quantile(unrest, part)
    return [squares.corners[squares.unrest <= limit] for squares in slices]


def _corrected(
    setting: Setting, samples: Sequence[Sample], kernel: Kernel | None, rng: np.random.Generator
) -> Setting:
    """Divide the scan's spectrum by the setting's, and take the quotient into the setting."""
    scan = np.median(np.concatenate([sample.powers for sample in samples]), axis=0)
    model = np.median(
        np.concatenate([_model_powers(setting, sample, rng) for sample in samples]), axis=0
    )
    frequencies = ring_frequencies(SIDE)
    mtf = np.asarray(setting.mtf)
    power = mtf**2 * np.divide(scan, model, out=np.zeros_like(scan), where=(model > 0) & (mtf > 0))
    power = clean_power(power, frequencies, kernel, setting.pixel)
    return replace(
        setting, photons=setting.photons / power[0], mtf=_tuple(np.sqrt(power / power[0]))
    )


def _model_powers(setting: Setting, sample: Sample, rng: np.random.Generator) -> Floats:
    variance = sample.beams.variance(setting.photons)
    draws = reconstruct_noise(variance, sample.beams.geometry, setting, rng)
    powers = [ring_powers(crop(d, sample.shape), sample.corners, SIDE) for d in draws]
    return np.concatenate(powers)


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
