"""What model observers make of looks with and without a lesion: d' and the area under the curve.

The channelised Hotelling observer weighs the answers g of p channels by the best linear weights,

    d'^2 = delta^T K^-1 delta,   delta = mean of g with the lesion - mean without,

K the covariance within both classes and, on its diagonal, internal noise: each channel is as
uncertain again as the images make it (`INTERNAL`). Estimated from as many looks as there are, it is
too large: what the noise of delta adds is taken off, and the rest is brought down by 1 - (q + 1) /
(n - 2), where q = trace(K^-1 S) is p without internal noise (the unbiased distance then). A slice
that is looked at with a lesion and without it shows one noise twice, which counts once in n.
NPWE is of one answer, whose template nobody trains: d' = delta / sigma, without internal noise.

References:
    Barrett and Myers, Foundations of Image Science, 2004, sections 13.2 and 14.3.
    Lachenbruch and Mickey, Technometrics 10 (1968) 1: the unbiased distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from pi.detection.channels import Floats

Whole = NDArray[np.int64]

INTERNAL = 1.0
"""Variance of the internal noise of each channel, over that of its answers to the images."""


@dataclass(frozen=True)
class Looks:
    """Sums over the looks of each place, from which any resample of places is made.

    Looks are of classes: 0 without the lesion, 1 with it. Any others, such as at fainter lesions of
    its size, tell of the covariance alone.

    Attributes:
        counts: (places, classes) looks.
        noises: (places,) different noises that they see.
        sums: (places, classes, p) of their answers.
        squares: (places, p, p) of the outer products of all of them.
    """

    counts: Floats
    noises: Floats
    sums: Floats = field(repr=False)
    squares: Floats = field(repr=False)

    @classmethod
    def of(
        cls, answers: Floats, classes: Whole, place: Whole, noise: Whole | None = None
    ) -> "Looks":
        """Return the sums of (looks, p) answers, by the class and the place of each look.

        Args:
            answers: of each look.
            classes: of each.
            place: of each, a number.
            noise: which one each sees, a number; None: each its own.
        """
        places, p = int(place.max()) + 1, answers.shape[1]
        number = max(int(classes.max()) + 1, 2)
        counts, sums = np.zeros((places, number)), np.zeros((places, number, p))
        squares = np.zeros((places, p, p))
        centred = answers - answers.mean(axis=0)  # d' is of differences; rounding is of sizes
        np.add.at(counts, (place, classes), 1)
        np.add.at(sums, (place, classes), centred)
        np.add.at(squares, place, centred[:, :, np.newaxis] * centred[:, np.newaxis])
        seen = np.arange(len(place)) if noise is None else noise
        different = np.unique(np.stack([place, seen]), axis=1)[0]
        noises = np.bincount(different, minlength=places).astype(np.float64)
        return cls(counts, noises, sums, squares)

    def enough(self, weights: Floats) -> NDArray[np.bool]:
        """Tell of each resample whether it has both classes and a covariance, (resamples,).

        Args:
            weights: (resamples, places) how often each place is in it.
        """
        drawn = (weights > 0).astype(np.float64)
        different = np.einsum("rm,mc->rc", drawn, self.counts)
        answers = self.sums.shape[2]
        least = answers + 2 if answers > 1 else 1  # one answer has a deviation, not a covariance
        return np.asarray((different[:, :2] >= 2).all(axis=1) & (self.degrees(drawn) > least))

    def degrees(self, weights: Floats) -> Floats:
        """Return the degrees of freedom of each resample's covariance, (resamples,).

        Args:
            weights: see `enough`.
        """
        total = weights @ self.counts
        looks = total.sum(axis=1)
        own = (weights @ self.noises) / np.maximum(looks, 1)
        return np.asarray((looks - (total > 0).sum(axis=1)) * own)


@dataclass(frozen=True)
class _Moments:
    """Of each resample: looks of each class, their mean answers, the covariance about these."""

    total: Floats
    means: Floats
    within: Floats

    @property
    def delta(self) -> Floats:
        """What the lesion adds to the mean answers, (resamples, p)."""
        return np.asarray(self.means[:, 1] - self.means[:, 0])


def hotelling(looks: Looks, weights: Floats, internal: float = INTERNAL) -> Floats:
    """Return d' of the channelised Hotelling observer for each resample; infinite without noise.

    Args:
        looks: of which there are enough in each resample.
        weights: (resamples, places) how often each place is in it.
        internal: see `INTERNAL`.
    """
    of = _moments(looks, weights)
    p, within = of.within.shape[1], of.within
    inner = within + internal * np.einsum("rpp->rp", within)[:, :, np.newaxis] * np.eye(p)
    silent = ~(np.einsum("rpp->rp", within) > 0).all(axis=1)
    inner[silent] = np.eye(p)
    inverse = np.linalg.pinv(inner, hermitian=True)
    squared = np.einsum("rp,rpq,rq->r", of.delta, inverse, of.delta)
    effective = np.einsum("rpq,rqp->r", inverse, within)
    shrunk = np.maximum(1 - (effective + 1) / looks.degrees(weights), 0)
    added = _noise_of_delta(looks, weights, of, inverse)
    found = np.sqrt(np.maximum(shrunk * (squared - added), 0))
    return np.where(silent, np.where(squared > 0, np.inf, 0.0), found)


def matched(looks: Looks, weights: Floats) -> Floats:
    """Return d' of one answer with a fixed template, below 0 where it is smaller with the lesion.

    Args:
        looks: with p = 1.
        weights: see `hotelling`.
    """
    of = _moments(looks, weights)
    delta, variance = of.delta[:, 0], np.maximum(of.within[:, 0, 0], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(delta == 0, 0.0, delta / np.sqrt(variance))


def area_under_curve(detectability: Floats | float) -> Floats:
    """Return the area under the ROC curve of d', as if answers were normal: Phi(d' / sqrt 2)."""
    return np.asarray(norm.cdf(np.asarray(detectability) / np.sqrt(2)))


def pooled(values: Sequence[Floats]) -> Floats:
    """Return the mean d' of several kinds of slices, each a task of its own."""
    return np.asarray(np.mean(values, axis=0))


def _moments(looks: Looks, weights: Floats) -> _Moments:
    total = np.einsum("rm,mc->rc", weights, looks.counts)
    summed = np.einsum("rm,mcp->rcp", weights, looks.sums)
    means = summed / np.maximum(total, 1)[:, :, np.newaxis]
    degrees = total.sum(axis=1) - (total > 0).sum(axis=1)
    squares = np.einsum("rm,mpq->rpq", weights, looks.squares)
    scatter = squares - np.einsum("rc,rcp,rcq->rpq", total, means, means)
    return _Moments(total, means, scatter / degrees[:, np.newaxis, np.newaxis])


def _noise_of_delta(looks: Looks, weights: Floats, of: _Moments, inverse: Floats) -> Floats:
    """Return what the noise of delta adds to its square: places, not looks, are independent."""
    share = np.array([-1.0, 1.0]) / of.total[:, :2]
    off = np.einsum("rc,mcp->rmp", share, looks.sums[:, :2])
    off -= np.einsum("rc,mc,rcp->rmp", share, looks.counts[:, :2], of.means[:, :2])
    added = np.einsum("rm,rmp,rpq,rmq->r", weights, off, inverse, off, optimize=True)
    places = weights @ (looks.counts[:, :2].sum(axis=1) > 0)
    return np.asarray(added * places / np.maximum(places - 1, 1))
