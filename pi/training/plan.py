"""What a training is asked to do, read from its parameters before any work begins."""

from dataclasses import dataclass
from typing import get_args

from pi.choices import AdaptiveName, CalibratedName, ScheduleName
from pi.errors import PiError, quoted
from pi.influence.named_schedules import find_schedule
from pi.influence.psi import checked_weight, odds_of
from pi.influence.schedule import Schedule
from pi.losses.experiments import (
    MSE,
    Experiment,
    ExperimentError,
    chosen,
    find_experiments,
    require_influence,
)


class PlanError(PiError):
    """Parameters that contradict each other."""


@dataclass(frozen=True, slots=True)
class WeightSource:
    """Where the first lambda comes from: exactly one of the three.

    Attributes:
        number: lambda itself.
        target: the Psi that lambda is calibrated for first.
        run: id of a nested run of `calibrate`, or of a run of `search`.
    """

    number: float | None = None
    target: float | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class StartingWeight:
    """The first lambda, once it is known.

    Attributes:
        weight: lambda.
        target: the Psi that it is to give; None where a bare number was asked for.
    """

    weight: float
    target: float | None


def weight_source(text: str) -> WeightSource:
    """Return what ``perceptual_weight`` means.

    It is a number, ``psi:0.95``, ``calibration:RUN`` or ``search:RUN``.

    Raises:
        PlanError: none of these.
        InvalidWeightError, InvalidTargetError: a number that cannot be lambda or Psi.
    """
    kind, _, rest = text.partition(":")
    if kind in ("calibration", "search") and rest:
        return WeightSource(run=rest)
    try:
        number = float(rest if kind == "psi" and rest else text)
    except ValueError:
        raise PlanError(
            "`perceptual_weight` must be a number, psi:NUMBER, calibration:RUN or search:RUN but "
            f"got {quoted(text)}."
        ) from None
    if kind == "psi":
        odds_of(number)
        return WeightSource(target=number)
    return WeightSource(number=float(checked_weight(number)))


def weight_asked(experiment: str, text: str, default: str) -> str:
    """Return ``perceptual_weight`` as it is meant: `MSE` needs none, and its default is 0."""
    return "0" if experiment == MSE and text == default else text


def find_experiment(
    name: str, source: WeightSource, stand_in: str = "", as_mse: bool = False
) -> tuple[Experiment, ...]:
    """Return the one experiment called ``name``; none for `MSE`, which has no perceptual loss.

    Args:
        name: of it.
        source: where its lambda comes from.
        stand_in: see `pi.losses.experiments.standing_in`.
        as_mse: see `pi.losses.experiments.as_mse_plus`.

    Raises:
        PlanError: several experiments, or a lambda for a loss that is not there.
        ExperimentError, EncoderError, LossError: it does not exist, or is no MSE + lambda * P.
    """
    if name == MSE:
        if source.number != 0:
            raise PlanError("`perceptual_weight` must be 0 with the experiment mse but is not.")
        return ()
    try:
        found = find_experiments(name)
    except ExperimentError as error:
        raise ExperimentError(f"`experiment` may also be {MSE}; {error}") from error
    if len(found) != 1:
        raise PlanError(f"`experiment` must name one experiment but got {quoted(name)}.")
    found = chosen(found, stand_in, as_mse)
    require_influence(found)
    if found[0].distance.layers == "shares":
        raise PlanError(
            "`experiment` must have layers=weights: in a training but has layers=shares:, which "
            "`calibrate` turns into weights and prints."
        )
    return found


def make_schedule(
    name: ScheduleName,
    start: StartingWeight,
    warmup_steps: int,
    final_psi: float,
    total: int,
    seed: int,
) -> Schedule:
    """Return the schedule called ``name``.

    Args:
        name: of the schedule.
        start: the first lambda, and the Psi aimed at.
        warmup_steps: of `WarmupThenCalibrate`.
        final_psi: of `ConstantPsi`; 0 where Psi is to stay at its target.
        total: steps of the whole training.
        seed: of what `ReLoBRaLo` draws.

    Raises:
        PlanError: a schedule that aims at a Psi where none was asked for, or that multiplies a
            lambda of 0, or a warm-up without end.
    """
    if start.target is None and name in get_args(CalibratedName):
        raise PlanError(
            "`perceptual_weight` must be psi:NUMBER, calibration:RUN or search:RUN with the "
            f"schedule {name}, which aims at a Psi, but is a number."
        )
    if start.weight == 0 and name in get_args(AdaptiveName):
        raise PlanError(
            f"`perceptual_weight` must be greater than 0 with the schedule {name}, which "
            "multiplies it, but is 0."
        )
    if name == "warmup_then_calibrate" and warmup_steps >= total:
        raise PlanError(
            f"`warmup_steps` must be less than the {total} steps of the training but got "
            f"{warmup_steps}."
        )
    return find_schedule(
        name, start.weight, target=start.target, warmup_steps=warmup_steps,
        final=final_psi or None, total=total, seed=seed,
    )  # fmt: skip
