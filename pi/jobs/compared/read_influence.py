"""Calibrations read back from the runs that hold them, or that rest on them, or that tried them."""

import math

from pi.errors import quoted
from pi.influence.psi import odds_of
from pi.influence.recorded import RecordedInfluence
from pi.tracking.address import TrackingError
from pi.tracking.records import Record, read_run


def influence_of(trained_id: str, trained: Record) -> RecordedInfluence | None:
    """Return the calibration that a training rests on: another run's, or its own.

    None where lambda was given as a number, or there was no perceptual loss.

    Raises:
        TrackingError: the calibration is gone or half-logged.
    """
    calibration = trained.tags.get("pi.calibration_run")
    if calibration:
        found = read_run(calibration)
        if found.tags.get("pi.stage") == "trial":  # of a search, whose best it is
            return _started_influence(calibration, found)
        return calibrated_influence(calibration, found)
    if "lambda_start" in trained.metrics and "target_psi" in trained.params:
        return _started_influence(trained_id, trained)
    return None


def _started_influence(run_id: str, record: Record) -> RecordedInfluence:
    """Return what a run began with that calibrated for itself, or a trial."""
    ratio = float(odds_of(float(record.typed("target_psi")))) / record.metrics["lambda_start"]
    ends = ("lambda_start", "lambda_start_low", "lambda_start_high")
    return _recorded(run_id, record, record.typed("state", "identity"), ends, ratio)


def calibrated_influence(run_id: str, record: Record) -> RecordedInfluence:
    """Return what a nested run of `calibrate` holds.

    Raises:
        TrackingError: it does not hold its result yet, or what it holds is none.
    """
    ends = ("lambda", "lambda_low", "lambda_high")
    try:
        ratio = record.metrics["perceptual_loss"] / record.metrics["image_loss"]
        found = _recorded(run_id, record, record.params["state"], ends, ratio)
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise TrackingError(
            f"calibration {quoted(run_id)} must hold its result but does not."
        ) from error
    if not (found.weight > 0 and ratio > 0 and 0 < found.target < 1):
        raise TrackingError(f"calibration {quoted(run_id)} must hold its result but does not.")
    return found


def _recorded(
    run_id: str, record: Record, state: str, ends: tuple[str, str, str], ratio: float
) -> RecordedInfluence:
    weight, low, high = (record.metrics.get(name, math.nan) for name in ends)
    return RecordedInfluence(
        run_id=run_id,
        experiment=record.typed("experiment"),
        architecture=record.typed("architecture"),
        context=record.typed("context"),
        layers=record.typed("layers"),
        state=state,
        target=float(record.typed("target_psi")),
        weight=weight,
        low=low,
        high=high,
        loss_ratio=ratio,
    )
