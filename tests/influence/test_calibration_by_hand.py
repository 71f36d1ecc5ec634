"""One configuration's lambda, its shares and its breakdown, on four patches."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from influence.calibrations import FOUND_ON, ONE_LAYER, SHARP, SOFT, TWO_LAYERS, by_hand
from numpy.typing import NDArray

from pi.influence.calibration import calibrate, calibrate_all
from pi.influence.losses import Losses, Measured
from pi.influence.mean_of_ratios import mean_of_ratios
from pi.influence.psi import NoImageLossError, NoPerceptualLossError
from pi.influence.sampling import Precision
from pi.losses.loss import Reading
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store


def test_lambda_of_the_whole_set_has_no_doubt() -> None:
    found = by_hand()
    assert found.exact_weight == pytest.approx(3.0)
    assert found.weight == found.exact_weight
    assert found.interval == pytest.approx((3.0, 3.0))
    assert (found.image, found.perceptual, found.degenerate) == (2.0, 2.0, 0)


def test_layer_shares_sum_to_psi_in_the_layers_order() -> None:
    found = by_hand()
    # 3 x 1.5 and 3 x 0.5 of 2 + 3 x 2.
    assert found.shares.tolist() == pytest.approx([4.5 / 8, 1.5 / 8])
    assert found.shares.sum() == pytest.approx(float(found.psi_of_sums(found.weight)))


def test_each_reconstruction_has_its_own_lambda_and_psi() -> None:
    soft, sharp = by_hand().strata
    assert (soft.reconstruction, soft.patches) == (SOFT, 2)
    # M = 1, P = 2: lambda 3/2; at 3, Psi is 6/7. Sharp: M = 3: lambda 9/2; 6/9.
    assert (soft.weight, soft.psi) == pytest.approx((1.5, 6 / 7))
    assert (sharp.reconstruction, sharp.patches) == (SHARP, 2)
    assert (sharp.weight, sharp.psi) == pytest.approx((4.5, 6 / 9))


def test_a_reconstruction_without_a_loss_has_no_lambda() -> None:
    losses = Losses(np.arange(4), np.array([0.0, 0, 3, 3]), np.array([[0.0], [0], [2], [2]]))
    precision = Precision(0.75, "ratio_of_sums", 0.05, exhaustive=False)
    found = calibrate(ONE_LAYER, "identity", losses, FOUND_ON, 4, precision, "none")
    assert math.isnan(found.strata[0].weight)
    assert math.isnan(found.strata[0].psi)
    assert found.strata[1].weight == pytest.approx(found.exact_weight)


def test_patches_that_say_nothing_are_counted_and_change_nothing() -> None:
    precision = Precision(0.75, "mean_of_ratios", 0.05, exhaustive=False)
    losses = Losses(np.arange(4), np.array([1.0, 0, 3, 0]), np.array([[2.0], [0], [2], [0]]))
    found = calibrate(ONE_LAYER, "identity", losses, FOUND_ON, 4, precision, "none")
    assert found.degenerate == 2
    assert float(mean_of_ratios([1.0, 3.0], [2.0, 2.0], found.weight)) == pytest.approx(0.75)
    assert float(found.psi_of_ratios(found.weight)) == pytest.approx(0.75)


def test_rounding_changes_the_lambda_to_be_used_and_keeps_the_exact_one() -> None:
    found = by_hand(rounding="nearest_decade_log10")
    assert (found.weight, found.exact_weight) == (1.0, pytest.approx(3.0))
    assert found.shares.sum() == pytest.approx(0.5)
    assert found.strata[0].psi == pytest.approx(2 / 3)
    # What a reconstruction alone would ask for does not depend on the rounding.
    assert found.strata[0].weight == pytest.approx(1.5)


def test_the_interval_lies_around_the_exact_lambda() -> None:
    low, high = by_hand(population=100, rounding="nearest_decade_log10").interval
    assert low < 3 < high
    assert low * high == pytest.approx(9)


def test_the_target_of_eq_5_is_reached_by_eq_5() -> None:
    found = by_hand(estimator="mean_of_ratios")
    assert float(found.psi_of_ratios(found.weight)) == pytest.approx(0.75)
    assert float(found.psi_of_sums(found.weight)) != pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize(
    ("image", "perceptual", "error"),
    [(0.0, 1.0, NoImageLossError), (1.0, 0.0, NoPerceptualLossError)],
)
def test_a_state_without_one_of_the_losses_is_an_error(
    image: float, perceptual: float, error: type[Exception]
) -> None:
    losses = Losses(np.arange(4), np.full(4, image), np.full((4, 1), perceptual))
    precision = Precision(0.75, "ratio_of_sums", 0.05, exhaustive=False)
    with pytest.raises(error):
        calibrate(ONE_LAYER, "identity", losses, FOUND_ON, 4, precision, "none")


def test_all_experiments_and_states_rest_on_the_same_patches(tiny_store: Store) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 32, "paper")

    def measure(numbers: NDArray[np.int64], states: Sequence[str]) -> Mapping[str, Measured]:
        image = 1.0 + numbers % 7
        taps = np.stack([2.0 + numbers % 5, 1.0 + numbers % 3], axis=1)
        images = {s: image * (1 + states.index(s)) for s in states}
        return {s: Measured(numbers, images[s][:, np.newaxis], taps) for s in states}

    found = calibrate_all(
        [TWO_LAYERS, ONE_LAYER],
        [Reading(0, (0, 1), (1.0, 1.0)), Reading(0, (1,), (1.0,))],
        ["identity", "untrained"],
        measure,
        patches,
        Precision(0.95, "ratio_of_sums", 0.05, exhaustive=True),
        "none",
        np.random.default_rng(0),
        lambda measured, half_width: None,
    )
    order = [(c.experiment.name, c.state) for c in found]
    assert order == [(e, s) for e in ("two", "one") for s in ("identity", "untrained")]
    assert all(c.losses.image.size == len(patches) == c.population for c in found)
    assert all(np.array_equal(c.losses.patches, found[0].losses.patches) for c in found)
    numbers = np.arange(len(patches))
    assert found[2].perceptual == pytest.approx(np.mean(1.0 + numbers % 3))
    assert found[0].perceptual == pytest.approx(np.mean(3.0 + numbers % 5 + numbers % 3))
    assert found[1].image == pytest.approx(2 * found[0].image)
    described = patches.describe(found[0].losses.patches)
    for stratum in found[0].strata:
        count = sum(p.key.reconstruction == stratum.reconstruction for p in described)
        assert stratum.patches == count
