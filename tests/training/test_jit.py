"""XLA is used where it is asked for or measured to be faster, and nothing else changes."""

import time
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import DenoiserSpec
from pi.influence.components import loss_terms
from pi.influence.schedule import WeightRule
from pi.network.bank import FrozenLoss
from pi.network.feature_cache import FeatureCache
from pi.training import build
from pi.training.cached_step import cached_step
from pi.training.checkpoint import Networks
from pi.training.fit import Trainer
from pi.training.jit import NO_JIT, JitPlan, bearable, settle_jit
from pi.training.machine import strategy_for
from pi.training.step import StepLosses, train_step


class Kept:
    """Networks of one number."""

    def __init__(self) -> None:
        self.number = 1.0

    def arrays(self) -> tuple[float]:
        return (self.number,)

    def set_arrays(self, number: float) -> None:
        self.number = number


def settled(plan: JitPlan, compiled: float, plain: float, gpu: bool = True) -> tuple[str, float]:
    """What is settled where a step takes so long, and the number after it."""
    kept = Kept()

    def make(jit: bool) -> Callable[[], None]:
        def step() -> None:
            kept.number += 1
            time.sleep(compiled if jit else plain)

        return step

    networks: Networks = kept  # type: ignore[assignment]
    return settle_jit(plan, networks, make, gpu), kept.number


@pytest.mark.parametrize(("compiled", "plain", "found"), [(0, 0.005, "on"), (0.005, 0, "off")])
def test_auto_takes_what_is_faster_says_it_and_moves_nothing(
    compiled: float, plain: float, found: str
) -> None:
    said: list[str] = []
    assert settled(JitPlan("auto", say=said.append), compiled, plain) == (found, 1.0)
    (line,) = said
    assert line.endswith(f"`jit` is {found}.")


def test_what_needs_no_measuring_is_not_measured() -> None:
    def unable(jit: bool) -> Callable[[], object]:
        raise AssertionError

    networks: Networks = Kept()  # type: ignore[assignment]
    assert settle_jit(JitPlan("auto"), networks, unable, gpu=False) == "off"
    assert settle_jit(JitPlan("auto", "on"), networks, unable, gpu=True) == "on"
    assert settle_jit(JitPlan("on", "off"), networks, unable, gpu=True) == "off"
    assert settle_jit(JitPlan("off"), networks, unable, gpu=True) == "off"


def test_where_xla_cannot_be_used_steps_are_not_compiled() -> None:
    def make(jit: bool) -> Callable[[], object]:
        def step() -> None:
            if jit:
                raise tf.errors.InternalError(None, None, "libdevice not found at /a/path")

        return step

    said: list[str] = []
    networks: Networks = Kept()  # type: ignore[assignment]
    for asked in ("auto", "on"):
        plan = JitPlan(asked, say=said.append)  # type: ignore[arg-type]
        assert settle_jit(plan, networks, make, gpu=True) == "off"
    assert said == ["warning: steps are not compiled, because XLA ends with InternalError."] * 2


def test_on_is_tried_once_without_a_gpu_too() -> None:
    assert settled(JitPlan("on"), 0, 0, gpu=False) == ("on", 1.0)


def three_steps(jit: bool, cache: FeatureCache | None) -> tuple[StepLosses, list[np.ndarray]]:
    """The losses of the third step of a small network on one batch, and the weights after it."""
    image = keras.Input((None, None, 1))
    first = keras.layers.Conv2D(3, 3, activation="relu", kernel_initializer=drawn(1))
    last = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer=drawn(2))
    denoiser = keras.Model(image, last(keras.layers.ZeroPadding2D()(first(image))))
    tap = keras.layers.Conv2D(2, 3, activation="relu", kernel_initializer=drawn(3))
    encoder = keras.Model(image, tap(image))
    encoder.trainable = False
    loss = FrozenLoss((encoder,), ("squared",), (1.0,))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(denoiser.trainable_variables)
    low, normal = np.random.default_rng(0).integers(-1024, 3072, (2, 4, 12, 12, 1), np.int16)
    if cache is None:
        terms, strategy = loss_terms(loss), strategy_for("none", 4)
        step = train_step(denoiser, optimizer, terms, strategy, 4, jit=jit)
        losses = [step(low, normal, WeightRule(1e-2)) for _ in range(3)]
    else:
        kept = cached_step(denoiser, optimizer, loss, 4, cache, jit=jit)
        losses = [kept(np.arange(4), low, normal, WeightRule(1e-2)) for _ in range(3)]
    return losses[-1], [np.array(w) for w in denoiser.get_weights()]


def drawn(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed)


class InMemory:
    """A cache of one batch."""

    def __init__(self) -> None:
        self.kept: list[np.ndarray] | None = None

    def recall(self, numbers: np.ndarray) -> list[np.ndarray] | None:
        return self.kept

    def keep(self, numbers: np.ndarray, features: list[np.ndarray]) -> None:
        self.kept = features


@pytest.mark.parametrize("cached", [False, True])
def test_compiled_steps_train_as_others_do_within_rounding_and_repeat_bit_for_bit(
    cached: bool,
) -> None:
    plain, compiled, again = (
        three_steps(jit, InMemory() if cached else None)  # type: ignore[arg-type]
        for jit in (False, True, True)
    )
    assert compiled[0].image == pytest.approx(plain[0].image, rel=1e-5)
    assert compiled[0].perceptual == pytest.approx(plain[0].perceptual, rel=1e-5)
    for a, b, c in zip(plain[1], compiled[1], again[1], strict=True):
        assert b == pytest.approx(a, abs=1e-5)
        assert np.array_equal(b, c)


def test_a_trainer_says_whether_its_steps_are_compiled(
    make_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_trainer(encoders=(), jit=JitPlan("auto")).jit == "off"  # there is no GPU
    monkeypatch.setattr(build, "settle_jit", lambda plan, networks, step, gpu: plan.asked)
    assert make_trainer(encoders=(), jit=JitPlan("on")).jit == "on"


def test_over_several_devices_nothing_is_compiled_and_that_is_said(
    make_trainer: Callable[..., Trainer],
) -> None:
    said: list[str] = []
    trainer = make_trainer(distribution="mirrored", jit=JitPlan("on", say=said.append))
    assert trainer.jit == "off"
    assert said == ["warning: `jit` must be off where a batch is divided over devices: it is off."]


def test_what_must_repeat_is_not_compiled_where_a_network_pools() -> None:
    said: list[str] = []
    plain, pooled = (
        [DenoiserSpec(name, 2).build(5), lambda image: image] for name in ("redcnn", "unet")
    )
    for asked in ("auto", "on"):
        plan = JitPlan(asked, repeatable=True, say=said.append)  # type: ignore[arg-type]
        assert bearable(plan, plain, 1) == plan
        assert bearable(plan, pooled, 1) == NO_JIT
        assert bearable(replace(plan, repeatable=False), pooled, 1).asked == asked
    (line,) = said
    assert "with `deterministic`, for XLA's gradient of a network that pools" in line
