"""Intervals by a hierarchical bootstrap: patients first, then blocks of adjacent slices."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pi.comparison.gains import Estimate, Floats
from pi.comparison.signed_rank import ZeroRule

RESAMPLES = 2000
BLOCK_MM = 20.0
"""Length of a block along the patient's axis. All reconstructions of it are drawn together, for
they are of one anatomy and one noise."""

TOO_NARROW_BELOW = 0
"""Patients below which the 95 % intervals cover less than 93 % (benchmarks/coverage.py)."""


@dataclass(frozen=True)
class Resamples:
    """How often each slice is in each resample; drawn once for all comparisons of a table.

    Attributes:
        weights: (resamples, slices) float32.
        patients: m.
    """

    weights: Floats = field(repr=False)
    patients: int


@dataclass(frozen=True, slots=True)
class PatientIntervals:
    """Effect sizes with intervals that know of patients; above 0 the other run is better."""

    mean_gain: Estimate
    rank_biserial: Estimate
    d_z: Estimate


def draw_resamples(keys: pd.MultiIndex, rng: np.random.Generator) -> Resamples:
    """Draw patients, then blocks of their slices, `RESAMPLES` times.

    Args:
        keys: of the slices, `pi.evaluation.table.KEY`.
        rng: what draws.
    """
    raise NotImplementedError


def patient_intervals(
    gains: ArrayLike, resamples: Resamples, zero_rule: ZeroRule = "wilcox"
) -> PatientIntervals:
    """Return effect sizes of differences (slices,) with hierarchical bootstrap intervals."""
    raise NotImplementedError
