"""One run beside its reference: what is known of their differences, before it is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pi.comparison.gains import ComparisonError, Estimate
from pi.comparison.pairing import pair_runs
from pi.comparison.resampling import draw_resamples, patient_intervals
from pi.detection.paired_detection import compare_detection
from pi.detection.requirements import DetectionError
from pi.figures.effect_forest import claimed
from pi.report.configuration import Configuration
from pi.report.realised import pair_influence

TEXTURE, INVENTION = "noise_distance", "hallucination"

SEED = 5
"""Of the resamples: the same numbers whenever a report is made again."""


@dataclass(frozen=True, slots=True)
class Invented:
    """How much more one run invents than another.

    Attributes:
        run: its name.
        beside: name of the other.
        rates: share of patches of the other, then of the run.
        change: the run's less the other's, over patients.
    """

    run: str
    beside: str
    rates: tuple[float, float]
    change: Estimate


@dataclass(frozen=True)
class RunPair:
    """One run against its reference: the differences that are known, the other less the reference.

    Attributes:
        reference: its name.
        other: name of the run.
        beginning: of a sentence on them, see `pi.report.realised.pair_influence`.
        metrics: by name of the metric both means, and the difference over patients.
        detection: see `compare_detection`; None where lesions were not looked at.
        invented: beside the reference, or beside MSE; None where it was not measured.
    """

    reference: str
    other: str
    beginning: str
    metrics: Mapping[str, tuple[float, float, Estimate]]
    detection: pd.DataFrame | None = field(repr=False)
    invented: Invented | None = None

    @property
    def known(self) -> bool:
        """Whether anything but similarity is."""
        return TEXTURE in self.metrics or self.detection is not None or self.invented is not None


def run_pair(
    reference: Configuration,
    other: Configuration,
    control: Configuration | None,
    protocol: str,
    said: dict[str, None],
) -> RunPair:
    """Return what is known of two runs.

    Args:
        reference: the one.
        other: the other.
        control: by MSE alone, beside which inventions are told; None: beside the reference.
        protocol: whose values of the metrics.
        said: told why detection is not compared, where it could not be.
    """
    found = {name: difference(reference, other, name, protocol) for name in ("ssim", TEXTURE)}
    detection = None
    if reference.sightings and other.sightings:
        try:
            detection = compare_detection(reference.sightings, other.sightings, SEED)
        except DetectionError as error:
            said[str(error)] = None
    return RunPair(
        reference.name,
        other.name,
        pair_influence(reference, other),
        {name: value for name, value in found.items() if value is not None},
        detection,
        _invented(reference, other, control or reference, protocol),
    )


def difference(
    reference: Configuration, other: Configuration, metric: str, protocol: str
) -> tuple[float, float, Estimate] | None:
    """Return both means and the mean difference over patients; None where one has no values."""
    tables = [one.group.table for one in (reference, other)]
    if any(metric not in table.slices for table in tables):
        return None
    try:
        paired = pair_runs(tables, metric, protocol)
    except ComparisonError:  # of no slice that both have
        return None
    one, two = (paired.values[table.name].to_numpy() for table in tables)
    resamples = draw_resamples(paired.values.index, np.random.default_rng(SEED))
    gain = claimed(patient_intervals(two - one, resamples).mean_gain, resamples.patients)
    return float(one.mean()), float(two.mean()), gain


def _invented(
    reference: Configuration, other: Configuration, control: Configuration, protocol: str
) -> Invented | None:
    """Return what one of two runs invents beside the control or, of an unknown one, the other."""
    run = reference if control.name == other.name else other
    for beside, of in ((control, run), (reference, other)):
        found = difference(beside, of, INVENTION, protocol)
        if found is not None:
            return Invented(of.name, beside.name, found[:2], found[2])
    return None
