"""MLproject against the code: what is declared arrives, is accepted, and has the same default."""

import importlib.util
import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from entrypoints.parameters import (
    CalibrateParameters,
    CompareParameters,
    EvaluateParameters,
    MainParameters,
    PrepareParameters,
    PresetsParameters,
    PretrainParameters,
    PromoteParameters,
    ReportParameters,
    SearchParameters,
    SimulateParameters,
    TrainParameters,
)
from pi.command_line import parse

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())
PARAMETERS: dict[str, type] = {
    "simulate": SimulateParameters,
    "prepare": PrepareParameters,
    "presets": PresetsParameters,
    "calibrate": CalibrateParameters,
    "train": TrainParameters,
    "search": SearchParameters,
    "evaluate": EvaluateParameters,
    "main": MainParameters,
    "compare": CompareParameters,
    "report": ReportParameters,
    "pretrain": PretrainParameters,
    "promote": PromoteParameters,
}
DECLARED = [
    (entry, name) for entry, what in PROJECT["entry_points"].items() for name in what["parameters"]
]


def declared(entry: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = PROJECT["entry_points"][entry]["parameters"]
    return found


def command(entry: str) -> list[str]:
    return shlex.split(PROJECT["entry_points"][entry]["command"])


def reaches_its_command_once(entry: str, name: str) -> bool:
    words = command(entry)
    return (words.count(f"--{name}"), words.count(f"{{{name}}}")) == (1, 1) and words[
        words.index(f"--{name}") + 1
    ] == f"{{{name}}}"


def has_a_type_that_mlflow_does_not_bend(entry: str, name: str) -> bool:
    # MLflow's `path` and `uri` would fetch; a `float` is checked and passed on as typed.
    return declared(entry)[name]["type"] in ("string", "float")


def has_a_default_that_is_text_in_yaml(entry: str, name: str) -> bool:
    return isinstance(declared(entry)[name]["default"], str)


def is_a_field(entry: str, name: str) -> bool:
    return name in {field.name for field in fields(PARAMETERS[entry])}


CHECKS = (
    reaches_its_command_once,
    has_a_type_that_mlflow_does_not_bend,
    has_a_default_that_is_text_in_yaml,
    is_a_field,
)


def test_every_declared_parameter_passes_every_check() -> None:
    failed = [
        f"{entry}: {name} fails {check.__name__}"
        for entry, name in DECLARED
        for check in CHECKS
        if not check(entry, name)
    ]
    assert not failed, "\n".join(failed)


def test_every_entry_point_has_parameters_of_its_own() -> None:
    assert set(PROJECT["entry_points"]) == set(PARAMETERS)
    assert PROJECT["name"] == "perceptual-influence"
    assert (ROOT / PROJECT["conda_env"]).is_file()


@pytest.mark.parametrize("entry", PARAMETERS)
def test_the_command_runs_the_module_of_that_name(entry: str) -> None:
    assert command(entry)[:3] == ["python", "-m", f"entrypoints.{entry}"]
    assert importlib.util.find_spec(f"entrypoints.{entry}") is not None


@pytest.mark.parametrize("entry", PARAMETERS)
def test_the_command_holds_nothing_else(entry: str) -> None:
    words = command(entry)[3:]
    assert words[0::2] == [f"--{name}" for name in declared(entry)]
    assert words[1::2] == [f"{{{name}}}" for name in declared(entry)]


@pytest.mark.parametrize("entry", PARAMETERS)
def test_no_placeholder_is_quoted_twice(entry: str) -> None:
    # MLflow quotes for the shell; quotes of ours around it would end its own.
    assert not re.search(r"""['"]\{\w+\}|\{\w+\}['"]""", PROJECT["entry_points"][entry]["command"])


@pytest.mark.parametrize("entry", PARAMETERS)
def test_the_defaults_are_those_of_the_code(entry: str) -> None:
    arguments = [
        word for name, what in declared(entry).items() for word in (f"--{name}", what["default"])
    ]
    found = parse(PARAMETERS[entry], arguments, "", "here")
    assert found == PARAMETERS[entry]()


@pytest.mark.parametrize("entry", PARAMETERS)
def test_every_field_is_declared_unless_it_is_a_path(entry: str) -> None:
    names = {f.name for f in fields(PARAMETERS[entry]) if not f.metadata["path"]}
    assert names == set(declared(entry))
