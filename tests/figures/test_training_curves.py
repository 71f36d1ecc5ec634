"""Trainings side by side: drift and tables by hand, and that they can be drawn."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from pi.figures.colours import colour_of
from pi.figures.training_curves import (
    SERIES,
    conflicts_of,
    curves_table,
    draw_influences,
    draw_losses,
    drift_table,
    training_curves,
)


def series(**columns: list[float]) -> pd.DataFrame:
    found = {name.replace("__", "/"): values for name, values in columns.items()}
    return pd.DataFrame(found, index=pd.RangeIndex(1, 3, name="epoch"))


ONE = series(train__psi=[0.95, 0.9], train__image_loss=[2.0, 1.0], train__total_loss=[40.0, 10.0],
             validation__ssim=[0.7, 0.8])  # fmt: skip
AGAINST = series(gradient__conflicts=[1.0, 3.0], gradient__measurements=[4.0, 4.0])
MSE = series(train__image_loss=[2.0, 1.0])
CURVES = training_curves([("one", "demo1", ONE, 0.95), ("mse", "mse", MSE, np.nan)])


def test_drift_is_the_last_epoch_less_the_target_in_points() -> None:
    assert CURVES[0].drift == pytest.approx(-5)
    assert np.isnan(CURVES[1].drift)


def test_the_table_of_drift_tells_target_and_last_psi_in_percent() -> None:
    first = drift_table(CURVES).iloc[0]
    assert first["target Ψ (%)"] == pytest.approx(95)
    assert first["Ψ of the last epoch (%)"] == pytest.approx(90)
    assert first["validation SSIM"] == pytest.approx(0.8)
    assert np.isnan(first["lambda"])


def test_the_table_of_curves_has_a_row_for_each_run_and_epoch() -> None:
    table = curves_table(CURVES)
    assert list(zip(table["run"], table["epoch"], strict=True)) == [
        ("one", 1), ("one", 2), ("mse", 1), ("mse", 2)
    ]  # fmt: skip
    assert set(table) <= {"run", "epoch", "target", *SERIES}
    assert table["train/psi"].isna().tolist() == [False, False, True, True]


def test_a_configuration_has_one_colour_wherever_it_stands_and_its_runs_differ_by_mark() -> None:
    runs = [("a", "mse"), ("b", "demo2"), ("c", "demo2 · Ψ 95 %")]
    for order in (runs, runs[::-1]):
        curves = training_curves([(label, of, MSE, 0.5) for label, of in order])
        assert {one.label: one.colour for one in curves} == {
            label: colour_of(of) for label, of in runs
        }
        assert len({(one.colour, one.marker) for one in curves}) == 3


def test_psi_is_drawn_in_log_odds_and_the_target_across() -> None:
    loss = draw_influences(CURVES).axes[0]
    drawn, across = loss.lines[0], loss.lines[1]
    assert drawn.get_ydata() == pytest.approx(np.log([19, 9]))
    assert across.get_ydata() == pytest.approx(np.log([19, 19]))


def test_conflicts_are_drawn_as_shares_of_an_epochs_measurements() -> None:
    assert conflicts_of(AGAINST) == (4, 8)
    assert conflicts_of(ONE) is None
    panel = draw_influences(training_curves([("against", "demo1", AGAINST, np.nan)])).axes[3]
    assert panel.lines[0].get_ydata() == pytest.approx([25, 75])


def test_the_weighted_perceptual_loss_is_what_the_total_has_beyond_the_image_loss() -> None:
    perceptual = draw_losses(CURVES).axes[1]
    assert perceptual.lines[0].get_ydata() == pytest.approx(np.log10([38, 9]))


@pytest.mark.parametrize("draw", [draw_losses, draw_influences])
@pytest.mark.parametrize("curves", [CURVES, CURVES[1:], []])
def test_they_can_be_drawn(draw: object, curves: list[object]) -> None:
    draw(curves).savefig(BytesIO(), format="png", dpi=40)  # type: ignore[operator]
