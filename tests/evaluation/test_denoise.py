"""Slices of any size through a network that halves them four times."""

import keras
import numpy as np
import pytest

from pi.evaluation.denoise import padded
from pi.network.unet import build_unet


def through() -> keras.Model:
    """The denoiser that does nothing."""
    image = keras.Input((None, None, 1))
    return keras.Model(image, keras.layers.Identity()(image))


@pytest.mark.parametrize("shape", [(1, 32, 48), (2, 33, 47), (1, 17, 16)])
def test_slices_of_any_size_come_back_in_their_size(shape: tuple[int, int, int]) -> None:
    slices = np.random.default_rng(0).random(shape).astype(np.float32)
    assert np.array_equal(padded(through())(slices), slices)
    assert padded(build_unet(2, 5))(slices).shape == shape
