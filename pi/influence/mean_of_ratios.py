"""Psi as the paper's Eq. (5) writes it: the mean over items of each item's own ratio.

    g(t) = mean_i sigmoid(t + ln r_i),   t = ln lambda,   r_i = P_i / M_i

is smooth and strictly increasing in t, so its inverse is one bracketed root. Unlike the ratio of
sums it depends on what an item is (patch, slice, batch); here an item is a patch.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit

from pi.influence.psi import (
    Floats,
    InfluenceError,
    InvalidLossError,
    NoLossError,
    checked_losses,
    checked_weight,
    log_odds,
    odds_of,
)


class UnattainablePsiError(InfluenceError):
    """Items whose ratio is pinned at 0 or 1 keep the mean from reaching the target."""


def mean_of_ratios(
    image: ArrayLike, perceptual: ArrayLike, weight: ArrayLike, counts: Floats | None = None
) -> Floats:
    """Return Eq. (5)'s Psi at ``weight`` (any shape) from per-item losses (n,).

    Of a survey each item stands for ``counts`` (n,) items.

    Items with both losses 0 are dropped; an item with only an image loss contributes 0, one
    with only a perceptual loss 1.

    Raises:
        InvalidLossError, InvalidWeightError, NoLossError: Psi is not defined.
    """
    log_ratios, kept = _log_ratios(image, perceptual), _kept(counts, image, perceptual)
    with np.errstate(divide="ignore"):
        t = np.log(checked_weight(weight))
    if (t == -np.inf).any() and (log_ratios == np.inf).any():
        raise NoLossError("Psi must have a loss to share but an item's total is 0 at lambda 0.")
    # One lambda at a time: a curve over a whole training set would not fit in memory.
    return np.asarray([_mean(expit(one + log_ratios), kept) for one in t.ravel()]).reshape(t.shape)


def weight_for_mean_of_ratios(
    image: ArrayLike, perceptual: ArrayLike, target: float, counts: Floats | None = None
) -> float:
    """Return the lambda at which Eq. (5) gives ``target``, by Brent's method on ln lambda.

    Of a survey each item stands for ``counts`` (n,) items.

    Raises:
        InvalidTargetError, InvalidLossError, NoLossError: bad numbers.
        UnattainablePsiError: outside (n1/N, (n1 + n2)/N), where n1 items are pinned at 1 and n2
            are ordinary.
    """
    odds_of(target)
    log_ratios, kept = _log_ratios(image, perceptual), _kept(counts, image, perceptual)
    finite = np.isfinite(log_ratios)
    ordinary, of_ordinary = log_ratios[finite], None if kept is None else kept[finite]
    lowest = _mean((log_ratios == np.inf).astype(np.float64), kept)
    share = ordinary.size / log_ratios.size if kept is None else _mean(1.0 * finite, kept)
    highest = lowest + share
    if not lowest < target < highest:
        raise UnattainablePsiError(
            f"`target_psi` must be in ({lowest:.6g}, {highest:.6g}), which the mean of ratios can "
            f"reach on these items, but got {target}."
        )
    # The ordinary items alone must reach this mean; the bracket then always holds. It is a little
    # wider than it need be, because equal ratios differ in their last digit.
    wanted = (target - lowest) / (highest - lowest)
    centre = float(log_odds(wanted))
    low, high = centre - ordinary.max() - 1, centre - ordinary.min() + 1
    root = brentq(lambda t: _mean(expit(t + ordinary), of_ordinary) - wanted, low, high, xtol=1e-13)
    return float(np.exp(root))


def influence_on_log_weight(image: ArrayLike, perceptual: ArrayLike, weight: float) -> Floats:
    """Return how far each kept item pulls ln lambda, (n,), for the delta method's error."""
    shares = expit(np.log(weight) + _log_ratios(image, perceptual))
    return np.asarray((shares - shares.mean()) / np.mean(shares * (1 - shares)))


def weighted_influence(
    image: ArrayLike, perceptual: ArrayLike, weight: float, counts: Floats
) -> Floats:
    """Return the same of items (n,) that stand for ``counts`` each; a dropped one pulls nothing."""
    m, p = np.asarray(image, np.float64), np.asarray(perceptual, np.float64)
    shares = expit(np.log(weight) + _log_ratios(m, p))
    kept, own = (m > 0) | (p > 0), _kept(counts, m, p)
    found, slope = np.zeros(m.size), _mean(shares * (1 - shares), own)
    # Per item of all, as a mean over all of them is what it is multiplied with.
    found[kept] = (shares - _mean(shares, own)) / slope * counts.sum() / counts[kept].sum()
    return found


def _mean(values: Floats, counts: Floats | None) -> float:
    return float(values.mean() if counts is None else counts @ values / counts.sum())


def _kept(counts: Floats | None, image: ArrayLike, perceptual: ArrayLike) -> Floats | None:
    """Return the counts of the items that `_log_ratios` keeps."""
    if counts is None:
        return None
    return counts[(np.asarray(image) > 0) | (np.asarray(perceptual) > 0)]


def _log_ratios(image: ArrayLike, perceptual: ArrayLike) -> Floats:
    m = checked_losses(image, "the image loss")
    p = checked_losses(perceptual, "the perceptual loss")
    if m.shape != p.shape or m.ndim != 1:
        raise InvalidLossError(
            f"the losses must be two lists of one length but got shapes {m.shape} and {p.shape}."
        )
    kept = (m > 0) | (p > 0)
    if not kept.any():
        raise NoLossError("Psi must have a loss to share but both losses are 0 on every item.")
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p[kept]) - np.log(m[kept]))
