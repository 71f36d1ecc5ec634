"""Parameters declared once, the command line made of them, and how a command ends.

A command's parameters are the fields of a frozen dataclass, each made by `parameter`. From
them come the flags, their help and their checks; ``MLproject`` is held to them by a test.

A parameter is a name, a number or a choice, never a path: `mlflow run` writes whatever is typed
into the tracking store before our code starts, and a path may name a patient. Files and folders
are named by environment variables, see `pi.places`. Two commands take one path each all the same,
``prepare --source`` and ``report --to``: on the plain command line alone, because nothing records
it. Nothing here imports a library that is slow to load, so ``--help`` answers at once.
"""

import argparse
import dataclasses
import math
import os
import shlex
import signal
import sys
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

from pi.errors import AGAIN, GO_ON, PiError, goes_on, is_path, nearest, of_disk, quoted
from pi.loudness import LOUDNESS
from pi.plain_output import spell_what_is_lacking
from pi.shared_flags import HELP, NAMES, split_off, words_of

P = TypeVar("P")


class ParameterError(PiError):
    """A parameter is unknown, or its value breaks its rule."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A condition on a value and the words for it: "must be ``text``".

    Attributes:
        text: the words.
        holds: the condition.
        known: names that fulfil it, of which the nearest is asked about.
    """

    text: str
    holds: Callable[[Any], bool]
    known: tuple[str, ...] = ()


POSITIVE = Rule("a finite number greater than 0", lambda value: 0 < value < math.inf)
OPEN_UNIT = Rule("in (0, 1)", lambda value: 0 < value < 1)
NOT_NEGATIVE = Rule("a finite number, 0 or greater", lambda value: 0 <= value < math.inf)


def parameter(default: Any, help: str, rule: Rule | None = None, *, path: bool = False) -> Any:  # noqa: ANN401
    """Declare one parameter as a dataclass field.

    Args:
        default: its default.
        help: what it means to the user.
        rule: what its values must fulfil.
        path: whether it holds a path of this machine: it is then no parameter of `MLproject`,
            refused where `mlflow run` passes it on, and never recorded.
    """
    return dataclasses.field(default=default, metadata={"help": help, "rule": rule, "path": path})


REPLACED: Mapping[str, tuple[str, str]] = {
    "channels": ("denoiser", "unet:{}"),
    "protocol": ("practice", "{}"),
    "preset": ("size", "{}"),
    "reduction": ("halving", "{}"),
}
"""Of parameters that are no more: the one that took their place, and its value for theirs."""

SAME: Mapping[str, str] = {"experiment": "experiments", "experiments": "experiment"}
"""Parameters that mean one thing: a command declares one of both and understands the other."""

Recall = Callable[[str], dict[str, str]]
"""From the id of an earlier run to its parameters as they were typed."""


Foresee = Callable[[str, Any], str]
"""From the name of an entry point and its parameters to what it would do, in words."""


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
        epilog=HELP,
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
    defaults = {field.name: str(field.default) for field in declared}
    _refuse_replaced(arguments, defaults)
    found, unknown = parser.parse_known_args(_in_one_spelling(arguments, defaults))
    if unknown:
        told = " ".join(_unknown(word, defaults) for word in unknown)
        parser.error(f"unrecognized arguments: {told}")
    typed = vars(found)
    for field in declared:
        if hints[field.name] is str and field.name in typed:
            _require_name(field, typed[field.name])  # before a path is taken for a run's id
    resumed = recall(typed["resume"]) if recall and typed.get("resume") else {}
    values = defaults | resumed | typed
    return parameters(**{f.name: _value(f, hints[f.name], values[f.name]) for f in declared})


def run(
    main: Callable[[P], None],
    parameters: type[P],
    description: str,
    arguments: Sequence[str] | None = None,
    recall: Recall | None = None,
    foresee: Foresee | None = None,
) -> int:
    """Parse, call ``main``, and return the exit code: 0, 2 (user's mistake) or 130 (Ctrl-C).

    With ``--dry_run True`` it prints what ``foresee`` tells instead.
    """
    spell_what_is_lacking()
    # A polite kill ends a run as Ctrl-C does: work is closed, the run is marked KILLED.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    program = main.__module__ if main.__module__ != "__main__" else _module_run()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        flags = split_off(given)
        words = [*_of_file(flags.config, parameters, flags.rest), *flags.rest]
        before = LOUDNESS.set(flags.loudness)
        try:
            asked = parse(parameters, words, description, program, recall)
            if flags.dry_run:
                if foresee is None:
                    raise ParameterError("`dry_run` must not be True here but is.")
                print(foresee(program.rpartition(".")[2], asked))  # noqa: T201
            else:
                main(asked)
        finally:
            LOUDNESS.reset(before)
    except PiError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        _say_how(error, program, given)
        return 2
    except KeyboardInterrupt as error:
        print("interrupted; what was finished before stays as it is.", file=sys.stderr)  # noqa: T201
        _say_how(error, program, given)
        return 130
    except Exception as error:
        if told := of_disk(error):
            print(f"error: {told}", file=sys.stderr)  # noqa: T201
        _say_how(error, program, given)
        if not told:
            raise
        return 2
    return 0


