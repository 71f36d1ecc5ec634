"""What is drawn of a training over its epochs: the panels, and the lines in each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pi.influence.psi import log_odds

IMAGE, PERCEPTUAL, TOTAL = "train/image_loss", "train/perceptual_loss", "train/total_loss"
PSI, HELD_OUT = "train/psi", "validation/psi"
GRADIENT, OUTPUT_GRADIENT = "gradient/psi_parameters", "gradient/psi_output"
CONFLICTS, MEASURED = "gradient/conflicts", "gradient/measurements"
SSIM, WEIGHT = "validation/ssim", "lambda"

Line = Callable[[pd.DataFrame, float], "pd.Series[float]"]
"""Returns what is drawn, by epoch, from the metrics by epoch and the target."""


@dataclass(frozen=True)
class EpochPanel:
    """One quantity over epochs.

    Attributes:
        title: what it is.
        quantity: name of the axis.
        lines: of a training, by what each is of: the first is drawn solid.
        across: where a rule is drawn: at the targets, at 0 or nowhere.
        bounds: of the axis; None: of the data.
    """

    title: str
    quantity: str
    lines: Mapping[str, Line]
    across: Literal["targets", "zero", "nowhere"] = "nowhere"
    bounds: tuple[float, float] | None = None

    def of(self, series: pd.DataFrame, target: float) -> dict[str, "pd.Series[float]"]:
        """Return the lines of a training, but for empty ones."""
        found = {name: line(series, target).dropna() for name, line in self.lines.items()}
        return {name: values for name, values in found.items() if not values.empty}

    def rules(self, targets: Sequence[float]) -> list[float]:
        """Return where rules are drawn across."""
        if self.across == "zero":
            return [0.0]
        known = dict.fromkeys(one for one in targets if 0 < one < 1)
        return [float(log_odds(one)) for one in known] if self.across == "targets" else []


def _column(series: pd.DataFrame, name: str) -> "pd.Series[float]":
    return series[name] if name in series else pd.Series(dtype=np.float64)


def _odds(name: str) -> Line:
    def line(series: pd.DataFrame, _: float) -> "pd.Series[float]":
        share = _column(series, name)
        inside = share[(share > 0) & (share < 1)]
        return pd.Series(log_odds(inside.to_numpy()), inside.index)

    return line


def _log10(loss: "pd.Series[float]") -> "pd.Series[float]":
    shown = loss[loss > 0]
    return pd.Series(np.log10(shown.to_numpy()), shown.index)


def _image(series: pd.DataFrame, _: float) -> "pd.Series[float]":
    return _log10(_column(series, IMAGE))


def _weighted(series: pd.DataFrame, _: float) -> "pd.Series[float]":
    # Not lambda times P: within an epoch a schedule may move lambda.
    return _log10(_column(series, TOTAL) - _column(series, IMAGE))


def _ssim(series: pd.DataFrame, _: float) -> "pd.Series[float]":
    return _column(series, SSIM)


def _drift(series: pd.DataFrame, target: float) -> "pd.Series[float]":
    return 100 * (_column(series, PSI) - (target if 0 < target < 1 else np.nan))


def _conflicts(series: pd.DataFrame, _: float) -> "pd.Series[float]":
    return 100 * _column(series, CONFLICTS) / _column(series, MEASURED)


INFLUENCES = (
    EpochPanel(
        "share of the loss",
        "log-odds of Ψ",
        {"training": _odds(PSI), "validation": _odds(HELD_OUT)},
        "targets",
    ),
    EpochPanel(
        "share of the gradient",
        "log-odds of Ψ",
        {"parameters": _odds(GRADIENT), "output": _odds(OUTPUT_GRADIENT)},
        "targets",
    ),
    EpochPanel(
        "drift from the target", "Ψ − target (percentage points)", {"training": _drift}, "zero"
    ),
    EpochPanel(
        "gradients in conflict",
        "measurements of an epoch (%)",
        {"cosine below 0": _conflicts},
        bounds=(-3.0, 103.0),
    ),
)
LOSSES = (
    EpochPanel("image loss M", "log₁₀ M", {"training": _image}),
    EpochPanel("weighted perceptual loss λP", "log₁₀ λP", {"training": _weighted}),
    EpochPanel("SSIM of validation slices", "SSIM", {"validation": _ssim}),
)
