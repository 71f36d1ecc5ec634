"""Tests whose unit is the patient: slices of one patient are not independent (method, 4.3)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pi.choices import ZeroRule
from pi.comparison.gains import ALPHA, Floats, checked_gains
from pi.comparison.signed_rank import signed_ranks, two_sided

EXACT_FLIPS_UP_TO = 20
"""Patients up to which all 2^m sign flips are counted; beyond, `FLIPS` are drawn."""

FLIPS = 100_000

EXACT_CLUSTERS_UP_TO = 14
"""Patients up to which the clustered signed-rank test counts all flips; beyond, it is normal."""

ROUNDING = 1e-12
"""A flip counts as far as the data if it is but for rounding: ties would else be lost."""


@dataclass(frozen=True, slots=True)
class SignFlip:
    """The sign-flip test of patient means.

    Attributes:
        patients: m.
        p: two-sided.
        log10_p: never -inf.
        smallest: the smallest p that the test can give with m patients.
        method: ``exact``, or ``monte carlo`` with `FLIPS` draws.
    """

    patients: int
    p: float
    log10_p: float
    smallest: float
    method: Literal["exact", "monte carlo"]


@dataclass(frozen=True, slots=True)
class ClusteredSignedRank:
    """The signed-rank test of Rosner, Glynn and Lee (Biometrics 62, 185-192, 2006).

    Attributes:
        patients: m, those without any difference left out.
        z: signed; |z| is at most sqrt(m).
        icc: correlation of the signed ranks within a patient, in [0, 1], which sets the weights.
        p: two-sided.
        log10_p: never -inf.
        method: ``exact``: all flips of whole patients; ``normal`` as published.
    """

    patients: int
    z: float
    icc: float
    p: float
    log10_p: float
    method: Literal["exact", "normal"]


def sign_flip(patient_means: ArrayLike, rng: np.random.Generator) -> SignFlip:
    """Test whether patient means (m,) are symmetric about 0, by flipping their signs.

    Args:
        patient_means: mean gain of each patient.
        rng: draws the flips beyond `EXACT_FLIPS_UP_TO` patients; otherwise untouched.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    means = checked_gains(patient_means)
    observed = abs(means.sum()) - ROUNDING * np.abs(means).sum()
    if means.size <= EXACT_FLIPS_UP_TO:
        p = float(np.mean(np.abs(_flipped_sums(means)) >= observed))
        smallest = smallest_p(means.size)
        return SignFlip(means.size, p, float(np.log10(p)), smallest, "exact")
    drawn = sum(
        int(np.count_nonzero(np.abs(_random_signs(means.size, rng) @ means) >= observed))
        for _ in range(FLIPS // 1000)
    )
    p = (1 + drawn) / (1 + FLIPS)  # the data are one of the flips, so that p is never 0
    return SignFlip(means.size, p, float(np.log10(p)), 1 / (1 + FLIPS), "monte carlo")


def clustered_signed_rank(
    gains: ArrayLike, patients: ArrayLike, zero_rule: ZeroRule = "wilcox"
) -> ClusteredSignedRank:
    """Test whether differences (n,) of slices are symmetric about 0, patient by patient.

    With S_i the mean signed rank of the g_i slices of patient i,

        T = sum_i w_i S_i,   z = T / sqrt(sum_i (w_i S_i)^2),   w_i = g_i / (1 + (g_i - 1) icc)

    so the weight of a patient is the inverse of its mean's variance. Up to `EXACT_CLUSTERS_UP_TO`
    patients p is the share of all flips of whole patients at which |z| is as large, the
    correlation being estimated anew at each: the published normal p needs 20 patients or more.

    Args:
        gains: one per slice.
        patients: (n,) whose slice it is.
        zero_rule: see `pi.comparison.signed_rank.SignedRank`.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    ranks = signed_ranks(gains, zero_rule)
    kept = ranks != 0
    if not kept.any():
        return ClusteredSignedRank(0, 0.0, 0.0, 1.0, 0.0, "exact")
    ranks = ranks[kept]
    _, patient = np.unique(np.asarray(patients)[kept], return_inverse=True)
    sizes = np.bincount(patient).astype(np.float64)
    means = np.bincount(patient, ranks) / sizes
    within = float(np.square(ranks - means[patient]).sum())
    z, icc = (float(one[0]) for one in _statistic(means[np.newaxis], sizes, within))
    if sizes.size > EXACT_CLUSTERS_UP_TO:
        return ClusteredSignedRank(sizes.size, z, icc, *two_sided(z), "normal")
    flipped, _ = _statistic(_all_signs(sizes.size) * means, sizes, within)
    p = float(np.mean(np.abs(flipped) >= abs(z) - ROUNDING * np.sqrt(sizes.size)))
    return ClusteredSignedRank(sizes.size, z, icc, p, float(np.log10(p)), "exact")


def smallest_p(patients: int) -> float:
    """Return the smallest two-sided p of a sign-flip test of m patients: 2 / 2^m, at most 1."""
    return min(1.0, 2.0 ** (1 - patients))


def patients_needed(family: int) -> int:
    """Return how many patients a test must have to reject one of a family under Holm.

    6 for one comparison at .05, 8 for four, 9 for ten.
    """
    return int(np.ceil(np.log2(2 * family / ALPHA)))


def _flipped_sums(means: Floats) -> Floats:
    """Return the sum at every assignment of signs; the first one's is kept, by symmetry."""
    sums = means[:1]
    for mean in means[1:]:
        sums = np.concatenate([sums + mean, sums - mean])
    return sums


def _random_signs(patients: int, rng: np.random.Generator) -> Floats:
    return np.asarray(rng.integers(0, 2, (1000, patients)) * 2.0 - 1)


def _all_signs(patients: int) -> Floats:
    """Return every assignment of signs, (2^(m-1), m); the first one's is kept, by symmetry."""
    bits = np.arange(2 ** (patients - 1))[:, np.newaxis] >> np.arange(patients) & 1
    return np.asarray(1.0 - 2 * bits)


def _statistic(means: Floats, sizes: Floats, within: float) -> tuple[Floats, Floats]:
    """Return z and the correlation at each assignment of signs.

    Args:
        means: (assignments, m) mean signed ranks.
        sizes: (m,) slices of each patient.
        within: sum of squares of signed ranks about their patient's mean, which no flip changes.
    """
    icc = _intraclass_correlation(means, sizes, within)
    weighted = means * sizes / (1 + (sizes - 1) * icc[:, np.newaxis])
    deviation = np.sqrt(np.square(weighted).sum(axis=1))
    z = np.divide(
        weighted.sum(axis=1), deviation, out=np.zeros_like(deviation), where=deviation > 0
    )
    return z, icc


def _intraclass_correlation(means: Floats, sizes: Floats, within: float) -> Floats:
    """Return the correlation by analysis of variance, corrected for its bias, in [0, 1].

    The correction divides by m - 2.5: with two patients there is none.
    """
    m, n = sizes.size, sizes.sum()
    if m == 1 or n == m:
        return np.zeros(len(means))
    about = means - (means @ sizes / n)[:, np.newaxis]
    between = np.square(about) @ sizes / (m - 1)
    residual = within / (n - m)
    size = (n - np.square(sizes).sum() / n) / (m - 1)
    variance = np.maximum(0.0, (between - residual) / size)
    total = variance + residual
    icc = np.divide(variance, total, out=np.zeros_like(total), where=total > 0)
    if m > 2:
        icc = icc * (1 + (1 - np.square(icc)) / (2 * (m - 2.5)))
    return np.asarray(np.minimum(icc, 1.0))
