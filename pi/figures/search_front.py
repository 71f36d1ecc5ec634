"""SSIM against nearness of Psi: the trials, and those that no other beats in both."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.figures.colours import COLOURS
from pi.figures.labels import legend_below
from pi.influence.psi import Floats
from pi.search.answer import SearchAnswer


@dataclass(frozen=True)
class FrontPoints:
    """A study of two objectives, ready to be drawn.

    Attributes:
        target: the Psi asked for.
        distance: (finished,) of Psi from the target, in log-odds.
        ssim: (finished,) validation SSIM.
        front_distance: (front,) of those that no other beats in both, ascending.
        front_ssim: (front,) likewise.
    """

    target: float
    distance: Floats
    ssim: Floats
    front_distance: Floats
    front_ssim: Floats


def front_points(found: SearchAnswer) -> FrontPoints:
    """Return what is drawn of the finished trials and their front."""
    finished = [trial.values for trial in found.trials if trial.state == "finished"]
    ssim, distance = np.array(finished).T
    front_ssim, front_distance = np.array([trial.values for trial in reversed(found.front)]).T
    return FrontPoints(found.objective.target, distance, ssim, front_distance, front_ssim)


def front_table(points: FrontPoints) -> pd.DataFrame:
    """Return the data of the figure: a row a finished trial, and whether it is of the front."""
    front = set(zip(points.front_distance, points.front_ssim, strict=True))
    trials = list(zip(points.distance, points.ssim, strict=True))
    table = pd.DataFrame(trials, columns=["log_odds_from_target", "ssim"])
    return table.assign(front=[trial in front for trial in trials])


def draw_front(points: FrontPoints) -> Figure:
    """Draw validation SSIM over the distance of Psi from its target; better is up and left."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(points.distance, points.ssim, 24, edgecolors=COLOURS[0], facecolors="none")
    # Up to a distance, the best SSIM is that of the front's last trial before it.
    line: dict[str, Any] = {"color": COLOURS[1], "marker": "o", "markersize": 5, "linewidth": 1.2}
    label = "no trial is better in both"
    axes.step(points.front_distance, points.front_ssim, where="post", label=label, **line)
    axes.set_xlabel(f"distance from Ψ = {100 * points.target:g} % in log-odds")
    axes.set_ylabel("validation SSIM")
    axes.grid(alpha=0.25)
    legend_below(figure)
    return figure
