"""A trainer small enough for seconds: unet:2, 32-pixel patches, the tiny study."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import pytest

from pi.denoisers import DenoiserSpec
from pi.influence.schedule import Fixed
from pi.losses.loss import Norm
from pi.network.bank import FrozenLoss
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store
from pi.training.build import Adam, build_trainer
from pi.training.cached_step import NOT_KEPT
from pi.training.fit import Settings, Trainer
from pi.training.jit import NO_JIT

UNET = DenoiserSpec("unet", 2)
SETTINGS = Settings(
    seed=5,
    epochs=2,
    batch_size=112,
    gradient_every=3,
    checkpoint_minutes=60,
    keep="best_validation_ssim",
    validation_patches=20,
    validation_slices=1,
)


@pytest.fixture
def patches(tiny_store: Store) -> PatchPopulation:
    return PatchPopulation(tiny_store, "train", 32, 64, "paper")


@pytest.fixture
def encoders() -> tuple[keras.Model, ...]:
    """An encoder of two taps, as `build_encoder` makes them but small."""
    image = keras.Input((None, None, 1))
    drawn = iter(keras.initializers.GlorotUniform(seed) for seed in range(2))
    first = keras.layers.Conv2D(3, 3, activation="relu", kernel_initializer=next(drawn))(image)
    second = keras.layers.Conv2D(2, 3, activation="relu", kernel_initializer=next(drawn))(first)
    encoder = keras.Model(image, [first, second])
    encoder.trainable = False
    return (encoder,)


@pytest.fixture
def make_trainer(
    patches: PatchPopulation, encoders: tuple[keras.Model, ...]
) -> Callable[..., Trainer]:
    def make(schedule: Any = Fixed(1e-3), **changed: Any) -> Trainer:  # noqa: B008
        machine = {
            name: changed.pop(name, default)
            for name, default in (("precision", "float32"), ("distribution", "none"))
        }
        own = changed.pop("encoders", encoders)
        norms: tuple[Norm, ...] = ("squared", "squared") if own else ()
        told = ("an encoder of two taps",)
        frozen_loss = FrozenLoss(own, norms, (1.0,) * len(norms), identity=told)
        adam = Adam(changed.pop("learning_rate", 1e-3), 0.9, 0.999, 1e-7)
        spec, start = changed.pop("spec", UNET), changed.pop("start", "half")
        features = changed.pop("features", NOT_KEPT)
        jit = changed.pop("jit", NO_JIT)
        settings = replace(SETTINGS, **changed)
        return build_trainer(
            settings, schedule, patches, frozen_loss, spec, adam, start=start, features=features,
            jit=jit, **machine,
        )  # fmt: skip

    return make
