"""DnCNN against its published size and structure; its moving averages."""

import keras
import numpy as np

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.denoisers.dncnn import MOMENTUM, build


def test_with_64_filters_it_has_the_published_number_of_parameters() -> None:
    # Zhang et al. 2017, DnCNN-S: 9 (64 + 15 64 64 + 64) kernels, 2 64 15 of the normalisation.
    learned = sum(int(np.prod(v.shape)) for v in build(64, 5).trainable_variables)
    assert learned == 556_032 == 9 * (64 + 15 * 64 * 64 + 64) + 2 * 64 * 15


def test_it_has_17_layers_and_normalises_between_the_first_and_the_last() -> None:
    kinds = [type(layer).__name__ for layer in build(4, 5).layers]
    middle = ["Conv2D", "BatchNormalization", "ReLU"] * 15
    assert kinds == ["InputLayer", "Conv2D", "ReLU", *middle, "Conv2D", "Subtract"]


def test_it_subtracts_what_it_takes_for_noise() -> None:
    network = build(4, 5)
    noise = keras.Model(network.input, network.get_layer("noise").output)
    image = np.random.default_rng(0).random((1, 8, 9, 1)).astype(np.float32)
    np.testing.assert_allclose(network(image), image - np.asarray(noise(image)), atol=1e-6)


def test_moving_averages_are_of_the_batches_that_it_was_trained_on() -> None:
    network = build(2, 5)
    image = np.random.default_rng(0).random((4, 16, 16, 1)).astype(np.float32)
    first = next(x for x in network.layers if isinstance(x, keras.layers.BatchNormalization))
    before = keras.Model(network.input, first.input)
    seen = np.asarray(before(image)).reshape(-1, 2)
    network(image, training=True)
    np.testing.assert_allclose(first.moving_mean, (1 - MOMENTUM) * seen.mean(0), atol=1e-5)
    expected = MOMENTUM + (1 - MOMENTUM) * seen.var(0)
    np.testing.assert_allclose(first.moving_variance, expected, atol=1e-4)
    kept = np.asarray(first.moving_mean)
    network(image, training=False)
    assert np.array_equal(kept, np.asarray(first.moving_mean))
