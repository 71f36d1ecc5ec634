"""One run against another by one metric: everything the data say, twice.

Once by slices, as the paper does, and once by patients, which is what can be generalised.
"""

from dataclasses import dataclass, field

from pi.comparison.clusters import ClusteredSignedRank, SignFlip
from pi.comparison.effect import SliceEffects
from pi.comparison.family import Adjusted
from pi.comparison.gains import Estimate
from pi.comparison.resampling import PatientIntervals
from pi.comparison.signed_rank import SignedRank


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
        gains: one a patient, sorted by pseudonym.
        agreeing: patients whose gain has the sign of the mean of the patients' gains.
        flip: sign-flip test of the patients' gains, which the verdict rests on.
        flip_holm: its p within the family.
        clustered: Rosner-Glynn-Lee.
        clustered_holm: its p within the family.
        shift: Hodges-Lehmann of the patients' gains; exact, (-inf, inf) below six patients.
        intervals: by the hierarchical bootstrap; see `pi.comparison.resampling.TOO_NARROW_BELOW`.
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
        metric: one of `pi.evaluation.table.HIGHER_IS_BETTER`.
        protocol: whose values.
        reference_mean: mean over slices of the metric itself.
        other_mean: of the other.
        slices: tests and effects over slices.
        patients: tests and effects over patients.
    """

    reference: str
    other: str
    metric: str
    protocol: str
    reference_mean: float
    other_mean: float
    slices: BySlices = field(repr=False)
    patients: ByPatients = field(repr=False)
