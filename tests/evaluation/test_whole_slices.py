"""Slices of any size through networks that do not take any."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec, Sizes
from pi.evaluation.whole_slices import padded


def through() -> keras.Model:
    """The denoiser that does nothing."""
    image = keras.Input((None, None, 1))
    return keras.Model(image, keras.layers.Identity()(image))


@pytest.mark.parametrize("shape", [(1, 32, 48), (2, 33, 47), (1, 17, 16)])
def test_slices_of_any_size_come_back_in_their_size(shape: tuple[int, int, int]) -> None:
    slices = np.random.default_rng(0).random(shape).astype(np.float32)
    assert np.array_equal(padded(through(), Sizes(16, 16))(slices), slices)
    unet = DenoiserSpec("unet", 2)
    assert padded(unet.build(5), unet.design.sizes)(slices).shape == shape


def test_a_slice_smaller_than_the_network_takes_is_continued_and_cut_again() -> None:
    slices = np.random.default_rng(0).random((1, 9, 30)).astype(np.float32)
    seen = []

    def twice(image: tf.Tensor) -> tf.Tensor:
        seen.append(tuple(image.shape))
        return 2 * image

    assert np.array_equal(padded(twice, Sizes(1, 21))(slices), 2 * slices)
    assert seen == [(1, 21, 30, 1)]
