"""Whether lesions are more or less detectable in one output than in another, looked at alike."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pi.detection.channels import Floats
from pi.detection.requirements import DetectionError
from pi.detection.resamples import (
    OBSERVERS,
    Draws,
    draw_places,
    interval,
    resampled,
)
from pi.detection.sightings import KIND
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE

SAME = [*KEY, "place", *KIND, "present"]
"""What two tables of looks share, row by row, if they are of the same lesions."""

COLUMNS = ["observer", *KIND, "reference", "other", "difference", "low", "high", "patients"]


def outputs_of(sightings: pd.DataFrame) -> pd.DataFrame:
    """Return the looks at what is evaluated: the denoised slices, else the low dose."""
    image = DENOISED if (sightings["image"] == DENOISED).any() else LOW_DOSE
    return sightings[sightings["image"] == image].sort_values(SAME, ignore_index=True)


def compare_detection(
    reference: Sequence[pd.DataFrame], other: Sequence[pd.DataFrame], seed: int
) -> pd.DataFrame:
    """Return d' of two outputs and their difference, with intervals of the same resamples.

    Args:
        reference: tables of looks of the one, a run each, whose d' are averaged.
        other: of the other.
        seed: of the bootstrap.

    Returns:
        `COLUMNS`, one row per observer and kind of lesion, and per observer one of all kinds, whose
        contrast and radius are NaN. ``difference`` is above 0 where lesions are more detectable in
        ``other``; its bounds are NaN of a single patient.

    Raises:
        DetectionError: the runs did not look at the same lesions, or too seldom.
    """
    tables = [[outputs_of(one) for one in runs] for runs in (reference, other)]
    first = tables[0][0]
    for one in (table for runs in tables for table in runs):
        if len(one) != len(first) or not one[SAME].equals(first[SAME]):
            raise DetectionError(
                "runs must have looked at the same lesions to be compared by them but did not: "
                "evaluate them with the same `task`, part and seed."
            )
    rows: list[dict[str, object]] = []
    patients = first["patient"].nunique()
    for observer in OBSERVERS:
        of_kinds = []
        for radius in sorted(first["radius_mm"].unique()):
            of = first[first["radius_mm"] == radius]
            draws = draw_places(of, np.random.default_rng(seed))
            for contrast in sorted(of["contrast_hu"].unique()):
                both = [
                    np.mean(
                        [_values(run.loc[of.index], draws, contrast, observer) for run in runs],
                        axis=0,
                    )
                    for runs in tables
                ]
                if np.isfinite(both[0][0] + both[1][0]):
                    of_kinds.append(both)
                    rows.append(_row(observer, (contrast, float(radius)), both, patients))
        if of_kinds:
            whole = list(np.mean(of_kinds, axis=0))
            rows.append(_row(observer, (np.nan, np.nan), whole, patients))
    if not rows:
        raise DetectionError(
            "lesions must have been looked at often enough to be compared by them but were not."
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _values(sightings: pd.DataFrame, draws: Draws, contrast: float, observer: str) -> Floats:
    image = str(sightings["image"].iloc[0])
    found = resampled(sightings, draws, contrast, image, observer)
    if found is None:
        return np.full(len(draws.weights), np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def _row(
    observer: str, kind: tuple[float, float], both: Sequence[Floats], patients: int
) -> dict[str, object]:
    reference, other = both
    low, high = interval(other - reference, patients)
    return {
        "observer": observer,
        **dict(zip(KIND, kind, strict=True)),
        "reference": float(reference[0]),
        "other": float(other[0]),
        "difference": float(other[0] - reference[0]),
        "low": low,
        "high": high,
        "patients": patients,
    }
