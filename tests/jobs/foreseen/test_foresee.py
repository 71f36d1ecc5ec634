"""--dry_run True: every entry point tells what it would do, and leaves everything as it is."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from entrypoints import foresee
from pi.command_line import run
from pi.jobs.foreseen import to_judge, to_learn, to_make
from pi.jobs.foreseen.foresee import FORESEEN
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import metrics_seconds, slice_seconds, step_seconds
from pi.parameters import ENTRY_POINTS
from pi.tracking.registry import FILE_DIGEST
from pi.tracking.tracker import Tracked

TINY = ("--data", "simulated:tiny")
PATCHES = ("--patch_size", "32", "--patch_step", "64")
DATA_SAID = "data simulated:tiny: 448 training patches of 32 x 32 pixels, 7 patients"


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose pace is known: a step takes 2 s, measuring a batch 1 s, a slice 0.5 s."""
    monkeypatch.setattr(to_learn, "step_seconds", lambda *_: (2.0, 1.0))
    for module in (to_learn, to_judge, to_make):
        monkeypatch.setattr(module, "slice_seconds", lambda *_: 0.5)
    monkeypatch.setattr(to_judge, "metrics_seconds", lambda *_: 0.25)


@pytest.fixture
def places(tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files as PI_DATA, beside the tiny study in the cache."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    (tmp_path / "scan").mkdir()
    for number in range(3):
        (tmp_path / "scan" / f"{number}.dcm").write_bytes(bytes(100))
    monkeypatch.setenv("PI_DATA", str(tmp_path / "scan"))
    return tiny_cache


def said(stage: str, *words: str) -> int:
    """Tell what an entry point would do; its main would fail the test."""
    main = importlib.import_module(f"entrypoints.{stage}").main
    command = ["--dry_run", "True", *words]
    return run(main, ENTRY_POINTS[stage], "", command, foresee=foresee)


def state_of(folder: Path) -> Mapping[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*")}


def asked(trained: str) -> Mapping[str, tuple[str, ...]]:
    return {
        "simulate": ("--size", "tiny"),
        "prepare": (),
        "presets": (),
        "screen": (*TINY, *PATCHES),
        "calibrate": (*TINY, *PATCHES, "--experiments", "demo1"),
        "train": (*TINY, *PATCHES, "--experiment", "mse"),
        "search": (*TINY, *PATCHES, "--experiments", "demo1"),
        "evaluate": TINY,
        "compare": ("--runs", f"{trained},{trained}"),
        "main": (*TINY, "--experiments", "demo1,mse", "--overrides",
                 "train.patch_size=32,train.patch_step=64"),
        "report": (),
        "pretrain": (*TINY, "--task", "autoencoder"),
        "promote": ("--run", trained),
        "export": TINY,
        "denoise": ("--run", trained),
        "tidy": (),
    }  # fmt: skip


def test_every_entry_point_tells_and_leaves_everything_as_it_is(
    database: Path, places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tracked().open("train", "mse · train") as tracked:
        tracked.tags({FILE_DIGEST: "d"})  # as of a context, which may be promoted, too
    assert set(asked("")) == set(FORESEEN) == set(ENTRY_POINTS)
    before = state_of(places) | state_of(database.parent)
    for stage, words in asked(tracked.run_id).items():
        assert said(stage, *words) == 0, (stage, capsys.readouterr())
        out = capsys.readouterr().out
        assert out.startswith(f"dry run of {stage}: nothing is opened and nothing is written\n- ")
        assert " here (" in out or "how long it takes here is not known: " in out, out
    assert state_of(places) | state_of(database.parent) == before


def test_a_training_is_steps_and_validation(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--experiment", "mse", "--epochs", "3", "--batch_size", "100")
    assert said("train", *TINY, *PATCHES, *words, "--validation_patches", "200") == 0
    out = capsys.readouterr().out
    assert DATA_SAID in out
    # 3 epochs of 5 steps (2 s), 2 batches (1 s) and 8 slices (0.5 s)
    assert "15 steps of 100 patches, 5 an epoch" in out
    assert "about 48 s here (2 s a step, measured now)" in out


def test_main_is_the_sum_of_its_steps(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said("main", *asked("")["main"]) == 0
    out = capsys.readouterr().out
    for step in ("calibrate: ", "train/demo1: ", "evaluate/mse: ", "compare"):
        assert f"- {step}" in out
    assert "at most about" in out


def test_data_that_are_not_there_are_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    for stage in ("train", "evaluate", "calibrate", "search", "screen", "export", "main"):
        assert said(stage, "--data", "simulated:small") == 0
        assert "data simulated:small: not there yet" in capsys.readouterr().out
    assert not [*(tmp_path / "cache").rglob("*")]


@pytest.mark.parametrize(
    ("stage", "words", "error"),
    [
        ("train", ("--experiment", "demo9"), "demo1"),
        ("train", ("--denoiser", "unet:0"), "denoiser"),
        ("evaluate", ("--protocols", "paper9"), "protocols"),
        ("promote", (), "run"),
        ("denoise", (), "`run` must be whose denoiser is used"),
    ],
)
def test_what_is_wrong_is_refused_as_ever(
    stage: str, words: tuple[str, ...], error: str, database: Path, places: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert said(stage, *words) == 2
    assert error in capsys.readouterr().err


def test_below_mlflow_run_it_comes_too_late(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "abc")
    assert said("train") == 2
    assert "because `mlflow run` opens a run before" in capsys.readouterr().err
    monkeypatch.delenv("MLFLOW_RUN_ID")
    assert run(print, ENTRY_POINTS["tidy"], "", ["--dry_run", "maybe"]) == 2
    assert "`dry_run` must be True or False but got 'maybe'" in capsys.readouterr().err
    assert run(print, ENTRY_POINTS["tidy"], "", ["--dry_run", "True"]) == 2  # nobody to tell it


def test_what_nobody_can_tell_is_said_so() -> None:
    assert Outlook(("x",)).text("report").endswith("not known: it depends on what is found")
    assert (
        Outlook((), 7300.0, most=True, why="w")
        .text("x")
        .endswith("at most about 2 h 2 min here (w)")
    )


def test_the_pace_is_measured_on_this_machine() -> None:
    step, measure = step_seconds("", "unet:2", 32, 2, "float32")
    assert 0 < measure < 10
    assert 0 < step < 10
    assert 0 < slice_seconds("unet:2", 48) < 10
    assert 0 < metrics_seconds("paper8", "basic", 48) < 10
