"""What Psi trades: similarity against texture, a point a trial, with habit and print marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.evaluation.metrics import METRICS
from pi.figures.colours import COLOURS
from pi.figures.labels import legend_below
from pi.figures.search_slice import TICKS
from pi.influence.psi import log_odds
from pi.search.constraints import TEXTURE
from pi.search.record import TrialRecord


@dataclass(frozen=True)
class Trade:
    """The measured trials of a study, ready to be drawn.

    Attributes:
        table: one row a trial: ``trial``, ``psi``, ``log_odds``, ``ssim`` and `TEXTURE` of the same
            output, that of the last epoch, ``label`` of the first trials, ``feasible``, and
            ``front``: no other is better in both.
    """

    table: pd.DataFrame = field(repr=False)


def perception_distortion(trials: Sequence[TrialRecord]) -> Trade | None:
    """Return the trade of a study's trials; None where none has SSIM and texture distance."""
    rows = [
        {"trial": trial.number, "psi": trial.point.psi, "log_odds": trial.point.log_odds,
         "ssim": trial.last_ssim, TEXTURE: trial.metrics[TEXTURE], "label": trial.label,
         "feasible": trial.feasible}
        for trial in trials
        if trial.state == "finished" and np.isfinite(trial.metrics.get(TEXTURE, np.nan))
    ]  # fmt: skip
    if not rows:
        return None
    table = pd.DataFrame(rows).sort_values(TEXTURE, ignore_index=True)
    ssim, distance = table["ssim"].to_numpy(), table[TEXTURE].to_numpy()
    beaten = [
        bool(((ssim >= s) & (distance <= d) & ((ssim > s) | (distance < d))).any())
        for s, d in zip(ssim, distance, strict=True)
    ]
    return Trade(table.assign(front=[not one for one in beaten]))


def draw_trade(trade: Trade) -> Figure:
    """Draw SSIM over the distance of the texture, coloured by Psi; better is up and left."""
    table = trade.table
    figure = Figure(figsize=(7, 5.4), layout="constrained")
    axes = figure.subplots()
    low, high = table["log_odds"].min(), table["log_odds"].max()
    kept, broken = table[table["feasible"]], table[~table["feasible"]]
    for of, marker, size in ((kept, "o", 36), (broken, "x", 48)):
        drawn = axes.scatter(of[TEXTURE], of["ssim"], size, c=of["log_odds"], cmap="viridis",
                             vmin=low - 0.5, vmax=high + 0.5, zorder=3, marker=marker)  # fmt: skip
    if len(broken):
        axes.scatter([], [], 48, marker="x", color="#555555", label="breaks a constraint")
    front = table[table["front"]]
    axes.step(front[TEXTURE], front["ssim"], where="post", color=COLOURS[1], linewidth=1.2,
              label="no trial is better in both")  # fmt: skip
    for k, (name, label) in enumerate((("habit", "λ = 0.1, of habit"), ("in print", "λ in print"))):
        marked = table[table["label"].str.contains(name, regex=False)]
        if len(marked):
            axes.scatter(
                marked[TEXTURE], marked["ssim"], 150, marker="s^"[k], facecolors="none",
                edgecolors=COLOURS[k + 2], linewidths=1.6, label=label, zorder=5,
            )  # fmt: skip
    odds = log_odds(list(TICKS)).tolist()
    shown = [(o, t) for o, t in zip(odds, TICKS, strict=True) if low - 0.5 <= o <= high + 0.5]
    bar = figure.colorbar(drawn, ax=axes, ticks=[o for o, _ in shown])
    bar.ax.set_yticklabels([f"{100 * t:g} %" for _, t in shown])
    bar.set_label("Ψ where λ was calibrated")
    axes.set_xlabel(f"{METRICS[TEXTURE].heading}, 0 is the normal dose's texture")
    axes.set_ylabel("validation SSIM after the last epoch")
    axes.grid(alpha=0.25)
    legend_below(figure)
    return figure
