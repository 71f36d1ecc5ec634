"""Lambda by a survey: where every patch's image loss and target are known, few need a network.

Within each reconstruction patches are drawn with probabilities in proportion to a size, and weighed
so that the sample has the number, the image loss and the targets' facts of all of them. With
inclusion probabilities pi_i and known variables a_i (1, the image loss, and `PatchFacts.beside`),

    w_i = (1 / pi_i) (1 + a_i' t),   t such that sum_s w_i a_i = sum_U a_i       calibrated weights
    sum_s w_i y_i                                                  the regression (GREG) estimator
    V   = sum_s (1 - pi_i) (w_i e_i - their mean)^2,   e_i = u_i - its fit by a of all but i

for u the linearised variable: of ln lambda it is q_i / sum w, with q as in `pi.influence.interval`.
A patch left out of its own fit, as the jackknife does: few patches with many known variables would
else seem to be foretold better than others are.

Sources: Ohlsson 1998 (sequential Poisson sampling, whose samples grow without a patch lost),
Deville and Sarndal 1992 (calibrated weights, truncated so that none is negative), Hajek 1964 (the
variance of fixed-size sampling with unequal probabilities), Sarndal, Swensson and Wretman 1992,
section 6.6 (the weighted residuals), MacKinnon and White 1985 (those left out). Numpy and scipy
alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pi.choices import Estimator
from pi.influence.interval import LogInterval
from pi.influence.mean_of_ratios import weighted_influence
from pi.influence.psi import Floats

EVEN = 0.3
"""Share of the chances that is the same for all patches: no weight is more than 1 / EVEN of it."""

LEAST_WEIGHT = 0.1
"""Of its own 1 / pi, the least that calibration leaves of a weight."""

NEXT_TO_NOTHING = 1e-3
"""Of the mean image loss; below it a logarithm says nothing more."""

ROUNDS = 20

STOPPED_EARLY: Mapping[Estimator, float] = {"ratio_of_sums": 1.1, "mean_of_ratios": 1.05}
"""What the interval is widened by: sampling ends at the first look that finds it narrow enough, so
a look that finds it too narrow counts more (benchmarks/calibration.py).
"""

LEAST_LEFT = 0.1
"""Least share of a residual that is taken to be left by a fit that its patch is in."""


@dataclass(frozen=True)
class PatchFacts:
    """What every one of N patches tells without a network.

    A perceptual loss goes with the image loss, and with what the target shows: features of bright
    tissue answer to noise more than those of air, and edges hide it. On eight real pairs these four
    left a fifth of the variance that the image loss alone leaves at block3_conv2, and six sevenths
    at block5_conv3, where little but the network itself foretells features.

    Attributes:
        image: (N, image losses) of the low dose as prediction, then of others.
        beside: (N, k) what else; here (N, 4) of the target x in the network's range: its mean, its
            standard deviation, the mean absolute difference of neighbours, and the mean of
            x (low dose - x)^2.
    """

    image: Floats = field(repr=False)
    beside: Floats = field(repr=False)


@dataclass(frozen=True)
class SurveyFrame:
    """What is known of each of N patches before any is measured.

    Attributes:
        strata: (N,) number of the reconstruction, from 0.
        known: (N, k) variables whose totals a sample is weighed to; the first is 1.
        sizes: (N,) chances of being drawn, relative to each other.
    """

    strata: NDArray[np.int64] = field(repr=False)
    known: Floats = field(repr=False)
    sizes: Floats = field(repr=False)


@dataclass(frozen=True, slots=True)
class SurveySample:
    """How each of n measured patches was drawn, and how much it counts.

    Attributes:
        strata: (n,) number of the reconstruction.
        known: (n, k) as in `SurveyFrame`.
        inclusion: (n,) probability with which it was drawn.
        weights: (n,) patches of the set that it stands for.
    """

    strata: NDArray[np.int64]
    known: Floats
    inclusion: Floats
    weights: Floats


def frame_of(facts: PatchFacts, strata: NDArray[np.int64], estimator: Estimator) -> SurveyFrame:
    """Return the frame of a training set from what its patches tell.

    Of the ratio of sums, a patch matters as its losses are large, so it is drawn as its image loss
    is. Eq. (5) gives every patch one voice, so all have the same chance, and what one says goes
    with the logarithm of its losses.
    """
    relative, beside = (x / np.where(x.mean(axis=0) > 0, x.mean(axis=0), 1.0)
                        for x in (facts.image, facts.beside))  # fmt: skip
    one = np.ones(len(relative))
    known = np.column_stack([one, relative, beside])
    if estimator == "mean_of_ratios":
        logarithms = np.log(np.maximum(relative, NEXT_TO_NOTHING))
        return SurveyFrame(strata, np.column_stack([known, logarithms]), one)
    return SurveyFrame(strata, known, EVEN + (1 - EVEN) * relative.mean(axis=1))


def inclusion_probabilities(sizes: Floats, n: int) -> Floats:
    """Return the chances (N,) with which n are drawn in proportion to ``sizes``; none is above 1.

    >>> inclusion_probabilities(np.array([1.0, 1.0, 2.0, 12.0]), 2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    certain = np.full(sizes.size, n >= sizes.size)
    while not certain.all():
        open_to = np.where(certain, 0.0, sizes)
        chances = np.where(certain, 1.0, (n - certain.sum()) * open_to / open_to.sum())
        above = ~certain & (chances >= 1)
        if not above.any():
            return chances
        certain |= above
    return np.ones(sizes.size)


def drawn(sizes: Floats, inclusion: Floats, uniform: Floats, n: int) -> NDArray[np.int64]:
    """Return the places of n patches, of which the certain come first, then those that are next.

    Args:
        sizes: (N,) see `SurveyFrame`.
        inclusion: (N,) of `inclusion_probabilities` for n.
        uniform: (N,) a random number in [0, 1) of each patch, the same for every n.
        n: how many.
    """
    turn = np.where(inclusion >= 1, -1.0, uniform / sizes)
    return np.argsort(turn, kind="stable")[:n]


def calibrated_weights(inclusion: Floats, known: Floats, totals: Floats) -> Floats:
    """Return weights (n,) near 1 / inclusion whose sums of ``known`` (n, k) are ``totals`` (k,)."""
    design = 1 / inclusion
    weights, free = design.copy(), np.ones(design.size, bool)
    for _ in range(ROUNDS):
        a, d = known[free], design[free]
        missing = totals - known[~free].T @ weights[~free] - a.T @ d
        step = np.linalg.lstsq((a * d[:, np.newaxis]).T @ a, missing, rcond=None)[0]
        weights[free] = d * (1 + a @ step)
        low = weights < LEAST_WEIGHT * design * (1 - 1e-9)
        if not low.any():
            break
        weights[low] = LEAST_WEIGHT * design[low]
        free &= ~low
    return weights


def sample_of(frame: SurveyFrame, numbers: NDArray[np.int64], inclusion: Floats) -> SurveySample:
    """Return how much each of ``numbers`` (n,) counts, drawn with the chances ``inclusion``."""
    strata, known = frame.strata[numbers], frame.known[numbers]
    weights = np.empty(numbers.size)
    for stratum in np.unique(strata):
        own = strata == stratum
        totals = frame.known[frame.strata == stratum].sum(axis=0)
        weights[own] = calibrated_weights(inclusion[own], known[own], totals)
    return SurveySample(strata, known, inclusion, weights)


def variance(sample: SurveySample, effects: Floats) -> tuple[float, int]:
    """Return the variance of the weighted sum of ``effects`` (n,), and its degrees of freedom."""
    total, freedom = 0.0, 0
    for stratum in np.unique(sample.strata):
        own = sample.strata == stratum
        chance, known = 1 - sample.inclusion[own], sample.known[own]
        n, k = known.shape
        if not chance.any():  # all were measured
            continue
        if n <= k:
            return np.inf, 0
        error = sample.weights[own] * _left_out(effects[own], known, sample.inclusion[own])
        about = error - (chance @ error) / chance.sum()
        total += float(chance @ about**2)
        freedom += n - k
    return total, freedom


def _left_out(effects: Floats, known: Floats, inclusion: Floats) -> Floats:
    """Return by how much each of n effects misses its fit by ``known`` (n, k) on the others."""
    root = np.sqrt(1 / inclusion)
    basis, sizes, _ = np.linalg.svd(known * root[:, np.newaxis], full_matrices=False)
    basis = basis[:, sizes > 1e-10 * sizes[0]]
    missed = (effects * root - basis @ (basis.T @ (effects * root))) / root
    return np.asarray(missed / np.maximum(1 - np.sum(basis**2, axis=1), LEAST_LEFT))


def survey_interval(
    sample: SurveySample, image: Floats, perceptual: Floats, weight: float, estimator: Estimator
) -> LogInterval:
    """Return the 95 % interval of ln lambda from the losses (n,) of a sample, at its lambda."""
    weights = sample.weights
    if estimator == "mean_of_ratios":
        q = weighted_influence(image, perceptual, weight, weights)
    else:
        whole = weights.sum()
        q = image * whole / (weights @ image) - perceptual * whole / (weights @ perceptual)
    spread, freedom = variance(sample, q / weights.sum())
    if not np.isfinite(spread):
        return LogInterval(np.inf, heavy_tailed=False)
    quantile = float(stdtrit(freedom, 0.975)) if freedom else 0.0
    half_width = STOPPED_EARLY[estimator] * quantile * float(np.sqrt(spread))
    return LogInterval(half_width, heavy_tailed=False)
