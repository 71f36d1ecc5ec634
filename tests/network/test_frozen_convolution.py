"""Convolutions by minimal filtering against Keras's own; where they are left to those."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pi.network import frozen_convolution
from pi.network.frozen_convolution import FEWEST_CHANNELS, FrozenConvolution

SHAPES = [(12, 16), (6, 10), (6, 6), (8, 8)]
"""Tiles of four, of two since no side is a multiple of four, as few as may be, and of two since of
four there are too few."""


def pair(
    channels: int = FEWEST_CHANNELS, filters: int = FEWEST_CHANNELS + 16
) -> tuple[FrozenConvolution, layers.Conv2D]:
    """Ours and Keras's with the same weights."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(0, np.sqrt(2 / (9 * channels)), (3, 3, channels, filters))
    bias = rng.normal(size=filters)
    made = [kind(filters, 3, padding="same", activation="relu")
            for kind in (FrozenConvolution, layers.Conv2D)]  # fmt: skip
    for layer in made:
        layer.build((None, None, None, channels))
        layer.set_weights([kernel, bias])
        layer.trainable = False
    return made[0], made[1]


def images(rows: int, columns: int, count: int = 3, channels: int = FEWEST_CHANNELS) -> tf.Tensor:
    drawn = np.random.default_rng(1).normal(size=(count, rows, columns, channels))
    return tf.constant(np.maximum(drawn, 0), tf.float32)


def near(found: object, wanted: object) -> bool:
    """Whether two arrays are within a hundred thousandth of the largest number."""
    one, other = np.asarray(found), np.asarray(wanted)
    return bool(np.abs(one - other).max() <= 1e-5 * np.abs(other).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_features_and_gradient_are_those_of_the_definition(shape: tuple[int, int]) -> None:
    x, (ours, theirs) = images(*shape), pair()
    weights = tf.constant(np.random.default_rng(2).normal(size=(3, *shape, 144)), tf.float32)
    found = []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            total = tf.reduce_sum(y * weights)
        found.append((y.numpy(), tape.gradient(total, x).numpy()))
    assert ours._made  # and not Keras's own
    for one, other in zip(*found, strict=True):
        assert near(one, other)


def test_an_image_gives_the_same_bits_whatever_is_beside_it() -> None:
    x, (ours, _) = images(12, 12, count=5), pair()
    in_graph = tf.function(ours, reduce_retracing=True)
    for whole in (ours(x), in_graph(x)):
        for batch in (x[:5][::-1], tf.concat([x[2:], x[:2]], axis=0)):
            again = in_graph(batch).numpy()
            for k, one in enumerate(batch.numpy()):
                (same,) = (n for n in range(5) if np.array_equal(one, x[n]))
                assert np.array_equal(again[k], whole[same])


def test_a_batch_may_be_of_any_number_in_one_graph() -> None:
    ours, theirs = pair()
    spec = tf.TensorSpec((None, 12, 16, FEWEST_CHANNELS), tf.float32)
    convolve = tf.function(ours, input_signature=[spec])
    for count in (1, 3):
        x = images(12, 16, count)
        assert near(convolve(x), theirs(x))
    assert convolve.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("shape", "channels", "filters"),
    [
        ((13, 12), FEWEST_CHANNELS, 144),
        ((4, 4), FEWEST_CHANNELS, 144),
        ((12, 12), 64, 144),
        ((12, 12), FEWEST_CHANNELS, 64),
    ],
)
def test_what_tiles_do_not_fill_what_is_small_and_what_is_thin_is_kerass_own(
    shape: tuple[int, int], channels: int, filters: int
) -> None:
    ours, theirs = pair(channels, filters)
    x = images(*shape, channels=channels)
    assert np.array_equal(ours(x), theirs(x))


def test_other_formats_strides_and_devices_are_kerass_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = tf.TensorShape((None, 12, 12, 128))
    same = {"padding": "same", "name": "one"}
    assert FrozenConvolution(128, 3, **same)._outputs_of_tile(shape) == 4
    assert FrozenConvolution(128, 3, **same)._outputs_of_tile(tf.TensorShape((1, 6, 12, 128))) == 2
    for other in (
        FrozenConvolution(128, 1, **same),
        FrozenConvolution(128, 3, strides=2, **same),
        FrozenConvolution(128, 3, padding="valid"),
        FrozenConvolution(128, 3, dtype="mixed_bfloat16", **same),
    ):
        assert other._outputs_of_tile(shape) == 0
    unknown = tf.TensorShape((None, None, 12, 128))
    assert FrozenConvolution(128, 3, **same)._outputs_of_tile(unknown) == 0
    monkeypatch.setattr(frozen_convolution, "_on_gpu", lambda: True)
    assert FrozenConvolution(128, 3, **same)._outputs_of_tile(shape) == 0


def test_a_network_keeps_it_when_it_is_built_for_images_of_any_size() -> None:
    image = keras.Input((None, None, FEWEST_CHANNELS))
    ours, theirs = pair()
    network = keras.Model(image, ours(image))
    x = images(12, 12)
    assert near(tf.function(network)(x), theirs(x))
    assert 4 in ours._made
