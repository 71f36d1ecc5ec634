"""Distributions of paired gains: their bins by hand, and that they can be drawn."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from report.compared import compared

from pi.comparison.pairing import PairedTable
from pi.evaluation.table import KEY
from pi.figures.paired_differences import (
    draw_gain_distributions,
    gain_distributions,
    pair_label,
)

CONTRAST = compared({"E1": 0.0, "E2": -0.01}).contrasts[0]


def paired(gains: list[float]) -> PairedTable:
    """Return runs E1 (all 0) and E2, which is better by these gains."""
    keys = [("P", 1.0, "B30", 0.0, float(k)) for k in range(len(gains))]
    index = pd.MultiIndex.from_tuples(keys, names=KEY)
    values = pd.DataFrame({"E1": np.zeros(len(gains)), "E2": gains}, index)
    return PairedTable("ssim", "paper8", values, "digest", "test", ())


def test_zero_parts_two_bins_so_that_no_bar_is_gain_and_loss_at_once() -> None:
    (found,) = gain_distributions(paired([-0.3, -0.1, 0.2, 0.25]), [CONTRAST])
    assert np.isclose(found.edges, 0, atol=1e-12).sum() == 1
    assert found.counts[found.edges[:-1] < -1e-9].sum() == 2


def test_no_slice_is_lost_to_an_outlier() -> None:
    gains = [*np.linspace(-1, 1, 999), 1e6]
    (found,) = gain_distributions(paired(gains), [CONTRAST])
    assert found.counts.sum() == 1000
    assert found.edges[-1] < 2
    assert found.counts[-1] >= 1


def test_rows_share_their_bins() -> None:
    comparison = compared()
    found = gain_distributions(comparison.paired["ssim"], comparison.contrasts)
    assert [one.label for one in found] == [pair_label(one) for one in comparison.contrasts]
    assert all(np.array_equal(one.edges, found[0].edges) for one in found)


@pytest.mark.parametrize("gains", [[0.0, 0.0], [0.1], [-0.1, -0.2, 0.3]])
def test_it_can_be_drawn(gains: list[float]) -> None:
    figure = draw_gain_distributions(gain_distributions(paired(gains), [CONTRAST]), "ssim")
    written = BytesIO()
    figure.savefig(written, format="svg")
    assert figure.get_supxlabel().startswith("gain in SSIM")
