"""Which commands there are, what each is for, and what it is asked: read, never written twice."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pi.places import program_folder

DASHBOARD = "dashboard"
"""The command that starts the dashboard, which is no entry point: its arguments are Streamlit's."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One parameter of a command.

    Attributes:
        name: as it is typed after ``--``.
        default: as it would be typed.
        help: what it means.
        choices: all that it may be; empty where it is free.
        rule: what its values must be, in words; empty where anything may.
        path: whether it is for the plain command line alone.
    """

    name: str
    default: str
    help: str
    choices: tuple[str, ...]
    rule: str
    path: bool


def command_names() -> tuple[str, ...]:
    """Return the names of the entry points, sorted: those of their files, which nothing imports."""
    files = (program_folder() / "entrypoints").glob("*.py")
    return tuple(sorted(file.stem for file in files if file.stem != "__init__"))


def module_of(name: str) -> str:
    """Return the module that a command runs."""
    return "dashboards" if name == DASHBOARD else f"entrypoints.{name}"


def told_of(name: str) -> str:
    """Return what an entry point says of itself, which is read and not imported."""
    file = program_folder() / "entrypoints" / f"{name}.py"
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def summaries() -> Iterator[tuple[str, str]]:
    """Yield each command and its first sentence."""
    for name in command_names():
        yield name, told_of(name).replace("\n", " ").partition(". ")[0].rstrip(".") + "."
    yield DASHBOARD, "Start the dashboard on the loopback address; arguments are Streamlit's."


def declared_by(name: str) -> tuple[Declared, ...]:
    """Return the parameters of an entry point, in their order."""
    from pi.parameters import ENTRY_POINTS  # whose records take a while to be made

    kind = ENTRY_POINTS[name]
    hints = get_type_hints(kind)
    return tuple(
        Declared(
            field.name,
            str(field.default),
            str(field.metadata["help"]),
            _choices(hints[field.name]),
            getattr(field.metadata["rule"], "text", ""),
            bool(field.metadata["path"]),
        )
        for field in fields(kind)
    )


def _choices(hint: Any) -> tuple[str, ...]:  # noqa: ANN401
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return ("True", "False") if hint is bool else ()
