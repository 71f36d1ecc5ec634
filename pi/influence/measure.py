"""Patches through the denoiser's states and the encoders: where per-patch losses come from."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.influence.components import loss_components
from pi.influence.losses import Measured
from pi.influence.sampling import Measure
from pi.network.bank import EncoderBank
from pi.network.state import Denoiser, PatchOutputs
from pi.slices.patches import PatchPopulation


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
