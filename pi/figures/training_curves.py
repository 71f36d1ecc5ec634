"""Trainings side by side: losses, Psi and gradient influence over epochs, and the final drift."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.figures.colours import STYLES, colour_of
from pi.figures.labels import epochs_along, legend_below
from pi.figures.training_panels import (
    CONFLICTS,
    GRADIENT,
    HELD_OUT,
    IMAGE,
    INFLUENCES,
    LOSSES,
    MEASURED,
    OUTPUT_GRADIENT,
    PERCEPTUAL,
    PSI,
    SSIM,
    TOTAL,
    WEIGHT,
    EpochPanel,
)

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SERIES = (
    IMAGE, PERCEPTUAL, TOTAL, PSI, HELD_OUT, GRADIENT, OUTPUT_GRADIENT, CONFLICTS, MEASURED, SSIM,
    WEIGHT,
)  # fmt: skip
"""Metrics of a training that are drawn: see `pi.training.epoch_summary.epoch_metrics`."""


@dataclass(frozen=True)
class TrainingCurves:
    """One training, ready to be drawn.

    Attributes:
        label: of the run.
        colour: of the run's configuration.
        series: indexed by epoch, one column for each of `SERIES` that is known.
        target: the Psi asked for; NaN where none was.
        marker: which tells runs of one configuration apart.
    """

    label: str
    colour: str
    series: pd.DataFrame = field(repr=False)
    target: float
    marker: str = "o"

    @property
    def drift(self) -> float:
        """Psi of the last epoch less the target, percentage points; NaN where one is unknown."""
        if PSI not in self.series or self.series[PSI].dropna().empty:
            return float("nan")
        return 100 * float(self.series[PSI].dropna().iloc[-1] - self.target)


def training_curves(
    runs: Sequence[tuple[str, str, pd.DataFrame, float]],
) -> list[TrainingCurves]:
    """Return what is drawn of some trainings: in the colour of its configuration each.

    Args:
        runs: label, configuration (see `pi.run_names.configuration_of`), series by epoch, and
            target of each.
    """
    colours = [colour_of(configuration) for _, configuration, _, _ in runs]
    return [
        TrainingCurves(label, colours[k], series, target,
                       MARKERS[colours[:k].count(colours[k]) % len(MARKERS)])
        for k, (label, _, series, target) in enumerate(runs)
    ]  # fmt: skip


def curves_table(curves: Sequence[TrainingCurves]) -> pd.DataFrame:
    """Return the drawn numbers: one row per run and epoch."""
    parts = [one.series.reset_index().assign(run=one.label, target=one.target) for one in curves]
    table = pd.concat(parts, ignore_index=True)
    return table[["run", "epoch", "target", *(name for name in SERIES if name in table)]]


def drift_table(curves: Sequence[TrainingCurves]) -> pd.DataFrame:
    """Return how far Psi ended from its target: one row per run, in percent and points."""
    rows = []
    for one in curves:
        last = one.series.ffill().iloc[-1] if len(one.series) else pd.Series(dtype=float)
        rows.append(
            {
                "run": one.label,
                "epochs": len(one.series),
                "lambda": last.get(WEIGHT, np.nan),
                "target Ψ (%)": 100 * one.target,
                "Ψ of the last epoch (%)": 100 * last.get(PSI, np.nan),
                "drift (points)": one.drift,
                "gradient Ψ (%)": 100 * last.get(GRADIENT, np.nan),
                "validation SSIM": last.get(SSIM, np.nan),
            }
        )
    return pd.DataFrame(rows)


def draw_losses(curves: Sequence[TrainingCurves]) -> Figure:
    """Draw the two terms of the loss, log10 of each, and the validation SSIM."""
    return _draw(curves, LOSSES, (12, 3.9))


def draw_influences(curves: Sequence[TrainingCurves]) -> Figure:
    """Draw Psi and gradient influence in log-odds with targets, drift in points, and conflicts."""
    return _draw(curves, INFLUENCES, (14, 4.2))


def _draw(
    curves: Sequence[TrainingCurves], panels: Sequence[EpochPanel], inches: tuple[float, float]
) -> Figure:
    figure = Figure(figsize=inches, layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for one in curves:
            for k, values in enumerate(panel.of(one.series, one.target).values()):
                _line(axes, one, values, k, one.label if k == 0 else "")
        for height in panel.rules([one.target for one in curves]):
            axes.axhline(height, color="#888888", linewidth=0.8)
        if panel.bounds:
            axes.set_ylim(*panel.bounds)
        _finish(axes, _titled(panel), panel.quantity)
    legend_below(figure)
    return figure


def _titled(panel: EpochPanel) -> str:
    names = [*panel.lines]
    styles = ("solid", "dashed", "dotted")
    told = ", ".join(f"{style}: {name}" for style, name in zip(styles, names, strict=False))
    return panel.title if len(names) == 1 else f"{panel.title}\n({told})"


def conflicts_of(series: pd.DataFrame) -> tuple[int, int] | None:
    """Return in how many measurements the gradients were in conflict, and of how many.

    None where nobody measured, or a run is older than the count.
    """
    if not {CONFLICTS, MEASURED} <= set(series):
        return None
    conflicts, measured = (int(series[name].sum()) for name in (CONFLICTS, MEASURED))
    return (conflicts, measured) if measured else None


def _line(
    axes: Axes, one: TrainingCurves, values: "pd.Series[float]", style: int, label: str = ""
) -> None:
    axes.plot(values.index, values.to_numpy(), color=one.colour, linestyle=STYLES[style],
              marker=one.marker, markersize=3.5, linewidth=1.4, label=label or "_")  # fmt: skip


def _finish(axes: Axes, title: str, quantity: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(quantity)
    axes.grid(alpha=0.25)
    epochs_along(axes)
