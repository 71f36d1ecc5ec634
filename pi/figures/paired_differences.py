"""How much better each slice became: the distribution of paired gains, one row a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pi.comparison.contrast import Contrast
from pi.comparison.gains import Floats
from pi.comparison.pairing import PairedTable
from pi.comparison.verdict import heading
from pi.figures.labels import inches_high, inches_wide, wrapped

BETTER, WORSE, NEUTRAL = "#0072B2", "#D55E00", "#777777"
"""Okabe and Ito's blue and vermilion: of gains and losses in every figure of a comparison."""

TICKS = 5
"""At most so many numbers stand below a row: gains of thousandths are long to write."""

BINS = 61
TAIL = 0.005
"""Share of gains at either end that the outermost bins gather, so that few outliers do not
press everything else into one bin."""


@dataclass(frozen=True)
class GainDistribution:
    """The gains of one comparison over its slices.

    Attributes:
        label: which comparison.
        edges: (bins + 1,) in units of the metric, the same for all comparisons of a figure; 0 is
            one of them.
        counts: (bins,) slices.
        shift: Hodges-Lehmann.
        better: share of slices on which the other run is better, ties half.
    """

    label: str
    edges: Floats = field(repr=False)
    counts: Floats = field(repr=False)
    shift: float
    better: float


def pair_label(contrast: Contrast) -> str:
    """Return what a comparison is called in figures; its gains are above 0 where the first won."""
    return f"{contrast.other} against {contrast.reference}"


def row_label(label: str) -> str:
    """Return what stands beside the row of a comparison: a run a line, a long name on several."""
    return wrapped(label.replace(" against ", "\nagainst "))


def gain_distributions(
    paired: PairedTable, contrasts: Sequence[Contrast]
) -> list[GainDistribution]:
    """Return what is drawn of some comparisons by the metric of ``paired``."""
    gains = [paired.gains(one.reference, one.other) for one in contrasts]
    edges = _edges(np.concatenate(gains))
    return [
        GainDistribution(
            pair_label(one),
            edges,
            np.histogram(np.clip(gain, edges[0], edges[-1]), edges)[0].astype(np.float64),
            one.slices.effects.shift.value,
            one.slices.effects.common_language,
        )
        for one, gain in zip(contrasts, gains, strict=True)
    ]


def gain_table(distributions: Sequence[GainDistribution]) -> pd.DataFrame:
    """Return the data of the figure: a row per bin of a comparison."""
    return pd.concat(
        [
            pd.DataFrame({"comparison": one.label, "gain_from": one.edges[:-1],
                          "gain_to": one.edges[1:], "slices": one.counts,
                          "shift": one.shift, "share_better": one.better})
            for one in distributions
        ],
        ignore_index=True,
    )  # fmt: skip


def draw_gain_distributions(distributions: Sequence[GainDistribution], metric: str) -> Figure:
    """Draw one histogram a row, gains in blue and losses in vermilion; a tick is the shift.

    Args:
        distributions: see `gain_distributions`.
        metric: name of the metric.
    """
    rows = len(distributions)
    labels = [row_label(one.label) for one in distributions]
    height = max(0.55, *(inches_high(label, 9) + 0.06 for label in labels))
    width = max(7.2, 4.6 + max(inches_wide(label, 9) for label in labels))
    figure = Figure(figsize=(width, height * rows + 0.9), layout="constrained")
    figure.get_layout_engine().set(hspace=0, h_pad=0.01)  # type: ignore[union-attr, call-arg]
    grid = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for one, label, axes in zip(distributions, labels, grid, strict=True):
        _draw_row(axes, one, label)
    grid[-1].xaxis.set_major_locator(MaxNLocator(TICKS))
    figure.supxlabel(f"gain in {heading(metric)} of a slice (right of 0: better)", fontsize=9)
    return figure


def _edges(gains: Floats) -> Floats:
    """Return bins of one width with 0 between two of them."""
    low, high = np.quantile(gains, [TAIL, 1 - TAIL])
    low, high = min(low, 0.0), max(high, 0.0)
    width = (high - low) / BINS or 1.0
    first, last = np.floor(low / width), np.ceil(high / width)
    return width * np.arange(first, max(last, first + 1) + 1)


def _draw_row(axes: Axes, one: GainDistribution, label: str) -> None:
    colours = [BETTER if edge >= 0 else WORSE for edge in one.edges[:-1]]
    axes.bar(one.edges[:-1], one.counts, np.diff(one.edges), align="edge", color=colours)
    axes.axvline(0, color=NEUTRAL, linewidth=0.8)
    axes.plot([one.shift], [0], marker=2, markersize=9, markeredgewidth=2, color="black",
              clip_on=False)  # fmt: skip
    axes.set_ylim(0, one.counts.max() * 1.05)
    axes.set_yticks([])
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    axes.annotate(f"better on {100 * one.better:.0f} %", (1.01, 0.4), xycoords="axes fraction",
                  va="center", fontsize=8)  # fmt: skip
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
