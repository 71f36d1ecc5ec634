"""Random patches, measured until every lambda is known well enough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi.choices import Estimator
from pi.influence.interval import LogInterval, log_interval
from pi.influence.losses import Losses, Measured, weighted_mean
from pi.influence.mean_of_ratios import weight_for_mean_of_ratios
from pi.influence.psi import (
    Floats,
    InfluenceError,
    InvalidLossError,
    InvalidTargetError,
    weight_for_psi,
)
from pi.influence.survey import survey_interval
from pi.losses.loss import Reading

FIRST_ROUND = 500
"""Patches before the first look: fewer give no honest variance of heavy-tailed losses."""

ROUND = (100, 500)
"""Fewest and most patches between two looks."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What is asked of lambda.

    Attributes:
        target_psi: the influence asked for.
        estimator: which Psi that means.
        tolerance: relative half-width of lambda's interval that is narrow enough.
        exhaustive: measure all patches whatever the tolerance.
    """

    target_psi: float
    estimator: Estimator
    tolerance: float
    exhaustive: bool


Measure = Callable[[NDArray[np.int64], Sequence[str]], Mapping[str, Measured]]
"""Measures numbered patches in the named states of the denoiser."""

Watch = Callable[[int, float], object]
"""Told after each round: patches measured so far, the widest half-width of ln lambda."""


def exact_weight(
    image: Floats, perceptual: Floats, precision: Precision, counts: Floats | None = None
) -> float:
    """Return the lambda that reaches the target, not rounded, from per-patch losses (n,).

    Of a survey each patch stands for ``counts`` (n,) patches.
    """
    if precision.estimator == "mean_of_ratios":
        return weight_for_mean_of_ratios(image, perceptual, precision.target_psi, counts)
    m, p = (float(weighted_mean(x, counts)) for x in (image, perceptual))
    return weight_for_psi(m, p, precision.target_psi)


def weight_and_interval(
    losses: Losses, population: int, precision: Precision
) -> tuple[float, LogInterval]:
    """Return the lambda that reaches the target, not rounded, and the interval of its logarithm.

    Args:
        losses: of the measured patches; how they were drawn decides the interval.
        population: patches in the training set.
        precision: what is asked for.

    Raises:
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    m, p = losses.image, losses.perceptual.sum(axis=1)
    weight = exact_weight(m, p, precision, losses.counts)
    if losses.sample is None:
        return weight, log_interval(m, p, weight, population, precision.estimator)
    return weight, survey_interval(losses.sample, m, p, weight, precision.estimator)


def sample_losses(
    measure: Measure,
    states: Sequence[str],
    readings: Sequence[Reading],
    population: int,
    precision: Precision,
    rng: np.random.Generator,
    report: Watch = lambda measured, half_width: None,
) -> dict[str, Measured]:
    """Return the losses of as many random patches as the tolerance needs.

    Patches are drawn one by one from the whole training set, never as runs of neighbours: the
    neighbours of one place agree with each other and not with the rest, and more of them does
    not help (method, 2.3). A state drops out as soon as all its lambdas are known.

    Args:
        measure: measures numbered patches.
        states: names of the denoiser's states.
        readings: where each experiment finds its losses.
        population: number of patches there are.
        precision: what is asked for.
        rng: draws the patches.
        report: told of the progress.

    Raises:
        InfluenceError: Psi is not defined or not attainable on all patches there are.
    """
    order = rng.permutation(population)
    found: dict[str, Measured] = {}
    active = list(states)
    measured, step = 0, FIRST_ROUND
    while active:
        numbers = order[measured : measured + step]
        for state, losses in measure(numbers, active).items():
            found[state] = found[state].and_then(losses) if state in found else losses
        measured += numbers.size
        if measured == population:
            break
        widths = {s: widest(found[s], readings, population, precision) for s in active}
        report(measured, max(widths.values()))
        if not precision.exhaustive:
            active = [s for s in active if widths[s] > np.log1p(precision.tolerance)]
        step = _next_round(measured, population, max(widths.values()), precision)
    return found


def _next_round(measured: int, population: int, half_width: float, precision: Precision) -> int:
    """Return how many more patches should do: SE^2 is proportional to 1/n - 1/N."""
    fewest, most = ROUND
    if precision.exhaustive or not half_width > 0:
        return most
    missing = (np.log1p(precision.tolerance) / half_width) ** 2
    enough = 1 / (1 / population + missing * (1 / measured - 1 / population))
    return int(np.clip(np.ceil(enough) - measured, fewest, most))


def widest(
    measured: Measured, readings: Sequence[Reading], population: int, precision: Precision
) -> float:
    """Return the widest half-width of ln lambda of several experiments; infinite: none yet."""
    return max(half_width(measured, reading, population, precision) for reading in readings)


def half_width(
    measured: Measured, reading: Reading, population: int, precision: Precision
) -> float:
    """Return the half-width of one experiment's ln lambda; infinite: not defined yet."""
    try:
        _, interval = weight_and_interval(measured.read(reading), population, precision)
    except (InvalidLossError, InvalidTargetError):  # no further patch will mend these
        raise
    except InfluenceError:  # not defined on these patches yet: the next ones may mend it
        return np.inf
    return interval.half_width
