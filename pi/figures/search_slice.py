"""What was reached over lambda and over Psi: the same trials, on the two scales of the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.figures.colours import colour_of
from pi.figures.labels import legend_below
from pi.figures.search_history import quantity_of, value_of
from pi.influence.psi import Floats, log_odds
from pi.search.objective import Objective
from pi.search.record import TrialRecord
from pi.search.space import HABIT

TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
"""Psi named on the axis of log-odds."""


@dataclass(frozen=True)
class Slice:
    """The trials of one configuration.

    Attributes:
        label: its name.
        colour: of the configuration.
        log10_weights: (trials,) of lambda.
        log_odds: (trials,) of Psi where it was calibrated.
        values: (trials,) what they reached.
        finished: (trials,) bool: whether they were not stopped early.
        habit: log-odds of Psi at the lambda of habit.
    """

    label: str
    colour: str
    log10_weights: Floats
    log_odds: Floats
    values: Floats
    finished: np.ndarray[tuple[int], np.dtype[np.bool_]]
    habit: float


@dataclass(frozen=True)
class Slices:
    """A study, ready to be drawn.

    Attributes:
        quantity: what is drawn upwards.
        target: the Psi asked for.
        flat: least and greatest Psi of the trials level with the best, itself among them.
        each: one of every configuration that was tried.
    """

    quantity: str
    target: float
    flat: tuple[float, float]
    each: tuple[Slice, ...]


def search_slices(
    trials: Sequence[TrialRecord], objective: Objective, flat: tuple[float, float]
) -> Slices:
    """Return what is drawn of a study: trials that reached nothing are left out.

    Args:
        trials: those that are over.
        objective: what is sought.
        flat: see `Slices`.
    """
    each = []
    for name in dict.fromkeys(trial.point.experiment for trial in trials):
        own = [t for t in trials if t.point.experiment == name]
        values = np.array([value_of(trial, objective) for trial in own])
        shown = np.isfinite(values)
        point = own[0].point  # any: log-odds are log lambda and what the configuration adds
        each.append(
            Slice(
                name,
                colour_of(name),
                np.log10([trial.point.weight for trial in own])[shown],
                np.array([trial.point.log_odds for trial in own])[shown],
                values[shown],
                np.array([trial.state == "finished" for trial in own])[shown],
                point.log_odds + log(HABIT / point.weight),
            )
        )
    return Slices(quantity_of(objective), objective.target, flat, tuple(each))


def draw_slices(slices: Slices) -> Figure:
    """Draw the trials over log10 lambda, and beside it over Psi on a scale of log-odds."""
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for own in slices.each:
        _draw(left, own.log10_weights, own)
        _draw(right, own.log_odds, own)
        right.axvline(own.habit, color=own.colour, linewidth=0.8, linestyle=(0, (1, 2)))
    left.axvline(np.log10(HABIT), color="#888888", linewidth=0.8, linestyle=(0, (1, 2)))
    left.set_title(f"dotted: λ = {HABIT:g}", fontsize=11)
    right.axvline(float(log_odds(slices.target)), color="#888888", linewidth=0.8)
    right.set_title(f"grey: Ψ = {100 * slices.target:g} %", fontsize=11)
    right.axvspan(*log_odds(slices.flat), color="#888888", alpha=0.15, linewidth=0)
    low, high = right.get_xlim()
    ticks = [share for share in TICKS if low <= float(log_odds(share)) <= high]
    right.set_xticks(log_odds(ticks), [f"{100 * share:g} %" for share in ticks])
    left.set_xlabel("log₁₀ λ")
    right.set_xlabel("Ψ where it was calibrated (scale of log-odds)")
    left.set_ylabel(slices.quantity)
    for axes in (left, right):
        axes.grid(alpha=0.25)
    legend_below(figure)
    return figure


def _draw(axes: Axes, x: Floats, own: Slice) -> None:
    kinds = (
        (own.finished, own.colour, own.label),
        (~own.finished, "none", f"{own.label}, stopped"),
    )
    for chosen, filled, label in kinds:
        if chosen.any():
            axes.scatter(x[chosen], own.values[chosen], 28, edgecolors=own.colour,
                         facecolors=filled, label=label)  # fmt: skip
