"""Losses per patch: all that was measured, and what one experiment reads of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.influence.psi import Floats
from pi.influence.survey import SurveySample
from pi.losses.loss import Reading


@dataclass(frozen=True, slots=True)
class Losses:
    """Per-patch losses of one experiment in one state of the denoiser.

    Attributes:
        patches: (n,) numbers of the patches in the population.
        image: (n,) image loss.
        perceptual: (n, layers) perceptual loss of every layer, with its factor.
        sample: how each patch was drawn; None where all had the same chance.
    """

    patches: NDArray[np.int64]
    image: Floats
    perceptual: Floats
    sample: SurveySample | None = None

    @property
    def counts(self) -> Floats | None:
        """Patches of the set that each stands for, (n,); None: all for as many."""
        return None if self.sample is None else self.sample.weights

    def mean(self, values: Floats) -> Floats:
        """Return the mean over the patches of ``values`` (n, ...), as many as each stands for."""
        return weighted_mean(values, self.counts)

    def total(self, values: Floats) -> float:
        """Return what n patches have of ``values`` (n, ...): the sum, scaled to those measured."""
        if self.counts is None:
            return float(values.sum())
        return float(self.patches.size * self.mean(values).sum())


@dataclass(frozen=True, slots=True)
class Measured:
    """Per-patch losses of one state of the denoiser, for all experiments.

    Attributes:
        patches: (n,) numbers of the patches in the population.
        pixels: (n, pixel terms) every image loss.
        features: (n, columns) mean difference of the features of every column.
        sample: how each patch was drawn; None where all had the same chance.
    """

    patches: NDArray[np.int64]
    pixels: Floats
    features: Floats
    sample: SurveySample | None = None

    def and_then(self, more: "Measured") -> "Measured":
        """Return these losses followed by ``more``."""
        return Measured(
            np.concatenate([self.patches, more.patches]),
            np.concatenate([self.pixels, more.pixels]),
            np.concatenate([self.features, more.features]),
        )

    def drawn(self, patches: NDArray[np.int64], sample: SurveySample) -> "Measured":
        """Return the losses of ``patches`` (m,), all of them measured, drawn as ``sample`` says."""
        order = np.argsort(self.patches)
        rows = order[np.searchsorted(self.patches, patches, sorter=order)]
        return Measured(patches, self.pixels[rows], self.features[rows], sample)

    def mean_of(self, reading: Reading) -> Floats:
        """Return the means of one experiment's layers, (layers,), without their shares."""
        counts = None if self.sample is None else self.sample.weights
        means = weighted_mean(self.features[:, reading.features], counts)
        return np.asarray(means * np.asarray(reading.factors))

    def read(self, reading: Reading) -> Losses:
        """Return the losses of one experiment, which has an image loss."""
        layers = self.features[:, reading.features] * np.asarray(reading.factors)
        if reading.shares:
            layers = layers * share_weights(self.mean_of(reading), reading.shares)
        return Losses(self.patches, self.pixels[:, reading.image or 0], layers, self.sample)


def weighted_mean(values: Floats, counts: Floats | None) -> Floats:
    """Return the mean of ``values`` (n, ...) over n items that stand for ``counts`` (n,) each."""
    if counts is None:
        return np.asarray(values.mean(axis=0))
    return np.asarray(counts @ values / counts.sum())


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
