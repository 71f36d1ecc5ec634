"""Which slices are shown of a comparison, and with what beside them."""

from io import BytesIO

import numpy as np
import pandas as pd
from report.compared import compared

from pi.comparison.contrast import Contrast
from pi.comparison.pairing import PairedTable
from pi.evaluation.choice import ShownSlice
from pi.evaluation.pair import HuErrors
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE, Image
from pi.figures.denoised_slices import draw_details, draw_slices
from pi.figures.gain_and_loss import Extreme, extremes, rows_of
from pi.figures.slice_row import row_table
from pi.identity import SliceKey

PAIR: Contrast = compared({"E1": 0.0, "E2": -0.01}).contrasts[0]


def paired(ssim: list[float]) -> PairedTable:
    """Return E1 (all .5) and E2 with these values."""
    keys = [("P", 1.0, "B30", 0.0, float(k)) for k in range(len(ssim))]
    index = pd.MultiIndex.from_tuples(keys, names=KEY)
    values = pd.DataFrame({"E1": np.full(len(ssim), 0.5), "E2": ssim}, index)
    return PairedTable("ssim", "paper8", values, "digest", "test", ())


def shown(extreme: Extreme, run: str, *, denoised: bool = True) -> ShownSlice:
    rng = np.random.default_rng(7)
    target = rng.normal(0, 30, (64, 64)).astype(np.float32)
    images: dict[Image, np.ndarray] = {LOW_DOSE: target + 20}  # type: ignore[type-arg]
    if denoised:
        images[DENOISED] = target + 5
    errors = {name: HuErrors(hu, target) for name, hu in images.items()}
    return ShownSlice(extreme.choice(run), images, target, errors, 0.7)


def test_the_slices_are_those_of_the_largest_gain_and_loss() -> None:
    gain, loss = extremes(paired([0.6, 0.9, 0.1, 0.5]), PAIR)
    assert gain == Extreme("largest gain", SliceKey("P", 1.0, "B30", 1.0), {"E1": 0.5, "E2": 0.9})
    assert loss == Extreme("largest loss", SliceKey("P", 1.0, "B30", 2.0), {"E1": 0.5, "E2": 0.1})


def test_an_end_on_the_other_side_of_zero_is_called_by_its_name() -> None:
    assert [one.rank for one in extremes(paired([0.4, 0.3]), PAIR)] == [
        "smallest loss", "largest loss"
    ]  # fmt: skip
    assert [one.rank for one in extremes(paired([0.6, 0.7]), PAIR)] == [
        "largest gain", "smallest gain"
    ]  # fmt: skip


def test_low_dose_both_runs_target_and_three_errors_are_side_by_side() -> None:
    found = extremes(paired([0.6, 0.9, 0.1]), PAIR)
    pictures = [{run: shown(one, run) for run in ("E1", "E2")} for one in found]
    rows = rows_of(found, pictures, "ssim")
    assert [panel.name for panel in rows[0].panels] == [
        "low_dose", "E1", "E2", "normal_dose", "low_dose_error", "E1_error", "E2_error"
    ]  # fmt: skip
    captions = {panel.name: panel.caption for panel in rows[0].panels}
    assert captions["E2"] == "SSIM 0.9000"
    assert captions["E1_error"] == "RMSE 5.0 HU"
    table = row_table(rows)
    assert table["image"].tolist() == ["low_dose", "E1", "E2"] * 2
    assert table["position"].tolist() == [1.0] * 3 + [2.0] * 3
    assert table["ssim"].dropna().tolist() == [0.5, 0.9, 0.5, 0.1]
    for draw in (draw_slices, draw_details):
        draw(rows).savefig(BytesIO(), format="png", dpi=40)


def test_a_run_that_denoises_nothing_shows_the_low_dose() -> None:
    found = extremes(paired([0.6, 0.9, 0.1]), PAIR)
    pictures = [
        {"E1": shown(one, "E1", denoised=False), "E2": shown(one, "E2")} for one in found
    ]  # fmt: skip
    low, first, *_ = rows_of(found, pictures, "ssim")[0].panels
    assert np.array_equal(low.hu, first.hu)
