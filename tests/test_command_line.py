"""How parameters are read, refused and recorded, and how a command ends."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.command_line import (
    NOT_NEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    ParameterError,
    Rule,
    numbers,
    parameter,
    parse,
    recorded,
    run,
)
from pi.errors import AGAIN, GO_ON, PiError
from pi.parameters import ENTRY_POINTS

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Parameters:
    text: str = parameter("a", "words")
    count: int = parameter(3, "100 % of a count", NOT_NEGATIVE)
    share: float = parameter(0.5, "a share", OPEN_UNIT)
    size: float = parameter(2.0, "a size", POSITIVE)
    flag: bool = parameter(False, "a flag")
    kind: Literal["one", "two"] = parameter("one", "a kind")
    file: str = parameter("", "a file", path=True)
    word: str = parameter("x", "a word", Rule("one word", lambda t: " " not in t))


def read(*arguments: str) -> Parameters:
    return parse(Parameters, arguments, "", "here")


def test_defaults_are_those_of_the_dataclass() -> None:
    assert read() == Parameters()


def test_values_have_the_type_that_was_declared() -> None:
    found = read("--text", "b c", "--count", "7", "--share", "1e-3", "--kind", "two")
    assert found == Parameters(text="b c", count=7, share=0.001, kind="two")


def test_what_is_not_typed_is_as_the_resumed_run_had_it() -> None:
    @dataclass(frozen=True)
    class Resumable:
        count: int = parameter(3, "a count", NOT_NEGATIVE)
        size: float = parameter(2.0, "a size")
        resume: str = parameter("", "a run")

    def recall(run_id: str) -> dict[str, str]:
        assert run_id == "r1"
        return {"count": "4", "size": "8"}

    found = parse(Resumable, ["--resume", "r1", "--size", "2"], "", "here", recall)
    assert found == Resumable(4, 2.0, "r1")
    assert parse(Resumable, ["--count", "5"], "", "here", recall) == Resumable(5)


@pytest.mark.parametrize("text", ["False", "false", "FALSE"])
def test_a_flag_may_be_said_to_be_false(text: str) -> None:
    assert read("--flag", "True").flag is True
    assert read("--flag", text).flag is False


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--count", "1.5", "`count` must be a whole number but got '1.5'."),
        ("--count", "", "`count` must be a whole number but got ''."),
        ("--count", "-1", "`count` must be a whole number, 0 or greater but got -1."),
        ("--share", "a", "`share` must be a number but got 'a'."),
        ("--share", "0", "`share` must be in (0, 1) but got 0."),
        ("--share", "1", "`share` must be in (0, 1) but got 1."),
        ("--share", "nan", "`share` must be in (0, 1) but got nan."),
        ("--share", "1e-400", "`share` must be in (0, 1) but got 1e-400."),
        ("--size", "0", "`size` must be a finite number greater than 0 but got 0."),
        ("--size", "nan", "`size` must be a finite number greater than 0 but got nan."),
        ("--size", "inf", "`size` must be a finite number greater than 0 but got inf."),
        ("--flag", "no", "`flag` must be True or False but got 'no'."),
        ("--flag", "1", "`flag` must be True or False but got '1'."),
        ("--kind", "three", "`kind` must be one of one, two but got 'three'."),
        ("--word", "a b", "`word` must be one word but got 'a b'."),
        (
            "--kind",
            "/a/b",
            "`kind` must be one of one, two but got a path, which is not repeated here.",
        ),
    ],
)
def test_a_value_that_breaks_its_rule_is_named_with_the_rule(
    flag: str, value: str, sentence: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{re.escape(sentence)}$"):
        read(flag, value)


@pytest.mark.parametrize(
    "arguments", [["--unknown", "1"], ["word"], ["--coun", "1"], ["--count"], ["--flag"]]
)
def test_what_is_no_parameter_is_refused_in_one_line(arguments: list[str]) -> None:
    with pytest.raises(ParameterError, match="`python -m here --help` lists the param") as caught:
        read(*arguments)
    assert "\n" not in str(caught.value)


def test_a_misspelt_parameter_or_choice_is_asked_about() -> None:
    with pytest.raises(ParameterError, match=r"--cuont \(did you mean --count\?\) 1; `python"):
        read("--cuont", "1")
    with pytest.raises(ParameterError, match=r"got 'tow' \(did you mean two\?\)\.$"):
        read("--kind", "tow")


@dataclass(frozen=True)
class Several:
    experiments: str = parameter("demo", "experiments")


@dataclass(frozen=True)
class Single:
    experiment: str = parameter("demo1", "an experiment")


@pytest.mark.parametrize("words", [["--experiment", "E1"], ["--experiment=E1"]])
def test_experiment_and_experiments_are_one_thing(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert parse(Several, words, "", "here") == Several("E1")
    assert capsys.readouterr().err == "note: --experiment is understood as --experiments.\n"
    other = [word.replace("--experiment", "--experiments") for word in words]
    assert parse(Single, other, "", "here") == Single("E1")
    assert capsys.readouterr().err == "note: --experiments is understood as --experiment.\n"
    assert parse(Single, words, "", "here") == Single("E1")
    assert capsys.readouterr().err == ""


def test_of_both_spellings_the_one_that_is_no_default_counts() -> None:
    passed_on = ["--experiment", "demo1", "--experiments", "E1"]  # as `mlflow run -P` does
    assert parse(Single, passed_on, "", "here") == Single("E1")
    with pytest.raises(ParameterError, match="are one parameter here and must be given once"):
        parse(Single, ["--experiment", "E2", "--experiments", "E1"], "", "here")


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0), st.booleans())
def test_reading_inverts_recording(share: float, count: int, flag: bool) -> None:
    given_ = Parameters(share=share, count=count, flag=flag)
    typed = [word for key, value in recorded(given_).items() for word in (f"--{key}", value)]
    assert read(*typed) == given_


def test_paths_are_never_recorded() -> None:
    assert "file" not in recorded(Parameters(file="/ward 7/Eichendorff"))
    assert set(recorded(Parameters())) == {f.name for f in fields(Parameters)} - {"file"}


def test_lists_of_numbers() -> None:
    assert numbers("0.1, 1e-5,2", "weights") == [0.1, 1e-5, 2.0]
    for text in ("a", "0.1,", "", "1;2"):
        with pytest.raises(ParameterError, match=f"numbers separated by commas but got '{text}'"):
            numbers(text, "weights")


# How a command ends


def ending(error: BaseException | None, *arguments: str) -> int:
    def main(_: Parameters) -> None:
        if error is not None:
            raise error

    return run(main, Parameters, "", arguments)


def test_a_command_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(None) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("arguments", [["--count", "x"], ["--nothing", "1"]])
def test_a_bad_parameter_ends_it_with_2_and_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert ending(None, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_users_mistake_ends_it_with_2_and_its_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ending(PiError("`x` must be so but is not.")) == 2
    assert capsys.readouterr().err == "error: `x` must be so but is not.\n"


def test_what_ended_an_open_run_is_followed_by_the_command_that_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = PiError("`x` must be so but is not.")
    error.add_note(f"{GO_ON}python -m entrypoints.train --resume r2")
    error.add_note(f"{GO_ON}python -m entrypoints.main --resume r1")  # the run around it
    assert ending(error) == 2
    said = "error: `x` must be so but is not.\ngo on with: python -m entrypoints.main --resume r1\n"
    assert capsys.readouterr().err == said
    error = PiError("`x` must be so but is not.")
    error.add_note(f"{GO_ON}{AGAIN}")
    assert ending(error, "--text", "b c") == 2
    command = f"go on with: python -m {__name__} --text 'b c'\n"
    assert capsys.readouterr().err.endswith(command)
    assert ending(KeyboardInterrupt(), "--text", "b c") == 130
    assert capsys.readouterr().err.endswith(command)


def test_ctrl_c_ends_it_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.startswith("interrupted")


def test_a_defect_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        ending(ZeroDivisionError())


def test_a_polite_kill_is_like_ctrl_c() -> None:
    def main(_: Parameters) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the signal must have ended this")

    assert run(main, Parameters, "", []) == 130


# Every entry point's help

STUB = """
import importlib.abc, runpy, sys
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "mlflow", "pandas", "scipy", "pydicom"):
            raise SystemExit(f"{name} is imported")
