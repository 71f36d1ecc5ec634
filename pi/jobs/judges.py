"""The encoder that judges an evaluation: any but that which the denoiser was trained with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np
from numpy.typing import NDArray

from pi.choices import EvaluatedPart
from pi.evaluation.feature_distance import Encode, Maps, require_features
from pi.evaluation.metrics import FEATURES
from pi.evaluation.protocol import EvaluationError
from pi.jobs.contexts import find_encoders
from pi.losses.architecture import EncoderSpec
from pi.losses.experiments import Experiment, find_experiments, require_influence
from pi.losses.input_convention import RAW255
from pi.slices.store import Store
from pi.subjects import Subject, require_images
from pi.tracking.loss_facts import DIGEST, JUDGE, PARTS
from pi.tracking.records import Record, trained_by

PATCH = 64
"""Side of a patch on which a function of the user's is tried, pixels."""


@dataclass(frozen=True)
class Judge:
    """An encoder that judges.

    Attributes:
        encode: from slices in the network's range to features, a map a layer.
        tags: for the run of the evaluation: which encoder it was, and what its weights are.
    """

    encode: Encode = field(repr=False)
    tags: Mapping[str, str]


def find_judge(
    written: str,
    subject: Subject,
    store: Store,
    part: EvaluatedPart,
    seed: int,
    say: Callable[[str], object],
) -> Judge | None:
    """Return the encoder that the parameter `features` names; None where it names none.

    Args:
        written: ARCHITECTURE:CONTEXT:LAYERS.
        subject: what is evaluated.
        store: the data.
        part: whose patients.
        seed: of the context ``random``.
        say: told what happens, where a context has to be made first.

    Raises:
        EvaluationError: not one encoder, that which the subject was trained with, or layers that
            see more than a slice.
        PiError: it is misspelt, or its weights are not to be had.
    """
    if not written:
        return None
    require_images(subject, FEATURES, "empty")
    asked = asked_judge(written, store, part)
    spec = asked.encoder
    trained = trained_by(subject.run_id)
    if trained is not None:
        _require_another(spec, trained)
    encode, digest = encode_with(asked, seed, say)
    if trained is not None and trained.tags.get(DIGEST) == digest:
        raise _own(spec, "whose weights are the same")
    return Judge(encode, {JUDGE: str(spec), f"{JUDGE}_digest": digest})


def asked_judge(written: str, store: Store, part: EvaluatedPart) -> Experiment:
    """Return the experiment whose encoder the parameter `features` names.

    Raises:
        EvaluationError, ExperimentError: see `find_judge`.
    """
    experiments = find_experiments(written, FEATURES)
    require_influence(experiments)
    if len(experiments) > 1:
        raise EvaluationError(
            f"`features` must name one encoder but names {len(experiments)}: {written}."
        )
    require_features(store, part, experiments[0].encoder)
    return experiments[0]


def require_other_eyes(judge: EncoderSpec, experiments: Sequence[Experiment]) -> None:
    """Refuse an encoder with which an experiment is going to be trained.

    Raises:
        EvaluationError: one is.
    """
    for one in experiments:
        if (one.encoder.architecture, one.encoder.context) == (judge.architecture, judge.context):
            raise _own(judge, f"with which {one.name} is trained")


def encode_with(
    experiment: Experiment, seed: int, say: Callable[[str], object]
) -> tuple[Encode, str]:
    """Return the encoder of an experiment, and the digest of its weights.

    Args:
        experiment: one that has an influence by losses.
        seed: of the context ``random``.
        say: told what happens, where a context has to be made first.

    Raises:
        PiError: its weights are not to be had.
    """
    bank = find_encoders([experiment], RAW255, seed, "", PATCH).bank(say)
    (encoder,) = bank.encoders

    def encode(images: NDArray[np.float32]) -> Maps:
        return [one.numpy() for one in keras.tree.flatten(encoder(images))]

    return encode, bank.weights_of(experiment.encoder).digest


def _require_another(spec: EncoderSpec, trained: Record) -> None:
    own = tuple(trained.typed(part) for part in PARTS[:2])
    if own == (spec.architecture, spec.context):
        raise _own(spec, "which it was")


def _own(spec: EncoderSpec, why: str) -> EvaluationError:
    return EvaluationError(
        "`features` must be an encoder that the run was not trained with but got "
        f"{spec.architecture}:{spec.context}, {why}."
    )
