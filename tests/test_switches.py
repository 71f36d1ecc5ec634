"""The board of switches, and the command lines that it spells for the steps."""

import dataclasses

import pytest

from pi.command_line import parse
from pi.losses.experiments import ExperimentError
from pi.parameters import CalibrateParameters, EvaluateParameters, TrainParameters
from pi.switches import (
    FIXED,
    SWITCHES,
    SwitchError,
    experiment_names,
    step_arguments,
    switch_rows,
    switch_values,
)

STEPS = {"calibrate": CalibrateParameters, "train": TrainParameters, "evaluate": EvaluateParameters}
SHARED = {
    "data": "simulated:tiny",
    "dose": "all",
    "split": "auto",
    "seed": 7,
    "medical_weights": "",
}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_every_switch_is_a_parameter_of_its_step(switch: object) -> None:
    step, _, parameter = switch.name.partition(".")  # type: ignore[attr-defined]
    assert parameter in {field.name for field in dataclasses.fields(STEPS[step])}


@pytest.mark.parametrize("protocol", ["recommended", "paper-text", "authors-code"])
@pytest.mark.parametrize("step", STEPS)
def test_every_protocol_spells_command_lines_that_the_steps_accept(
    protocol: str, step: str
) -> None:
    said = step_arguments(switch_values(protocol, ""), SHARED)  # type: ignore[arg-type]
    parsed = parse(STEPS[step], said(step), "", step)
    assert (parsed.data, parsed.seed) == ("simulated:tiny", 7)


def test_table_2_is_the_papers_text_and_the_code_differs_where_the_method_says() -> None:
    paper, code = switch_values("paper-text", ""), switch_values("authors-code", "")
    assert (paper["train.batch_size"], paper["train.learning_rate"]) == ("16", "1e-3")
    assert (code["train.batch_size"], code["train.learning_rate"]) == ("8", "1e-4")
    assert paper["calibrate.states"] == "untrained"
    assert code["train.keep"] == "last"


def test_only_what_is_recommended_measures_more_than_the_paper() -> None:
    asked = [
        (values["evaluate.metrics"], values["evaluate.task"])
        for values in (switch_values(p, "") for p in ("recommended", "paper-text", "authors-code"))  # type: ignore[arg-type]
    ]
    assert asked == [("texture", "auto"), ("basic", "slices"), ("basic", "slices")]


def test_an_override_wins_and_may_hold_a_list() -> None:
    values = switch_values("recommended", "train.epochs=2, evaluate.protocols=paper8+full_float")
    assert values["train.epochs"] == "2"
    assert values["evaluate.protocols"] == "paper8,full_float"


def test_calibration_and_training_see_the_same_patches() -> None:
    said = step_arguments(switch_values("recommended", "train.patch_size=32"), SHARED)
    assert parse(CalibrateParameters, said("calibrate"), "", "x").patch_size == 32
    assert parse(TrainParameters, said("train"), "", "x").patch_size == 32


@pytest.mark.parametrize("wrong", ["epochs=2", "train.epochs", "paint.epochs=2", "train.=2"])
def test_a_misspelt_override_is_refused(wrong: str) -> None:
    with pytest.raises(SwitchError, match="`overrides` must be"):
        switch_values("recommended", wrong)


def test_the_board_shows_every_switch_with_what_is_done_here() -> None:
    rows = switch_rows(switch_values("recommended", "train.epochs=2,train.seed=8"))
    here = {row["switch"]: row["here"] for row in rows}
    assert len(rows) == len(SWITCHES) + 1 + len(FIXED)
    assert (here["train.epochs"], here["train.seed"]) == ("2", "8")


def test_experiments_are_spelt_as_entry_points_take_them() -> None:
    names = experiment_names("demo1,mse,vgg16:random:block1_conv1")
    assert names["demo1"] == "demo1"
    assert names["mse"] == ""
    assert names["vgg16:random:block1_conv1"] == "vgg16:random:block1_conv1"


def test_a_job_without_any_encoder_has_nothing_to_calibrate() -> None:
    with pytest.raises(ExperimentError, match="at least one experiment"):
        experiment_names("mse")
