"""Losses per patch: all that was measured, and what one experiment reads of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.influence.psi import Floats
from pi.losses.loss import Reading


@dataclass(frozen=True, slots=True)
class Losses:
    """Per-patch losses of one experiment in one state of the denoiser.

    Attributes:
        patches: (n,) numbers of the patches in the population.
        image: (n,) image loss.
        perceptual: (n, layers) perceptual loss of every layer, with its factor.
    """

    patches: NDArray[np.int64]
    image: Floats
    perceptual: Floats


@dataclass(frozen=True, slots=True)
class Measured:
    """Per-patch losses of one state of the denoiser, for all experiments.

    Attributes:
        patches: (n,) numbers of the patches in the population.
        pixels: (n, pixel terms) every image loss.
        features: (n, columns) mean difference of the features of every column.
    """

    patches: NDArray[np.int64]
    pixels: Floats
    features: Floats

    def and_then(self, more: "Measured") -> "Measured":
        """Return these losses followed by ``more``."""
        return Measured(
            np.concatenate([self.patches, more.patches]),
            np.concatenate([self.pixels, more.pixels]),
            np.concatenate([self.features, more.features]),
        )

    def read(self, reading: Reading) -> Losses:
        """Return the losses of one experiment, which has an image loss."""
        layers = self.features[:, reading.features] * np.asarray(reading.factors)
        if reading.shares:
            layers = layers * share_weights(layers.mean(axis=0), reading.shares)
        return Losses(self.patches, self.pixels[:, reading.image or 0], layers)


def share_weights(losses: Floats, shares: tuple[float, ...]) -> Floats:
    """Return the weights that give the layers their shares of an unchanged perceptual loss.

    Method, 2.8: lambda w_l = pi_l / (1 - psi) S_M / S_l for shares pi_l of the total; with lambda
    for the whole, w_l is share_l times the sum of all S over S_l.

    Args:
        losses: (layers,) sums or means of the layers' losses.
        shares: of the perceptual loss, adding up to 1.

    Returns:
        (layers,); 0 for a layer without a loss.
    """
    wanted = np.asarray(shares) * losses.sum()
    return np.asarray(np.divide(wanted, losses, out=np.zeros_like(losses), where=losses > 0))
