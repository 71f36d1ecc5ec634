"""Validation: the same patches and slices every time, padded where a slice needs it."""

import keras
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from pi.denoisers import Sizes
from pi.slices.intensity import normalise
from pi.slices.patches import PatchPopulation
from pi.training import validation as module
from pi.training.validation import affordable_patches, draw_validation_set, validation_ssims


def through() -> keras.Model:
    """The denoiser that does nothing."""
    image = keras.Input((None, None, 1))
    return keras.Model(image, keras.layers.Identity()(image))


def test_patches_and_slices_are_drawn_by_the_seed_alone(patches: PatchPopulation) -> None:
    validation = patches.of("validation")
    one, same = (draw_validation_set(validation, 9, 2, 5) for _ in range(2))
    assert np.array_equal(one.patches, same.patches)
    assert one.slices == same.slices
    assert (len(one.patches), len(one.slices)) == (9, 2)
    assert len(set(one.patches.tolist())) == 9
    other = draw_validation_set(validation, 9, 2, 6)
    assert not np.array_equal(one.patches, other.patches)
    every = draw_validation_set(validation, 10**9, 10**9, 5)
    assert every.patches.tolist() == list(range(len(validation)))
    assert every.slices == validation.slices


def test_ssim_is_scikit_images_on_the_networks_range(patches: PatchPopulation) -> None:
    chosen = draw_validation_set(patches.of("validation"), 1, 2, 5)
    expected = []
    for volume, index in chosen.slices:
        low, normal = (normalise(x).astype(np.float64) for x in patches.store.pair(volume, index))
        expected.append(structural_similarity(normal, low, data_range=1.0))
    found = validation_ssims(chosen, through(), Sizes(), lambda: None)
    assert found == pytest.approx(tuple(expected), abs=1e-12)


def test_slices_put_out_at_once_have_the_ssim_of_each_alone(
    patches: PatchPopulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = draw_validation_set(patches.of("validation"), 1, 5, 5)
    given: list[int] = []

    def denoise(stack: np.ndarray) -> np.ndarray:
        given.append(len(stack))
        return stack / 2

    monkeypatch.setattr(module, "padded", lambda model, sizes: denoise)
    found = []
    for most in (1, 3, 64):
        monkeypatch.setattr(module, "together", lambda asked, otherwise, most=most: most)
        found.append(validation_ssims(chosen, through(), Sizes(), lambda: None))
    assert found[0] == found[1] == found[2]
    assert given == [1] * 5 + [3, 2] + [5]


def test_validation_is_given_its_share_of_an_epoch_and_no_less_than_a_batch() -> None:
    # 1,288 patches of 96 x 96; 5 % of all is 1/19 of them, and two slices of 144 x 96 count for 1.
    assert affordable_patches(2000, 0.05, 1288, 2 * 144 * 96, 96**2, 16) == int(1288 / 19 - 1)
    assert affordable_patches(60, 0.05, 1288, 0, 96**2, 16) == 60
    assert affordable_patches(2000, 1.0, 1288, 0, 96**2, 16) == 2000
    assert affordable_patches(2000, 0.05, 112, 8 * 128**2, 96**2, 16) == 16
    assert affordable_patches(10, 0.05, 112, 8 * 128**2, 96**2, 16) == 10
