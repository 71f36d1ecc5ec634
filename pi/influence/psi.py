"""Perceptual influence Psi, its inverse, and the rules that round lambda. Numpy alone.

With S_M and S_P the sums of the image and the perceptual loss over the items of a training set,

    Psi(lambda) = lambda S_P / (S_M + lambda S_P)              paper, Algorithm 2, line 10
    logit Psi   = ln lambda + ln(S_P / S_M)                    a straight line in ln lambda
    lambda      = psi / (1 - psi) * S_M / S_P                  its inverse, in closed form

so equal Psi means equal shares of the total loss, whatever the unit of the features. The paper's
Eq. (5), the mean of the items' own ratios, is in `pi.influence.mean_of_ratios`.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pi.choices import Rounding
from pi.errors import PiError

Floats = NDArray[np.float64]


class InfluenceError(PiError):
    """Influence that is not defined."""


class InvalidLossError(InfluenceError):
    """A loss is negative, NaN or infinite, or there is none."""


class InvalidTargetError(InfluenceError):
    """The Psi asked for lies outside (0, 1)."""


class InvalidWeightError(InfluenceError):
    """The perceptual weight lambda is negative or not finite."""


class NoLossError(InfluenceError):
    """Both losses are 0 everywhere: Psi is 0/0."""


class NoPerceptualLossError(InfluenceError):
    """The perceptual loss is 0 everywhere: Psi is 0 for every lambda."""


class NoImageLossError(InfluenceError):
    """The image loss is 0 everywhere: Psi is 1 for every lambda."""


def psi(image_loss: float, perceptual_loss: float, weight: ArrayLike) -> Floats:
    """Return Psi at ``weight`` (any shape) from the two losses' sums, or their means.

    Raises:
        InvalidLossError, InvalidWeightError, NoLossError: Psi is not defined.
    """
    s_m, s_p = _sums(image_loss, perceptual_loss)
    weighted = checked_weight(weight) * s_p
    if s_m == 0 and (weighted == 0).any():
        raise NoLossError("Psi must have a loss to share but both terms of the total are 0.")
    return np.asarray(weighted / (s_m + weighted))


def weight_for_psi(image_loss: float, perceptual_loss: float, target: float) -> float:
    """Return the lambda at which the ratio of sums is ``target``: the inverse of `psi`.

    Raises:
        InvalidLossError, InvalidTargetError: bad numbers.
        NoLossError, NoPerceptualLossError, NoImageLossError: no lambda, or every one, would do.
    """
    s_m, s_p = _sums(image_loss, perceptual_loss)
    odds = odds_of(target)
    if s_m == 0 and s_p == 0:
        raise NoLossError("lambda must balance two losses but both are 0.")
    if s_p == 0:
        raise NoPerceptualLossError(
            "the perceptual loss must be greater than 0 but is 0 on every item: Psi is 0 for "
            "every lambda."
        )
    if s_m == 0:
        raise NoImageLossError(
            "the image loss must be greater than 0 but is 0 on every item: Psi is 1 for every "
            "lambda."
        )
    return odds * s_m / s_p


def layer_shares(image_loss: float, perceptual_losses: ArrayLike, weight: float) -> Floats:
    """Return each layer's share of the total, Psi_l = lambda S_l / (S_M + lambda sum S_l).

    Args:
        image_loss: sum or mean of the image loss.
        perceptual_losses: (layers,) sums or means, one per tapped layer.
        weight: lambda.
    """
    s_l = np.asarray(perceptual_losses, np.float64)
    total = float(s_l.sum())
    whole = float(psi(image_loss, total, weight))
    return whole * s_l / total if total > 0 else np.zeros_like(s_l)


def odds_of(target: float) -> float:
    """Return psi / (1 - psi): 19 for 0.95.

    Raises:
        InvalidTargetError: ``target`` is not in (0, 1).
    """
    if not 0 < target < 1:
        raise InvalidTargetError(f"`target_psi` must be in (0, 1) but got {target}.")
    return target / (1 - target)


def log_odds(value: ArrayLike) -> Floats:
    """Return ln(psi / (1 - psi)), in which Psi is a straight line over ln lambda."""
    share = np.asarray(value, np.float64)
    return np.asarray(np.log(share) - np.log1p(-share))


def from_log_odds(value: ArrayLike) -> Floats:
    """Return the Psi whose log-odds are ``value`` (any shape): the inverse of `log_odds`."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(value, np.float64))))


def round_weight(weight: float, rule: Rounding, psi_at: Callable[[float], float]) -> float:
    """Return ``weight`` rounded by the named rule.

    ``nearest_decade_log10`` turns the authors' published losses into the paper's four lambdas
    (method, finding 1). ``nearest_decade_psi`` takes the power of ten whose Psi is nearest,
    ``ceil_decade`` the next one up; neither reproduces all four.

    Args:
        weight: lambda, greater than 0.
        rule: the rule's name.
        psi_at: Psi of a lambda, which `nearest_decade_psi` compares.
    """
    return _ROUNDING[rule](weight, psi_at)


def checked_weight(weight: ArrayLike) -> Floats:
    """Return ``weight`` as float64, after checking it.

    Raises:
        InvalidWeightError: negative or not finite.
    """
    values = np.asarray(weight, np.float64)
    wrong = values[~(np.isfinite(values) & (values >= 0))]
    if wrong.size:
        raise InvalidWeightError(
            f"`perceptual_weight` must be finite and 0 or greater but got {wrong[0]}."
        )
    return values


def checked_losses(values: ArrayLike, name: str) -> Floats:
    """Return per-item losses as float64, after checking them.

    Raises:
        InvalidLossError: there is none, or one is negative, NaN or infinite.
    """
    losses = np.asarray(values, np.float64)
    if losses.size == 0:
        raise InvalidLossError(f"{name} must have at least one item but has none.")
    wrong = losses[~(np.isfinite(losses) & (losses >= 0))]
    if wrong.size:
        raise InvalidLossError(f"{name} must be finite and 0 or greater but got {wrong[0]}.")
    return losses


def _sums(image_loss: float, perceptual_loss: float) -> tuple[float, float]:
    s_m = checked_losses([image_loss], "the image loss")[0]
    s_p = checked_losses([perceptual_loss], "the perceptual loss")[0]
    return float(s_m), float(s_p)


def _nearest_in_psi(weight: float, psi_at: Callable[[float], float]) -> float:
    below = np.floor(np.log10(weight))
    decades = (float(10.0**below), float(10.0 ** (below + 1)))
    return min(decades, key=lambda w: abs(psi_at(w) - psi_at(weight)))


_ROUNDING: Mapping[Rounding, Callable[[float, Callable[[float], float]], float]] = {
    "none": lambda weight, _: weight,
    "nearest_decade_log10": lambda weight, _: float(10.0 ** np.round(np.log10(weight))),
    "nearest_decade_psi": _nearest_in_psi,
    "ceil_decade": lambda weight, _: float(10.0 ** np.ceil(np.log10(weight))),
}
