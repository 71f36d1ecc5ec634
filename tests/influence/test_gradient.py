"""Gradient influence on a model of two parameters, against numpy."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec
from pi.influence.gradient import gradient_measure
from pi.influence.gradient_pair import GradientPair

A, B = 0.7, -0.2


def two_parameters() -> keras.Model:
    """y = a x + b, pixel by pixel."""
    image = keras.Input((None, None, 1))
    model = keras.Model(image, keras.layers.Conv2D(1, 1)(image))
    model.set_weights([np.array([[[[A]]]], np.float32), np.array([B], np.float32)])
    return model


def terms(prediction: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """M = mean (y - t)^2; two taps, P_1 = mean y^4 and P_2 = mean y."""
    image = tf.reduce_mean(tf.square(prediction - target), axis=(1, 2, 3))
    taps = [tf.reduce_mean(f, axis=(1, 2, 3)) for f in (prediction**4, prediction)]
    return image, tf.stack(taps, axis=-1)


def test_lengths_and_dot_product_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    x, t = rng.random((2, 3, 4, 4, 1)).astype(np.float32)
    parameters, output = gradient_measure(two_parameters(), terms)(tf.constant(x), tf.constant(t))

    y = A * x.astype(np.float64) + B
    grad_m = 2 * (y - t) / y.size
    grad_p = (4 * y**3 + 1) / y.size
    over_m = np.array([(grad_m * x).sum(), grad_m.sum()])
    over_p = np.array([(grad_p * x).sum(), grad_p.sum()])
    for found, m, p in ((parameters, over_m, over_p), (output, grad_m, grad_p)):
        assert found.image == pytest.approx(np.linalg.norm(m), rel=1e-5)
        assert found.perceptual == pytest.approx(np.linalg.norm(p), rel=1e-5)
        cosine = (m * p).sum() / np.linalg.norm(m) / np.linalg.norm(p)
        assert found.cosine == pytest.approx(cosine, rel=1e-4)
        lengths = np.linalg.norm(m), 0.3 * np.linalg.norm(p)
        assert found.psi(0.3) == pytest.approx(lengths[1] / sum(lengths), rel=1e-5)


def test_measuring_changes_nothing() -> None:
    model = two_parameters()
    before = [np.array(w) for w in model.get_weights()]
    x = tf.ones((1, 4, 4, 1))
    gradient_measure(model, terms)(x, 0.5 * x)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_batch_normalisation_is_measured_as_it_trains_and_its_averages_stay() -> None:
    rng = np.random.default_rng(1)
    x, t = (tf.constant(a) for a in rng.random((2, 3, 8, 8, 1)).astype(np.float32))
    model = DenoiserSpec("dncnn", 2).build(0)
    before = [np.array(w) for w in model.get_weights()]
    parameters, _ = gradient_measure(model, terms)(x, t)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(old, new)
    with tf.GradientTape() as tape:
        m = tf.reduce_mean(terms(model(x, training=True), t)[0])
    found = tape.gradient(m, [variable.value for variable in model.trainable_variables])
    length = np.sqrt(sum(float(tf.reduce_sum(tf.square(g))) for g in found))
    assert parameters.image == pytest.approx(length, rel=1e-4)


def test_parallel_gradients_have_cosine_one_and_opposite_ones_minus_one() -> None:
    assert GradientPair(2.0, 3.0, 6.0).cosine == 1
    assert GradientPair(2.0, 3.0, -6.0).cosine == -1


def test_what_is_not_defined_is_nan_and_lambda_0_has_no_influence() -> None:
    nothing = GradientPair(0.0, 0.0, 0.0)
    assert math.isnan(nothing.psi(1.0))
    assert math.isnan(nothing.cosine)
    assert GradientPair(2.0, 3.0, 0.0).psi(0.0) == 0
    assert GradientPair(2.0, 2.0, 0.0).psi(1.0) == 0.5
