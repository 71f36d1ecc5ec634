"""Benchmarks run seldom: what they import of the project must be there all the same."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
OURS = {"pi", "entrypoints", "dashboards", "benchmarks"}


def imported(file: Path) -> list[tuple[str, str]]:
    """Return (module, name) of every import from the project in a file."""
    nodes = (node for node in ast.walk(ast.parse(file.read_text())))
    return [
        (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        if node.module.partition(".")[0] in OURS
        for alias in node.names
    ]


def names_in(file: Path) -> set[str]:
    """Return what a module defines or imports at its top."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def is_there(module: str, name: str) -> bool:
    place = ROOT.joinpath(*module.split("."))
    file = place.with_suffix(".py") if not place.is_dir() else place / "__init__.py"
    if file.exists() and name in names_in(file):
        return True
    return find_spec(module) is not None and find_spec(f"{module}.{name}") is not None


@pytest.mark.parametrize("file", BENCHMARKS, ids=lambda file: file.stem)
def test_what_a_benchmark_imports_is_there(file: Path) -> None:
    assert [one for one in imported(file) if not is_there(*one)] == []
