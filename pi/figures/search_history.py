"""A study trial by trial: what each reached, and the best so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.study import StudyDirection

from pi.evaluation.metrics import METRICS
from pi.figures.colours import COLOURS
from pi.figures.labels import epochs_along, legend_below
from pi.influence.psi import Floats, log_odds
from pi.search.objective import Objective
from pi.search.record import State, TrialRecord

MARKERS: dict[State, str] = {"finished": "o", "stopped": "x", "failed": "1"}
SAID: dict[State, str] = {
    "finished": "finished",
    "stopped": "stopped early, after fewer epochs",
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
        by_epoch: of each trial that trained: number, state and (epochs,) values epoch by epoch.
    """

    quantity: str
    numbers: dict[State, Floats]
    values: dict[State, Floats]
    best_numbers: Floats
    best: Floats
    by_epoch: tuple[tuple[int, State, Floats], ...] = ()


def value_of(trial: TrialRecord, objective: Objective) -> float:
    """Return what a trial is valued by first: SSIM, a metric, or Psi's distance; NaN if none."""
    if objective.kind == "psi_target":
        return abs(trial.measured - float(log_odds(objective.target)))
    if objective.kind == "metric":
        return trial.metrics.get(objective.metric, nan)
    return trial.ssim


def quantity_of(objective: Objective) -> str:
    """Return the name of that value, for an axis."""
    if objective.kind == "psi_target":
        return f"distance from Ψ = {100 * objective.target:g} % in log-odds"
    if objective.kind == "metric":
        return f"{METRICS[objective.metric].heading} on validation slices"
    return "validation SSIM"


def search_history(trials: Sequence[TrialRecord], objective: Objective) -> SearchHistory:
    """Return what is drawn of the trials of a study."""
    reached = [(trial, value_of(trial, objective)) for trial in trials]
    shown = [(trial, value) for trial, value in reached if np.isfinite(value)]
    of_state = {s: [(t.number, v) for t, v in shown if t.state == s] for s in MARKERS}
    finished = np.array(of_state["finished"], np.float64).reshape(-1, 2)
    small = objective.directions[0] == StudyDirection.MINIMIZE
    best_so_far = np.minimum if small else np.maximum
    return SearchHistory(
        quantity_of(objective),
        {state: np.array([n for n, _ in own], np.float64) for state, own in of_state.items()},
        {state: np.array([v for _, v in own], np.float64) for state, own in of_state.items()},
        finished[:, 0],
        best_so_far.accumulate(finished[:, 1]),
        tuple((t.number, t.state, _epochs(t, objective)) for t in trials if t.epochs),
    )


def _epochs(trial: TrialRecord, objective: Objective) -> Floats:
    if objective.kind == "psi_target":
        aimed = float(log_odds(objective.target))
        return np.array([abs(epoch.measured - aimed) for epoch in trial.epochs], np.float64)
    return np.array([epoch.ssim for epoch in trial.epochs], np.float64)


def draw_search(history: SearchHistory) -> Figure:
    """Draw the finished trials by number with the best so far, and all trials epoch by epoch.

    What a trial that was stopped had reached is beside the others at the same epoch, for at its
    number it would stand beside what others reached in more of them.
    """
    figure = Figure(figsize=(12 if history.by_epoch else 8, 4.5), layout="constrained")
    columns = 2 if history.by_epoch else 1
    own, *others = figure.subplots(1, columns, sharey=True, squeeze=False)[0]
    for k, (state, marker) in enumerate(MARKERS.items()):
        if history.numbers[state].size and (state == "finished" or not others):
            own.plot(history.numbers[state], history.values[state], marker, color=COLOURS[k],
                     label=SAID[state], markersize=5)  # fmt: skip
    own.step(history.best_numbers, history.best, where="post", color=COLOURS[0], linewidth=1.2,
             label="best of the finished ones so far")  # fmt: skip
    own.set_xlabel("trial")
    own.set_ylabel(history.quantity)
    own.grid(alpha=0.25)
    own.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in others:
        _draw_epochs(axes, history)
    legend_below(figure)
    return figure


def _draw_epochs(axes: Axes, history: SearchHistory) -> None:
    states = list(MARKERS)
    for _, state, values in history.by_epoch:
        axes.plot(np.arange(1, len(values) + 1), values, "-" + MARKERS[state], linewidth=0.9,
                  color=COLOURS[states.index(state)], markersize=4, alpha=0.8,
                  label=f"{SAID[state]}, by epoch")  # fmt: skip
    axes.grid(alpha=0.25)
    epochs_along(axes)
