"""The gain of each patient, one row a comparison: what the verdict rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pi.comparison.contrast import Contrast
from pi.comparison.gains import Floats
from pi.comparison.verdict import heading
from pi.figures.labels import inches_high, inches_wide
from pi.figures.paired_differences import BETTER, NEUTRAL, TICKS, WORSE, pair_label, row_label

SPREAD = 0.5
"""Height over which the patients of a row are spread, in rows; each has the same height in all."""


@dataclass(frozen=True)
class PatientStrip:
    """The patients of one comparison.

    Attributes:
        label: which comparison.
        patients: pseudonyms, sorted.
        gains: (patients,) mean gain of each patient's slices, in units of the metric.
        mean: of them.
        agreement: how many have the sign of the mean, in words.
    """

    label: str
    patients: tuple[str, ...]
    gains: Floats = field(repr=False)
    mean: float
    agreement: str


def patient_strips(contrasts: Sequence[Contrast]) -> list[PatientStrip]:
    """Return what is drawn of some comparisons by one metric."""
    strips = []
    for one in contrasts:
        of = one.patients
        gains = np.array([patient.gain for patient in of.gains])
        names = tuple(patient.patient for patient in of.gains)
        agreement = f"{of.agreeing} of {len(names)} agree"
        strips.append(PatientStrip(pair_label(one), names, gains, float(gains.mean()), agreement))
    return strips


def strip_table(strips: Sequence[PatientStrip]) -> pd.DataFrame:
    """Return the data of the figure: a row per patient of a comparison."""
    rows = [
        (strip.label, patient, gain, strip.mean)
        for strip in strips
        for patient, gain in zip(strip.patients, strip.gains, strict=True)
    ]
    return pd.DataFrame(rows, columns=["comparison", "patient", "gain", "mean"])


def draw_patient_strips(strips: Sequence[PatientStrip], metric: str) -> Figure:
    """Draw one dot a patient and an upright bar at their mean.

    Args:
        strips: see `patient_strips`.
        metric: name of the metric.
    """
    labels = [row_label(strip.label) for strip in strips]
    height = max(0.5, *(inches_high(label, 9) + 0.06 for label in labels))
    width = max(7.2, 4.6 + max(inches_wide(label, 9) for label in labels))
    figure = Figure(figsize=(width, height * len(strips) + 0.9), layout="constrained")
    axes = figure.subplots()
    for row, strip in enumerate(strips):
        _draw_strip(axes, row, strip)
    axes.axvline(0, color=NEUTRAL, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(strips)), labels, fontsize=9)
    axes.set_ylim(len(strips) - 0.5, -0.5)
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(TICKS))
    axes.set_xlabel(f"mean gain in {heading(metric)} of a patient (right of 0: better)")
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(alpha=0.25, axis="x")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _draw_strip(axes: Axes, row: int, strip: PatientStrip) -> None:
    heights = row + SPREAD * (np.arange(strip.gains.size) + 0.5) / strip.gains.size - SPREAD / 2
    colours = [BETTER if gain > 0 else WORSE if gain < 0 else NEUTRAL for gain in strip.gains]
    axes.scatter(strip.gains, heights, s=28, c=colours, alpha=0.8, linewidths=0)
    axes.plot([strip.mean] * 2, [row - 0.34, row + 0.34], color="black", linewidth=1.6)
    axes.annotate(strip.agreement, (1.01, row), xycoords=("axes fraction", "data"), va="center",
                  fontsize=8)  # fmt: skip
