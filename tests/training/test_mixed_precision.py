"""Half formats against float32: losses and gradients within their rounding, and a scaled loss."""

import keras
import numpy as np
import pytest

from pi.influence.components import loss_terms
from pi.influence.schedule import WeightRule
from pi.losses.loss import Norm
from pi.network.bank import FrozenLoss
from pi.training.checkpoint import Networks
from pi.training.machine import compute_in, scaled, strategy_for
from pi.training.step import TrainStep, train_step

ROUNDING = {"bfloat16": 2.0**-8, "float16": 2.0**-11}
"""Half of the distance from 1 to the next number."""


def network(seed: int, width: int = 4) -> keras.Model:
    """Three convolutions, of which the one between computes in the format."""
    drawn = (keras.initializers.GlorotUniform(seed + k) for k in range(3))
    image = keras.Input((None, None, 1))
    x = image
    for channels, name in ((width, "a"), (width, "b"), (1, "denoised")):
        x = keras.layers.Conv2D(
            channels, 3, padding="same", activation="relu" if name != "denoised" else None,
            kernel_initializer=next(drawn), name=name,
        )(x)  # fmt: skip
    return keras.Model(image, x)


def moved(precision: str, optimizer: keras.Optimizer) -> tuple[TrainStep, keras.Model]:
    encoder = network(9)
    encoder = keras.Model(encoder.input, encoder.get_layer("b").output)
    encoder.trainable = False
    denoiser, norms = network(1), ("squared",)
    compute_in([denoiser, encoder], precision)
    optimizer.build(denoiser.trainable_variables)
    own: tuple[Norm, ...] = norms  # type: ignore[assignment]
    terms = loss_terms(FrozenLoss((encoder,), own, (1.0,)))
    return train_step(denoiser, optimizer, terms, strategy_for("none", 4), 4), denoiser


def batch() -> np.ndarray:
    return np.random.default_rng(3).integers(-1024, 3072, (2, 4, 12, 12, 1), np.int16)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_losses_and_gradients_are_float32s_within_the_formats_rounding(precision: str) -> None:
    found = []
    for number_format in ("float32", precision):
        # A step of plain descent of length 1: what the weights lose is the gradient.
        step, denoiser = moved(number_format, scaled(keras.optimizers.SGD(1.0), number_format))
        before = [np.array(w) for w in denoiser.get_weights()]
        losses = step(*batch(), WeightRule(0.1))
        gradient = [a - b for a, b in zip(before, denoiser.get_weights(), strict=True)]
        found.append((losses, np.concatenate([g.ravel() for g in gradient])))
    (exact, slope), (near, other) = found
    bound = 16 * ROUNDING[precision]  # a few roundings on the way, each of half a unit
    assert near.image == pytest.approx(exact.image, rel=bound)
    assert near.perceptual == pytest.approx(exact.perceptual, rel=bound)
    assert np.linalg.norm(other - slope) < bound * np.linalg.norm(slope)
    assert np.linalg.norm(slope) > 0


def test_a_loss_that_overflows_its_scale_is_skipped_and_the_scale_halved() -> None:
    optimizer = scaled(keras.optimizers.SGD(1e-3), "float16")
    step, denoiser = moved("float16", optimizer)
    optimizer.dynamic_scale.assign(2.0**40)  # times a gradient it is beyond float16's 65504
    before = [np.array(w) for w in denoiser.get_weights()]
    losses = step(*batch(), WeightRule(0.1))
    assert losses.finite
    assert all(map(np.array_equal, before, denoiser.get_weights()))
    assert float(optimizer.dynamic_scale) == 2.0**39
    optimizer.dynamic_scale.assign(2.0**10)
    step(*batch(), WeightRule(0.1))
    assert not all(map(np.array_equal, before, denoiser.get_weights()))
    assert all(np.isfinite(w).all() for w in denoiser.get_weights())


def test_the_loss_is_scaled_in_float16_alone_and_a_checkpoint_has_the_scale() -> None:
    plain = keras.optimizers.SGD(1e-3)
    assert scaled(plain, "float32") is scaled(plain, "bfloat16") is plain
    optimizer = scaled(plain, "float16")
    _, denoiser = moved("float16", optimizer)
    networks = Networks(denoiser, optimizer)
    optimizer.dynamic_scale.assign(2.0**7)
    kept = networks.arrays()
    optimizer.dynamic_scale.assign(2.0**9)
    networks.set_arrays(*kept)
    assert float(optimizer.dynamic_scale) == 2.0**7