def _say_how(error: BaseException, program: str, words: Sequence[str]) -> None:
    """Say the exact command that goes on, if there is one: no typing error has."""
    how = goes_on(error) or (AGAIN if isinstance(error, KeyboardInterrupt) else "")
    if how == AGAIN:
        how = shlex.join(["python", "-m", program, *words])
    if how:
        print(f"{GO_ON}{how}", file=sys.stderr)  # noqa: T201


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
            f"`{name}` must be numbers separated by commas but got {quoted(text)}."
        ) from None


def _refuse_replaced(arguments: Sequence[str], declared: Collection[str]) -> None:
    """Refuse a parameter that another has taken the place of, and say how it is written."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        flag, equals, value = word.partition("=")
        name = flag.removeprefix("--")
        if (
            flag.startswith("--")
            and name not in declared
            and name in REPLACED
            and REPLACED[name][0] in declared
        ):
            raise ParameterError(now_written(name, value if equals else following))


def _of_file(file: Path | None, parameters: type, typed: Sequence[str]) -> list[str]:
    """Return what a file of parameters says and nobody typed, as words of a command line."""
    if file is None:
        return []
    declared = {field.name for field in dataclasses.fields(parameters)}
    others = {other for other, name in SAME.items() if name in declared} - declared
    flags = {word.partition("=")[0].removeprefix("--") for word in typed if word.startswith("--")}
    flags |= {SAME[name] for name in flags & set(SAME)}
    words = words_of(file, [*sorted(declared), *sorted(others)])
    return [word for word in words if word[2:].partition("=")[0] not in flags]


def _in_one_spelling(arguments: Sequence[str], defaults: Mapping[str, str]) -> list[str]:
    """Return ``arguments`` with what `SAME` names in the spelling that is declared, and say so.

    `mlflow run` passes the declared one too, at its default, which then means nothing.

    Raises:
        ParameterError: both spellings, with two values.
    """
    words = [part for word in arguments for part in _parted(word)]
    for other, name in SAME.items():
        if f"--{other}" not in words or other in defaults or name not in defaults:
            continue
        at = words.index(f"--{other}")
        while f"--{name}" in words[:-1]:
            declared = words.index(f"--{name}")
            if words[declared + 1] not in (defaults[name], *words[at + 1 : at + 2]):
                raise ParameterError(
                    f"`{other}` and `{name}` are one parameter here and must be given once but are "
                    "given both."
                )
            del words[declared : declared + 2]
            at = words.index(f"--{other}")
        words[at] = f"--{name}"
        print(f"note: --{other} is understood as --{name}.", file=sys.stderr)  # noqa: T201
    return words


def _parted(word: str) -> list[str]:
    """Return ``--name=value`` as its two words, where `SAME` has that name; else the word alone."""
    flag, equals, value = word.partition("=")
    return [flag, value] if equals and flag.removeprefix("--") in SAME else [word]


def _unknown(word: str, known: Collection[str]) -> str:
    """Return a word that is no parameter as an error may repeat it, and what it may have meant."""
    told = word if quoted(word) == repr(word) else quoted(word)
    meant = nearest(word.partition("=")[0].removeprefix("--"), [*known, *NAMES])
    return f"{told} (did you mean --{meant}?)" if meant and word.startswith("--") else told


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        said = message.partition(" '")[0]  # argparse quotes what was typed, which may be a path
        raise ParameterError(f"{said}; `{self.prog} --help` lists the parameters.")


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
                f"`{field.name}` must be one of {', '.join(choices)} but got "
                f"{quoted(text, choices)}."
            )
        return text
    _require_name(field, text)
    try:
        value = _READERS[hint](text)
    except (ValueError, KeyError):
        kind = {int: "a whole number", float: "a number", bool: "True or False"}[hint]
        raise ParameterError(f"`{field.name}` must be {kind} but got {quoted(text)}.") from None
    rule: Rule | None = field.metadata["rule"]
    if rule is not None and not rule.holds(value):
        received = quoted(text, rule.known) if isinstance(value, str) else text
        words = rule.text.replace("finite", "whole") if hint is int else rule.text
        raise ParameterError(f"`{field.name}` must be {words} but got {received}.")
    return value


def _require_name(field: "dataclasses.Field[Any]", text: str) -> None:
    """Refuse a path where a name is wanted, and everywhere below `mlflow run`.

    Raises:
        ParameterError: it is one; it is not repeated.
    """
    if field.metadata["path"]:
        if text and "MLFLOW_RUN_ID" in os.environ:  # as `mlflow run` leaves it for us
            raise ParameterError(
                f"`{field.name}` must be given to `python -m` alone, because `mlflow run` stores "
                "what it is given."
            )
    elif is_path(text):
        raise ParameterError(
            f"`{field.name}` must be no path, which the tracking store would keep: PI_DATA, "
            "PI_SPLIT and PI_WEIGHTS name files and folders, and data=folder, split=own and "
            "medical_weights=own mean them."
        )


_READERS: Mapping[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    # MLproject parameters arrive as text: `--flag False` is the natural form.
    bool: lambda text: {"true": True, "false": False}[text.lower()],
}
