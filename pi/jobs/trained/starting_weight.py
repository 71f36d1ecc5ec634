"""The lambda that a training starts with: where it is read from, and what is logged of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pi.errors import quoted
from pi.influence.calibration import ExperimentCalibration
from pi.jobs.agreement import DisagreementError, require_agreement
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank
from pi.tracking.loss_facts import loss_of, loss_params, loss_tags
from pi.tracking.records import best_trial, read_run
from pi.tracking.run import Run
from pi.training.plan import StartingWeight, WeightSource

_LAMBDA = {"calibration": "lambda", "trial": "lambda_start"}
"""By the stage of a run, the metric that holds the lambda a training begins with."""


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A nested calibration run, or a trial of a search, read back.

    Attributes:
        run_id: of it.
        weight: lambda.
        target: Psi that it was calibrated for.
        made_of: what a training that uses it must be made of as well.
    """

    run_id: str
    weight: float
    target: float
    made_of: Mapping[str, str]


def read_calibration(run_id: str) -> CalibrationRecord:
    """Return what a nested run of `calibrate`, or a trial of a search, holds of its lambda.

    Of the run of a whole search it is the best trial's.

    Raises:
        TrackingError: there is no such run.
        DisagreementError: it is none of these.
    """
    record = read_run(run_id)
    stage = record.tags.get("pi.stage", "something else")
    if stage == "search":
        return read_calibration(best_trial(run_id))
    weight = record.metrics.get(_LAMBDA.get(stage, ""))
    if weight is None:
        raise DisagreementError(
            "`perceptual_weight` must be calibration:RUN with one nested run of `calibrate`, or "
            f"search:RUN, but {quoted(run_id)} is a run of {stage}."
        )
    made_of = {
        **loss_of(record.params, record.tags),
        "data": record.tags["pi.data_digest"],
    }
    if "schedule" in record.params:
        made_of["schedule"] = record.params["schedule"]
    return CalibrationRecord(run_id, weight, float(record.params["target_psi"]), made_of)


def start_ahead(source: WeightSource) -> StartingWeight:
    """Return the first lambda as far as it is known before anything is measured.

    Of one that is still to be calibrated it is 1; the Psi aimed at is known in any case.

    Raises:
        TrackingError, DisagreementError: see `read_calibration`.
    """
    if source.run:
        found = read_calibration(source.run)
        return StartingWeight(found.weight, found.target)
    return StartingWeight(1.0 if source.number is None else source.number, source.target)


def starting_weight(
    run: Run,
    source: WeightSource,
    made_of: Mapping[str, str],
    calibrate: Callable[[float], ExperimentCalibration],
) -> StartingWeight:
    """Return the first lambda, and log what it rests on.

    A calibration run and this one are tagged with each other's id. A lambda that is calibrated
    now is kept in full precision, so that a resumed run takes it from there.

    Args:
        run: of the training.
        source: where lambda comes from.
        made_of: what this training is made of, as `CalibrationRecord.made_of` names it.
        calibrate: calibrates for a Psi.

    Raises:
        TrackingError, DisagreementError: a calibration run that is not there or does not fit.
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    if source.run:
        # Resumed, it stays with what it began with: a search may have found a better one since.
        found = read_calibration(run.tag("pi.calibration_run") or source.run)
        require_agreement(made_of, found.made_of, f"run {found.run_id}")
        run.tags({"pi.calibration_run": found.run_id})
        run.listed_by(found.run_id, "pi.training_runs")
        return StartingWeight(found.weight, found.target)
    if source.target is None:
        return StartingWeight(source.number or 0.0, None)
    known = run.metric("lambda_start")
    if known is None:
        calibration = calibrate(source.target)
        low, high = calibration.interval
        known = calibration.weight
        run.metrics(
            {
                "lambda_start": known,
                "lambda_start_low": low,
                "lambda_start_high": high,
                "lambda_start_patches": calibration.losses.image.size,
            }
        )
    return StartingWeight(known, source.target)


def made_of(
    experiments: Sequence[Experiment], bank: EncoderBank, digest: str, schedule: str
) -> dict[str, str]:
    """Return what a training is made of, as `CalibrationRecord.made_of` names it."""
    found = {"data": digest, "schedule": schedule}
    for experiment in experiments:
        found |= loss_of(loss_params(experiment), loss_tags(experiment, bank))
    return found