sys.meta_path.insert(0, Slow())
sys.argv = [sys.argv[1], "--help"]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def test_every_entry_point_has_parameters_of_its_name() -> None:
    modules = {path.stem for path in (ROOT / "entrypoints").glob("*.py")}
    assert modules - {"__init__", "parameters"} == set(ENTRY_POINTS)


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_help_names_every_parameter_and_imports_nothing_slow(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUB, f"entrypoints.{name}"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: python -m entrypoints.{name}" in done.stdout
    for field in fields(ENTRY_POINTS[name]):
        assert f"--{field.name} " in done.stdout
        help_: Any = field.metadata["help"]
        assert " ".join(help_.split()[:4]) in " ".join(done.stdout.split())


def test_a_percent_sign_in_help_is_a_percent_sign(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--help")
    assert "100 % of a count (default: 3)" in capsys.readouterr().out


# No path

PATHS = ("/home/jdoe/Eichendorff^Josef/x.json", "Eichendorff^Josef\\x", "x:/Eichendorff/w.h5",
         "psi:~/Eichendorff", "models:/a/Eichendorff", "vgg16:own:/Eichendorff:block1_conv1",
         "train.experiment=/Eichendorff", "demo1,/Eichendorff/tap=pre")  # fmt: skip
EVERY = [(kind, field) for kind in ENTRY_POINTS.values() for field in fields(kind)]
ALONE = {("prepare", "source"), ("report", "to")}
"""The parameters that are paths, of the plain command line alone."""


@pytest.mark.parametrize(("kind", "field"), EVERY, ids=lambda one: getattr(one, "name", ""))
def test_a_path_is_no_value_of_any_parameter_and_is_not_repeated(kind: type, field: Any) -> None:
    for path in PATHS:
        if field.metadata["path"]:
            continue
        with pytest.raises(ParameterError) as caught:
            parse(kind, [f"--{field.name}", path], "", "here")
        assert "Eichendorff" not in str(caught.value)
        assert f"`{field.name}` must be" in str(caught.value)


def test_two_commands_take_a_path_and_nothing_records_it() -> None:
    found = {
        (name, field.name)
        for name, kind in ENTRY_POINTS.items()
        for field in fields(kind)
        if field.metadata["path"]
    }
    assert found == ALONE
    for name, field in ALONE:
        assert field not in recorded(ENTRY_POINTS[name](**{field: PATHS[0]}))


@pytest.mark.parametrize(("name", "field"), sorted(ALONE))
def test_below_mlflow_run_not_even_these_take_one(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    with pytest.raises(ParameterError, match="`mlflow run` stores what it is given") as caught:
        parse(ENTRY_POINTS[name], [f"--{field}", PATHS[0]], "", "here")
    assert "Eichendorff" not in str(caught.value)
    assert parse(ENTRY_POINTS[name], [], "", "here") == ENTRY_POINTS[name]()


@pytest.mark.parametrize(
    "arguments",
    [["/Eichendorff/x"], ["--nosuch", "/Eichendorff"], ["--/Eichendorff=1"], ["Eichendorff.dcm"],
     ["--help=/Eichendorff"], ["--text", "a", "ward 7", "/Eichendorff"], ["a '/Eichendorff"]],
)  # fmt: skip
def test_what_is_no_parameter_is_not_repeated_where_it_may_be_a_path(arguments: list[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        read(*arguments)
    assert "Eichendorff" not in str(caught.value)


@pytest.mark.parametrize("name", ["Eichendorff.h5", "own.h5", "ownx", "models:x", "own:"])
def test_a_weight_file_is_named_by_the_environment(name: str) -> None:
    with pytest.raises(ParameterError, match="own:NAME, of which PI_WEIGHTS names") as caught:
        parse(ENTRY_POINTS["calibrate"], ["--medical_weights", name], "", "here")
    assert "Eichendorff" not in str(caught.value)
