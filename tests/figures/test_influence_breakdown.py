"""The breakdown by reconstruction and by layer: by hand, and the same for every target."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from influence.calibrations import ONE_LAYER, by_hand

from pi.figures.influence_breakdown import (
    draw_layer_shares,
    draw_strata,
    layer_shares_of,
    share_table,
    strata_of,
)
from pi.identity import Reconstruction
from pi.influence.losses import Losses
from pi.influence.measured import MeasuredLosses

SOFT, SHARP = Reconstruction(1.0, "B30"), Reconstruction(1.0, "D45")


def measured(image: list[float], perceptual: list[float]) -> MeasuredLosses:
    """Two patches of each reconstruction, the soft ones first."""
    losses = Losses(np.arange(4), np.array(image), np.array(perceptual)[:, np.newaxis])
    return MeasuredLosses(ONE_LAYER, "identity", losses, (SOFT, SOFT, SHARP, SHARP), 4,
                          "ratio_of_sums")  # fmt: skip


def test_a_reconstruction_with_three_times_the_image_loss_asks_for_three_times_the_lambda() -> None:
    # S_M = 8 and S_P = 8 of all; soft alone 2 and 4, sharp alone 6 and 4.
    strata = strata_of([measured([1, 1, 3, 3], [2, 2, 2, 2]).at(0.75)])
    assert strata.places == ("1mm B30", "1mm D45")
    assert strata.multiples[0] == pytest.approx([0.5, 1.5])


@given(st.floats(0.005, 0.995), st.floats(0.005, 0.995))
def test_it_is_the_same_for_every_target(one: float, other: float) -> None:
    losses = measured([1, 2, 3, 4], [5, 1, 2, 2])
    multiples = [strata_of([losses.at(target)]).multiples for target in (one, other)]
    assert multiples[0] == pytest.approx(multiples[1])


def test_a_reconstruction_that_one_calibration_lacks_is_left_empty() -> None:
    half = replace(measured([1, 1, 3, 3], [2, 2, 2, 2]), reconstructions=(SOFT,) * 4)
    strata = strata_of([measured([1, 1, 3, 3], [2, 2, 2, 2]).at(0.75), half.at(0.75)])
    assert np.isnan(strata.multiples).tolist() == [[False, False], [False, True]]
    draw_strata(strata).savefig(BytesIO(), format="png", dpi=40)


def test_layers_share_the_perceptual_loss() -> None:
    two, one = by_hand(), by_hand(ONE_LAYER)
    shares = layer_shares_of([two, one])
    assert shares.shares.sum(axis=1) == pytest.approx(1)
    means = two.losses.perceptual.mean(axis=0)
    own = dict(zip(shares.layers, shares.shares[0], strict=True))
    for layer, mean in zip(two.experiment.encoder.layers, means, strict=True):
        assert own[layer] == pytest.approx(mean / means.sum())
    assert shares.divided
    assert not layer_shares_of([one]).divided
    assert list(share_table(shares)) == ["calibration", *shares.layers]
    draw_layer_shares(shares).savefig(BytesIO(), format="png", dpi=40)
