"""The regression estimator against textbook formulas, least squares and Monte Carlo."""

import numpy as np
import pytest
from influence.calibrations import alone
from scipy import stats

from pi.influence.mean_of_ratios import mean_of_ratios, weight_for_mean_of_ratios
from pi.influence.psi import Floats
from pi.influence.survey import (
    EVEN,
    LEAST_WEIGHT,
    STOPPED_EARLY,
    SurveyFrame,
    SurveySample,
    calibrated_weights,
    drawn,
    frame_of,
    inclusion_probabilities,
    sample_of,
    survey_interval,
    variance,
)

ONE = np.zeros(8, np.int64)
X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
KNOWN = np.column_stack([np.ones(8), X])


def with_equal_chances(places: list[int]) -> SurveySample:
    frame = SurveyFrame(ONE, KNOWN, np.ones(8))
    return sample_of(frame, np.array(places), np.full(len(places), len(places) / 8))


def test_chances_go_with_sizes_and_none_is_above_one() -> None:
    found = inclusion_probabilities(np.array([1.0, 1.0, 2.0, 12.0]), 2)
    assert found.tolist() == [0.25, 0.25, 0.5, 1.0]
    assert inclusion_probabilities(np.array([1.0, 3.0]), 2).tolist() == [1.0, 1.0]
    assert inclusion_probabilities(np.ones(10), 4) == pytest.approx(np.full(10, 0.4))


def test_with_equal_chances_it_is_the_textbook_regression_estimator() -> None:
    """y_bar + b (X_bar - x_bar), Cochran 1977, Eq. 7.1, with the b of least squares."""
    places, y = [0, 3, 4, 6], np.array([3.0, 5.0, 4.0, 9.0])
    sample, x = with_equal_chances(places), X[places]
    slope = stats.linregress(x, y).slope
    by_hand = 8 * (y.mean() + slope * (X.mean() - x.mean()))
    assert sample.weights @ y == pytest.approx(by_hand)
    assert sample.weights.sum() == pytest.approx(8)
    assert sample.weights @ x == pytest.approx(X.sum())


def test_its_variance_is_that_of_residuals_of_fits_without_their_patch() -> None:
    """N^2 (1 - n/N) / n^2 times the sum of their squares, by refitting to all others."""
    places, y = [0, 2, 4, 5, 7], np.array([1.0, 4.0, 2.0, 3.0, 7.0])
    places_x, missed = X[places], []
    for k in range(5):
        slope, start = np.polyfit(np.delete(places_x, k), np.delete(y, k), 1)
        missed.append(y[k] - start - slope * places_x[k])
    sample = with_equal_chances(places)
    error = sample.weights * missed
    found, freedom = variance(sample, y)
    assert found == pytest.approx((1 - 5 / 8) * np.sum((error - error.mean()) ** 2))
    assert freedom == 3


def test_two_reconstructions_add_their_variances() -> None:
    frame = SurveyFrame(np.repeat([0, 1], 8), np.tile(KNOWN, (2, 1)), np.ones(16))
    places, y = np.array([0, 2, 5, 7]), np.array([1.0, 4.0, 2.0, 7.0])
    both = sample_of(frame, np.concatenate([places, places + 8]), np.full(8, 0.5))
    one, _ = variance(with_equal_chances(places.tolist()), y)
    assert variance(both, np.concatenate([y, y])) == (pytest.approx(2 * one), 4)


def test_what_is_proportional_to_the_image_loss_is_known_exactly() -> None:
    sample = with_equal_chances([0, 3, 4, 6])
    assert variance(sample, 3 + 2 * X[[0, 3, 4, 6]])[0] == pytest.approx(0, abs=1e-20)


def test_of_all_patches_there_is_no_doubt() -> None:
    sample = with_equal_chances(list(range(8)))
    assert sample.weights == pytest.approx(np.ones(8))
    assert survey_interval(sample, X, X[::-1], 1.0, "ratio_of_sums").half_width == 0


def test_fewer_patches_than_unknowns_say_nothing() -> None:
    found = survey_interval(with_equal_chances([1, 2]), X[:2], X[:2], 1.0, "ratio_of_sums")
    assert found.half_width == np.inf


