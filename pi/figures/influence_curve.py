"""The paper's Fig. 2: Psi over lambda, with the target and the lambdas that reach it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.influence.calibration import Calibration
from pi.influence.psi import Floats, from_log_odds, log_odds
from pi.influence.table import curve_table

# Okabe and Ito's colours, told apart by colour-blind readers; yellow is left out on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
STYLES = ("-", "--", ":", "-.")


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


def influence_curves(calibrations: Sequence[Calibration], weights: Floats) -> list[Curve]:
    """Return the curves of some calibrations: a colour an experiment, a line style a state."""
    names = list(dict.fromkeys(c.experiment.name for c in calibrations))
    states = list(dict.fromkeys(c.state for c in calibrations))
    curves = []
    for c in calibrations:
        table = curve_table(c, weights)
        curves.append(
            Curve(
                f"{c.experiment.name}, {c.state}",
                COLOURS[names.index(c.experiment.name) % len(COLOURS)],
                STYLES[states.index(c.state) % len(STYLES)],
                table["log10_lambda"].to_numpy(),
                table["psi"].to_numpy(),
                table["log_odds"].to_numpy(),
                c.weight,
                *c.interval,
            )
        )
    return curves


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
        # Log-odds are a straight line over log lambda, so this is exact.
        height = float(np.interp(np.log10(curve.chosen), curve.log10_weights, curve.log_odds))
        _draw_choice(percent, curve, 100 * float(from_log_odds(height)))
        _draw_choice(odds, curve, height)
    percent.axhline(100 * target, color="#888888", linewidth=0.8)
    odds.axhline(float(log_odds(target)), color="#888888", linewidth=0.8)
    for axes in (percent, odds):
        axes.set_xlabel("log₁₀ λ")
        axes.grid(alpha=0.25)
        for weight in (weight for weight in marked if weight > 0):
            axes.axvline(np.log10(weight), color="#888888", linewidth=0.8, linestyle=(0, (1, 2)))
            axes.annotate(f"λ = {weight:g}", (np.log10(weight), 0.02), (3, 0),
                          xycoords=("data", "axes fraction"), textcoords="offset points",
                          fontsize=8, color="#555555")  # fmt: skip
    percent.set_ylabel("perceptual influence Ψ (%)")
    percent.set_title(f"Share of the total loss (target {100 * target:g} %)", fontsize=11)
    odds.set_ylabel("log-odds of Ψ")
    odds.set_title(
        "The same in log-odds: equal slopes, lines shifted by ln(S_P / S_M)", fontsize=11
    )
    percent.legend(fontsize=8, loc="best")
    return figure


def _draw_choice(axes: Axes, curve: Curve, height: float) -> None:
    x = np.log10([curve.low, curve.chosen, curve.high])
    axes.errorbar(x[1], height, xerr=[[max(x[1] - x[0], 0)], [max(x[2] - x[1], 0)]], fmt="o",
                  color=curve.colour, markersize=5, capsize=3)  # fmt: skip
