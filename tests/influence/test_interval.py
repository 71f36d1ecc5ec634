"""The interval of ln lambda: by hand, at the whole set, and by how often it is right."""

import numpy as np
import pytest

from pi.influence.interval import HEAVY_TAIL_FACTOR, Z_95, LogInterval, log_interval
from pi.influence.mean_of_ratios import weight_for_mean_of_ratios
from pi.influence.psi import weight_for_psi

IMAGE = np.array([1.0, 2.0, 3.0, 2.0])
PERCEPTUAL = np.array([1.0, 1.0, 1.0, 1.0])


def width(population: int) -> float:
    return log_interval(IMAGE, PERCEPTUAL, 1.0, population, "ratio_of_sums").half_width


def test_four_patches_by_hand() -> None:
    # q = M / 2 - P / 1 = -1/2, 0, 1/2, 0: variance (1/4 + 1/4) / 3 = 1/6; SE^2 = 1/24 (1 - 4/8).
    assert width(8) == pytest.approx(1.959964 * np.sqrt(1 / 48), rel=1e-6)


def test_an_infinite_population_needs_no_correction() -> None:
    assert width(10**12) == pytest.approx(1.959964 * np.sqrt(1 / 24), rel=1e-6)


def test_the_whole_population_is_known_exactly() -> None:
    assert width(4) == 0
    assert width(5) > 0


def test_one_patch_of_many_knows_nothing() -> None:
    found = log_interval(np.ones(1), np.ones(1), 1.0, 10, "ratio_of_sums")
    assert found == LogInterval(np.inf, heavy_tailed=False)


@pytest.mark.filterwarnings("error")
def test_one_patch_left_after_the_degenerate_ones_knows_nothing() -> None:
    image, perceptual = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])
    found = log_interval(image, perceptual, 1.0, 10, "mean_of_ratios")
    assert found.half_width == np.inf


def test_equal_patches_leave_no_doubt() -> None:
    ones = np.ones(5)
    assert log_interval(ones, 3 * ones, 1.0, 10, "ratio_of_sums").half_width == 0


def test_the_interval_is_symmetric_in_log_lambda() -> None:
    low, high = LogInterval(np.log(2), heavy_tailed=False).around(6.0)
    assert (low, high) == pytest.approx((3.0, 12.0))


def test_the_interval_does_not_depend_on_the_units_of_the_losses() -> None:
    rescaled = log_interval(1e-6 * IMAGE, 1e6 * PERCEPTUAL, 1.0, 8, "ratio_of_sums")
    assert rescaled.half_width == pytest.approx(width(8), rel=1e-12)


def test_heavy_tails_widen_the_interval() -> None:
    image = np.ones(400)
    image[0] = 200.0
    perceptual = np.ones(400)
    q = image / image.mean() - 1
    plain = Z_95 * np.sqrt(q.var(ddof=1) / 400 * (1 - 400 / 10**6))
    found = log_interval(image, perceptual, 1.0, 10**6, "ratio_of_sums")
    assert found.heavy_tailed
    assert found.half_width == pytest.approx(HEAVY_TAIL_FACTOR * plain, rel=1e-12)


def test_normal_tails_do_not() -> None:
    image = 10 + np.random.default_rng(0).normal(size=1000)
    assert not log_interval(image, np.ones(1000), 1.0, 10**6, "ratio_of_sums").heavy_tailed


def coverage(estimator: str, sd: float, correlation: float, draws: int) -> float:
    """Share of random subsets whose interval holds the lambda of the whole population."""
    rng = np.random.default_rng(1)
    cov = sd**2 * np.array([[1, correlation], [correlation, 1]])
    image, perceptual = np.exp(rng.multivariate_normal([0, 0], cov, 20_000)).T

    def weight(m: np.ndarray, p: np.ndarray) -> float:
        if estimator == "mean_of_ratios":
            return weight_for_mean_of_ratios(m, p, 0.95)
        return weight_for_psi(float(m.mean()), float(p.mean()), 0.95)

    truth = np.log(weight(image, perceptual))
    held = 0
    for _ in range(draws):
        chosen = rng.choice(20_000, 1000, replace=False)
        m, p = image[chosen], perceptual[chosen]
        found = weight(m, p)
        interval = log_interval(m, p, found, 20_000, estimator)  # type: ignore[arg-type]
        held += abs(np.log(found) - truth) <= interval.half_width
    return held / draws


@pytest.mark.parametrize("estimator", ["ratio_of_sums", "mean_of_ratios"])
@pytest.mark.parametrize(("sd", "correlation"), [(0.5, 0.9), (1.0, 0.9), (1.3, 0.8)])
def test_the_interval_holds_the_truth_as_often_as_it_claims(
    estimator: str, sd: float, correlation: float
) -> None:
    # 400 draws: three standard errors of a share of 0.95 are 0.033.
    assert coverage(estimator, sd, correlation, 400) >= 0.95 - 0.033
