"""The house itself: a name means one thing, a fact stands once, an entry point is a few lines."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from pi import choices
from pi.evaluation.protocol import PROTOCOLS
from pi.figures.slice_row import WINDOWS
from pi.parameters import ENTRY_POINTS
from pi.simulation.patient import SIZES
from pi.slices.parts import PARTS

ROOT = Path(__file__).parents[1]
MODULES = [
    file
    for room in ("pi", "entrypoints", "dashboards")
    for file in sorted((ROOT / room).rglob("*.py"))
]


def room_of(file: Path) -> str:
    """The room of a module: pi/losses, entrypoints ..."""
    parts = file.relative_to(ROOT).parts
    return "/".join(parts[:2]) if parts[0] == "pi" else parts[0]


def classes_of(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name


def test_no_module_name_occurs_in_more_than_two_rooms() -> None:
    rooms: dict[str, set[str]] = defaultdict(set)
    for file in MODULES:
        if file.stem not in ("__init__", "__main__"):
            rooms[file.stem].add(room_of(file))
    assert {name: found for name, found in rooms.items() if len(found) > 2} == {}


def test_no_class_and_no_error_has_two_meanings() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for file in MODULES:
        for name in classes_of(file):
            if not name.startswith("_"):
                where[name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_the_tracking_room_is_small() -> None:
    assert len(list((ROOT / "pi/tracking").rglob("*.py"))) <= 20


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_an_entry_point_parses_calls_its_job_and_prints(name: str) -> None:
    tree = ast.parse((ROOT / "entrypoints" / f"{name}.py").read_text())
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert main.name == "main"
    assert len(main.body) <= 6
    job = ast.parse((ROOT / "pi/jobs" / f"{name}.py").read_text())
    assert any(isinstance(node, ast.FunctionDef) and node.name == name for node in job.body)


def test_no_job_prints() -> None:
    for file in (ROOT / "pi/jobs").rglob("*.py"):
        called = (node.func for node in ast.walk(ast.parse(file.read_text()))
                  if isinstance(node, ast.Call))  # fmt: skip
        assert not any(isinstance(one, ast.Name) and one.id == "print" for one in called), file


@pytest.mark.parametrize(
    ("choice", "known"),
    [
        (choices.StudySizeName, SIZES),
        (choices.EvaluationProtocol, PROTOCOLS),
        (choices.WindowName, WINDOWS),
        (choices.Part, PARTS),
    ],
)
def test_a_choice_has_the_names_of_what_is_chosen_from(choice: object, known: object) -> None:
    assert get_args(choice) == tuple(known)  # type: ignore[arg-type]
