"""Patches through the denoiser's states and the encoders: where per-patch losses come from."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.influence.components import loss_components, pixel_loss
from pi.influence.losses import Measured
from pi.influence.sampling import Measure
from pi.influence.survey import PatchFacts
from pi.losses.loss import PixelTerm
from pi.network.bank import EncoderBank
from pi.network.state import Denoiser, PatchOutputs
from pi.slices.patches import PatchPopulation

NO_DENOISERS: Mapping[str, Denoiser | PatchOutputs] = MappingProxyType({})

READ_TOGETHER = 256
"""Patches whose image loss is computed at once, without any network."""


def patch_facts(
    population: PatchPopulation,
    pixels: Sequence[PixelTerm],
    denoisers: Mapping[str, Denoiser | PatchOutputs] = NO_DENOISERS,
    advance: Callable[[int], object] = lambda count: None,
) -> PatchFacts:
    """Return what every patch tells that costs no network.

    The image losses are those of the low dose as prediction, then those of each of the
    ``denoisers`` whose outputs are there already. Every slice is read once, in order, and let go.

    Args:
        population: the patches of the training set.
        pixels: the image losses.
        denoisers: in each state.
        advance: told how many patches have just been read.

    Raises:
        StoreError: a slice's pixels are not those that were stored.
    """
    given = [denoiser for denoiser in denoisers.values() if isinstance(denoiser, PatchOutputs)]
    image, beside = [], []
    for start in range(0, len(population), READ_TOGETHER):
        numbers = np.arange(start, min(start + READ_TOGETHER, len(population)))
        low_dose, normal_dose = map(tf.constant, population.read(numbers))
        predictions = [low_dose, *(tf.constant(denoiser.of(numbers)) for denoiser in given)]
        losses = [pixel_loss(x, normal_dose, term).numpy() for x in predictions for term in pixels]
        image.append(np.stack(losses, axis=-1))
        beside.append(_beside(low_dose, normal_dose).numpy())
        population.release()
        advance(numbers.size)
    return PatchFacts(*(np.concatenate(x).astype(np.float64) for x in (image, beside)))


def _beside(low_dose: tf.Tensor, normal_dose: tf.Tensor) -> tf.Tensor:
    """Return `PatchFacts.beside` of patches, each (n, rows, columns, 1)."""
    axes = (1, 2, 3)
    down, right = tf.image.image_gradients(normal_dose)
    weighed = normal_dose * tf.math.squared_difference(low_dose, normal_dose)
    means = [tf.reduce_mean(x, axes) for x in (normal_dose, tf.abs(down) + tf.abs(right), weighed)]
    return tf.stack([means[0], tf.math.reduce_std(normal_dose, axes), *means[1:]], axis=-1)


def patch_measure(
    population: PatchPopulation,
    denoisers: Mapping[str, Denoiser | PatchOutputs],
    bank: EncoderBank,
    batch_size: int,
    advance: Callable[[int], object],
) -> Measure:
    """Return the function that measures numbered patches in the named states.

    Per batch the denoiser runs once in each state and every encoder once, whatever the number
    of experiments that read them.

    Args:
        population: the patches of the training set.
        denoisers: the denoiser in each state.
        bank: with all encoders, tapped wherever any experiment reads, and all image losses.
        batch_size: patches at a time.
        advance: told how many patches have just been measured.
    """

    computed = {k: one for k, one in denoisers.items() if not isinstance(one, PatchOutputs)}
    looked_up = {k: one for k, one in denoisers.items() if isinstance(one, PatchOutputs)}
    encoders = bank.encoders  # made here: no variable may be made within a graph

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def components(
        states: tuple[str, ...],
        given: dict[str, tf.Tensor],
        low_dose: tf.Tensor,
        normal_dose: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        predictions = [
            given[state] if state in given else computed[state](low_dose) for state in states
        ]
        return loss_components(predictions, normal_dose, encoders, bank.norms, bank.pixels)

    def measure(numbers: NDArray[np.int64], states: Sequence[str]) -> dict[str, Measured]:
        images, perceptuals = [], []
        for start in range(0, numbers.size, batch_size):
            batch = numbers[start : start + batch_size]
            low_dose, normal_dose = population.read(batch)
            given = {s: tf.constant(looked_up[s].of(batch)) for s in states if s in looked_up}
            image, perceptual = components(
                tuple(states), given, tf.constant(low_dose), tf.constant(normal_dose)
            )
            images.append(image.numpy().astype(np.float64))
            perceptuals.append(perceptual.numpy().astype(np.float64))
            advance(batch.size)
        image_all = np.concatenate(images, axis=1)
        perceptual_all = np.concatenate(perceptuals, axis=1)
        return {
            state: Measured(numbers, image_all[k], perceptual_all[k])
            for k, state in enumerate(states)
        }

    return measure