def test_no_weight_is_negative_and_the_totals_hold_all_the_same() -> None:
    inclusion, known = np.full(5, 0.1), np.column_stack([np.ones(5), [0.0, 1.0, 1.0, 2.0, 9.0]])
    totals = np.array([50.0, 40.0])  # the sample has far too much of the second
    plain = 10 * (
        1 + known @ np.linalg.solve(10 * known.T @ known, totals - 10 * known.sum(axis=0))
    )
    assert plain.min() < 0
    weights = calibrated_weights(inclusion, known, totals)
    assert weights.min() >= 10 * LEAST_WEIGHT * (1 - 1e-9)
    assert known.T @ weights == pytest.approx(totals)


def test_the_certain_are_drawn_and_a_larger_sample_holds_the_smaller() -> None:
    rng = np.random.default_rng(0)
    sizes, uniform = np.append(rng.lognormal(0, 1, 199), 1e6), rng.random(200)
    samples = [drawn(sizes, inclusion_probabilities(sizes, n), uniform, n) for n in (20, 40)]
    assert all(199 in sample for sample in samples)
    assert len(set(samples[0].tolist()) - set(samples[1].tolist())) <= 1


@pytest.mark.parametrize("estimator", ["ratio_of_sums", "mean_of_ratios"])
def test_estimates_lie_about_the_truth_and_their_variance_about_its_estimate(
    estimator: str,
) -> None:
    """Monte Carlo: 150 samples of a population whose answer is known."""
    rng = np.random.default_rng(1)
    image = rng.lognormal(0, 1, 600)
    perceptual = image**0.8 * rng.lognormal(0, 0.4, 600)
    strata = np.arange(600) % 2
    frame = frame_of(alone(image[:, np.newaxis]), strata, estimator)  # type: ignore[arg-type]

    def weight(m: Floats, p: Floats, counts: Floats) -> float:
        if estimator == "mean_of_ratios":
            return weight_for_mean_of_ratios(m, p, 0.95, counts)
        return float(19 * (counts @ m) / (counts @ p))

    truth = weight(image, perceptual, np.ones(600))
    errors, widths = [], []
    for _ in range(150):
        uniform, numbers, chances = rng.random(600), [], []
        for stratum in (0, 1):
            own = np.flatnonzero(strata == stratum)
            inclusion = inclusion_probabilities(frame.sizes[own], 40)
            chosen = drawn(frame.sizes[own], inclusion, uniform[own], 40)
            numbers.append(own[chosen])
            chances.append(inclusion[chosen])
        chosen = np.concatenate(numbers)
        sample = sample_of(frame, chosen, np.concatenate(chances))
        found = weight(image[chosen], perceptual[chosen], sample.weights)
        interval = survey_interval(
            sample, image[chosen], perceptual[chosen], found, estimator,  # type: ignore[arg-type]
        )  # fmt: skip
        errors.append(np.log(found / truth))
        widths.append(interval.half_width / STOPPED_EARLY[estimator])  # type: ignore[index]
    deviation = np.std(errors)
    assert abs(np.mean(errors)) < 0.35 * deviation
    assert np.mean(widths) / stats.norm.ppf(0.975) == pytest.approx(deviation, rel=0.25)


def test_counts_are_what_repeated_items_would_be() -> None:
    image, perceptual = np.array([1.0, 2.0, 0.0, 4.0]), np.array([3.0, 1.0, 0.0, 5.0])
    counts = np.array([1.0, 2.0, 3.0, 1.0])
    repeated = [np.repeat(x, counts.astype(int)) for x in (image, perceptual)]
    assert mean_of_ratios(image, perceptual, 2.0, counts) == pytest.approx(
        float(mean_of_ratios(*repeated, 2.0))
    )
    assert weight_for_mean_of_ratios(image, perceptual, 0.6, counts) == pytest.approx(
        weight_for_mean_of_ratios(*repeated, 0.6)
    )


def test_chances_of_the_ratio_of_sums_go_with_the_image_loss_but_never_to_nothing() -> None:
    image = np.array([[0.0], [1.0], [3.0]])
    sizes = frame_of(alone(image), np.zeros(3, np.int64), "ratio_of_sums").sizes
    assert sizes == pytest.approx(EVEN + (1 - EVEN) * np.array([0.0, 0.75, 2.25]))
    assert frame_of(alone(0 * image), np.zeros(3, np.int64), "ratio_of_sums").sizes.min() > 0
    assert set(frame_of(alone(image), np.zeros(3, np.int64), "mean_of_ratios").sizes) == {1.0}
