"""Where a training stands, apart from its weights: numbers that survive as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any

import numpy as np

from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.influence.schedule import ScheduleState
from pi.training.sums import InfluenceSums


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What is known of one finished epoch.

    Attributes:
        epoch: counted from 1.
        weight: lambda in force at its end.
        clips: updates of lambda that were cut, since the start.
        training: sums over its training patches, while the weights moved.
        validation: sums over validation patches, with the weights of its end.
        ssims: of each validation slice, with the weights of its end.
        gradients: the measurements made in it.
    """

    epoch: int
    weight: float
    clips: int
    training: InfluenceSums
    validation: InfluenceSums
    ssims: tuple[float, ...]
    gradients: tuple[GradientInfluence, ...]

    @property
    def ssim(self) -> float:
        """Mean over the validation slices; NaN without any."""
        return mean_ssim(self.ssims)


def mean_ssim(ssims: Sequence[float]) -> float:
    """Return the mean over slices; NaN without any."""
    return float(np.mean(ssims)) if ssims else nan


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        schedule: what the schedule has seen.
        epoch: finished epochs.
        step: finished steps of the epoch that is under way.
        sums: over the patches of that epoch so far.
        gradients: measurements of that epoch so far.
        history: the finished epochs.
        best_epoch: whose weights are kept, counted from 1; 0 before there is one.
    """

    schedule: ScheduleState
    epoch: int = 0
    step: int = 0
    sums: InfluenceSums = field(default_factory=InfluenceSums)
    gradients: tuple[GradientInfluence, ...] = ()
    history: tuple[EpochRecord, ...] = ()
    best_epoch: int = 0


def to_json(state: TrainingState) -> str:
    """Return ``state`` as text; every float is read back exactly."""
    return json.dumps(asdict(state))


def from_json(text: str) -> TrainingState:
    """Return the state that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: the text is not such a state.
    """
    content = json.loads(text)
    memory = tuple(content["schedule"].pop("memory", ()))  # older checkpoints have none
    content["schedule"] = ScheduleState(**content["schedule"], memory=memory)
    content["sums"] = _sums(content["sums"])
    content["gradients"] = _gradients(content["gradients"])
    content["history"] = tuple(_record(entry) for entry in content["history"])
    return TrainingState(**content)


def _record(entry: Mapping[str, Any]) -> EpochRecord:
    own = dict(entry)
    own["training"] = _sums(entry["training"])
    own["validation"] = _sums(entry["validation"])
    own["ssims"] = tuple(entry["ssims"])
    own["gradients"] = _gradients(entry["gradients"])
    return EpochRecord(**own)


def _sums(entry: Mapping[str, Any]) -> InfluenceSums:
    return InfluenceSums(**{**entry, "perceptual": tuple(entry["perceptual"])})


def _gradients(entries: list[dict[str, Any]]) -> tuple[GradientInfluence, ...]:
    return tuple(
        GradientInfluence(
            entry["step"],
            entry["weight"],
            GradientPair(**entry["parameters"]),
            GradientPair(**entry["output"]),
        )
        for entry in entries
    )
