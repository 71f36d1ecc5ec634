"""The forest of effects: both intervals, and what is not bounded."""

from io import BytesIO

import numpy as np
from report.compared import compared

from pi.comparison.gains import Estimate
from pi.figures.effect_forest import claimed, draw_effect_forest, effects_by_metric
from pi.influence.expanded_percentile import TOO_NARROW_BELOW


def test_a_bootstrap_interval_is_shown_as_far_as_it_holds() -> None:
    estimate = Estimate(-0.5, -0.7, -0.2)
    assert claimed(estimate, TOO_NARROW_BELOW) == estimate
    unbounded = claimed(estimate, TOO_NARROW_BELOW - 1)
    assert (unbounded.value, unbounded.bounded) == (-0.5, False)


def test_metrics_and_comparisons_keep_their_order() -> None:
    comparison = compared(metrics=("psnr", "ssim"))
    effects = effects_by_metric(comparison.contrasts)
    assert list(effects) == ["psnr", "ssim"]
    assert [one.label for one in effects["ssim"]] == [
        "E2 against E1", "E3 against E1", "E4 against E1", "baseline against E1"
    ]  # fmt: skip
    first = comparison.contrasts[0]
    assert effects["psnr"][0].by_slices == first.slices.effects.rank_biserial
    assert effects["psnr"][0].by_patients == first.patients.intervals.rank_biserial


def test_it_can_be_drawn_even_where_nothing_bounds_an_interval() -> None:
    figure = draw_effect_forest(effects_by_metric(compared(patients=2).contrasts))
    (axes,) = figure.axes
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert len(dotted) == 4
    assert all(np.array_equal(line.get_xdata(), [-1, 1]) for line in dotted)
    figure.savefig(BytesIO(), format="svg")
