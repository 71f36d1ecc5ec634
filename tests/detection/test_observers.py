"""Model observers beside closed forms: white noise and a known signal, integrals over the eye."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma
from scipy.stats import mannwhitneyu, norm

from pi.detection.channels import EYE_PEAK, EYE_POWER, eye_filter, eye_template, laguerre_gauss
from pi.detection.observers import INTERNAL, Looks, area_under_curve, hotelling, matched

PIXEL, WIDTH, SIGMA = 0.5, 6.0, 10.0
AXIS = PIXEL * (np.arange(81) - 40)
RADIUS = np.hypot(AXIS, AXIS[:, None])
GAUSSIAN = 4.0 * np.exp(-math.pi * RADIUS**2 / WIDTH**2)
ONE = np.ones((1, 1))


def looks_of(answers_absent: np.ndarray, answers_present: np.ndarray) -> Looks:
    answers = np.concatenate([answers_absent, answers_present])
    present = (np.arange(len(answers)) >= len(answers_absent)).astype(int)
    return Looks.of(answers, present, np.arange(len(answers)))


def weights(looks: Looks) -> np.ndarray:
    return np.ones((1, len(looks.counts)))


def white(n: int, signal: np.ndarray, filters: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    images = rng.normal(0, SIGMA, (n, *signal.shape)) + signal
    return np.einsum("pij,nij->np", filters, images)


def test_channels_are_orthonormal_in_the_plane() -> None:
    channels = PIXEL * laguerre_gauss(RADIUS, WIDTH)
    gram = np.einsum("pij,qij->pq", channels, channels)
    np.testing.assert_allclose(gram, np.eye(5), atol=1e-3)
    assert laguerre_gauss(np.zeros(1), 2.0)[:, 0] == pytest.approx(np.full(5, math.sqrt(2) / 2))


def test_hotelling_in_white_noise_is_ideal_for_a_signal_within_its_channels() -> None:
    """d'^2 = ||s||^2 / sigma^2 of the ideal observer: a Gaussian is the first channel itself."""
    channels = PIXEL * laguerre_gauss(RADIUS, WIDTH)
    ideal = math.sqrt(float((GAUSSIAN**2).sum()) / SIGMA**2)
    closed = channels.reshape(5, -1) @ GAUSSIAN.ravel()
    kernel = SIGMA**2 * np.einsum("pij,qij->pq", channels, channels)
    assert math.sqrt(closed @ np.linalg.solve(kernel, closed)) == pytest.approx(ideal, rel=1e-3)
    found = looks_of(
        white(2000, np.zeros_like(GAUSSIAN), channels, 1), white(2000, GAUSSIAN, channels, 2)
    )
    assert hotelling(found, weights(found), 0.0)[0] == pytest.approx(ideal, rel=0.05)
    within = hotelling(found, weights(found))[0]  # channels as uncertain again: half of d'^2
    assert within == pytest.approx(ideal / math.sqrt(1 + INTERNAL), rel=0.05)


def test_hotelling_by_matrices_of_coloured_answers() -> None:
    """s^T U (U^T K U)^-1 U^T s, with answers that are correlated."""
    rng = np.random.default_rng(3)
    mixing, delta = rng.normal(size=(4, 4)), np.array([1.0, -0.5, 0.3, 0.8])
    kernel = mixing @ mixing.T
    draw = rng.multivariate_normal
    found = looks_of(draw(np.zeros(4), kernel, 20_000), draw(delta, kernel, 20_000))
    closed = math.sqrt(delta @ np.linalg.solve(kernel, delta))
    assert hotelling(found, weights(found), 0.0)[0] == pytest.approx(closed, rel=0.03)
    noisy = kernel + np.diag(np.diag(kernel))
    closed = math.sqrt(delta @ np.linalg.solve(noisy, delta))
    assert hotelling(found, weights(found), 1.0)[0] == pytest.approx(closed, rel=0.03)


