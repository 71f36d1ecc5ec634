"""All pairs at a glance: effect above the diagonal, p below it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.comparison.contrast import Contrast
from pi.comparison.gains import ALPHA, Floats
from pi.comparison.verdict import heading, p_text
from pi.digits import effect
from pi.figures.labels import inches_high, inches_wide, wrapped

CELL = 0.85
"""Inches across of a cell."""


@dataclass(frozen=True)
class PairMatrix:
    """Every pair of runs by one metric.

    Attributes:
        metric: which.
        runs: names, best mean first.
        effects: (runs, runs) rank-biserial of the row's run against the column's, antisymmetric;
            NaN of pairs that were not compared, and on the diagonal.
        log10_ps: (runs, runs) of the patients' test after Holm, symmetric; NaN likewise.
    """

    metric: str
    runs: tuple[str, ...]
    effects: Floats = field(repr=False)
    log10_ps: Floats = field(repr=False)


def pair_matrix(contrasts: Sequence[Contrast], runs: Sequence[str]) -> PairMatrix:
    """Return what is drawn of some comparisons by one metric.

    Args:
        contrasts: of that metric.
        runs: names in the order of rows and columns.
    """
    effects = np.full((len(runs), len(runs)), np.nan)
    log10_ps = effects.copy()
    for one in contrasts:
        row, column = runs.index(one.other), runs.index(one.reference)
        effect = one.slices.effects.rank_biserial.value
        effects[row, column], effects[column, row] = effect, -effect
        log10_ps[row, column] = log10_ps[column, row] = one.patients.flip_holm.log10_p
    return PairMatrix(contrasts[0].metric, tuple(runs), effects, log10_ps)


def pair_table(matrix: PairMatrix) -> pd.DataFrame:
    """Return the data of the figure: a row each two runs, both ways round."""
    rows = [
        (matrix.metric, run, other, matrix.effects[i, j], matrix.log10_ps[i, j])
        for i, run in enumerate(matrix.runs)
        for j, other in enumerate(matrix.runs)
        if i != j
    ]
    return pd.DataFrame(rows, columns=["metric", "run", "against", "rank_biserial", "log10_p"])


def draw_pair_matrix(matrix: PairMatrix) -> Figure:
    """Draw the matrix: blue where the row's run is better, red where it is worse.

    Above the diagonal stands the rank-biserial, below it the patients' p; bold: below alpha.
    Columns whose names are wider than they are have the number of their row instead.
    """
    size = len(matrix.runs)
    rows, columns = _names(matrix.runs)
    beside = max(inches_wide(name, 9) for name in rows)
    height = max(0.6, *(inches_high(name, 9) + 0.06 for name in rows))
    figure = Figure(figsize=(CELL * size + beside + 1.6, max(height * size + 1.2, 3.4)),
                    layout="constrained")  # fmt: skip
    axes = figure.subplots()
    corners = np.arange(size + 1) - 0.5
    mesh = axes.pcolormesh(corners, corners, matrix.effects, cmap="RdBu", vmin=-1, vmax=1,
                           edgecolors="white", linewidth=1.5)  # fmt: skip
    for row, column in np.argwhere(np.isfinite(matrix.effects)):
        found, log10_p = matrix.effects[row, column], matrix.log10_ps[row, column]
        text = effect(found) if column > row else p_text(log10_p)
        weight = "bold" if column < row and log10_p <= np.log10(ALPHA) else "normal"
        colour = "white" if abs(found) > 0.6 else "#111111"
        axes.annotate(text, (column, row), ha="center", va="center", fontsize=8, color=colour,
                      weight=weight)  # fmt: skip
    axes.set_xticks(range(size), columns, fontsize=9)
    axes.set_yticks(range(size), rows, fontsize=9)
    axes.xaxis.tick_top()
    axes.invert_yaxis()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.8, aspect=25)
    bar.set_label(f"rank-biserial in {heading(matrix.metric)},\nrow against column", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def _names(runs: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what stands beside the rows, and above the columns."""
    if all(inches_wide(run, 9) < CELL for run in runs):
        return list(runs), list(runs)
    numbers = [str(k) for k in range(1, len(runs) + 1)]
    return [wrapped(f"{k}  {run}") for k, run in zip(numbers, runs, strict=True)], numbers
