"""The denoiser: its size, its beginnings, its range."""

import itertools

import keras
import numpy as np
import pytest

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.denoisers.unet import DESIGN, build


def kernels(model: keras.Model) -> list[np.ndarray]:
    return [w.numpy() for w in model.weights if len(w.shape) == 4]


def test_it_halves_an_image_four_times() -> None:
    assert (DESIGN.sizes.divisor, DESIGN.sizes.least) == (16, 16)


def test_with_32_channels_it_has_the_papers_number_of_parameters() -> None:
    assert build(32, 5).count_params() == 7_759_521


def test_layers_of_equal_shape_start_different() -> None:
    found = kernels(build(4, 5))
    pairs = [(a, b) for a, b in itertools.combinations(found, 2) if a.shape == b.shape]
    assert len(pairs) >= 4
    assert not any(np.array_equal(a, b) for a, b in pairs)


def test_the_same_seed_starts_the_same_whatever_the_global_generator() -> None:
    first = kernels(build(4, 5))
    keras.utils.set_random_seed(99)
    for a, b in zip(first, kernels(build(4, 5)), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("seed", [0, 2**31, 2**40])
def test_any_seed_that_a_parameter_may_hold_builds_a_network(seed: int) -> None:
    assert np.isfinite(kernels(build(1, seed))[0]).all()


def test_an_untrained_network_answers_about_one_half_and_never_leaves_the_range() -> None:
    image = np.random.default_rng(0).random((2, 32, 32, 1)).astype(np.float32)
    answer = np.asarray(build(8, 0)(image))
    assert answer.mean() == pytest.approx(0.5, abs=0.1)
    extreme = np.asarray(build(8, 0)(1e6 * (image - 0.5)))
    assert extreme.min() >= 0
    assert extreme.max() <= 1
