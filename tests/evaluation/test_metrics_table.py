"""One image set under all protocols: every cell by hand."""

import numpy as np
import pandas as pd
import pytest
from evaluation.tables import row

from pi.evaluation.metrics import METRICS
from pi.evaluation.metrics_table import (
    LOWEST,
    cut_share,
    decibels,
    hu_counts,
    metrics_table,
    metrics_table_text,
    range_hu,
)
from pi.evaluation.protocol import PROTOCOLS, find_protocols
from pi.slices.store import Store

(SOFT,) = find_protocols("window:-160:240")
COUNTS = np.bincount(np.array([-1000, -161, -160, 0, 240, 241]) - LOWEST, minlength=2**16)


def test_an_error_has_the_psnr_of_its_range() -> None:
    assert range_hu(PROTOCOLS["paper8"]) == pytest.approx(4096)
    assert decibels(10, PROTOCOLS["paper8"]) == pytest.approx(20 * np.log10(409.6))
    assert decibels(10, SOFT) == pytest.approx(32.0412, abs=1e-4)
    assert decibels(10, PROTOCOLS["ldctbench_head"]) == pytest.approx(17.9525, abs=1e-4)


def test_pixels_outside_are_counted_and_the_bounds_are_inside() -> None:
    assert cut_share(COUNTS, SOFT) == pytest.approx(3 / 6)
    assert cut_share(COUNTS, PROTOCOLS["full_float"]) == 0


def test_a_row_a_protocol_with_both_means_of_psnr() -> None:
    slices = pd.DataFrame(
        [
            row("P", 0.0, "low_dose", 0.5, 20.0),
            row("P", 1.0, "low_dose", 0.7, 40.0),
            row("P", 0.0, "denoised", 0.9, np.inf),
            row("P", 1.0, "denoised", 0.9, 30.0),
        ]
    )
    both = pd.concat([slices, slices.assign(protocol=SOFT.name, psnr=slices["psnr"] - 20)])
    table = metrics_table(both, (PROTOCOLS["paper8"], SOFT), COUNTS).set_index("protocol")
    assert table.loc["paper8", "low_dose_psnr"] == 30
    pooled = -10 * np.log10((1e-2 + 1e-4) / 2)
    assert table.loc["paper8", "low_dose_psnr_pooled"] == pytest.approx(pooled)
    assert table.loc[SOFT.name, "denoised_psnr"] == 10  # the infinite is in no mean
    assert table.loc["paper8", "denoised_psnr_pooled"] == pytest.approx(30 + 10 * np.log10(2))
    text = metrics_table_text(table.reset_index())
    assert "10.00 dB under window:-160:240 and 30.00 dB under paper8" in text
    assert "32.04 dB" in text


def test_a_table_of_somebody_elses_may_lack_protocols_images_and_metrics() -> None:
    slices = pd.DataFrame([row("P", 0.0, "denoised", 0.9, 30.0)]).drop(columns="psnr")
    table = metrics_table(slices, (PROTOCOLS["paper8"], SOFT), COUNTS)
    assert table["protocol"].tolist() == ["paper8"]
    assert table["denoised_ssim"].tolist() == [0.9]
    assert table["denoised_psnr"].isna().all()
    assert "is – dB under paper8" in metrics_table_text(table)


def test_hu_of_a_part_are_those_of_its_pixels(tiny_store: Store) -> None:
    counts = hu_counts(tiny_store, "test")
    pixels = [
        tiny_store.pair(number, k)[1]
        for number, volume in enumerate(tiny_store.volumes) if volume.split == "test"
        for k in range(len(volume.positions))
    ]  # fmt: skip
    assert counts.sum() == sum(one.size for one in pixels)
    assert counts[-1000 - LOWEST] == sum((one == -1000).sum() for one in pixels)
    assert {"ssim", "psnr"} <= METRICS.keys()
