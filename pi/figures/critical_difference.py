"""Critical-difference diagrams (Demsar, JMLR 7, 1-30, 2006): mean ranks over patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pi.comparison.friedman import Friedman
from pi.comparison.verdict import counted, heading, p_text
from pi.digits import effect
from pi.figures.labels import inches_wide, wrapped

STEP = 0.24
LINE = 0.15
ABOVE = 0.8
BAR_STEP = 0.13
"""Inches, which are the axes' unit of height: of a name, of each further line of it, above the
axis, of a bar."""
AXIS = 3.8
BESIDE = 1.7
"""Inches: of the axis of ranks, and the least on either side of it, where names stand."""


@dataclass(frozen=True, slots=True)
class RankedRun:
    """One run on the axis of ranks.

    Attributes:
        name: of the run.
        rank: its mean over patients; 1 is best.
        depth: how many lines below the axis its name stands.
        left: whether on the left, where the better half is.
    """

    name: str
    rank: float
    depth: int
    left: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar over runs that do not differ: its two ends, and how far below the axis it is."""

    low: float
    high: float
    depth: int


def ranked_runs(found: Friedman) -> list[RankedRun]:
    """Return where each run stands: the better half to the left, the best the highest."""
    half = (len(found.runs) + 1) // 2
    return [
        RankedRun(name, rank, k if k < half else len(found.runs) - 1 - k, k < half)
        for k, (name, rank) in enumerate(zip(found.runs, found.mean_ranks, strict=True))
    ]


def bars(found: Friedman) -> list[Bar]:
    """Return the bars over the groups of runs that do not differ."""
    ranks = dict(zip(found.runs, found.mean_ranks, strict=True))
    return [
        Bar(ranks[group[0]], ranks[group[-1]], depth) for depth, group in enumerate(found.groups)
    ]


def rank_table(found: Mapping[str, Friedman]) -> pd.DataFrame:
    """Return the drawn numbers: a row per run and metric; bars are counted downwards from 1."""
    rows = [
        (metric, run, rank, _bars_over(run, one), one.critical_difference, one.p, one.patients)
        for metric, one in found.items()
        for run, rank in zip(one.runs, one.mean_ranks, strict=True)
    ]
    names = ["metric", "run", "mean_rank", "bars", "critical_difference", "p", "patients"]
    return pd.DataFrame(rows, columns=names)


def _bars_over(run: str, found: Friedman) -> str:
    return " ".join(str(k) for k, group in enumerate(found.groups, 1) if run in group)


def draw_critical_differences(found: Mapping[str, Friedman]) -> Figure:
    """Draw one diagram a metric, below each other."""
    names = [_name(run) for one in found.values() for run in ranked_runs(one)]
    step = STEP + LINE * max(name.count("\n") for name in names)
    beside = max(BESIDE, *(inches_wide(name, 9) + 0.3 for name in names))
    height = ABOVE + max(
        BAR_STEP * (len(one.groups) + 2) + step * ((len(one.runs) + 1) // 2 + 1)
        for one in found.values()
    )
    figure = Figure(figsize=(AXIS + 2 * beside, height * len(found)))
    for place, (metric, one) in enumerate(found.items()):
        bottom = 1 - (place + 1) / len(found)
        axes = figure.add_axes((0.0, bottom, 1.0, 1 / len(found)))
        _draw(axes, metric, one, height, step, beside)
    return figure


def _draw(
    axes: Axes, metric: str, found: Friedman, height: float, step: float, beside: float
) -> None:
    k = len(found.runs)
    beyond = beside / AXIS * (k - 1)  # room for names on either side
    axes.set_xlim(1 - beyond, k + beyond)
    axes.set_ylim(height - ABOVE, -ABOVE)
    axes.axis("off")
    axes.plot([1, k], [0, 0], color="black", linewidth=1)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, -0.07], color="black", linewidth=1)
        axes.annotate(str(rank), (rank, -0.1), ha="center", va="bottom", fontsize=8)
    _draw_critical_difference(axes, found)
    said = f"{heading(metric)}: Friedman over {counted(found.patients, 'patient')}, "
    axes.annotate(said + p_text(found.log10_p), (1 - beyond, 0.13 - ABOVE), (8, 0), fontsize=9,
                  textcoords="offset points", va="center")  # fmt: skip
    marks = bars(found)
    for bar in marks:
        level = BAR_STEP * (bar.depth + 1)
        axes.plot([bar.low - 0.02, bar.high + 0.02], [level, level], color="#0072B2", linewidth=3.5,
                  solid_capstyle="round")  # fmt: skip
    reach = 0.06 * beyond  # of a run's line beyond the axis
    _draw_names(axes, ranked_runs(found), BAR_STEP * (len(marks) + 1), step, reach)


def _draw_critical_difference(axes: Axes, found: Friedman) -> None:
    """Draw the length of the critical difference above the axis; one that exceeds it is dotted."""
    k = len(found.runs)
    fits = found.critical_difference <= k - 1
    start = k - found.critical_difference if fits else 1
    axes.plot(
        [start, k], [-0.36, -0.36], color="black", linewidth=1, linestyle="-" if fits else ":"
    )
    for end in (start, k) if fits else (k,):
        axes.plot([end, end], [-0.40, -0.32], color="black", linewidth=1)
    told = f"critical difference {effect(found.critical_difference, '')}"
    axes.annotate(told, (k, -0.36), (6, 0),
                  textcoords="offset points", va="center", fontsize=8)  # fmt: skip


def _name(run: RankedRun) -> str:
    return f"{wrapped(run.name)}  {effect(run.rank, '')}"


def _draw_names(
    axes: Axes, runs: Sequence[RankedRun], below: float, step: float, reach: float
) -> None:
    for run in runs:
        level = below + step * (run.depth + 0.5)
        end = 1 - reach if run.left else len(runs) + reach
        axes.plot([run.rank, run.rank, end], [0, level, level], color="black", linewidth=0.8)
        axes.annotate(_name(run), (end, level), (-4 if run.left else 4, 0),
                      textcoords="offset points", va="center", fontsize=9,
                      ha="right" if run.left else "left")  # fmt: skip
