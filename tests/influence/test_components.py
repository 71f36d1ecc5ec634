"""The two losses per patch, against plain numpy; every network runs once."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec
from pi.influence.components import feature_loss, loss_components
from pi.influence.measure import patch_facts, patch_measure
from pi.losses.experiments import find_experiments
from pi.losses.input_convention import input_convention
from pi.losses.loss import Norm, PixelTerm
from pi.network.bank import EncoderBank, build_bank
from pi.network.encoder import build_encoder
from pi.network.state import PatchOutputs, identity
from pi.network.weights import load_weights
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store

SQUARED: tuple[Norm, ...] = ("squared", "squared")
RNG = np.random.default_rng(0)


def images(n: int = 3) -> tf.Tensor:
    return tf.constant(RNG.random((n, 16, 16, 1)), tf.float32)


@pytest.fixture(scope="module")
def encoder() -> keras.Model:
    weights = load_weights("vgg16", "random", seed=0)
    taps = ("block1_conv1", "block2_conv1")
    return build_encoder("vgg16", taps, weights, input_convention("raw255"))


def test_the_mean_squared_error_is_per_image() -> None:
    a = np.zeros((2, 2, 2, 1), np.float32)
    b = np.stack([np.full((2, 2, 1), 2.0), np.array([[[4.0], [0]], [[0], [0]]])])
    assert feature_loss(a, b.astype(np.float32), "squared").numpy().tolist() == [4.0, 4.0]


def test_components_are_those_of_plain_numpy(encoder: keras.Model) -> None:
    target, one, other = images(), images(), images()
    image, perceptual = loss_components([one, other], target, [encoder], SQUARED, [PixelTerm()])
    assert (image.shape, perceptual.shape) == ((2, 3, 1), (2, 3, 2))
    reference = [f.numpy().astype(np.float64) for f in encoder(target)]
    for k, prediction in enumerate((one, other)):
        difference = prediction.numpy().astype(np.float64) - target.numpy()
        assert image[k, :, 0].numpy() == pytest.approx(
            (difference**2).mean(axis=(1, 2, 3)), rel=1e-5
        )
        for tap, features in enumerate(encoder(prediction)):
            expected = ((features.numpy() - reference[tap]) ** 2).mean(axis=(1, 2, 3))
            assert perceptual[k, :, tap].numpy() == pytest.approx(expected, rel=1e-4)


def test_a_perfect_prediction_has_no_loss(encoder: keras.Model) -> None:
    target = images()
    image, perceptual = loss_components([target], target, [encoder], SQUARED, [PixelTerm()])
    assert np.all(image.numpy() == 0)
    assert np.all(perceptual.numpy() == 0)


def test_every_encoder_runs_once_whatever_the_number_of_predictions() -> None:
    calls: list[tuple[int, ...]] = []

    def counted(x: tf.Tensor) -> list[Any]:
        calls.append(tuple(x.shape))
        return [x, 2 * x]

    loss_components([images(), images()], images(), [counted, counted], 2 * SQUARED, [PixelTerm()])
    assert calls == [(9, 16, 16, 1)] * 2


def test_taps_follow_the_encoders_and_their_outputs() -> None:
    target, prediction = images(), images()
    encoders = [lambda x: [x, 2 * x], lambda x: [3 * x]]
    norms: tuple[Norm, ...] = ("squared",) * 3
    _, perceptual = loss_components([prediction], target, encoders, norms, [PixelTerm()])
    ratios = perceptual[0, :, :].numpy() / perceptual[0, :, :1].numpy()
    assert ratios == pytest.approx(np.tile([1.0, 4.0, 9.0], (3, 1)), rel=1e-5)


@pytest.fixture(scope="module")
def bank() -> EncoderBank:
    asked = find_experiments("vgg16:random:block1_conv2")
    return build_bank(asked, input_convention("raw255"), seed=0)


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_losses_do_not_depend_on_the_batches(
    tiny_store: Store, bank: EncoderBank, batch_size: int
) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 32, "paper")
    states = {"identity": identity, "untrained": DenoiserSpec("unet", 2).build(0)}
    advanced: list[int] = []
    measure = patch_measure(patches, states, bank, batch_size, advanced.append)
    numbers = np.array([3, 700, 15, 1500, 2, 9, 11])
    found = measure(numbers, ["untrained", "identity"])
    assert sum(advanced) == 7
    low, normal = patches.read(numbers)
    expected = ((low.astype(np.float64) - normal) ** 2).mean(axis=(1, 2, 3))
    assert found["identity"].pixels[:, 0] == pytest.approx(expected, rel=1e-5)
    assert np.array_equal(found["identity"].patches, numbers)
    single = {n: measure(np.array([n]), ["identity"])["identity"] for n in (700, 11)}
    assert found["identity"].features[1] == pytest.approx(single[700].features[0], rel=1e-4)
    assert found["identity"].features[6] == pytest.approx(single[11].features[0], rel=1e-4)
    assert (found["untrained"].pixels[:, 0] > 10 * found["identity"].pixels[:, 0]).all()
    assert found["identity"].pixels.dtype == np.float64


def test_what_all_patches_tell_needs_no_network(tiny_store: Store) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 48, "paper")
    low, normal = patches.read(np.arange(len(patches)))
    outputs = {"outputs": PatchOutputs(lambda numbers: 0.5 * low[numbers]), "identity": identity}
    terms = (PixelTerm(), PixelTerm("absolute", 2.0))
    found = patch_facts(patches, terms, outputs)
    wanted = [
        (f(x - normal)).mean(axis=(1, 2, 3))
        for x in (low, 0.5 * low)
        for f in (np.square, lambda d: 2 * np.abs(d))
    ]
    assert found.image == pytest.approx(np.stack(wanted, axis=1), rel=1e-5)
    x, square = normal[..., 0].astype(np.float64), (low - normal)[..., 0].astype(np.float64) ** 2
    steps = np.abs(np.diff(x, axis=1)).sum(axis=(1, 2)) + np.abs(np.diff(x, axis=2)).sum(
        axis=(1, 2)
    )
    beside = [
        x.mean(axis=(1, 2)),
        x.std(axis=(1, 2)),
        steps / 32**2,
        (x * square).mean(axis=(1, 2)),
    ]
    assert found.beside == pytest.approx(np.stack(beside, axis=1), rel=1e-4, abs=1e-7)


def test_strata_are_the_reconstructions_of_the_patches(tiny_store: Store) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 48, "paper")
    described = [p.key.reconstruction for p in patches.describe(np.arange(len(patches)))]
    assert [patches.reconstructions[k] for k in patches.strata] == described
