"""What the network does to patients that it does not learn from, at the end of an epoch."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from pi.denoisers import Sizes
from pi.evaluation.ssim import ssim
from pi.evaluation.whole_slices import padded
from pi.slices.intensity import normalise
from pi.slices.patches import PatchPopulation
from pi.training.feed import read_ahead
from pi.training.step import MeasureStep
from pi.training.sums import InfluenceSums

Poll = Callable[[], object]
"""Called between two pieces of work; may end it by raising."""

Triple = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Low dose, denoised and normal dose of a slice, (rows, columns) in the network's range."""

Seen = Callable[[int, Triple], object]
"""Shown a validation slice, by its number from 1."""


def unseen(number: int, images: Triple) -> None:
    """Look at nothing."""


@dataclass(frozen=True)
class ValidationSet:
    """The same patches and slices after every epoch, drawn once.

    Attributes:
        population: the patches of the validation patients.
        patches: numbers of those that are measured.
        slices: (volume, index) of the slices that are denoised whole.
    """

    population: PatchPopulation
    patches: NDArray[np.int64]
    slices: tuple[tuple[int, int], ...]


def draw_validation_set(
    population: PatchPopulation, patches: int, slices: int, seed: int
) -> ValidationSet:
    """Draw some patches and some slices of the validation patients.

    Args:
        population: the patches of the validation patients.
        patches: most patches.
        slices: most slices.
        seed: decides which, and nothing else does.
    """
    rng = np.random.default_rng([seed, 1])
    every_slice = population.slices
    numbers = np.sort(rng.permutation(len(population))[:patches])
    chosen = np.sort(rng.permutation(len(every_slice))[:slices])
    return ValidationSet(population, numbers, tuple(every_slice[k] for k in chosen))


def validation_sums(
    chosen: ValidationSet, measure: MeasureStep, batch_size: int, weight: float, poll: Poll
) -> InfluenceSums:
    """Return the losses of the validation patches at ``weight``."""
    sums = InfluenceSums()
    starts = range(0, chosen.patches.size, batch_size)
    groups = (chosen.patches[start : start + batch_size] for start in starts)
    for low_dose, normal_dose in read_ahead(chosen.population, groups):
        losses = measure(low_dose, normal_dose, weight)
        sums = sums.add(losses.image, losses.perceptual, weight)
        poll()
    return sums


def validation_ssims(
    chosen: ValidationSet, denoise: keras.Model, sizes: Sizes, poll: Poll, seen: Seen = unseen
) -> tuple[float, ...]:
    """Return the SSIM of each whole slice against the normal dose, in the set's order.

    The 7 x 7 uniform window, on the network's range with data range 1.0: the protocol
    ``full_float`` in other units. ``seen`` is shown every slice.
    """
    through = padded(denoise, sizes)
    return _ssims(chosen, lambda low_dose: through(low_dose[np.newaxis])[0], poll, seen)


def low_dose_ssims(chosen: ValidationSet) -> tuple[float, ...]:
    """Return the SSIM of each low-dose slice as it is: what an output must surpass."""
    return _ssims(chosen, lambda low_dose: low_dose, lambda: None)


def _ssims(
    chosen: ValidationSet,
    output: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    poll: Poll,
    seen: Seen = unseen,
) -> tuple[float, ...]:
    found = []
    for number, (volume, index) in enumerate(chosen.slices, 1):
        low_dose, normal_dose = map(normalise, chosen.population.store.pair(volume, index))
        denoised = output(low_dose)
        found.append(ssim(normal_dose, denoised, data_range=1.0))
        seen(number, (low_dose, denoised, normal_dose))
        poll()
    chosen.population.release()
    return tuple(found)
