"""XLA is used where it is asked for or measured to be faster, and nothing else changes."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from pi.influence.schedule import WeightRule
from pi.slices.patches import PatchPopulation
from pi.training.cached_step import FeaturePlan
from pi.training.checkpoint import Networks
from pi.training.fit import Trainer
from pi.training.jit import JitPlan, settle_jit


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
    assert settle_jit(JitPlan("on"), networks, unable, gpu=False) == "on"


def test_where_xla_cannot_be_used_steps_are_not_compiled() -> None:
    def make(jit: bool) -> Callable[[], object]:
        def step() -> None:
            if jit:
                raise tf.errors.InternalError(None, None, "libdevice not found at /a/path")

        return step

    said: list[str] = []
    networks: Networks = Kept()  # type: ignore[assignment]
    assert settle_jit(JitPlan("auto", say=said.append), networks, make, gpu=True) == "off"
    assert said == ["warning: steps are not compiled, because XLA ends with InternalError."]


@pytest.mark.parametrize("features", [FeaturePlan(), FeaturePlan("memory", 1.0)])
def test_compiled_steps_train_as_others_do_within_rounding_and_repeat_bit_for_bit(
    make_trainer: Callable[..., Trainer], patches: PatchPopulation, features: FeaturePlan
) -> None:
    numbers = np.arange(8)
    batch = patches.read_hu(numbers)
    found = []
    for asked in ("off", "on", "on"):
        trainer = make_trainer(jit=JitPlan(asked), features=features, batch_size=8)  # type: ignore[arg-type]
        assert trainer.jit == asked
        for _ in range(3):
            losses = (
                trainer.cached(numbers, *batch, WeightRule(1e-3))
                if trainer.cached
                else trainer.step(*batch, WeightRule(1e-3))
            )
        found.append((losses, trainer.networks.arrays()[0]))
    plain, compiled, again = found
    assert compiled[0].image == pytest.approx(plain[0].image, rel=1e-4)
    assert compiled[0].perceptual == pytest.approx(plain[0].perceptual, rel=1e-3)
    for a, b, c in zip(plain[1], compiled[1], again[1], strict=True):
        assert b == pytest.approx(a, abs=1e-4)
        assert np.array_equal(b, c)


def test_over_several_devices_nothing_is_compiled_and_that_is_said(
    make_trainer: Callable[..., Trainer],
) -> None:
    said: list[str] = []
    trainer = make_trainer(distribution="mirrored", jit=JitPlan("on", say=said.append))
    assert trainer.jit == "off"
    assert said == ["warning: `jit` must be off where a batch is divided over devices, and is."]
