"""Whether a number format is fine enough for a perceptual loss.

The loss is made of differences between features. Where these are small beside the features
themselves, as once the noise is nearly gone or in an encoder that never learned anything, the 8
bits of bfloat16 add differences of their own: loss, influence and gradients that are not there.
"""

import numpy as np
import tensorflow as tf

from pi.choices import PrecisionName
from pi.influence.components import loss_terms
from pi.network.bank import FrozenLoss
from pi.slices.patches import PatchPopulation
from pi.training.machine import choose_precision, compute_in

RESIDUAL = 0.3
"""What a trained denoiser leaves of the noise, about, and so what the format must resolve."""

TOLERANCE = 0.02
"""Most that a format may add to the perceptual loss, or take from it."""

PATCHES = 48


def settle_precision(
    asked: PrecisionName, frozen_loss: FrozenLoss, patches: PatchPopulation, seed: int
) -> str:
    """Return the format to train in: what `choose_precision` says, but float32 under ``auto``
    where the encoders' loss does not bear another.

    Args:
        asked: for by the user; other than ``auto`` it is taken as it is.
        frozen_loss: of the perceptual loss; its encoder ends in float32.
        patches: of the training patients.
        seed: draws the patches that decide.
    """
    precision = choose_precision(asked)
    if asked != "auto" or precision == "float32" or not frozen_loss.encoders:
        return precision
    added = loss_added(precision, frozen_loss, patches, seed)
    return precision if abs(added) <= TOLERANCE else "float32"


def loss_added(
    precision: str, frozen_loss: FrozenLoss, patches: PatchPopulation, seed: int
) -> float:
    """Return by which part of itself the perceptual loss changes in ``precision``.

    The prediction is the normal dose with `RESIDUAL` of the low dose's noise.
    """
    numbers = np.random.default_rng([seed, 2]).integers(len(patches), size=PATCHES)
    low_dose, normal_dose = patches.read(numbers)
    prediction = normal_dose + np.float32(RESIDUAL) * (low_dose - normal_dose)

    def loss(number_format: str) -> float:
        compute_in(frozen_loss.encoders, number_format)
        terms = loss_terms(frozen_loss)
        return float(np.mean(terms(tf.constant(prediction), tf.constant(normal_dose))[1].numpy()))

    coarse, fine = loss(precision), loss("float32")
    return coarse / fine - 1 if fine > 0 else 0.0
