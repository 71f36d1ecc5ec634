"""The denoiser: its size, its beginnings, its range."""

import itertools

import keras
import numpy as np
import pytest

from pi.network.unet import build_unet, start_at


def kernels(model: keras.Model) -> list[np.ndarray]:
    return [w.numpy() for w in model.weights if len(w.shape) == 4]


def test_with_32_channels_it_has_the_papers_number_of_parameters() -> None:
    assert build_unet(32, 5).count_params() == 7_759_521


def test_layers_of_equal_shape_start_different() -> None:
    found = kernels(build_unet(4, 5))
    pairs = [(a, b) for a, b in itertools.combinations(found, 2) if a.shape == b.shape]
    assert len(pairs) >= 4
    assert not any(np.array_equal(a, b) for a, b in pairs)


def test_the_same_seed_starts_the_same_whatever_the_global_generator() -> None:
    first = kernels(build_unet(4, 5))
    keras.utils.set_random_seed(99)
    for a, b in zip(first, kernels(build_unet(4, 5)), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(first[0], kernels(build_unet(4, 6))[0])


def test_no_seed_shares_a_layers_weights_with_the_next_seed() -> None:
    one, other = kernels(build_unet(4, 5)), kernels(build_unet(4, 6))
    assert not any(np.array_equal(a, b) for a in one for b in other if a.shape == b.shape)


@pytest.mark.parametrize("seed", [0, 2**31, 2**40])
def test_any_seed_that_a_parameter_may_hold_builds_a_network(seed: int) -> None:
    assert np.isfinite(kernels(build_unet(1, seed))[0]).all()


@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (32, 48), (96, 96)])
def test_any_size_divisible_by_16_keeps_its_shape(rows: int, columns: int) -> None:
    image = np.random.default_rng(0).random((2, rows, columns, 1)).astype(np.float32)
    assert build_unet(2, 0)(image).shape == (2, rows, columns, 1)


def test_an_untrained_network_answers_about_one_half_and_never_leaves_the_range() -> None:
    image = np.random.default_rng(0).random((2, 32, 32, 1)).astype(np.float32)
    answer = np.asarray(build_unet(8, 0)(image))
    assert answer.mean() == pytest.approx(0.5, abs=0.1)
    extreme = np.asarray(build_unet(8, 0)(1e6 * (image - 0.5)))
    assert extreme.min() >= 0
    assert extreme.max() <= 1


def test_an_untrained_output_starts_where_it_is_told_and_learns_from_there() -> None:
    unet = build_unet(8, seed=3)
    start_at(unet, 0.12)
    normal_dose = np.zeros((16, 32, 32, 1), np.float32)
    normal_dose[:, 8:24, 8:24] = 0.25  # a body of water in air
    assert float(np.mean(unet(normal_dose))) == pytest.approx(0.12, abs=0.03)
    unet.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    for _ in range(100):
        unet.train_on_batch(normal_dose, normal_dose)
    # Not saturated at air: better than the best constant, whose error is the variance.
    assert float(np.mean((unet(normal_dose) - normal_dose) ** 2)) < 0.5 * normal_dose.var()
