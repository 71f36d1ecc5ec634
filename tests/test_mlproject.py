"""MLproject against the declarations: it is what they make, and MLflow reads it as it is meant."""

import importlib.util
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from pi.command_line import parse
from pi.parameters import ENTRY_POINTS
from pi.parameters.project_file import project_file

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())


def declared(entry: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = PROJECT["entry_points"][entry]["parameters"]
    return found


def test_the_file_is_what_the_declarations_make() -> None:
    assert (ROOT / "MLproject").read_text() == project_file(), "run `make MLproject`"


def test_it_names_the_project_its_environment_and_every_entry_point() -> None:
    assert PROJECT["name"] == "perceptual-influence"
    assert (ROOT / PROJECT["conda_env"]).is_file()
    assert set(PROJECT["entry_points"]) == set(ENTRY_POINTS)
    modules = {file.stem for file in (ROOT / "entrypoints").glob("*.py")} - {"__init__"}
    assert modules == set(ENTRY_POINTS)


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_an_entry_point_is_told_every_parameter_as_mlflow_reads_the_file(entry: str) -> None:
    words = shlex.split(PROJECT["entry_points"][entry]["command"])
    assert words[:3] == ["python", "-m", f"entrypoints.{entry}"]
    assert importlib.util.find_spec(f"entrypoints.{entry}") is not None
    # Each once, followed by its placeholder, which MLflow itself quotes for the shell.
    assert words[3::2] == [f"--{name}" for name in declared(entry)]
    assert words[4::2] == [f"{{{name}}}" for name in declared(entry)]
    assert "'" not in PROJECT["entry_points"][entry]["command"]
    for what in declared(entry).values():
        # MLflow's `path` and `uri` would fetch; a `float` is checked and passed on as typed.
        assert what["type"] in ("string", "float")
        assert isinstance(what["default"], str)
    arguments = [
        word for name, what in declared(entry).items() for word in (f"--{name}", what["default"])
    ]
    assert parse(ENTRY_POINTS[entry], arguments, "", "here") == ENTRY_POINTS[entry]()
