"""One step against numpy: its losses, its lambda, its gradient, its devices."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec
from pi.influence.components import loss_components, loss_terms
from pi.influence.schedule import WeightRule
from pi.losses.loss import Norm, PixelTerm
from pi.network.bank import FrozenLoss
from pi.slices.intensity import normalise
from pi.slices.patches import PatchPopulation
from pi.training.fit import Trainer
from pi.training.machine import strategy_for
from pi.training.step import in_range, train_step

REDCNN = DenoiserSpec("redcnn", 2)


def two_parameters(channels: int = 1) -> keras.Model:
    image = keras.Input((None, None, 1))
    model = keras.Model(image, keras.layers.Conv2D(channels, 1)(image))
    kernel = np.full((1, 1, 1, channels), 0.7, np.float32)
    model.set_weights([kernel, np.full(channels, -0.2, np.float32)])
    return model


def squares(prediction: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    image = tf.reduce_mean(tf.square(prediction - target), axis=(1, 2, 3))
    return image, tf.reduce_mean(prediction**4, axis=(1, 2, 3))[:, tf.newaxis]


def test_the_device_maps_every_value_as_the_reader_of_patches_does() -> None:
    hu = np.arange(-(2**15), 2**15).astype(np.int16)
    by_graph = tf.function(in_range)(tf.constant(hu)).numpy()
    assert by_graph.dtype == np.float32
    assert np.array_equal(by_graph, normalise(hu))
    assert np.array_equal(by_graph, (hu.astype(np.float64) + 1024) / 4096)


def test_losses_are_those_of_the_calibration(
    make_trainer: Callable[..., Trainer],
    patches: PatchPopulation,
    encoders: tuple[keras.Model, ...],
) -> None:
    trainer = make_trainer()
    low, normal = patches.read(np.arange(16))
    batch = patches.read_hu(np.arange(16))
    prediction = trainer.networks.denoiser(tf.constant(low))
    norms: tuple[Norm, ...] = ("squared", "squared")
    image, perceptual = loss_components(
        [prediction], tf.constant(normal), encoders, norms, [PixelTerm()]
    )
    measured = trainer.measure(*batch, 0.5)
    assert measured.image == pytest.approx(image[0, :, 0].numpy(), rel=1e-5)
    assert measured.perceptual == pytest.approx(perceptual[0].numpy(), rel=1e-4)
    by_numpy = np.mean((prediction.numpy().astype(np.float64) - normal) ** 2, axis=(1, 2, 3))
    assert measured.image == pytest.approx(by_numpy, rel=1e-5)
    trained = trainer.step(*batch, WeightRule(0.25))
    assert trained.image == pytest.approx(measured.image, rel=1e-5)
    assert trained.weight == 0.25


def test_one_step_moves_every_weight_and_the_encoder_never(
    eager: None,
    make_trainer: Callable[..., Trainer],
    patches: PatchPopulation,
    encoders: tuple[keras.Model, ...],
) -> None:
    trainer = make_trainer()
    before = trainer.networks.arrays()[0]
    judging = [np.array(w) for w in encoders[0].get_weights()]
    trainer.step(*patches.read_hu(np.arange(16)), WeightRule(1e-3))
    for old, new in zip(before, trainer.networks.arrays()[0], strict=True):
        assert (old != new).any()
    trainer.step(*patches.read_hu(np.arange(16)), WeightRule(1e3))
    after = encoders[0].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(judging, after, strict=True))


@pytest.mark.parametrize(
    "rule",
    [WeightRule(0.5), WeightRule(0.0, 19.0, 0.0, 1.0), WeightRule(0.0, 19.0, 0.0, 1.0, 0, 2)],
)
def test_the_gradient_is_that_of_eq_4_with_lambda_held(rule: WeightRule) -> None:
    model = two_parameters()
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(model.trainable_variables)
    hu = np.random.default_rng(2).integers(-1024, 3072, (2, 4, 2, 2, 1), np.int16)
    x, t = normalise(hu)
    step = train_step(model, optimizer, squares, strategy_for("none", 4), 4)
    losses = step(*hu, rule)

    y = 0.7 * x.astype(np.float64) - 0.2
    m, p = np.mean((y - t) ** 2), np.mean(y**4)
    weight = rule(float(m), float(p))
    by_y = (2 * (y - t) + weight * 4 * y**3) / y.size
    expected = [0.7 - (by_y * x).sum(), -0.2 - by_y.sum()]
    assert losses.weight == pytest.approx(weight, rel=1e-4)
    assert losses.means == pytest.approx((m, p), rel=1e-5)
    assert [float(w.ravel()[0]) for w in model.get_weights()] == pytest.approx(expected, rel=1e-4)


def test_without_an_encoder_there_is_no_tap() -> None:
    image, perceptual = loss_terms(FrozenLoss())(tf.ones((3, 4, 4, 1)), tf.zeros((3, 4, 4, 1)))
    assert image.numpy().tolist() == [1.0] * 3
    assert perceptual.shape == (3, 0)


def test_mirrored_on_one_device_is_the_same(
    make_trainer: Callable[..., Trainer], patches: PatchPopulation
) -> None:
    batch = patches.read_hu(np.arange(16))
    found = []
    for distribution in ("none", "mirrored"):
        # The quickest to trace.
        trainer = make_trainer(spec=REDCNN, start="auto", distribution=distribution)
        losses = [trainer.step(*batch, WeightRule(0.0, 19.0, 0.0, 1.0)) for _ in range(2)]
        found.append((losses[1].means, losses[1].weight, trainer.networks.arrays()[0]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-5)
    for a, b in zip(found[0][2], found[1][2], strict=True):
        assert a == pytest.approx(b, abs=2e-5)


def test_bfloat16_losses_are_near_and_weights_stay_float32(
    make_trainer: Callable[..., Trainer], patches: PatchPopulation
) -> None:
    batch = patches.read_hu(np.arange(16))
    exact = make_trainer().measure(*batch, 0.0)
    trainer = make_trainer(precision="bfloat16")
    near = trainer.step(*batch, WeightRule(1e-3))
    assert near.means == pytest.approx(exact.means, rel=0.02)
    assert {a.dtype for a in trainer.networks.arrays()[0]} == {np.dtype(np.float32)}
    assert near.image.dtype == np.float64
