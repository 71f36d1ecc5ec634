"""One run against another by one metric: everything the data say, twice.

Once by slices, as the paper does, and once by patients, which is what can be generalised.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pi.choices import ZeroRule
from pi.comparison.breakdown import StratumGain, Trend, strata_of, trends_of
from pi.comparison.clusters import ClusteredSignedRank, SignFlip, clustered_signed_rank, sign_flip
from pi.comparison.effect import SliceEffects, slice_effects
from pi.comparison.family import Adjusted, holm
from pi.comparison.gains import Estimate, Floats
from pi.comparison.pairing import PairedTable
from pi.comparison.resampling import PatientIntervals, Resamples, patient_intervals
from pi.comparison.signed_rank import SignedRank, signed_rank
from pi.comparison.walsh import hodges_lehmann


@dataclass(frozen=True, slots=True)
class BySlices:
    """The paper's way: every slice for independent.

    Attributes:
        test: Wilcoxon signed rank.
        holm: its p within the family.
        effects: sizes, with intervals that take slices for independent.
    """

    test: SignedRank
    holm: Adjusted
    effects: SliceEffects


@dataclass(frozen=True, slots=True)
class PatientGain:
    """One patient: the mean gain of its slices, and how many they are."""

    patient: str
    slices: int
    gain: float


@dataclass(frozen=True, slots=True)
class ByPatients:
    """The way that can be generalised: every patient for independent.

    Attributes:
        gains: one per patient, sorted by pseudonym.
        agreeing: patients whose gain has the sign of the mean of the patients' gains.
        flip: sign-flip test of the patients' gains, which the verdict rests on.
        flip_holm: its p within the family.
        clustered: Rosner-Glynn-Lee.
        clustered_holm: its p within the family.
        shift: Hodges-Lehmann of the patients' gains; exact, (-inf, inf) below six patients.
        intervals: by the hierarchical bootstrap; see `pi.influence.expanded_percentile`.
    """

    gains: tuple[PatientGain, ...]
    agreeing: int
    flip: SignFlip
    flip_holm: Adjusted
    clustered: ClusteredSignedRank
    clustered_holm: Adjusted
    shift: Estimate
    intervals: PatientIntervals


@dataclass(frozen=True)
class Contrast:
    """One run against another by one metric under one protocol.

    Every gain is above 0 where ``other`` is better than ``reference``.

    Attributes:
        reference: name of the one run.
        other: name of the other.
        metric: one that has a direction.
        protocol: whose values.
        reference_mean: mean over slices of the metric itself.
        other_mean: of the other.
        slices: tests and effects over slices.
        patients: tests and effects over patients.
        strata: the gain on each part of the slices by dose, kernel and whatever else divides them.
        trends: how the gain goes with what else is known of a slice.
    """

    reference: str
    other: str
    metric: str
    protocol: str
    reference_mean: float
    other_mean: float
    slices: BySlices = field(repr=False)
    patients: ByPatients = field(repr=False)
    strata: tuple[StratumGain, ...] = field(default=(), repr=False)
    trends: tuple[Trend, ...] = field(default=(), repr=False)


def contrast(
    paired: PairedTable,
    reference: str,
    other: str,
    resamples: Resamples,
    rng: np.random.Generator,
    zero_rule: ZeroRule = "wilcox",
) -> Contrast:
    """Measure one run against another; its p-values are a family of their own until `in_family`.

    Args:
        paired: the joined tables.
        reference: name of the one run.
        other: name of the other.
        resamples: of the table's slices.
        rng: of flips beyond `EXACT_FLIPS_UP_TO` patients.
        zero_rule: what the signed-rank tests do with slices that do not differ.
    """
    one, two = (paired.values[run].to_numpy() for run in (reference, other))
    gains = paired.gains(reference, other)
    test = signed_rank(gains, zero_rule)
    effects = slice_effects(one, two, paired.higher_is_better, zero_rule)
    return Contrast(
        reference=reference,
        other=other,
        metric=paired.metric,
        protocol=paired.protocol,
        reference_mean=float(one.mean()),
        other_mean=float(two.mean()),
        slices=BySlices(test, _alone(test.log10_p), effects),
        patients=_by_patients(paired, gains, resamples, rng, zero_rule),
        strata=strata_of(paired, gains),
        trends=trends_of(paired, gains),
    )


def in_family(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Return contrasts whose p-values are corrected together, each kind of test by itself."""
    slices = holm([one.slices.test.log10_p for one in contrasts])
    flips = holm([one.patients.flip.log10_p for one in contrasts])
    clustered = holm([one.patients.clustered.log10_p for one in contrasts])
    return tuple(
        replace(
            one,
            slices=replace(one.slices, holm=by_slice),
            patients=replace(one.patients, flip_holm=by_flip, clustered_holm=by_cluster),
        )
        for one, by_slice, by_flip, by_cluster in zip(
            contrasts, slices, flips, clustered, strict=True
        )
    )


def _by_patients(
    paired: PairedTable,
    gains: Floats,
    resamples: Resamples,
    rng: np.random.Generator,
    zero_rule: ZeroRule,
) -> ByPatients:
    patients = paired.values.index.get_level_values("patient")
    names, number, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    means = np.bincount(number, gains) / sizes
    flip = sign_flip(means, rng)
    clustered = clustered_signed_rank(gains, number, zero_rule)
    return ByPatients(
        gains=tuple(map(PatientGain, names.tolist(), sizes.tolist(), means.tolist())),
        agreeing=int(np.count_nonzero(np.sign(means) == np.sign(means.mean()))),
        flip=flip,
        flip_holm=_alone(flip.log10_p),
        clustered=clustered,
        clustered_holm=_alone(clustered.log10_p),
        shift=hodges_lehmann(means),
        intervals=patient_intervals(gains, resamples, zero_rule),
    )


def _alone(log10_p: float) -> Adjusted:
    return holm([log10_p])[0]
