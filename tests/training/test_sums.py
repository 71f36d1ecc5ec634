"""Influence from sums, by hand, where batch ratios say something else."""

import math

import numpy as np
import pytest

from pi.influence.mean_of_ratios import mean_of_ratios
from pi.influence.psi import layer_shares, psi
from pi.training.sums import InfluenceSums


def test_psi_comes_from_sums_and_not_from_batches() -> None:
    one, other = (np.array([1.0]), np.array([[1.0]])), (np.array([9.0]), np.array([[1.0]]))
    sums = InfluenceSums().add(*one, 1.0).add(*other, 1.0)
    found = sums.metrics(("a",))
    of_batches = np.mean([1 / 2, 1 / 10])
    assert found["psi"] == pytest.approx(2 / 12)
    assert found["psi"] != pytest.approx(of_batches, abs=0.1)
    assert found["psi_eq5"] == pytest.approx(of_batches)  # here a batch is a patch
    assert (found["image_loss"], found["perceptual_loss"], found["ratio"]) == (5, 1, 0.2)
    assert found["total_loss"] == sums.total == 6
    assert "psi_of_layer/a" not in found


@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_the_division_into_batches_changes_nothing(size: int) -> None:
    rng = np.random.default_rng(0)
    image, taps = rng.lognormal(0, 1, 20), rng.lognormal(3, 1, (20, 2))
    sums = InfluenceSums()
    for start in range(0, 20, size):
        batch = slice(start, start + size)
        sums = sums.add(image[batch], taps[batch], 0.1)
    found = sums.metrics(("a", "b"))
    perceptual = taps.sum(axis=1)
    assert found["psi"] == pytest.approx(float(psi(image.sum(), perceptual.sum(), 0.1)))
    assert found["psi_eq5"] == pytest.approx(float(mean_of_ratios(image, perceptual, 0.1)))
    shares = layer_shares(image.sum(), taps.sum(axis=0), 0.1)
    assert [found["psi_of_layer/a"], found["psi_of_layer/b"]] == pytest.approx(shares)


def test_a_lambda_that_moves_weighs_each_patch_by_its_own() -> None:
    one = np.array([1.0]), np.array([[2.0]])
    found = InfluenceSums().add(*one, 1.0).add(*one, 3.0).metrics(())
    assert found["psi"] == pytest.approx(8 / 10)
    assert found["psi_eq5"] == pytest.approx((2 / 3 + 6 / 7) / 2)


def test_patches_without_any_loss_are_left_out_of_eq_5() -> None:
    sums = InfluenceSums().add(np.array([0.0, 1.0]), np.array([[0.0], [1.0]]), 1.0)
    assert (sums.shared, sums.patches) == (1, 2)
    assert sums.metrics(())["psi_eq5"] == 0.5


def test_mse_alone_has_no_influence_and_no_sum_is_nan() -> None:
    found = InfluenceSums().add(np.ones(3), np.zeros((3, 0)), 0.0).metrics(())
    assert (found["psi"], found["perceptual_loss"], found["image_loss"]) == (0, 0, 1)
    assert all(math.isnan(value) for value in InfluenceSums().metrics(()).values())


def test_float32_losses_are_added_in_float64() -> None:
    sums = InfluenceSums().add(np.float32([2**24]), np.zeros((1, 1), np.float32), 0.0)
    sums = sums.add(np.float32([1.0]), np.zeros((1, 1), np.float32), 0.0)
    assert sums.image == 2**24 + 1


@pytest.mark.parametrize("weight", [1e-9, 1.0, 1e12])
def test_log_odds_keep_the_digits_that_psi_loses(weight: float) -> None:
    sums = InfluenceSums().add(np.array([2.0, 4.0]), np.array([[1.0], [2.0]]), weight)
    assert sums.log_odds == pytest.approx(math.log(weight / 2), rel=1e-14)
    none = InfluenceSums().add(np.array([2.0]), np.array([[1.0]]), 0.0)
    assert none.log_odds == -math.inf
    assert InfluenceSums().add(np.zeros(1), np.ones((1, 1)), 1.0).log_odds == math.inf
