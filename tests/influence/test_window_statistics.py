"""Means and deviations in windows: by numpy, with a gradient everywhere, and what they are for."""

import numpy as np
import tensorflow as tf

from pi.influence.components import feature_loss
from pi.influence.window_statistics import window_statistics
from pi.losses.loss import Statistics

RNG = np.random.default_rng(0)


def test_windows_are_those_of_numpy_and_the_last_hold_what_is_left() -> None:
    maps = 500 + RNG.normal(0, 3, (2, 5, 8, 3)).astype(np.float32)
    means, deviations = (found.numpy() for found in window_statistics(tf.constant(maps), 4))
    assert means.shape == deviations.shape == (2, 2, 2, 3)
    for row, rows in enumerate((slice(0, 4), slice(4, 5))):
        for column, columns in enumerate((slice(0, 4), slice(4, 8))):
            own = maps[:, rows, columns].astype(np.float64)
            np.testing.assert_allclose(means[:, row, column], own.mean(axis=(1, 2)), rtol=1e-6)
            np.testing.assert_allclose(deviations[:, row, column], own.std(axis=(1, 2)), rtol=1e-4)


def test_equal_maps_have_no_loss_and_a_constant_one_a_finite_gradient() -> None:
    maps = tf.constant(RNG.random((1, 8, 8, 2)), tf.float32)
    flat = tf.Variable(tf.fill((1, 8, 8, 2), 0.5))
    assert feature_loss(maps, maps, Statistics("squared", 4)).numpy().tolist() == [0.0]
    with tf.GradientTape() as tape:
        loss = feature_loss(flat, maps, Statistics("squared", 4))
    assert np.isfinite(tape.gradient(loss, flat).numpy()).all()


def test_noise_of_the_same_kind_is_near_and_its_mean_far_where_pixels_say_the_reverse() -> None:
    target, same = (tf.constant(RNG.normal(0, 1, (1, 32, 32, 4)), tf.float32) for _ in range(2))
    blurred = tf.zeros_like(target)

    def loss(image: tf.Tensor, match: object) -> float:
        return float(feature_loss(image, target, match)[0])  # type: ignore[arg-type]

    assert loss(same, Statistics("squared", 8)) < 0.2 * loss(blurred, Statistics("squared", 8))
    assert loss(same, "squared") > 1.5 * loss(blurred, "squared")
