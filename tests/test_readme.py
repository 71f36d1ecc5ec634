"""The README tells every parameter as the code has it."""

import dataclasses
from pathlib import Path

import pytest

from pi.parameters import ENTRY_POINTS

README = (Path(__file__).parents[1] / "README.md").read_text()


def row_of(field: "dataclasses.Field[object]") -> str:
    default = f"`{field.default}`" if field.default != "" else ""
    return f"| `{field.name}` | {default} | {field.metadata['help']} |"


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_readme_lists_every_parameter_with_its_default_and_help(entry_point: str) -> None:
    section = README.split(f"### `{entry_point}`")[1].split("\n### ")[0].split("\n## ")[0]
    listed = [line for line in section.splitlines() if line.startswith("| `")]
    assert listed == [row_of(field) for field in dataclasses.fields(ENTRY_POINTS[entry_point])]
