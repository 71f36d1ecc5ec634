"""What an encoder learned: each task against chance, and the losses on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pi.figures.colours import COLOURS
from pi.figures.labels import legend_below
from pi.pretraining.held_out import TaskScore

SMOOTHED = 10
"""Steps whose mean is drawn."""


@dataclass(frozen=True)
class TaskCurve:
    """One task.

    Attributes:
        name: of the task.
        score: on held-out images.
        chance: of the best answer that does not look.
        losses: (points,) running mean over `SMOOTHED` steps.
    """

    name: str
    score: float
    chance: float
    losses: NDArray[np.float64] = field(repr=False)

    @property
    def steps(self) -> NDArray[np.int64]:
        """(points,) steps in the middle of those whose mean a point is."""
        return SMOOTHED // 2 + np.arange(len(self.losses))


def task_curves(scores: Sequence[TaskScore], history: NDArray[np.float32]) -> tuple[TaskCurve, ...]:
    """Return what is drawn of a pre-training; ``history`` is (steps, tasks)."""
    width = min(SMOOTHED, len(history))
    window = np.full(width, 1 / width)
    return tuple(
        TaskCurve(one.task, one.score, one.chance, np.convolve(history[:, k], window, "valid"))
        for k, one in enumerate(scores)
    )


def task_table(curves: Sequence[TaskCurve]) -> pd.DataFrame:
    """Return the data of the figure: a row per point of a task's curve, and how well it is done."""
    return pd.concat(
        [
            pd.DataFrame({"task": one.name, "step": one.steps, "loss": one.losses,
                          "score": one.score, "chance": one.chance})
            for one in curves
        ],
        ignore_index=True,
    )  # fmt: skip


def draw_pretraining(curves: Sequence[TaskCurve]) -> Figure:
    """Draw held-out scores as bars with a mark at chance, and beside them the losses."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    scores, losses = figure.subplots(1, 2)
    for k, curve in enumerate(curves):
        scores.barh(k, curve.score, color=COLOURS[k % len(COLOURS)], height=0.6)
        scores.vlines(curve.chance, k - 0.4, k + 0.4, color="black", linewidth=2)
        losses.plot(curve.steps, curve.losses, color=COLOURS[k % len(COLOURS)], label=curve.name)
    scores.set_yticks(range(len(curves)), [curve.name for curve in curves])
    scores.invert_yaxis()
    scores.set_xlim(0, 1)
    scores.set_xlabel("held-out score (black: chance)")
    losses.set_xlabel("step")
    losses.set_ylabel("loss of the task")
    losses.set_ylim(bottom=0)
    legend_below(figure)
    return figure
