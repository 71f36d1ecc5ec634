"""The step of training whose target's features need not be computed again."""

import hashlib
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.choices import FeatureCacheName
from pi.influence.components import TermsGiven, features_of, terms_given
from pi.influence.schedule import WeightRule
from pi.network.bank import FrozenLoss
from pi.network.feature_cache import GIB, FeatureCache, find_cache
from pi.network.frozen_convolution import CUTS
from pi.places import cache_folder
from pi.slices.patches import PatchPopulation
from pi.training.feed import batch_numbers
from pi.training.fit import Settings
from pi.training.step import (
    Later,
    NumberedStep,
    NumberedStepBegun,
    StepLosses,
    as_tensor,
    in_range,
    joined,
    moving,
)


@dataclass(frozen=True)
class FeaturePlan:
    """What is asked of a cache.

    Attributes:
        asked: see `pi.network.feature_cache.find_cache`.
        gib: most that it may take.
        repeated: whether the same training is run several times, as in a search.
        say: told where what is asked for cannot be.
    """

    asked: FeatureCacheName = "off"
    gib: float = 0.0
    repeated: bool = False
    say: Callable[[str], object] = field(default=lambda sentence: None, repr=False)


NOT_KEPT = FeaturePlan()
"""Features are computed in every step."""


def patches_needed(settings: Settings, patches: int, repeated: bool) -> NDArray[np.int64]:
    """Return the patches that a training sees, (n,) ascending; none where it sees each but once."""
    epochs = [
        np.concatenate(list(batch_numbers(patches, settings.batch_size, settings.seed, epoch)))
        for epoch in range(settings.epochs)
    ]
    taken = np.concatenate([e[: settings.steps(patches) * settings.batch_size] for e in epochs])
    needed = np.unique(taken)
    return needed if repeated or needed.size < taken.size else needed[:0]


def find_features(
    plan: FeaturePlan, frozen_loss: FrozenLoss, patches: PatchPopulation, settings: Settings
) -> FeatureCache | None:
    """Return the cache of the features that a training needs; None where there is to be none.

    Args:
        plan: what is asked for.
        frozen_loss: its encoder is set to the format that it computes in.
        patches: of the training patients.
        settings: the patches' order.
    """
    if plan.asked == "off" or not frozen_loss.encoders:
        return None
    if plan.asked == "disk" and not frozen_loss.identity:
        plan.say(
            "warning: `feature_cache` disk must know what the encoder's features depend on but "
            "those of a function of yours depend on its code: they are computed in every step; "
            "memory keeps them."
        )
        return None
    # Another run may go on with what is on disk, so there even one epoch is worth it.
    repeated = plan.repeated or plan.asked == "disk"
    needed = patches_needed(settings, len(patches), repeated)
    if not needed.size:
        return None
    facts = {
        "encoder": " ".join(frozen_loss.identity),
        "patches": patches.digest,
        "batch": str(settings.batch_size),
        "arithmetic": _arithmetic(),
    }
    (encoder,) = frozen_loss.encoders
    return find_cache(
        plan.asked, encoder, patches.size, needed, len(patches), facts,
        round(plan.gib * GIB), cache_folder(), plan.say,
    )  # fmt: skip


def cached_step(
    denoiser: keras.Model,
    optimizer: keras.Optimizer,
    frozen_loss: FrozenLoss,
    batch_size: int,
    cache: FeatureCache,
    *,
    jit: bool = False,
) -> NumberedStep:
    """Return the step of `begin_cached_step`, which waits for its losses."""
    begin = begin_cached_step(denoiser, optimizer, frozen_loss, batch_size, cache, jit=jit)
    return lambda numbers, low_dose, normal_dose, rule: begin(
        numbers, low_dose, normal_dose, rule
    )()


def begin_cached_step(
    denoiser: keras.Model,
    optimizer: keras.Optimizer,
    frozen_loss: FrozenLoss,
    batch_size: int,
    cache: FeatureCache,
    *,
    jit: bool = False,
) -> NumberedStepBegun:
    """Return the step of `pi.training.step.train_step` on one device, its target's features kept.

    Of a batch whose features are not all there they are computed as ever, and kept. ``jit`` has
    XLA compile it.
    """
    move, given = moving(denoiser, optimizer, batch_size), terms_given(frozen_loss)

    @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
    def encoded(normal_dose: tf.Tensor) -> list[tf.Tensor]:
        return features_of(in_range(normal_dose), frozen_loss)

    @tf.function(jit_compile=jit)  # type: ignore[untyped-decorator]
    def moved(
        low_dose: tf.Tensor, normal_dose: tf.Tensor, rule: tf.Tensor, features: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        terms = partial(_given, given, features)
        return move(in_range(low_dose), in_range(normal_dose), rule, terms)

    def begin(
        numbers: NDArray[np.int64],
        low_dose: NDArray[np.int16],
        normal_dose: NDArray[np.int16],
        rule: WeightRule,
    ) -> Later:
        target = tf.constant(normal_dose)
        known = cache.recall(numbers)
        if known is None:
            features = encoded(target)
            cache.keep(numbers, [feature.numpy() for feature in features])
        else:
            features = [tf.constant(x) for x in known]
        found = moved(tf.constant(low_dose), target, as_tensor(rule), features)
        image, perceptual, weight = found
        return lambda: StepLosses(joined([image]), joined([perceptual]), float(weight))

    return begin


def _given(
    terms: TermsGiven, features: Sequence[tf.Tensor], prediction: tf.Tensor, target: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    return terms(prediction, target, features)


def _arithmetic() -> str:
    """Return what the last bits of a feature may depend on, besides the encoder and the batch."""
    gpus = [gpu.name for gpu in tf.config.list_physical_devices("GPU")]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    kind = hashlib.sha256(flags.encode()).hexdigest()[:8]
    onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "")
    return f"{tf.__version__} {platform.machine()} {kind} {gpus} {onednn} {CUTS}"
