"""Influence over epochs: whether it stayed where it was set, and what the gradients say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS, STYLES
from pi.figures.labels import epochs_along, legend_below
from pi.influence.psi import Floats, log_odds
from pi.training.state import EpochRecord


@dataclass(frozen=True)
class InfluenceHistory:
    """A training, ready to be drawn.

    Attributes:
        epochs: (epochs,) counted from 1.
        psi: by label, (epochs,) shares of the loss.
        measured_at: (measurements,) where in the training, in epochs.
        gradient_psi: by label, (measurements,) shares of the gradient.
        cosine: by label, (measurements,) cosine between the gradients.
    """

    epochs: Floats
    psi: dict[str, Floats]
    measured_at: Floats
    gradient_psi: dict[str, Floats]
    cosine: dict[str, Floats]

    @property
    def conflict(self) -> str:
        """How often the gradients over the parameters are in conflict, in words."""
        found = self.cosine.get("over the parameters", np.empty(0))
        if not len(found):
            return "no gradient was measured"
        return f"in conflict (below 0) in {int((found < 0).sum())} of {len(found)} measurements"


def influence_history(history: Sequence[EpochRecord], steps: int) -> InfluenceHistory:
    """Return what is drawn of finished epochs of ``steps`` steps each."""
    sums = {
        "training": [record.training.metrics(()) for record in history],
        "validation": [record.validation.metrics(()) for record in history],
    }
    pairs = [gradient for record in history for gradient in record.gradients]
    return InfluenceHistory(
        np.array([record.epoch for record in history], np.float64),
        {
            f"{patients}, {name}": np.array([metrics[key] for metrics in own])
            for patients, own in sums.items()
            for key, name in (("psi", "ratio of sums"), ("psi_eq5", "mean of ratios"))
        },
        np.array([gradient.step / steps for gradient in pairs], np.float64),
        {
            "over the parameters": np.array([g.parameters.psi(g.weight) for g in pairs]),
            "over the output": np.array([g.output.psi(g.weight) for g in pairs]),
        },
        {
            "over the parameters": np.array([g.parameters.cosine for g in pairs]),
            "over the output": np.array([g.output.cosine for g in pairs]),
        },
    )


def history_table(history: InfluenceHistory) -> pd.DataFrame:
    """Return the data of the figure: a row a quantity, what it is of, and when."""
    drawn = (
        ("psi", history.epochs, history.psi),
        ("gradient_psi", history.measured_at, history.gradient_psi),
        ("cosine", history.measured_at, history.cosine),
    )
    return pd.concat(
        [
            pd.DataFrame({"quantity": quantity, "of": of, "epoch": epochs, "value": values})
            for quantity, epochs, by_label in drawn
            for of, values in by_label.items()
        ],
        ignore_index=True,
    )


def draw_history(history: InfluenceHistory, target: float | None) -> Figure:
    """Draw the influence of losses and gradients in log-odds, and where the gradients conflict.

    Args:
        history: see `influence_history`.
        target: the Psi asked for, drawn across; None where none was.
    """
    figure = Figure(figsize=(12, 5), layout="constrained")
    odds, cosine = figure.subplots(1, 2, sharex=True)
    for k, (label, values) in enumerate(history.psi.items()):
        style = {"color": COLOURS[k // 2], "linestyle": STYLES[k % 2]}
        _draw_log_odds(odds, history.epochs, values, f"loss, {label}", "o", style)
    for k, label in enumerate(history.gradient_psi):
        style = {"color": COLOURS[2 + k], "linestyle": "-"}
        at = history.measured_at
        _draw_log_odds(odds, at, history.gradient_psi[label], f"gradient {label}", ".", style)
        cosine.plot(
            at, history.cosine[label], label=f"gradient {label}", marker=".", linewidth=1.2, **style
        )
    if target is not None:
        odds.axhline(float(log_odds(target)), color="#888888", linewidth=0.8)
        odds.set_title(f"Influence while training (target {100 * target:g} %)", fontsize=11)
    odds.set_ylabel("log-odds of Ψ")
    cosine.set_ylabel("cosine between ∇M and ∇P")
    cosine.set_ylim(-1.05, 1.05)
    cosine.axhspan(-1.05, 0, color="#d62728", alpha=0.06)  # below 0 the losses are in conflict
    cosine.set_title(history.conflict, fontsize=11)
    for axes in (odds, cosine):
        epochs_along(axes)
        axes.grid(alpha=0.25)
    legend_below(figure)
    return figure


def _draw_log_odds(
    axes: Axes, x: Floats, share: Floats, label: str, marker: str, style: dict[str, Any]
) -> None:
    inside = (share > 0) & (share < 1)
    if inside.any():
        axes.plot(x[inside], log_odds(share[inside]), label=label, marker=marker, markersize=4,
                  linewidth=1.2, **style)  # fmt: skip
