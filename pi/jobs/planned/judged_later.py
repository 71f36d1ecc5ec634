"""What the evaluations of a plan would find wrong after all trainings, found before them."""

from collections.abc import Sequence

from pi.choices import EvaluatedPart
from pi.detection.requirements import require_lesions
from pi.evaluation.choice import require_some_value
from pi.evaluation.metrics import require_measured
from pi.jobs.contexts import find_encoders
from pi.jobs.judges import PATCH, asked_judge, require_other_eyes
from pi.losses.experiments import Experiment
from pi.losses.input_convention import RAW255
from pi.parameters import EvaluateParameters
from pi.slices.store import Store


def require_judgeable(
    asked: EvaluateParameters, stores: Sequence[Store], experiments: Sequence[Experiment]
) -> None:
    """Refuse evaluations that cannot be had, whoever is trained.

    Args:
        asked: of them.
        stores: the data, of each fold.
        experiments: that are trained before, without the control.

    Raises:
        PiError: the metric is not measured or has no value of any slice, the encoder of `features`
            is that of an experiment, sees more than a slice or is not to be had, or there are no
            such lesions.
    """
    part: EvaluatedPart = asked.part
    require_measured(asked.metric, asked.metrics)
    for store in stores:
        require_some_value(store, part, asked.metric)
        if asked.task == "lesions" or asked.task == "inserted_lesions":
            require_lesions(store, part, asked.task)
    if asked.features:
        judge = asked_judge(asked.features, stores[0], part)
        require_other_eyes(judge.encoder, experiments)
        find_encoders([judge], RAW255, asked.seed, "", PATCH)