@pytest.mark.parametrize("internal", [0.0, 1.0])
def test_few_looks_do_not_flatter(internal: float) -> None:
    """The mean of d'^2 over experiments of 24 looks, where the plain one is far too large."""
    rng = np.random.default_rng(4)
    delta = np.array([0.8, 0.5, 0.0, 0.0, 0.0])
    true = float(delta @ delta) / (1 + internal)
    squares, plain = [], []
    for _ in range(600):
        one, two = rng.normal(size=(12, 5)), rng.normal(size=(12, 5)) + delta
        found = looks_of(one, two)
        squares.append(hotelling(found, weights(found), internal)[0] ** 2)
        off = two.mean(axis=0) - one.mean(axis=0)
        within = (np.cov(one.T) + np.cov(two.T)) / 2
        within = within + internal * np.diag(np.diag(within))
        plain.append(off @ np.linalg.solve(within, off))
    assert abs(np.mean(squares) - true) < 0.45 * abs(np.mean(plain) - true)
    assert np.median(squares) == pytest.approx(true, abs=0.35)


def test_the_same_noise_with_and_without_a_lesion_adds_none_to_the_difference() -> None:
    rng = np.random.default_rng(5)
    one = rng.normal(size=(40, 3))
    answers, place = np.concatenate([one, one + 1.0]), np.tile(np.arange(40), 2)
    found = Looks.of(answers, np.arange(80) // 40, place, place)
    plain = np.ones(3) @ np.linalg.solve(np.cov(one.T), np.ones(3))
    # Of 40 noises, not of 80: what is seen twice tells its covariance once.
    assert hotelling(found, weights(found), 0.0)[0] ** 2 == pytest.approx(plain * 35 / 39)


@pytest.mark.parametrize("internal", [0.0, 1.0])
def test_few_noises_each_seen_twice_do_not_flatter(internal: float) -> None:
    """The mean of d'^2 over experiments of 16 noises, each with the lesion and without it."""
    rng = np.random.default_rng(6)
    delta = np.array([0.8, 0.5, 0.0, 0.0, 0.0])
    true = float(delta @ delta) / (1 + internal)
    squares, flattered = [], []
    for _ in range(400):
        one = rng.normal(size=(16, 5))
        answers, place = np.concatenate([one, one + delta]), np.tile(np.arange(16), 2)
        classes = np.arange(32) // 16
        for into, noise in ((squares, place), (flattered, None)):
            looks = Looks.of(answers, classes, place, noise)
            into.append(hotelling(looks, weights(looks), internal)[0] ** 2)
    assert np.mean(squares) == pytest.approx(true, rel=0.06)
    assert np.mean(flattered) > 1.05 * true


def test_resamples_are_the_data_with_places_repeated() -> None:
    rng = np.random.default_rng(6)
    answers, present = rng.normal(size=(60, 2)), np.arange(60) % 2
    place = np.arange(60) // 6
    found = Looks.of(answers, present, place)
    count = np.array([2, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    rows = np.concatenate([np.flatnonzero(place == p) for p in range(10) for _ in range(count[p])])
    again = np.concatenate([np.full(6, n) for n in range(10)])
    repeated = Looks.of(answers[rows], present[rows], again)
    for of in (lambda looks, w: hotelling(looks, w), lambda looks, w: hotelling(looks, w, 0.0)):
        one = of(found, count[None].astype(float))
        np.testing.assert_allclose(one, of(repeated, weights(repeated)), rtol=1e-9, atol=1e-9)


def test_other_classes_tell_of_the_covariance_alone() -> None:
    rng = np.random.default_rng(8)
    answers, classes = rng.normal(size=(90, 2)), np.arange(90) % 3
    answers[classes == 2] += 50.0
    found = Looks.of(answers, classes, np.arange(90))
    means = [answers[classes == c].mean(axis=0) for c in range(3)]
    centred = answers - np.take(means, classes, axis=0)
    within = centred.T @ centred / 87
    delta = means[1] - means[0]
    plain = delta @ np.linalg.solve(within, delta)
    added = 0.0
    for c in (0, 1):
        off = centred[classes == c] / 30
        added += np.einsum("np,pq,nq->", off, np.linalg.inv(within), off) * 60 / 59
    closed = max(plain - added, 0) * (1 - 3 / 87)
    assert hotelling(found, weights(found), 0.0)[0] ** 2 == pytest.approx(closed)
    assert found.enough(weights(found))[0]
    assert not found.enough(np.where(np.arange(90) % 3 == 1, 0.0, 1.0)[None])[0]


def test_no_noise_is_infinitely_detectable_and_no_difference_is_not() -> None:
    flat = np.zeros((10, 2))
    assert hotelling(looks_of(flat, flat + 1), np.ones((1, 20)))[0] == np.inf
    assert hotelling(looks_of(flat, flat), np.ones((1, 20)))[0] == 0


def test_the_eye_sees_best_four_cycles_per_degree_and_nothing_constant() -> None:
    frequency = np.linspace(0, 4, 4001)
    seen = eye_filter(frequency)
    degree = 500 * math.tan(math.pi / 180)
    assert frequency[seen.argmax()] * degree == pytest.approx(EYE_PEAK, abs=0.01)
    assert (seen[0], seen.max()) == (0, pytest.approx(1))


def test_npwe_in_white_noise_by_its_integrals() -> None:
    """d'^2 = [int E^2 S^2]^2 / int E^4 S^2 N over the plane, of a Gaussian by gamma functions.

    With E^2 = k f^2n exp(-b f^2), S = A w^2 exp(-pi w^2 f^2) and N = sigma^2 pixel^2,
    int f^m exp(-q f^2) df^2 = pi Gamma(m / 2 + 1) / q^(m / 2 + 1).
    """
    n, peak = EYE_POWER, EYE_PEAK / (500 * math.tan(math.pi / 180))
    b, k = n / peak**2, math.exp(n) / peak ** (2 * n)
    amplitude, spread = 4.0 * WIDTH**2, 2 * math.pi * WIDTH**2

    def integral(power: float, rate: float) -> float:
        return math.pi * gamma(power / 2 + 1) / rate ** (power / 2 + 1)

    top = k * amplitude**2 * integral(2 * n, spread + b)
    bottom = k**2 * amplitude**2 * integral(4 * n, spread + 2 * b) * SIGMA**2 * PIXEL**2
    closed = top / math.sqrt(bottom)
    template = eye_template(GAUSSIAN, PIXEL)
    exact = (template * GAUSSIAN).sum() / (SIGMA * math.sqrt((template**2).sum()))
    assert exact == pytest.approx(closed, rel=0.01)
    answers = [
        white(3000, s, template[None], 7 + i) for i, s in enumerate((0 * GAUSSIAN, GAUSSIAN))
    ]
    found = looks_of(*answers)
    assert matched(found, weights(found))[0] == pytest.approx(closed, rel=0.05)


@pytest.mark.parametrize("dprime", [-0.7, 0.0, 0.4, 1.0, 2.0, 3.5])
def test_area_under_the_curve_by_the_integral_of_two_alternatives(dprime: float) -> None:
    """Green and Swets: the answer with the lesion is above the other, int phi(x - d') Phi(x) dx."""
    correct, _ = quad(lambda x: norm.pdf(x - dprime) * norm.cdf(x), -10, 14, epsabs=1e-12)
    assert area_under_curve(dprime) == pytest.approx(correct, abs=1e-9)


def test_area_under_the_curve_by_ranks_and_by_choices_of_two() -> None:
    """Mann and Whitney's U, and drawn pairs: three standard errors of 40,000 are .007."""
    rng = np.random.default_rng(9)
    without, present = rng.normal(size=(2, 40_000))
    for dprime in (0.5, 1.0, 2.0):
        ranks = mannwhitneyu(present + dprime, without).statistic / 40_000**2
        assert float(area_under_curve(dprime)) == pytest.approx(ranks, abs=0.007)
        chosen = float((present + dprime > without).mean())
        assert float(area_under_curve(dprime)) == pytest.approx(chosen, abs=0.007)
    assert round(float(area_under_curve(1.0)), 2) == 0.76  # what 2AFC calls the threshold
