"""Which figures a comparison has, in which order, and what their captions say."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pi.comparison.comparison import Comparison, best_run
from pi.comparison.contrast import Contrast
from pi.comparison.verdict import heading
from pi.figures.calibrated_influence import recorded_curves
from pi.figures.critical_difference import draw_critical_differences, rank_table
from pi.figures.effect_forest import draw_effect_forest, effect_table, effects_by_metric
from pi.figures.influence_curve import draw_influence, influence_table
from pi.figures.pair_matrix import draw_pair_matrix, pair_matrix, pair_table
from pi.figures.paired_differences import draw_gain_distributions, gain_distributions, gain_table
from pi.figures.patient_gains import draw_patient_strips, patient_strips, strip_table
from pi.influence.psi import Floats
from pi.influence.recorded import RecordedInfluence
from pi.report.blocks import Drawn
from pi.report.svg import inline_svg

HABIT = 0.1
"""The lambda of habit (paper, section 3), marked in the figure of influence."""

DECADES_BEYOND = 2
"""Of the abscissa of the influence's figure, on either side of the lambdas that are marked."""


@dataclass(frozen=True)
class CaptionedFigure:
    """A figure and its words.

    Attributes:
        name: of its file.
        figure: drawn.
        caption: what is seen and how to read it.
    """

    name: str
    figure: Figure = field(repr=False)
    caption: str


@dataclass(frozen=True)
class FigureWithData(CaptionedFigure):
    """A figure that is logged by itself, too.

    Attributes:
        data: what it shows, as a table.
    """

    data: pd.DataFrame = field(repr=False)


def drawn(one: CaptionedFigure) -> Drawn:
    """Return a figure as it is placed on a page."""
    return Drawn(one.name, inline_svg(one.figure, one.name, one.caption), one.caption)


def comparison_figures(comparison: Comparison) -> list[FigureWithData]:
    """Return the figures of a comparison's numbers, in the order of the argument."""
    metric, paired = next(iter(comparison.paired.items()))
    own = [one for one in comparison.contrasts if one.metric == metric]
    shown = shown_contrasts(comparison, metric)
    said = heading(metric)
    gains, strips = gain_distributions(paired, shown), patient_strips(shown)
    effects = effects_by_metric(_of_pairs(comparison, shown))
    figures = [
        FigureWithData(
            "paired_differences",
            draw_gain_distributions(gains, metric),
            f"Paired gains in {said}, slice by slice. Blue: the first run of the pair is better; "
            "vermilion: the second. The black tick is the Hodges-Lehmann shift; the outermost bins "
            "gather what lies beyond them.",
            gain_table(gains),
        ),
        FigureWithData(
            "patient_gains",
            draw_patient_strips(strips, metric),
            "The same gains averaged within each patient (one dot; a patient has the same height "
            "in every row) and over patients (bar). The verdict rests on these dots.",
            strip_table(strips),
        ),
        FigureWithData(
            "effects",
            draw_effect_forest(effects),
            "Matched-pairs rank-biserial with 95 % intervals that take patients (blue) and slices "
            "(orange) for independent. A dotted interval is not bounded by the data.",
            effect_table(effects),
        ),
    ]
    if comparison.friedman:
        figures.append(
            FigureWithData(
                "critical_difference",
                draw_critical_differences(comparison.friedman),
                "Mean ranks over patients; 1 is best. Bars join runs that Nemenyi's test at .05 "
                "does not tell apart. A dotted critical difference is longer than the axis: these "
                "patients cannot tell any two runs apart.",
                rank_table(comparison.friedman),
            )
        )
    if comparison.reference is None and len(paired.runs) > 2:
        order = paired.values.mean().sort_values(ascending=not paired.higher_is_better).index
        matrix = pair_matrix(own, list(order))
        figures.append(
            FigureWithData(
                "pairs",
                draw_pair_matrix(matrix),
                f"All pairs by {said}, best mean first. Above the diagonal: rank-biserial of the "
                "row's run against the column's; below: p of patients after Holm, bold where it is "
                "at most .05.",
                pair_table(matrix),
            )
        )
    return figures


def influence_figure(influences: Sequence[RecordedInfluence]) -> FigureWithData | None:
    """Return the paper's Fig. 2 for these runs; None where none links to a calibration."""
    if not influences:
        return None
    curves = recorded_curves(influences, _weights(influences))
    target = influences[0].target
    return FigureWithData(
        "influence",
        draw_influence(curves, target, [HABIT]),
        "Perceptual influence over λ as the runs' calibrations measured it; dots are the λ that "
        f"reach the target, {100 * target:g} %.",
        influence_table(curves),
    )


def shown_contrasts(comparison: Comparison, metric: str) -> list[Contrast]:
    """Return the comparisons that figures show: with the reference or, of all pairs, the best."""
    best = best_run(comparison.paired[metric])
    return [
        one
        for one in comparison.contrasts
        if one.metric == metric
        and (comparison.reference is not None or best in (one.reference, one.other))
    ]


def _of_pairs(comparison: Comparison, shown: Sequence[Contrast]) -> list[Contrast]:
    pairs = {(one.reference, one.other) for one in shown}
    return [one for one in comparison.contrasts if (one.reference, one.other) in pairs]


def _weights(influences: Sequence[RecordedInfluence]) -> Floats:
    marked = np.log10([HABIT, *(one.weight for one in influences)])
    low, high = np.floor(marked.min()) - DECADES_BEYOND, np.ceil(marked.max()) + DECADES_BEYOND
    return np.asarray(10.0 ** np.linspace(low, high, int(high - low) * 10 + 1))
