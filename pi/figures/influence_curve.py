"""The paper's Fig. 2: Psi over lambda, with the target and the lambdas that reach it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.figures.colours import STYLES, colour_of
from pi.figures.labels import legend_below
from pi.influence.calibration import ExperimentCalibration
from pi.influence.psi import Floats, from_log_odds, log_odds
from pi.influence.weight_units import OURS, Values


@dataclass(frozen=True)
class Curve:
    """One calibration, ready to be drawn.

    Attributes:
        label: experiment and state.
        colour: of the experiment.
        style: line style of the state.
        log10_weights: (points,) abscissa.
        psi: (points,) ratio of sums.
        log_odds: (points,) of it.
        chosen: lambda.
        low: lower end of its 95 % interval.
        high: upper end.
    """

    label: str
    colour: str
    style: str
    log10_weights: Floats
    psi: Floats
    log_odds: Floats
    chosen: float
    low: float
    high: float


def influence_curves(calibrations: Sequence[ExperimentCalibration], weights: Floats) -> list[Curve]:
    """Return the curves of some calibrations: a colour an experiment, a line style a state."""
    states = list(dict.fromkeys(c.state for c in calibrations))
    return [
        Curve(
            f"{c.experiment.name}, {c.state}",
            colour_of(c.experiment.name),
            STYLES[states.index(c.state) % len(STYLES)],
            np.log10(weights),
            c.psi_of_sums(weights),
            c.log_odds_of_sums(weights),
            c.weight,
            *c.interval,
        )
        for c in calibrations
    ]


def influence_table(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return the data of the figure: a row a lambda of a calibration, beside the chosen lambda."""
    return pd.concat(
        [
            pd.DataFrame({"calibration": one.label, "log10_lambda": one.log10_weights,
                          "psi": one.psi, "log_odds": one.log_odds,
                          "chosen_lambda": one.chosen, "low": one.low, "high": one.high})
            for one in curves
        ],
        ignore_index=True,
    )  # fmt: skip


def draw_influence(curves: Sequence[Curve], target: float, marked: Sequence[float]) -> Figure:
    """Draw Psi in percent, and beside it in log-odds, where each curve is a straight line.

    Args:
        curves: see `influence_curves`.
        target: the Psi asked for, drawn across.
        marked: lambdas of habit (0.1), drawn upright.
    """
    figure = Figure(figsize=(12, 5), layout="constrained")
    percent, odds = figure.subplots(1, 2, sharex=True)
    for curve in curves:
        line = {"color": curve.colour, "linestyle": curve.style, "linewidth": 1.8}
        percent.plot(curve.log10_weights, 100 * curve.psi, label=curve.label, **line)
        odds.plot(curve.log10_weights, curve.log_odds, **line)
    _finish(percent, odds, marked)
    legend_below(figure)
    for axes, height in ((percent, 100 * target), (odds, float(log_odds(target)))):
        axes.axhline(height, color="#888888", linewidth=0.8)
    for curve in curves:
        # Log-odds are a straight line over log lambda, so this is exact.
        height = float(np.interp(np.log10(curve.chosen), curve.log10_weights, curve.log_odds))
        _answer(percent, curve, 100 * float(from_log_odds(height)))
        _answer(odds, curve, height)
    return figure


def _finish(percent: Axes, odds: Axes, marked: Sequence[float]) -> None:
    for axes in (percent, odds):
        axes.set_xlabel(f"log₁₀ λ, for values in {Values(OURS)}")
        axes.grid(alpha=0.25)
        for weight in (weight for weight in marked if weight > 0):
            axes.axvline(np.log10(weight), color="#888888", linewidth=0.8, linestyle=(0, (1, 2)))
            axes.annotate(f"λ = {weight:g}", (np.log10(weight), 0.03), (3, 0),
                          xycoords=("data", "axes fraction"), textcoords="offset points",
                          fontsize=8, color="#555555")  # fmt: skip
    percent.set_ylabel("perceptual influence Ψ (%)")
    percent.set_title("Share of the total loss (across: the target)", fontsize=11)
    odds.set_ylabel("log-odds of Ψ")
    odds.set_title(
        "The same in log-odds: equal slopes, lines shifted by ln(S_P / S_M)", fontsize=11
    )


def _answer(axes: Axes, curve: Curve, height: float) -> None:
    """Mark lambda and its interval."""
    axes.plot(np.log10([curve.low, curve.high]), [height] * 2, color=curve.colour, linewidth=1.5,
              marker="|", markersize=6)  # fmt: skip
    axes.plot([np.log10(curve.chosen)], [height], color=curve.colour, linestyle="none",
              marker="o", markersize=5)  # fmt: skip
