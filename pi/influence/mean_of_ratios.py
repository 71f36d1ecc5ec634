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


def mean_of_ratios(image: ArrayLike, perceptual: ArrayLike, weight: ArrayLike) -> Floats:
    """Return Eq. (5)'s Psi at ``weight`` (any shape) from per-item losses (n,).

    Items with both losses 0 are dropped; an item with only an image loss contributes 0, one
    with only a perceptual loss 1.

    Raises:
        InvalidLossError, InvalidWeightError, NoLossError: Psi is not defined.
    """
    log_ratios = _log_ratios(image, perceptual)
    with np.errstate(divide="ignore"):
        t = np.log(checked_weight(weight))
    if (t == -np.inf).any() and (log_ratios == np.inf).any():
        raise NoLossError("Psi must have a loss to share but an item's total is 0 at lambda 0.")
    # One lambda at a time: a curve over a whole training set would not fit in memory.
    return np.asarray([expit(one + log_ratios).mean() for one in t.ravel()]).reshape(t.shape)


def weight_for_mean_of_ratios(image: ArrayLike, perceptual: ArrayLike, target: float) -> float:
    """Return the lambda at which Eq. (5) gives ``target``, by Brent's method on ln lambda.

    Raises:
        InvalidTargetError, InvalidLossError, NoLossError: bad numbers.
        UnattainablePsiError: outside (n1/N, (n1 + n2)/N), where n1 items are pinned at 1 and n2
            are ordinary.
    """
    odds_of(target)
    log_ratios = _log_ratios(image, perceptual)
    ordinary = log_ratios[np.isfinite(log_ratios)]
    lowest = float(np.mean(log_ratios == np.inf))
    highest = lowest + ordinary.size / log_ratios.size
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
    root = brentq(lambda t: expit(t + ordinary).mean() - wanted, low, high, xtol=1e-13)
    return float(np.exp(root))


def influence_on_log_weight(image: ArrayLike, perceptual: ArrayLike, weight: float) -> Floats:
    """Return how far each kept item pulls ln lambda, (n,), for the delta method's error."""
    shares = expit(np.log(weight) + _log_ratios(image, perceptual))
    return np.asarray((shares - shares.mean()) / np.mean(shares * (1 - shares)))


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
