"""The plan of Algorithm 1: names and command lines of all steps, with and without folds."""

from dataclasses import replace
from typing import Any

import pytest

from pi.algorithm1 import Plan, Step, make_plan
from pi.command_line import parse
from pi.losses.experiments import ExperimentError
from pi.parameters import (
    CalibrateParameters,
    CompareParameters,
    EvaluateParameters,
    TrainParameters,
)
from pi.switches import SwitchError, switch_values

KINDS = {"calibrate": CalibrateParameters, "train": TrainParameters, "evaluate": EvaluateParameters}
SHARED = {
    "data": "simulated:tiny",
    "dose": "all",
    "split": "auto",
    "seed": 7,
    "medical_weights": "",
}
OWN = "vgg16:random:block1_conv1"


def planned(folds: int = 0, experiments: str = "demo1,mse", overrides: str = "") -> Plan:
    return make_plan(switch_values("recommended", overrides), experiments, folds, SHARED)


def steps_of(plan: Plan) -> list[Step]:
    return [
        step
        for one in plan.rounds
        for step in (one.calibrate, *(s for arm in one.arms for s in (arm.train, arm.evaluate)))
    ]


def parsed(step: Step, **outcome: str) -> Any:
    return parse(KINDS[step.entry_point], step.told(**outcome), "", step.name)


def test_without_folds_there_is_one_round_with_the_names_of_old() -> None:
    plan = planned()
    assert [step.name for step in steps_of(plan)] == [
        "calibrate", "train/demo1", "evaluate/demo1", "train/mse", "evaluate/mse",
    ]  # fmt: skip
    for step in steps_of(plan):
        found = parsed(step)
        assert (found.folds, found.fold) == (0, 0)


def test_every_fold_does_every_step_under_a_name_of_its_own() -> None:
    plan = planned(folds=3)
    steps = steps_of(plan)
    assert len({step.name for step in steps}) == len(steps) == 3 * 5
    for number, one in enumerate(plan.rounds, start=1):
        for step in steps_of(replace(plan, rounds=(one,))):
            assert step.name.startswith(f"fold{number}/{step.entry_point}")
            found = parsed(step)
            assert (found.folds, found.fold) == (3, number)
            assert (found.data, found.seed) == ("simulated:tiny", 7)


def test_a_step_is_told_what_only_the_one_before_it_knows() -> None:
    (one,) = planned(experiments=f"mse,{OWN}").rounds
    own, control = one.arms
    calibrated = {OWN: "run1"}
    learned = parsed(own.train, perceptual_weight=own.weight(calibrated))
    assert (learned.experiment, learned.perceptual_weight) == (OWN, "calibration:run1")
    assert control.experiment == parsed(control.train).experiment == "mse"
    assert control.weight(calibrated) == "0"
    assert parsed(own.evaluate, run="run2").run == "run2"


def test_only_what_has_an_encoder_is_calibrated() -> None:
    (one,) = planned(experiments="demo,mse").rounds
    assert parsed(one.calibrate).experiments == "demo1,demo2,demo3,demo4"
    with pytest.raises(ExperimentError, match="at least one experiment"):
        planned(experiments="mse")


def test_the_first_state_is_trained_with_and_the_first_protocol_ranks() -> None:
    plan = planned(overrides="calibrate.states=warmup:9+identity,evaluate.part=validation")
    assert (plan.state, plan.protocol) == ("warmup:9", "paper8")
    assert plan.evaluated_on == "the validation patients"
    for first, named in (("all", "paper8"), ("window:0.0:80+paper8", "window:0:80")):
        assert planned(overrides=f"evaluate.protocols={first}").protocol == named
    with pytest.raises(SwitchError, match=r"`evaluate.protocols` must be made of paper8"):
        planned(overrides="evaluate.protocols=window:80:0")
    assert planned(folds=5).evaluated_on == "every patient, each tested once in 5 folds"


def test_folds_are_evaluated_on_their_test_patients_alone() -> None:
    for one in planned(folds=2).rounds:
        assert {parsed(arm.evaluate).part for arm in one.arms} == {"test"}
    with pytest.raises(SwitchError, match=r"`evaluate.part` must be test where there are folds"):
        planned(folds=2, overrides="evaluate.part=validation")


@pytest.mark.parametrize("override", ["train.fold=2", "evaluate.folds=4"])
@pytest.mark.parametrize("folds", [0, 4])
def test_a_step_cannot_be_moved_to_another_fold(folds: int, override: str) -> None:
    name = override.partition("=")[0]
    with pytest.raises(SwitchError, match=f"leave the folds to `folds` but got {name}"):
        planned(folds=folds, overrides=override)


def test_the_evaluations_are_compared_under_the_protocol_they_are_ranked_by() -> None:
    plan = planned()
    found = parse(CompareParameters, plan.compare.told(runs="run1,run2"), "", "compare")
    assert (found.runs, found.protocol, found.seed) == ("run1,run2", plan.protocol, 7)
