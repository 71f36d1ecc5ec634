"""Intervals by a hierarchical bootstrap: patients first, then blocks of adjacent slices.

Patients are drawn with replacement, and of each drawn patient as many blocks as it has. Percentiles
are moved outwards for few patients, see `pi.influence.expanded_percentile`.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pi.choices import ZeroRule
from pi.comparison.effect import d_z, one_sided
from pi.comparison.gains import Estimate, Floats, checked_gains
from pi.comparison.signed_rank import signed_rank
from pi.influence.expanded_percentile import tail_beyond

RESAMPLES = 2000
BLOCK_MM = 20.0
"""Length of a block along the patient's axis. All reconstructions of it are drawn together, for
they are of one anatomy and one noise."""


@dataclass(frozen=True)
class Resamples:
    """How often each block is in each resample; drawn once for all comparisons of a table.

    Attributes:
        block: (slices,) number of each slice's block.
        counts: (blocks, resamples) whole numbers.
        patients: m.
        share: (slices,) 1 / (m times the slices of its patient): weights of a mean over patients.
    """

    block: NDArray[np.int64] = field(repr=False)
    counts: Floats = field(repr=False)
    patients: int
    share: Floats = field(repr=False)


@dataclass(frozen=True, slots=True)
class PatientIntervals:
    """Effect sizes with intervals that know of patients; above 0 the other run is better.

    Attributes:
        mean_gain: mean over patients of the mean gain of their slices, in units of the metric.
        rank_biserial: over slices, as in `pi.comparison.effect.SliceEffects`.
        d_z: likewise.
    """

    mean_gain: Estimate
    rank_biserial: Estimate
    d_z: Estimate


def draw_resamples(keys: pd.Index, rng: np.random.Generator, times: int = RESAMPLES) -> Resamples:
    """Draw patients, then blocks of their slices, a number of times.

    Args:
        keys: of the slices, `pi.evaluation.table.KEY`.
        rng: what draws.
        times: resamples.
    """
    patient, names = pd.factorize(keys.get_level_values("patient"))
    place = keys.get_level_values("position").to_numpy(np.float64) // BLOCK_MM
    block, blocks = pd.factorize(pd.MultiIndex.from_arrays([patient, place]))
    owner = blocks.get_level_values(0).to_numpy()
    m = len(names)
    drawn = rng.multinomial(m, np.full(m, 1 / m), size=times)
    counts = np.empty((len(blocks), times))
    for number in range(m):
        own = np.flatnonzero(owner == number)
        drawn_blocks = rng.multinomial(drawn[:, number] * own.size, np.full(own.size, 1 / own.size))
        counts[own] = drawn_blocks.T
    return Resamples(block, counts, m, 1 / (m * np.bincount(patient)[patient]))


def patient_intervals(
    gains: ArrayLike, resamples: Resamples, zero_rule: ZeroRule = "wilcox"
) -> PatientIntervals:
    """Return effect sizes of differences (slices,) with hierarchical bootstrap intervals.

    A single patient bounds nothing. Where every slice has the same sign, see
    `pi.comparison.effect.one_sided`, with patients for the independent units.

    Raises:
        ComparisonError: see `checked_gains`.
    """
    values = checked_gains(gains)
    mean = float(values @ resamples.share)
    r, d = signed_rank(values, zero_rule).rank_biserial, d_z(values).value
    m = resamples.patients
    if m == 1:
        return PatientIntervals(*(Estimate(one, -np.inf, np.inf) for one in (mean, r, d)))
    means, ds = _moments(values, resamples)
    return PatientIntervals(
        mean_gain=_interval(mean, means, m),
        rank_biserial=one_sided(r, m)
        if abs(r) == 1
        else _interval(r, _rank_biserials(values, resamples, zero_rule), m),
        d_z=_interval(d, ds, m) if np.isfinite(d) else Estimate(d, -np.inf, np.inf),
    )


def _interval(value: float, resampled: Floats, patients: int) -> Estimate:
    tail = tail_beyond(patients)
    # No interpolation: it would make NaN of two infinite neighbours.
    low, high = np.quantile(resampled, [tail, 1 - tail], method="inverted_cdf")
    return Estimate(value, float(low), float(high))


def _moments(values: Floats, resamples: Resamples) -> tuple[Floats, Floats]:
    """Return the mean over patients and d_z over slices of each resample."""
    centred = values - values.mean()  # so that nothing cancels in the variance
    share = resamples.share
    per_slice = (share, share * values, np.ones_like(values), centred, np.square(centred))
    sums = np.stack([np.bincount(resamples.block, each) for each in per_slice])
    shares, gained, n, first, second = sums @ resamples.counts
    variance = (second - np.square(first) / n) / np.maximum(n - 1, 1)
    mean = values.mean() + first / n
    with np.errstate(divide="ignore", invalid="ignore"):
        ds = np.where(mean == 0, 0.0, mean / np.sqrt(np.maximum(variance, 0.0)))
    return gained / shares, ds


def _rank_biserials(values: Floats, resamples: Resamples, zero_rule: ZeroRule) -> Floats:
    """Return the rank-biserial of each resample; equal differences share their mean rank.

    Twice a slice's rank in a resample is 1 + the slices there whose difference is smaller + those
    whose it is not larger: a sum over blocks. So twice W+ - W- is a quadratic form in the counts
    of blocks, and no resample is ever sorted.
    """
    ranked = np.argsort(np.abs(values), kind="stable")
    if zero_rule == "wilcox":
        ranked = ranked[values[ranked] != 0]
    sizes, signs, block = np.abs(values[ranked]), np.sign(values[ranked]), resamples.block[ranked]
    counts = resamples.counts
    up_to = np.zeros((ranked.size + 1, len(counts)), np.float32)
    up_to[np.arange(1, ranked.size + 1), block] = 1
    np.cumsum(up_to, axis=0, out=up_to)  # row k: slices of each block among the first k
    smaller, not_larger = (np.searchsorted(sizes, sizes, side) for side in ("left", "right"))
    by_block = np.argsort(block, kind="stable")
    present, starts = np.unique(block[by_block], return_index=True)
    twice_rank = up_to[smaller[by_block]] + up_to[not_larger[by_block]]
    twice_rank *= signs[by_block, np.newaxis].astype(np.float32)
    form = np.zeros((len(counts), len(counts)))
    form[present] = np.add.reduceat(twice_rank, starts)
    signed = np.bincount(block, signs, len(counts))
    n, zeros = (np.bincount(block, of, len(counts)) @ counts for of in (None, signs == 0))
    difference = np.einsum("br,br->r", counts, form @ counts) + signed @ counts
    possible = n * (n + 1) - zeros * (zeros + 1)
    return np.asarray(difference / np.where(possible > 0, possible, 1))
