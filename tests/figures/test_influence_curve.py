"""The paper's Fig. 2: its data, and that it can be drawn."""

from io import BytesIO

import numpy as np
import pytest
from influence.calibrations import ONE_LAYER, by_hand

from pi.figures.colours import STYLES, colour_of
from pi.figures.influence_curve import draw_influence, influence_curves
from pi.influence.table import weight_grid


def test_a_colour_an_experiment_and_a_style_a_state() -> None:
    calibrations = [by_hand(e, s) for e in (None, ONE_LAYER) for s in ("identity", "untrained")
                    for e in [e or by_hand().experiment]]  # fmt: skip
    curves = influence_curves(calibrations, weight_grid(calibrations))
    assert [c.colour for c in curves] == [colour_of("two")] * 2 + [colour_of("one")] * 2
    assert [c.style for c in curves] == [STYLES[0], STYLES[1]] * 2
    assert [c.label for c in curves] == [
        "two, identity", "two, untrained", "one, identity", "one, untrained"
    ]  # fmt: skip


def test_the_curve_passes_the_target_at_the_chosen_lambda() -> None:
    found = by_hand(population=100)
    (curve,) = influence_curves([found], weight_grid([found]))
    at_choice = np.interp(np.log10(curve.chosen), curve.log10_weights, curve.psi)
    assert at_choice == pytest.approx(0.75, abs=2e-3)
    assert (curve.low, curve.chosen, curve.high) == (found.interval[0], 3.0, found.interval[1])
    slope = np.diff(curve.log_odds) / np.diff(curve.log10_weights)
    assert slope == pytest.approx(np.log(10))


@pytest.mark.parametrize("rounding", ["none", "nearest_decade_log10", "ceil_decade"])
@pytest.mark.parametrize("marked", [[], [0.1, 1e-5], [0.0, 0.1]])
def test_it_can_be_drawn(rounding: str, marked: list[float]) -> None:
    calibrations = [by_hand(population=100, rounding=rounding), by_hand(ONE_LAYER)]  # type: ignore[arg-type]
    figure = draw_influence(influence_curves(calibrations, weight_grid(calibrations)), 0.75, marked)
    percent, odds = figure.axes
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 2
    assert percent.get_ylabel().endswith("(%)")
    for kind in ("png", "svg"):
        written = BytesIO()
        figure.savefig(written, format=kind, dpi=72)  # a large PNG takes a second
        assert written.tell() > 10_000
    assert np.isfinite([*percent.get_xlim(), *odds.get_xlim()]).all()


def test_more_experiments_than_colours_begin_again() -> None:
    from dataclasses import replace

    calibrations = [
        replace(by_hand(), experiment=replace(ONE_LAYER, name=str(k))) for k in range(9)
    ]
    assert len(influence_curves(calibrations, weight_grid(calibrations))) == 9
