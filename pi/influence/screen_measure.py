"""Degraded patches through every encoder once: where the losses of a screen come from."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.influence.components import loss_components
from pi.influence.degradations import AMPLITUDES, degrade
from pi.influence.losses import Measured, share_weights
from pi.influence.screening import ScreenLosses
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank
from pi.slices.patches import PatchPopulation

TIMED = 4
"""Patches on which an encoder is timed."""


def screen_losses(
    experiments: Sequence[Experiment],
    bank: EncoderBank,
    population: PatchPopulation,
    numbers: NDArray[np.int64],
    batch_size: int,
    advance: Callable[[int], object],
) -> Mapping[str, ScreenLosses]:
    """Return what each experiment's loss makes of some patches, by its name.

    Args:
        experiments: that have an influence by losses.
        bank: with their encoders, each of which runs once a batch.
        population: the patches.
        numbers: of those that are measured.
        batch_size: patches at a time; each is eight images.
        advance: told how many patches have just been measured.
    """
    images, features, blurred = [], [], []
    for start in range(0, numbers.size, batch_size):
        low_dose, normal_dose = population.read(numbers[start : start + batch_size])
        degraded = degrade(low_dose, normal_dose)
        image, perceptual = loss_components(
            [tf.constant(one) for one in degraded.images], tf.constant(normal_dose),
            bank.encoders, bank.norms, bank.pixels,
        )  # fmt: skip
        images.append(image.numpy().astype(np.float64))
        features.append(perceptual.numpy().astype(np.float64))
        blurred.append(degraded.blurred)
        advance(len(low_dose))
    image_all, feature_all = np.concatenate(images, axis=1), np.concatenate(features, axis=1)
    has = np.concatenate(blurred)
    pair = population.read(numbers[:TIMED])
    found = {}
    for experiment in experiments:
        reading = bank.reading(experiment, population.size)
        read = [
            Measured(numbers, image, feature).read(replace(reading, shares=()))
            for image, feature in zip(image_all, feature_all, strict=True)
        ]
        of_noise = read[len(AMPLITUDES) - 1]
        # Layers have their shares on the low dose; what else a patch becomes keeps the weights.
        layers = of_noise.perceptual.mean(axis=0)
        weights = share_weights(layers, reading.shares) if reading.shares else np.ones_like(layers)
        *doses, blur, high, low = [one.perceptual @ weights for one in read]
        found[experiment.name] = ScreenLosses(
            of_noise.image, np.stack(doses, axis=1), np.where(has, blur, np.nan), high, low,
            _milliseconds(bank.only([experiment]), *pair),
        )  # fmt: skip
    return found


def _milliseconds(
    bank: EncoderBank, low_dose: NDArray[np.float32], normal_dose: NDArray[np.float32]
) -> float:
    """Return the shortest of three times of a patch and its target, after one that starts."""
    x, y, encoders = tf.constant(low_dose), tf.constant(normal_dose), bank.encoders
    times = []
    for _ in range(4):
        start = time.perf_counter()
        loss_components([x], y, encoders, bank.norms, bank.pixels)[1].numpy()
        times.append(time.perf_counter() - start)
    return 1000 * min(times[1:]) / len(low_dose)
