"""Tests whose unit is the patient: slices of one patient are not independent (method, 4.3)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pi.comparison.signed_rank import ZeroRule

EXACT_FLIPS_UP_TO = 20
"""Patients up to which all 2^m sign flips are counted; beyond, `FLIPS` are drawn."""

FLIPS = 100_000

EXACT_CLUSTERS_UP_TO = 14
"""Patients up to which the clustered signed-rank test counts all flips; beyond, it is normal."""


@dataclass(frozen=True, slots=True)
class SignFlip:
    """The sign-flip test of patient means.

    Attributes:
        patients: m.
        p: two-sided.
        log10_p: never -inf.
        smallest: the smallest p that m patients can give, 2 / 2^m (1 where m is 1).
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
    raise NotImplementedError


def clustered_signed_rank(
    gains: ArrayLike, patients: ArrayLike, zero_rule: ZeroRule = "wilcox"
) -> ClusteredSignedRank:
    """Test whether differences (n,) of slices are symmetric about 0, patient by patient.

    Args:
        gains: one a slice.
        patients: (n,) whose slice it is.
        zero_rule: see `pi.comparison.signed_rank.SignedRank`.
    """
    raise NotImplementedError


def smallest_p(patients: int) -> float:
    """Return the smallest two-sided p of a sign-flip test of m patients: 2 / 2^m, at most 1."""
    return min(1.0, 2.0 ** (1 - patients))


def patients_needed(family: int) -> int:
    """Return how many patients a test must have to reject within a family under Holm.

    6 for one comparison at .05, 8 for four, 9 for ten.
    """
    raise NotImplementedError
