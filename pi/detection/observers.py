"""What model observers make of looks with and without a lesion: d' and the area under the curve.

The channelised Hotelling observer weighs the answers g of p channels by the best linear weights,

    d'^2 = delta^T K^-1 delta,   delta = mean of g with the lesion - mean without,

K the covariance within both classes and, on its diagonal, internal noise: each channel is as
uncertain again as the images make it (`INTERNAL`). Estimated from as many looks as there are, it is
too large: what the noise of delta adds is taken off, and the rest is brought down by 1 - (q + 1) /
(n - 2), where q = trace(K^-1 S) is p without internal noise (the unbiased distance then).
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

INTERNAL = 1.0
"""Variance of the internal noise of each channel, over that of its answers to the images."""


@dataclass(frozen=True)
class Looks:
    """Sums over the looks of each place, from which any resample of places is made.

    Attributes:
        counts: (places, 2) looks without the lesion and with it.
        sums: (places, 2, p) of their answers.
        squares: (places, p, p) of the outer products of all of them.
    """

    counts: Floats
    sums: Floats = field(repr=False)
    squares: Floats = field(repr=False)

    @classmethod
    def of(cls, answers: Floats, present: NDArray[np.bool], place: NDArray[np.int64]) -> "Looks":
        """Return the sums of (looks, p) answers, by whether the lesion is there, and its place."""
        places, p = int(place.max()) + 1, answers.shape[1]
        counts, sums = np.zeros((places, 2)), np.zeros((places, 2, p))
        squares = np.zeros((places, p, p))
        centred = answers - answers.mean(axis=0)  # d' is of differences; rounding is of sizes
        np.add.at(counts, (place, present.astype(int)), 1)
        np.add.at(sums, (place, present.astype(int)), centred)
        np.add.at(squares, place, centred[:, :, np.newaxis] * centred[:, np.newaxis])
        return cls(counts, sums, squares)

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the covariance of all looks."""
        return int(self.counts.sum()) - 2

    def enough(self) -> bool:
        """Tell whether both classes are there and their covariance can be inverted with sense."""
        both = bool((self.counts.sum(axis=0) >= 2).all())
        return both and self.degrees > self.sums.shape[2] + 2


def hotelling(looks: Looks, weights: Floats, internal: float = INTERNAL) -> Floats:
    """Return d' of the channelised Hotelling observer for each resample; infinite without noise.

    Args:
        looks: of which `Looks.enough` is true.
        weights: (resamples, places) how often each place is in it.
        internal: see `INTERNAL`.
    """
    total = np.einsum("rm,mc->rc", weights, looks.counts)
    means = np.einsum("rm,mcp->rcp", weights, looks.sums) / total[:, :, np.newaxis]
    delta, degrees = means[:, 1] - means[:, 0], total.sum(axis=1) - 2
    within = _within(looks, weights, total, means, degrees)
    noise = internal * np.einsum("rpp->rp", within)
    inner = within + noise[:, :, np.newaxis] * np.eye(within.shape[1])
    silent = ~(np.einsum("rpp->rp", within) > 0).all(axis=1)
    inner[silent] = np.eye(within.shape[1])
    inverse = np.linalg.pinv(inner, hermitian=True)
    squared = np.einsum("rp,rpq,rq->r", delta, inverse, delta)
    effective = np.einsum("rpq,rqp->r", inverse, within)
    shrunk = np.maximum((degrees - effective - 1) / degrees, 0)
    added = _noise_of_delta(looks, weights, total, means, inverse)
    found = np.sqrt(np.maximum(shrunk * (squared - added), 0))
    return np.where(silent, np.where(squared > 0, np.inf, 0.0), found)


def matched(looks: Looks, weights: Floats) -> Floats:
    """Return d' of one answer with a fixed template, below 0 where it is smaller with the lesion.

    Args:
        looks: with p = 1.
        weights: see `hotelling`.
    """
    total = np.einsum("rm,mc->rc", weights, looks.counts)
    means = np.einsum("rm,mcp->rcp", weights, looks.sums) / total[:, :, np.newaxis]
    within = _within(looks, weights, total, means, total.sum(axis=1) - 2)[:, 0, 0]
    delta = (means[:, 1] - means[:, 0])[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(delta == 0, 0.0, delta / np.sqrt(np.maximum(within, 0)))


def area_under_curve(detectability: Floats | float) -> Floats:
    """Return the area under the ROC curve of d', as if answers were normal: Phi(d' / sqrt 2)."""
    return np.asarray(norm.cdf(np.asarray(detectability) / np.sqrt(2)))


def pooled(values: Sequence[Floats]) -> Floats:
    """Return the mean d' of several kinds of slices, each a task of its own."""
    return np.asarray(np.mean(values, axis=0))


def _within(looks: Looks, weights: Floats, total: Floats, means: Floats, degrees: Floats) -> Floats:
    """Return the covariance within both classes, (resamples, p, p)."""
    squares = np.einsum("rm,mpq->rpq", weights, looks.squares)
    scatter = squares - np.einsum("rc,rcp,rcq->rpq", total, means, means)
    return np.asarray(scatter / degrees[:, np.newaxis, np.newaxis])


def _noise_of_delta(
    looks: Looks, weights: Floats, total: Floats, means: Floats, inverse: Floats
) -> Floats:
    """Return what the noise of delta adds to its square: places, not looks, are independent."""
    share = np.array([-1.0, 1.0]) / total
    off = np.einsum("rc,mcp->rmp", share, looks.sums)
    off -= np.einsum("rc,mc,rcp->rmp", share, looks.counts, means)
    added = np.einsum("rm,rmp,rpq,rmq->r", weights, off, inverse, off, optimize=True)
    places = weights.sum(axis=1)
    return np.asarray(added * places / np.maximum(places - 1, 1))
