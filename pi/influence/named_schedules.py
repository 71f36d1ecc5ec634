"""Schedules by their names: what the parameter `schedule` and other people's loops ask for."""

from typing import get_args

from pi.choices import AdaptiveName, CalibratedName, ScheduleName
from pi.errors import PiError, quoted
from pi.influence.adaptive_rules import GradNorm, ReLoBRaLo, SoftAdapt, Uncertainty
from pi.influence.calibrated_schedules import (
    ConstantPsi,
    RecalibrateEachEpoch,
    WarmupThenCalibrate,
    esrgan_dp,
)
from pi.influence.gradient_rules import ConFIG, ConstantPsiGradient, UPGrad
from pi.influence.psi import odds_of
from pi.influence.schedule import Fixed, Schedule


class ScheduleError(PiError):
    """A schedule that does not exist, or that cannot be had from what was asked."""


def schedule_names() -> tuple[str, ...]:
    """Return every name, in the order in which they are told."""
    return ("fixed", *get_args(CalibratedName), *get_args(AdaptiveName))


def find_schedule(
    name: ScheduleName,
    weight: float,
    *,
    target: float | None = None,
    warmup_steps: int = 0,
    final: float | None = None,
    total: int = 1,
    seed: int = 5,
) -> Schedule:
    """Return the schedule called ``name``.

    Args:
        name: of the schedule.
        weight: lambda that it begins with.
        target: Psi aimed at; those that aim at none need none.
        warmup_steps: of `WarmupThenCalibrate`.
        final: Psi at the last step of `ConstantPsi`; None where it is to stay at its target.
        total: steps of the whole training, over which Psi goes from ``target`` to ``final``.
        seed: of what `ReLoBRaLo` draws.

    Raises:
        ScheduleError: an unknown name, a Psi that is missing, a lambda of 0 that is multiplied.
        InvalidTargetError, InvalidWeightError: numbers that cannot be Psi or lambda.
    """
    if name not in schedule_names():
        raise ScheduleError(
            f"`schedule` must be one of {', '.join(schedule_names())} but got "
            f"{quoted(name, schedule_names())}."
        )
    if name == "fixed":
        return Fixed(weight)
    if name in get_args(AdaptiveName):
        return _adaptive(name, weight, seed)
    if target is None:
        raise ScheduleError(f"`target` must be told with the schedule {name}, which aims at a Psi.")
    odds_of(target)
    match name:
        case "warmup_then_calibrate":
            return WarmupThenCalibrate(weight, target, warmup_steps)
        case "constant_psi":
            return ConstantPsi(weight, target, target if final is None else final, total)
        case "constant_psi_gradient":
            return ConstantPsiGradient(_multiplied(name, weight), target=target)
    return RecalibrateEachEpoch(weight, target)


def _adaptive(name: str, weight: float, seed: int) -> Schedule:
    _multiplied(name, weight)
    match name:
        case "esrgan_dp":
            return esrgan_dp(weight)
        case "uncertainty":
            return Uncertainty(weight)
        case "gradnorm":
            return GradNorm(weight)
        case "softadapt":
            return SoftAdapt(weight)
        case "config":
            return ConFIG(weight)
        case "upgrad":
            return UPGrad(weight)
    return ReLoBRaLo(weight, seed)


def _multiplied(name: str, weight: float) -> float:
    if not weight > 0:
        raise ScheduleError(
            f"lambda must be greater than 0 with the schedule {name}, which multiplies it, but got "
            f"{weight}."
        )
    return weight
