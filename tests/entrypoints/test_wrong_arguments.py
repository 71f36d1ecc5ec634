"""What may be typed wrong, over all entry points: one sentence, before any run and any work.

A dry run says the same sentence as the run itself.
"""

import dataclasses
import importlib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ct_files import write_stack

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from entrypoints import foresee, recall
from pi.command_line import run
from pi.parameters import ENTRY_POINTS
from pi.tracking.tracker import Tracked

TYPED: Mapping[type, tuple[str, ...]] = {
    int: ("1.5", "x", ""),
    float: ("x", "1,5", ""),
    bool: ("maybe", "2", ""),
}
"""By the type of a parameter what is no value of it."""

RUN = "0" * 32
WRONG: Mapping[str, tuple[str, ...]] = {
    "data": ("nostore", "simulated:tinny", "simulated:tiny:x", "fodler"),
    "run": (RUN, "nosuch", "onnx:none", "own:no_module:f", "outputs:none", "table:none"),
    "runs": (RUN, "nosuch", "mian", "tags.x ="),
    "resume": (RUN, "/home/me/x"),
    "experiments": ("demo9", "vgg16:imagenet:block9_conv9", "vgg61:imagenet:block3_conv2",
                    "vgg16:natural:block3_conv2", "vgg16:medical:none@champion:block3_conv2"),
    "denoiser": ("unet", "unet:0", "unett:8", "redcnn:1.5"),
    "protocols": ("paper9",),
    "metric": ("ssmi",),
    "metrics": ("ssmi",),
    "states": ("identiy",),
    "perceptual_weight": ("psi:1.5", "-1", "abc"),
    "dose": ("2", "half", "0.3"),
    "split": ("mayo",),
    "fold": ("3",),
    "folds": ("1", "500"),
    "encoder_input": ("raw256",),
    "medical_weights": ("mine",),
    "objective": ("ssmi",),
    "subject_to": ("psnr>",),
    "psi_range": ("0.9", "0.9,0.1", "a,b"),
    "schedules": ("fixd",),
    "schedule": ("constant_psi",),  # which aims at a Psi, and none is asked for
    "overrides": ("train.epoch=2", "train.epochs", "train.epochs=1.5"),
    "interface": ("hu:1:2:3:4",),
    "values": ("kelvin",),
    "low_dose": ("simulated:2", "scand"),
    "patch_size": ("4096",),
    "source": ("/nonexistent/x",),
    "to": ("/nonexistent/x/y.html",),
    "part": ("middle",),
}  # fmt: skip
"""By the name of a parameter what is a word, and none that there is."""

TINY = ("--data", "simulated:tiny")
ASKED: Mapping[str, tuple[str, ...]] = {
    "train": ("--experiment", "mse", "--perceptual_weight", "0"),
    "denoise": ("--run", "identity"),
    "promote": ("--run", RUN),
}
"""What an entry point is asked beside the word that is wrong."""


@pytest.fixture
def places(
    tiny_cache: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The tiny study, a scan, new folders to fill; no run may be opened, and nothing written."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    write_stack(tmp_path / "scan")
    monkeypatch.setenv("PI_DATA", str(tmp_path / "scan"))
    monkeypatch.setenv("PI_EXPORT", str(tmp_path / "pairs"))
    monkeypatch.setenv("PI_DENOISED", str(tmp_path / "denoised"))
    monkeypatch.setattr(Tracked, "open", _opened)
    before = _state(tiny_cache), _state(tmp_path)
    yield
    for state, folder in zip(before, (tiny_cache, tmp_path), strict=True):
        assert {*_state(folder).items()} - {*state.items()} == set()


class OpenedError(Exception):
    """A run was opened."""


def _opened(*_: object, **__: object) -> None:
    raise OpenedError


def _state(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def told(stage: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and error of an entry point; of its dry run they are the same."""
    main = importlib.import_module(f"entrypoints.{stage}").main
    asked = recall if stage in ("train", "main") else None
    said = []
    for dry in ((), ("--dry_run", "True")):
        try:
            code = run(main, ENTRY_POINTS[stage], "", [*words, *dry], recall=asked, foresee=foresee)
        except OpenedError:
            raise AssertionError(f"{stage} {words} opened a run") from None
        printed = capsys.readouterr()
        said.append((code, printed.err))
        assert printed.out == "", (stage, words, dry)
    assert said[0] == said[1], (stage, words)
    return said[0]


def parameters_of(stage: str) -> Iterator[tuple[str, Any]]:
    """Name and type of each parameter of an entry point."""
    hints = typing.get_type_hints(ENTRY_POINTS[stage])
    for field in dataclasses.fields(ENTRY_POINTS[stage]):
        yield field.name, hints[field.name]


@pytest.mark.parametrize("stage", ENTRY_POINTS)
def test_what_is_no_value_of_a_parameter_is_told_with_its_kind(
    stage: str, places: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, kind in parameters_of(stage):
        for value in TYPED.get(kind, () if kind is str else ("nonsense", "")):
            code, error = told(stage, (f"--{name}", value), capsys)
            assert code == 2, (name, value)
            assert error.startswith(f"error: `{name}` must be "), error
            assert error.endswith(f"but got {value!r}.\n") or "did you mean" in error, error
            assert error.count("\n") == 1, error


@pytest.mark.parametrize("stage", ENTRY_POINTS)
def test_a_word_that_means_nothing_is_told_before_a_run_is_opened(
    stage: str, places: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, _ in parameters_of(stage):
        if (stage, name) == ("presets", "patch_size"):
            continue  # which are of no data
        for value in WRONG.get({"experiment": "experiments"}.get(name, name), ()):
            asked = ASKED.get(stage, ())
            if f"--{name}" in asked:
                at = asked.index(f"--{name}")
                asked = asked[:at] + asked[at + 2 :]
            if "data" in dict(parameters_of(stage)) and name != "data" and stage != "denoise":
                asked = (*TINY, *asked)
            code, error = told(stage, (*asked, f"--{name}", value), capsys)
            assert code == 2, (name, value)
            assert error.startswith("error: "), error
            assert error.endswith(".\n"), error
            assert error.count("\n") == 1, error
            assert "/home/me" not in error, error
