"""The paper's Fig. 2 from what runs recorded."""

import math
from dataclasses import replace

import numpy as np
import pytest

from pi.figures.calibrated_influence import recorded_curves
from pi.figures.colours import colour_of
from pi.influence.recorded import RecordedInfluence

ONE = RecordedInfluence(
    "run", "E1", "vgg19", "imagenet", "block3_conv2", "identity", 0.75, 3.0, 2.5, 3.5, 1.0
)
WEIGHTS = np.array([1.0, 3.0, 9.0])


def test_psi_is_the_ratio_of_sums() -> None:
    assert ONE.psi_at(WEIGHTS) == pytest.approx([0.5, 0.75, 0.9])
    assert replace(ONE, loss_ratio=19 / 1e-5).psi_at(1e-5) == pytest.approx(0.95)


def test_the_curve_is_the_recorded_one_and_a_line_in_log_odds() -> None:
    (curve,) = recorded_curves([ONE], WEIGHTS)
    assert curve.psi == pytest.approx([0.5, 0.75, 0.9])
    assert curve.log_odds == pytest.approx(np.log([1, 3, 9]))
    assert (curve.low, curve.chosen, curve.high) == (2.5, 3.0, 3.5)


def test_a_colour_an_experiment_a_style_a_context_and_no_interval_where_none_was_kept() -> None:
    others = [
        replace(ONE, context="medical"),
        replace(ONE, experiment="E2", layers="block5_conv4", low=math.nan, high=math.nan),
    ]
    curves = recorded_curves([ONE, *others], WEIGHTS)
    assert curves[0].colour == curves[1].colour == colour_of("E1")
    assert curves[2].colour == colour_of("E2")
    assert curves[0].style == curves[2].style != curves[1].style
    assert (curves[2].low, curves[2].high) == (3.0, 3.0)
