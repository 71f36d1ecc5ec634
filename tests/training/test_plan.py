"""What the parameters of a training mean, and which of them contradict each other."""

from typing import get_args

import pytest

from pi.choices import AdaptiveName, CalibratedName, ScheduleName
from pi.errors import PiError
from pi.influence.adaptive_rules import GradNorm, ReLoBRaLo, SoftAdapt, Uncertainty
from pi.influence.calibrated_schedules import (
    ConstantPsi,
    RecalibrateEachEpoch,
    WarmupThenCalibrate,
    esrgan_dp,
)
from pi.influence.gradient_rules import ConFIG, ConstantPsiGradient, UPGrad
from pi.influence.schedule import Fixed, Schedule
from pi.training.plan import (
    StartingWeight,
    WeightSource,
    find_experiment,
    make_schedule,
    weight_asked,
    weight_source,
)

ZERO = WeightSource(number=0.0)


def test_lambda_is_a_number_a_psi_or_a_run() -> None:
    assert weight_source("1e-5") == WeightSource(number=1e-5)
    assert weight_source("psi:0.95") == WeightSource(target=0.95)
    assert weight_source("calibration:abc") == WeightSource(run="abc")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-0.1", "`perceptual_weight` must be finite and 0 or greater but got -0.1"),
        ("nan", "must be finite"),
        ("inf", "must be finite"),
        ("psi:1", r"must be in \(0, 1\) but got 1.0"),
        ("psi:0", r"must be in \(0, 1\)"),
        ("psi:", "must be a number, psi:NUMBER, calibration:RUN or search:RUN but got 'psi:'"),
        ("calibration:", "must be a number"),
        ("much", "must be a number"),
    ],
)
def test_what_is_no_lambda_is_refused(text: str, message: str) -> None:
    with pytest.raises(PiError, match=message):
        weight_source(text)


def test_one_experiment_or_mse() -> None:
    (found,) = find_experiment("demo2", ZERO)
    assert str(found.encoder) == "vgg16:natural-offline:block5_conv3"
    (own,) = find_experiment("vgg16:random:block1_conv1+block2_conv1", ZERO)
    assert own.encoder.layers == ("block1_conv1", "block2_conv1")
    assert find_experiment("mse", ZERO) == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("demo", "`experiment` must name one experiment but got 'demo'"),
        ("demo1,demo2", "must name one experiment"),
        ("nothing", "`experiment` may also be mse; .* got 'nothing'"),
    ],
)
def test_several_experiments_or_an_unknown_one_are_refused(name: str, message: str) -> None:
    with pytest.raises(PiError, match=message):
        find_experiment(name, ZERO)


def test_mse_has_nothing_to_weigh() -> None:
    with pytest.raises(PiError, match="`perceptual_weight` must be 0 with the experiment mse"):
        find_experiment("mse", WeightSource(target=0.95))


def test_mse_needs_no_second_parameter() -> None:
    assert weight_asked("mse", "psi:0.95", "psi:0.95") == "0"
    assert weight_asked("mse", "psi:0.9", "psi:0.95") == "psi:0.9"
    assert weight_asked("demo1", "psi:0.95", "psi:0.95") == "psi:0.95"


START = StartingWeight(0.1, 0.9)
NUMBER = StartingWeight(0.1, None)
SCHEDULES: dict[ScheduleName, Schedule] = {
    "fixed": Fixed(0.1),
    "warmup_then_calibrate": WarmupThenCalibrate(0.1, 0.9, 5),
    "recalibrate_each_epoch": RecalibrateEachEpoch(0.1, 0.9),
    "marcos2022": RecalibrateEachEpoch(0.1, 0.9),
    "constant_psi": ConstantPsi(0.1, 0.9, 0.9, 10),
    "constant_psi_gradient": ConstantPsiGradient(0.1, target=0.9),
    "esrgan_dp": esrgan_dp(0.1),
    "uncertainty": Uncertainty(0.1),
    "gradnorm": GradNorm(0.1),
    "softadapt": SoftAdapt(0.1),
    "relobralo": ReLoBRaLo(0.1, 7),
    "config": ConFIG(0.1),
    "upgrad": UPGrad(0.1),
}


@pytest.mark.parametrize("name", get_args(ScheduleName))
def test_every_schedule_has_its_name(name: ScheduleName) -> None:
    assert make_schedule(name, START, 5, 0.0, 10, 7) == SCHEDULES[name]


def test_constant_psi_may_be_led() -> None:
    found = make_schedule("constant_psi", START, 5, 0.5, 10, 7)
    assert found == ConstantPsi(0.1, 0.9, 0.5, 10)


@pytest.mark.parametrize("name", get_args(CalibratedName))
def test_a_schedule_that_aims_at_a_psi_needs_one(name: ScheduleName) -> None:
    with pytest.raises(PiError, match="calibration:RUN or search:RUN with the schedule"):
        make_schedule(name, NUMBER, 5, 0.0, 10, 7)


@pytest.mark.parametrize("name", get_args(AdaptiveName))
def test_a_rule_of_the_literature_begins_at_any_lambda_but_zero(name: ScheduleName) -> None:
    assert make_schedule(name, NUMBER, 5, 0.0, 10, 7) == SCHEDULES[name]
    with pytest.raises(PiError, match=f"must be greater than 0 with the schedule {name}, which"):
        make_schedule(name, StartingWeight(0.0, None), 5, 0.0, 10, 7)


def test_a_warm_up_ends_before_the_training_does() -> None:
    with pytest.raises(PiError, match="must be less than the 10 steps of the training but got 10"):
        make_schedule("warmup_then_calibrate", START, 10, 0.0, 10, 7)
