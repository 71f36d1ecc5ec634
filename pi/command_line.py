"""Parameters declared once, the command line made of them, and how a command ends.

A command's parameters are the fields of a frozen dataclass, each made by `parameter`. From
them come the flags, their help and their checks; ``MLproject`` is held to them by a test.
Nothing here imports a library that is slow to load, so ``--help`` answers at once.
"""

import argparse
import dataclasses
import math
import signal
import sys
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NoReturn, TypeVar

from pi.errors import PiError

P = TypeVar("P")


class ParameterError(PiError):
    """A parameter is unknown, or its value breaks its rule."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A condition on a value and the words for it: "must be ``text``".

    Attributes:
        text: the words.
        holds: the condition.
        shown: whether an error may repeat a value that breaks it; a path it may not.
    """

    text: str
    holds: Callable[[Any], bool]
    shown: bool = True


POSITIVE = Rule("a finite number greater than 0", lambda value: 0 < value < math.inf)
OPEN_UNIT = Rule("in (0, 1)", lambda value: 0 < value < 1)
NOT_NEGATIVE = Rule("a finite number, 0 or greater", lambda value: 0 <= value < math.inf)


def parameter(default: Any, help: str, rule: Rule | None = None, *, path: bool = False) -> Any:  # noqa: ANN401
    """Declare one parameter as a dataclass field.

    Args:
        default: its default.
        help: what it means to the user.
        rule: what its values must fulfil.
        path: whether it may hold a path of this machine, which is then never logged.
    """
    return dataclasses.field(default=default, metadata={"help": help, "rule": rule, "path": path})


REPLACED: Mapping[str, tuple[str, str]] = {"channels": ("denoiser", "unet:{}")}
"""Of parameters that are no more: the one that took their place, and its value for theirs."""

Recall = Callable[[str], dict[str, str]]
"""From the id of an earlier run to its parameters as they were typed."""


def parse(
    parameters: type[P],
    arguments: Sequence[str],
    description: str,
    program: str,
    recall: Recall | None = None,
) -> P:
    """Return ``parameters`` filled from command-line ``arguments``.

    Args:
        parameters: the dataclass.
        arguments: the words of the command line.
        description: what the command does.
        program: its module.
        recall: of a command that can ``--resume RUN``: what is not typed is as that run had it.

    Raises:
        ParameterError: unknown flag, value of another type, value that breaks its rule.
        SystemExit: after ``--help``.
    """
    parser = _Parser(
        prog=f"python -m {program}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    hints = typing.get_type_hints(parameters)
    declared = dataclasses.fields(parameters)  # type: ignore[arg-type]
    for field in declared:
        parser.add_argument(
            f"--{field.name}",
            metavar=_metavar(hints[field.name]),
            default=argparse.SUPPRESS,
            help=f"{field.metadata['help']} (default: {str(field.default) or 'empty'})".replace(
                "%", "%%"
            ),
        )
    _refuse_replaced(arguments, {field.name for field in declared})
    typed = vars(parser.parse_args(arguments))
    resumed = recall(typed["resume"]) if recall and typed.get("resume") else {}
    values = {field.name: str(field.default) for field in declared} | resumed | typed
    return parameters(**{f.name: _value(f, hints[f.name], values[f.name]) for f in declared})


def run(
    main: Callable[[P], None],
    parameters: type[P],
    description: str,
    arguments: Sequence[str] | None = None,
    recall: Recall | None = None,
) -> int:
    """Parse, call ``main``, and return the exit code: 0, 2 (user's mistake) or 130 (Ctrl-C)."""
    # A polite kill ends a run as Ctrl-C does: work is closed, the run is marked KILLED.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    program = main.__module__ if main.__module__ != "__main__" else _module_run()
    try:
        words = sys.argv[1:] if arguments is None else arguments
        main(parse(parameters, words, description, program, recall))
    except PiError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was finished before stays as it is.", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def recorded(parameters: object) -> dict[str, str]:
    """Return the parameters as they may be logged: as typed, without those that hold a path."""
    return {
        field.name: str(getattr(parameters, field.name))
        for field in dataclasses.fields(parameters)  # type: ignore[arg-type]
        if not field.metadata["path"]
    }


def arguments_of(values: Mapping[str, str]) -> list[str]:
    """Return the command line that says ``values``."""
    return [word for name, value in values.items() for word in (f"--{name}", value)]


def now_written(name: str, value: str, form: str = "--{} {}") -> str:
    """Return the sentence that says what to write for a parameter of `REPLACED`.

    Args:
        name: of the parameter.
        value: that it was given.
        form: how a name and its value are written here.
    """
    new, as_new = REPLACED[name]
    now, then = form.format(new, as_new.format(value)), form.format(name, value)
    return f"`{name}` is `{new}` now: write {now} for {then}."


def numbers(text: str, name: str) -> list[float]:
    """Return the numbers of a comma-separated list.

    Raises:
        ParameterError: one of them is no number.
    """
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ParameterError(
            f"`{name}` must be numbers separated by commas but got {text!r}."
        ) from None


def _refuse_replaced(arguments: Sequence[str], declared: Collection[str]) -> None:
    """Refuse a parameter that another has taken the place of, and say how it is written."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        flag, equals, value = word.partition("=")
        name = flag.removeprefix("--")
        if flag.startswith("--") and name in REPLACED and REPLACED[name][0] in declared:
            raise ParameterError(now_written(name, value if equals else following))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ParameterError(f"{message}; `{self.prog} --help` lists the parameters.")


def _module_run() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else "entrypoints"


def _metavar(hint: Any) -> str:  # noqa: ANN401
    if typing.get_origin(hint) is Literal:
        return "{" + ",".join(typing.get_args(hint)) + "}"
    return {str: "TEXT", int: "INTEGER", float: "NUMBER", bool: "True|False"}[hint]


def _value(field: "dataclasses.Field[Any]", hint: Any, text: str) -> Any:  # noqa: ANN401
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if text not in choices:
            raise ParameterError(
                f"`{field.name}` must be one of {', '.join(choices)} but got {text!r}."
            )
        return text
    try:
        value = _READERS[hint](text)
    except (ValueError, KeyError):
        kind = {int: "a whole number", float: "a number", bool: "True or False"}[hint]
        raise ParameterError(f"`{field.name}` must be {kind} but got {text!r}.") from None
    rule: Rule | None = field.metadata["rule"]
    if rule is not None and not rule.holds(value):
        received = f" but got {text}" if rule.shown else ""
        raise ParameterError(f"`{field.name}` must be {rule.text}{received}.")
    return value


_READERS: Mapping[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    # MLproject parameters arrive as text: `--flag False` is the natural form.
    bool: lambda text: {"true": True, "false": False}[text.lower()],
}
