"""Memory too small for a stack of slices is found out, and the stack is put through anyway."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from pi.denoisers import DenoiserSpec
from pi.evaluation import in_parts as module
from pi.evaluation.in_parts import ON_A_GPU, in_parts, together
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.whole_slices import padded

STACK = np.random.default_rng(0).random((13, 4, 6)).astype(np.float32)


class Small:
    """A device that bears so many slices at once, and knows what it was given."""

    def __init__(self, bears: int) -> None:
        self.bears = bears
        self.given: list[int] = []

    def __call__(self, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        self.given.append(len(stack))
        if len(stack) > self.bears:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return 2 * stack


def test_a_part_that_is_refused_is_halved_and_no_later_one_is_larger() -> None:
    device = Small(4)
    through = in_parts(device)
    assert np.array_equal(through(STACK), 2 * STACK)
    assert device.given == [13, 6, 3, 3, 3, 3, 1]
    assert np.array_equal(through(STACK[:5]), 2 * STACK[:5])
    assert device.given[7:] == [3, 2]


def test_where_all_of_it_fits_nothing_is_divided() -> None:
    device = Small(13)
    assert np.array_equal(in_parts(device)(STACK), 2 * STACK)
    assert device.given == [13]


def test_a_slice_that_does_not_fit_is_told_in_a_sentence() -> None:
    with pytest.raises(EvaluationError, match="on a slice of 4 x 6 pixels but is too small"):
        in_parts(Small(0))(STACK)


def test_whole_slices_go_through_a_network_in_parts() -> None:
    unet = DenoiserSpec("unet", 2)
    network, device = unet.build(5), Small(2)
    slices = np.random.default_rng(0).random((3, 20, 30)).astype(np.float32)

    def denoise(image: tf.Tensor) -> tf.Tensor:
        device(image.numpy()[..., 0])
        return network(image)

    one_by_one = np.concatenate([padded(network, unet.design.sizes)(s[np.newaxis]) for s in slices])
    assert padded(denoise, unet.design.sizes)(slices) == pytest.approx(one_by_one, abs=1e-6)
    assert device.given == [3, 1, 1, 1]


def test_a_gpu_is_given_many_slices_unless_the_user_says_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (together(0, 4), together(7, 4)) == (4, 7)
    monkeypatch.setattr(module.tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    assert (together(0, 4), together(7, 4)) == (ON_A_GPU, 7)
