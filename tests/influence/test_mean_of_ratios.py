"""Eq. (5): by hand, against SciPy's own root finder, and at the edges of what it can reach."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import bisect

from pi.influence.mean_of_ratios import (
    UnattainablePsiError,
    influence_on_log_weight,
    mean_of_ratios,
    weight_for_mean_of_ratios,
)
from pi.influence.psi import (
    InvalidLossError,
    InvalidTargetError,
    InvalidWeightError,
    NoLossError,
    psi,
    weight_for_psi,
)

items = st.lists(
    st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)), min_size=1, max_size=30
).map(lambda pairs: tuple(np.array(pairs).T))


def test_by_hand() -> None:
    # Ratios of their own: 1/(1+1) = 1/2, 3/(1+3) = 3/4, 0; mean 5/12.
    assert float(mean_of_ratios([1.0, 1.0, 2.0], [1.0, 3.0, 0.0], 1.0)) == pytest.approx(5 / 12)


def test_any_shape_of_weights() -> None:
    assert mean_of_ratios([1.0, 2.0], [1.0, 2.0], np.ones((2, 3))).shape == (2, 3)
    assert mean_of_ratios([1.0, 2.0], [1.0, 2.0], 0.0) == 0.0


def test_a_mean_of_ratios_is_not_the_ratio_of_sums() -> None:
    image, perceptual = np.array([1.0, 9.0]), np.array([1.0, 0.5])
    assert float(mean_of_ratios(image, perceptual, 1.0)) == pytest.approx((1 / 2 + 1 / 19) / 2)
    assert float(psi(image.sum(), perceptual.sum(), 1.0)) == pytest.approx(1.5 / 11.5)


@given(items, st.floats(0.01, 0.99))
def test_the_root_agrees_with_another_root_finder(
    losses: tuple[np.ndarray, np.ndarray], target: float
) -> None:
    image, perceptual = losses
    log_ratio = np.log(perceptual / image)

    def excess(t: float) -> float:
        with np.errstate(over="ignore"):
            return float(np.mean(1 / (1 + np.exp(-(t + log_ratio))))) - target

    expected = float(bisect(excess, -60, 60, xtol=1e-12))
    found = weight_for_mean_of_ratios(image, perceptual, target)
    assert np.log(found) == pytest.approx(expected, abs=1e-8)


@given(items, st.floats(0.01, 0.99))
def test_the_root_gives_the_target(losses: tuple[np.ndarray, np.ndarray], target: float) -> None:
    weight = weight_for_mean_of_ratios(*losses, target)
    assert float(mean_of_ratios(*losses, weight)) == pytest.approx(target, rel=1e-9)


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
    st.floats(1e-6, 1e6),
    st.floats(0.01, 0.99),
)
def test_both_estimators_agree_where_all_ratios_are_equal(
    images: list[float], ratio: float, target: float
) -> None:
    image = np.array(images)
    perceptual = ratio * image
    assert weight_for_mean_of_ratios(image, perceptual, target) == pytest.approx(
        weight_for_psi(float(image.sum()), float(perceptual.sum()), target), rel=1e-9
    )
    assert float(mean_of_ratios(image, perceptual, 1.0)) == pytest.approx(
        float(psi(float(image.sum()), float(perceptual.sum()), 1.0)), rel=1e-9
    )


@given(items, st.randoms(use_true_random=False), st.floats(0.05, 0.95))
def test_the_order_of_items_does_not_matter(
    losses: tuple[np.ndarray, np.ndarray], random: object, target: float
) -> None:
    order = np.arange(losses[0].size)
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = tuple(loss[order] for loss in losses)
    assert float(mean_of_ratios(*shuffled, 1.0)) == pytest.approx(
        float(mean_of_ratios(*losses, 1.0)), rel=1e-12
    )
    assert weight_for_mean_of_ratios(*shuffled, target) == pytest.approx(
        weight_for_mean_of_ratios(*losses, target), rel=1e-9
    )


@given(items)
def test_psi_rises_with_lambda(losses: tuple[np.ndarray, np.ndarray]) -> None:
    curve = mean_of_ratios(*losses, np.logspace(-4, 4, 30))
    assert (np.diff(curve) >= 0).all()


# Items pinned at 0 and at 1


def test_items_without_any_loss_are_dropped() -> None:
    with_nothing = mean_of_ratios([1.0, 0.0, 1.0], [1.0, 0.0, 3.0], 1.0)
    assert float(with_nothing) == float(mean_of_ratios([1.0, 1.0], [1.0, 3.0], 1.0))
    assert weight_for_mean_of_ratios([1.0, 0.0], [1.0, 0.0], 0.5) == pytest.approx(1.0)


def test_pinned_items_keep_their_share_whatever_lambda() -> None:
    image, perceptual = [0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0]
    curve = mean_of_ratios(image, perceptual, [1e-30, 1.0, 1e30])
    assert curve.tolist() == pytest.approx([0.25, 0.5, 0.75])


def test_a_target_between_the_pins_is_reached() -> None:
    # One item at 1, one at 0, two ordinary of ratio 2: (1 + 2 s) / 4 = 0.6 where s = 0.7.
    image, perceptual = [0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 2.0, 2.0]
    weight = weight_for_mean_of_ratios(image, perceptual, 0.6)
    assert weight == pytest.approx(0.7 / 0.3 / 2, rel=1e-9)


@pytest.mark.parametrize("target", [0.1, 0.25, 0.75, 0.9])
def test_outside_and_at_the_edges_the_error_names_the_open_interval(target: float) -> None:
    image, perceptual = [0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 5.0]
    sentence = "must be in (0.25, 0.75), which the mean of ratios can reach on these items, but "
    with pytest.raises(UnattainablePsiError, match=re.escape(f"{sentence}got {target}.")):
        weight_for_mean_of_ratios(image, perceptual, target)


@pytest.mark.parametrize("target", [0.25 + 1e-9, 0.75 - 1e-9])
def test_just_inside_the_edges_the_target_is_reached(target: float) -> None:
    image, perceptual = [0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 5.0]
    weight = weight_for_mean_of_ratios(image, perceptual, target)
    assert float(mean_of_ratios(image, perceptual, weight)) == pytest.approx(target, abs=1e-12)


def test_where_every_item_is_pinned_nothing_is_attainable() -> None:
    with pytest.raises(UnattainablePsiError, match=re.escape("in (0.5, 0.5)")):
        weight_for_mean_of_ratios([0.0, 1.0], [1.0, 0.0], 0.5)


def test_no_loss_anywhere_is_an_error_of_its_own() -> None:
    with pytest.raises(NoLossError, match="both losses are 0 on every item"):
        mean_of_ratios([0.0], [0.0], 1.0)
    with pytest.raises(NoLossError, match="both losses are 0 on every item"):
        weight_for_mean_of_ratios([0.0], [0.0], 0.5)
    with pytest.raises(NoLossError, match="an item's total is 0 at lambda 0"):
        mean_of_ratios([0.0, 1.0], [1.0, 1.0], 0.0)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(InvalidLossError, match="but got nan"):
        mean_of_ratios([1.0, np.nan], [1.0, 1.0], 1.0)
    with pytest.raises(InvalidLossError, match="but got -1"):
        weight_for_mean_of_ratios([1.0], [-1.0], 0.5)
    with pytest.raises(InvalidTargetError, match=re.escape("in (0, 1) but got 1.0")):
        weight_for_mean_of_ratios([1.0], [1.0], 1.0)
    with pytest.raises(InvalidWeightError, match="but got -1"):
        mean_of_ratios([1.0], [1.0], -1.0)


def test_different_numbers_of_losses_are_refused() -> None:
    with pytest.raises(InvalidLossError, match=re.escape("got shapes (2,) and (3,)")):
        mean_of_ratios([1.0, 1.0], [1.0, 1.0, 1.0], 1.0)


def test_a_single_loss_is_not_stretched_over_many_items() -> None:
    with pytest.raises(InvalidLossError, match=re.escape("got shapes (1,) and (3,)")):
        mean_of_ratios([1.0], [1.0, 2.0, 3.0], 1.0)


def test_the_influences_on_lambda_are_those_of_a_numeric_derivative() -> None:
    rng = np.random.default_rng(0)
    image, perceptual = rng.lognormal(0, 1, 40), rng.lognormal(0, 1, 40)
    weight = weight_for_mean_of_ratios(image, perceptual, 0.9)
    influences = influence_on_log_weight(image, perceptual, weight)
    # Weigh item k by 1 + e instead of 1 and find the root anew: d ln lambda / de = -q_k / n.
    step = 1e-4
    ratios = np.log(perceptual / image)
    for k in (0, 7, 39):
        weights = np.ones(40)
        weights[k] += step

        def excess(t: float, weights: np.ndarray = weights) -> float:
            return float(np.average(1 / (1 + np.exp(-t - ratios)), weights=weights)) - 0.9

        moved = bisect(excess, -20, 20, xtol=1e-14) - np.log(weight)
        assert moved / step == pytest.approx(-influences[k] / 40, rel=1e-2, abs=1e-6)
