"""A forest plot: the effect of each comparison by each metric, with both of its intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.comparison.contrast import Contrast
from pi.comparison.gains import Estimate
from pi.comparison.verdict import heading
from pi.figures.labels import inches_high, inches_wide
from pi.figures.paired_differences import NEUTRAL, pair_label, row_label
from pi.influence.expanded_percentile import TOO_NARROW_BELOW

PATIENTS, SLICES = "#0072B2", "#E69F00"  # Okabe and Ito


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of the plot.

    Attributes:
        label: which comparison.
        by_patients: rank-biserial with the interval that takes patients for independent.
        by_slices: the same with the interval that takes slices for independent.
    """

    label: str
    by_patients: Estimate
    by_slices: Estimate


def claimed(estimate: Estimate, patients: int) -> Estimate:
    """Return a bootstrap estimate with its interval as far as it may be shown.

    Below `TOO_NARROW_BELOW` patients it would claim more than it keeps, so nothing bounds it.
    """
    if patients >= TOO_NARROW_BELOW:
        return estimate
    return Estimate(estimate.value, -math.inf, math.inf)


def effects_by_metric(contrasts: Sequence[Contrast]) -> dict[str, list[Effect]]:
    """Return what is drawn: the metrics in their order, of each the comparisons in theirs."""
    found: dict[str, list[Effect]] = {}
    for one in contrasts:
        by_patients = claimed(one.patients.intervals.rank_biserial, len(one.patients.gains))
        effect = Effect(pair_label(one), by_patients, one.slices.effects.rank_biserial)
        found.setdefault(one.metric, []).append(effect)
    return found


def effect_table(effects: Mapping[str, Sequence[Effect]]) -> pd.DataFrame:
    """Return the data of the figure: a row per metric, comparison, and what is independent."""
    rows = [
        (metric, effect.label, independent, estimate.value, estimate.low, estimate.high)
        for metric, lines in effects.items()
        for effect in lines
        for independent, estimate in (
            ("patients", effect.by_patients),
            ("slices", effect.by_slices),
        )
    ]
    names = ["metric", "comparison", "independent", "rank_biserial", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def draw_effect_forest(effects: Mapping[str, Sequence[Effect]]) -> Figure:
    """Draw one panel a metric and one line a comparison, on the scale of the rank-biserial.

    An interval that the data do not bound goes from end to end, dotted.
    """
    labels = [row_label(effect.label) for effect in next(iter(effects.values()))]
    row = max(0.45, *(inches_high(label, 9) + 0.06 for label in labels))
    beside = max(inches_wide(label, 9) for label in labels)
    size = (max(2.3 * len(effects) + 0.4, 4.2) + beside, row * len(labels) + 1.2)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(1, len(effects), sharey=True, squeeze=False)[0]
    for (metric, lines), axes in zip(effects.items(), grid, strict=True):
        for row, effect in enumerate(lines):
            _draw_interval(axes, row - 0.13, effect.by_patients, PATIENTS, "patients independent")
            _draw_interval(axes, row + 0.13, effect.by_slices, SLICES, "slices independent")
        _finish(axes, metric, labels)
    handles, names = grid[0].get_legend_handles_labels()
    shown = dict(zip(names, handles, strict=True))  # one of each
    figure.legend(shown.values(), shown.keys(), loc="outside upper right", ncols=2, fontsize=8,
                  frameon=False)  # fmt: skip
    return figure


def _draw_interval(axes: Axes, height: float, effect: Estimate, colour: str, label: str) -> None:
    low, high = np.clip([effect.low, effect.high], -1, 1)
    style = "-" if effect.bounded else ":"
    axes.plot([low, high], [height, height], color=colour, linewidth=2, linestyle=style)
    axes.plot([effect.value], [height], "o", color=colour, markersize=5, label=label)


def _finish(axes: Axes, metric: str, labels: Sequence[str]) -> None:
    axes.axvline(0, color=NEUTRAL, linewidth=0.8, zorder=0)
    axes.set_xlim(-1.05, 1.05)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(heading(metric), fontsize=10)
    axes.set_xlabel("rank-biserial", fontsize=9)
    axes.grid(alpha=0.25, axis="x")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
