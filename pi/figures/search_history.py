"""A study trial by trial: what each reached, and the best so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pi.figures.colours import COLOURS
from pi.figures.labels import legend_below
from pi.influence.psi import Floats, log_odds
from pi.search.objective import Objective
from pi.search.record import State, TrialRecord

MARKERS: dict[State, str] = {"finished": "o", "stopped": "x", "failed": "1"}
SAID: dict[State, str] = {
    "finished": "finished",
    "stopped": "stopped early: what it had reached by then, of fewer epochs",
    "failed": "failed",
}


@dataclass(frozen=True)
class SearchHistory:
    """A study, ready to be drawn.

    Attributes:
        quantity: what is drawn, for the axis.
        numbers: by state, (trials,) numbers of the trials.
        values: by state, (trials,) what they reached; where they were stopped, until then.
        best_numbers: (finished,) numbers of the finished trials.
        best: (finished,) best value among the finished ones so far.
    """

    quantity: str
    numbers: dict[State, Floats]
    values: dict[State, Floats]
    best_numbers: Floats
    best: Floats


def value_of(trial: TrialRecord, objective: Objective) -> float:
    """Return what a trial is valued by first: SSIM, or the distance of Psi; NaN if it has none."""
    if objective.kind == "psi_target":
        return abs(trial.measured - float(log_odds(objective.target)))
    return trial.ssim


def quantity_of(objective: Objective) -> str:
    """Return the name of that value, for an axis."""
    if objective.kind == "psi_target":
        return f"distance from Ψ = {100 * objective.target:g} % in log-odds"
    return "validation SSIM"


def search_history(trials: Sequence[TrialRecord], objective: Objective) -> SearchHistory:
    """Return what is drawn of the trials of a study."""
    reached = [(trial, value_of(trial, objective)) for trial in trials]
    shown = [(trial, value) for trial, value in reached if np.isfinite(value)]
    of_state = {s: [(t.number, v) for t, v in shown if t.state == s] for s in MARKERS}
    finished = np.array(of_state["finished"], np.float64).reshape(-1, 2)
    best_so_far = np.minimum if objective.kind == "psi_target" else np.maximum
    return SearchHistory(
        quantity_of(objective),
        {state: np.array([n for n, _ in own], np.float64) for state, own in of_state.items()},
        {state: np.array([v for _, v in own], np.float64) for state, own in of_state.items()},
        finished[:, 0],
        best_so_far.accumulate(finished[:, 1]),
    )


def draw_search(history: SearchHistory) -> Figure:
    """Draw every trial by its number, and the best so far as a line."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for k, (state, marker) in enumerate(MARKERS.items()):
        if history.numbers[state].size:
            axes.plot(history.numbers[state], history.values[state], marker, color=COLOURS[k],
                      label=SAID[state], markersize=5)  # fmt: skip
    axes.step(history.best_numbers, history.best, where="post", color=COLOURS[0], linewidth=1.2,
              label="best of the finished ones so far")  # fmt: skip
    axes.set_xlabel("trial")
    axes.set_ylabel(history.quantity)
    axes.grid(alpha=0.25)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_below(figure)
    return figure
