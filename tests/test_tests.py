"""The tests of a module are in the file of its name, or tests/README.md says where."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "tests" / "README.md").read_text()
PLACES = (ROOT, ROOT / "tests")
ROW = re.compile(r"^\| (`[^|]+`) \| (`[^|]+`) \|$", re.MULTILINE)
TABLE = [
    tuple(re.findall(r"`([^`]+)`", column) for column in row)
    for row in ROW.findall(README.split("## Where the tests of a module are")[1])
]
ELSEWHERE = {module: files for modules, files in TABLE for module in modules}


def defines(file: Path) -> bool:
    """Tell whether a module has a function or class of its own."""
    nodes = ast.walk(ast.parse(file.read_text()))
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in nodes)


def own_tests(module: str) -> str:
    """Return where the tests of a module are if its name says it; a package's is its own name."""
    path = Path(module)
    name = path.parent.name if path.stem == "__init__" else path.stem
    return (path.parent / f"test_{name}.py").as_posix()


MODULES = [
    file.relative_to(ROOT / "pi").as_posix()
    for file in sorted((ROOT / "pi").rglob("*.py"))
    if file.name != "__init__.py" or defines(file)
]
WITHOUT = [module for module in MODULES if not (ROOT / "tests" / own_tests(module)).exists()]


def file_of(module: str) -> Path | None:
    if not re.fullmatch(r"\w+(\.\w+)*", module):
        return None
    for place in (folder.joinpath(*module.split(".")) for folder in PLACES):
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


@cache
def imported(file: Path) -> frozenset[Path]:
    """Return the files of ours that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.name for alias in node.names if alias.name == "import_module"}
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)  # as importlib takes it
        elif isinstance(node, ast.Attribute) and node.attr == "import_module":
            names.add(node.attr)
    found = {one for name in names if (one := file_of(name))}
    if "import_module" in names:  # by a name that it makes: any module of a package it knows
        packages = {place for place in (file, *found) if place.name == "__init__.py"}
        found |= {module for place in packages for module in place.parent.glob("*.py")}
    return frozenset(found)


@cache
def reached(test: Path) -> frozenset[Path]:
    """Return the files of ours that can run in a file of tests."""
    known: set[Path] = set()
    new = set(imported(test))
    if test.parent.name == "dashboards":  # which runs its screens by their paths
        new |= set((ROOT / "dashboards" / "screens").glob("*.py"))
    while new:
        known |= new
        new = {other for file in new for other in imported(file)} - known
    return frozenset(known)


def test_every_module_has_tests_of_its_name_or_a_line_in_the_table() -> None:
    assert [module for module in WITHOUT if module not in ELSEWHERE] == []


def test_no_line_of_the_table_is_out_of_date() -> None:
    assert [module for module in ELSEWHERE if module not in WITHOUT] == []
    listed = [module for modules, _ in TABLE for module in modules]
    assert len(listed) == len(set(listed))


def test_the_tests_that_the_table_names_are_there_and_reach_the_module() -> None:
    named = [(module, name) for module, names in ELSEWHERE.items() for name in names]
    wrong = [
        f"{module} is not reached from {name}"
        for module, name in named
        if not (ROOT / "tests" / name).is_file()
        or ROOT / "pi" / module not in reached(ROOT / "tests" / name)
    ]
    assert not wrong, "\n".join(wrong)
