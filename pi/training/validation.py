"""What the network does to patients that it does not learn from, at the end of an epoch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.denoisers import Sizes
from pi.evaluation.in_parts import together
from pi.evaluation.metrics import METRICS
from pi.evaluation.pair import HuErrors, ImagePair
from pi.evaluation.protocol import FULL_FLOAT
from pi.evaluation.ssim import ssim
from pi.evaluation.whole_slices import padded
from pi.slices.intensity import denormalise, normalise
from pi.slices.patches import PatchPopulation
from pi.training.feed import read_ahead
from pi.training.step import MeasureStep
from pi.training.sums import InfluenceSums

BATCHES_ON_A_GPU = 4
"""Batches of patches that are measured at once there."""

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Low and normal dose of a slice in the network's range."""

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


def affordable_patches(
    asked: int, share: float, patches: int, slice_pixels: int, patch_pixels: int, batch_size: int
) -> int:
    """Return how many validation patches are measured for a share of an epoch's work.

    A validation patch is counted like one that is trained on, though it costs from half to three
    quarters of that, and a slice through the denoiser as a third of its area in patches: it goes
    forward only. What is counted is the same on every machine, as seconds would not be.

    Args:
        asked: most patches.
        share: of the epoch, validation included; 1: as many as asked.
        patches: trained on in an epoch.
        slice_pixels: of all validation slices together.
        patch_pixels: of one patch.
        batch_size: fewer than a batch is never measured.
    """
    if share >= 1:
        return asked
    left = patches * share / (1 - share) - slice_pixels / patch_pixels / 3
    return min(asked, max(int(left), batch_size))


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
    # Forward alone, a batch takes a part of what it takes in a step: a GPU is given more of them.
    size = batch_size * (BATCHES_ON_A_GPU if tf.config.list_physical_devices("GPU") else 1)
    starts = range(0, chosen.patches.size, size)
    groups = (chosen.patches[start : start + size] for start in starts)
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
    return _ssims(chosen, padded(denoise, sizes), together(0, 1), poll, seen)


def output_metrics(
    chosen: ValidationSet, denoise: keras.Model, sizes: Sizes, metrics: Sequence[str]
) -> dict[str, float]:
    """Return the means of metrics over the whole slices, under ``full_float``; NaN of no value.

    Args:
        chosen: whose slices.
        denoise: the denoiser.
        sizes: that it takes.
        metrics: names of `pi.evaluation.metrics`, which need no encoder.
    """
    through, store = padded(denoise, sizes), chosen.population.store
    values: list[list[float]] = []
    for volume, index in chosen.slices:
        low_dose, normal_dose = store.pair(volume, index)
        output = denormalise(through(normalise(low_dose)[np.newaxis])[0])
        hu = HuErrors(output, normal_dose, store.volumes[volume].pixel_spacing)
        pair = ImagePair(hu, FULL_FLOAT, predicted=True)
        values.append([METRICS[name].function(pair) for name in metrics])
    chosen.population.release()
    found = {}
    for name, of in zip(metrics, np.array(values).T, strict=True):
        finite = of[np.isfinite(of)]
        found[name] = float(finite.mean()) if finite.size else float("nan")
    return found


def low_dose_ssims(chosen: ValidationSet) -> tuple[float, ...]:
    """Return the SSIM of each low-dose slice as it is: what an output must surpass."""
    return _ssims(chosen, lambda low_dose: low_dose, 1, lambda: None)


def _ssims(
    chosen: ValidationSet,
    output: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    most: int,
    poll: Poll,
    seen: Seen = unseen,
) -> tuple[float, ...]:
    """Return the SSIM of each slice's output, up to ``most`` of a size put out at once."""
    found: list[float] = []
    for slices in _of_a_size(chosen, most):
        low_dose, normal_dose = np.stack(slices, axis=1)
        for low, one, wanted in zip(low_dose, output(low_dose), normal_dose, strict=True):
            found.append(ssim(wanted, one, data_range=1.0))
            seen(len(found), (low, one, wanted))
        poll()
    chosen.population.release()
    return tuple(found)


def _of_a_size(chosen: ValidationSet, most: int) -> Iterator[list[Pair]]:
    """Yield low and normal dose of the slices, in the set's order, some of one size at a time."""
    store, waiting = chosen.population.store, list[Pair]()
    for volume, index in chosen.slices:
        low_dose, normal_dose = map(normalise, store.pair(volume, index))
        if waiting and (len(waiting) == most or waiting[0][0].shape != low_dose.shape):
            yield waiting
            waiting = []
        waiting.append((low_dose, normal_dose))
    if waiting:
        yield waiting
