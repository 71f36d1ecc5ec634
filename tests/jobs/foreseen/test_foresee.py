"""--dry_run True: every entry point tells what it would do, and leaves everything as it is."""

import importlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from ct_files import write_stack
from tracking.evaluations import TABLE, log_evaluation, log_training, training

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from entrypoints import foresee
from pi.command_line import run
from pi.jobs.foreseen import data_ahead, to_judge, to_learn, to_make, to_pretrain
from pi.jobs.foreseen.foresee import FORESEEN
from pi.jobs.foreseen.outlook import Outlook
from pi.jobs.foreseen.pace import (
    Pace,
    measuring_pace,
    metrics_seconds,
    pair_seconds,
    slice_seconds,
    training_pace,
)
from pi.parameters import ENTRY_POINTS, TrainParameters
from pi.pretraining.recipe import Recipe
from pi.pretraining.tasks import Task
from pi.slices.folds import Fold
from pi.tracking.registry import FILE_DIGEST
from pi.tracking.tracker import Tracked

TINY = ("--data", "simulated:tiny")
PATCHES = ("--patch_size", "32", "--patch_step", "64")
DATA_SAID = "data simulated:tiny: 448 training patches of 32 x 32 pixels, 7 patients"


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose pace is known: a step takes 2 s, measuring a batch 1 s, a slice 0.5 s."""
    monkeypatch.setattr(to_learn, "training_pace", lambda *_: Pace(5.0, 2.0))
    monkeypatch.setattr(to_learn, "measuring_pace", lambda *_: Pace(3.0, 1.0))
    for module in (to_learn, to_judge, to_make):
        monkeypatch.setattr(module, "slice_seconds", lambda *_: 0.5)
    monkeypatch.setattr(to_judge, "metrics_seconds", lambda *_: 0.25)
    monkeypatch.setattr(to_pretrain, "pretraining_seconds", lambda *_: (Pace(4.0, 3.0), 1.0))
    monkeypatch.setattr(to_pretrain, "_drawing", lambda *_: 0.5)
    monkeypatch.setattr(to_make, "pair_seconds", lambda *_: 0.25)


@pytest.fixture
def places(tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scan of three slices as PI_DATA beside the tiny study in the cache; folders to fill."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    write_stack(tmp_path / "scan")
    monkeypatch.setenv("PI_DATA", str(tmp_path / "scan"))
    monkeypatch.setenv("PI_EXPORT", str(tmp_path / "pairs"))
    monkeypatch.setenv("PI_DENOISED", str(tmp_path / "denoised"))
    return tiny_cache


def said(stage: str, *words: str) -> int:
    """Tell what an entry point would do; its main would fail the test."""
    main = importlib.import_module(f"entrypoints.{stage}").main
    command = ["--dry_run", "True", *words]
    return run(main, ENTRY_POINTS[stage], "", command, foresee=foresee)


def state_of(folder: Path) -> Mapping[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*")}


def two_evaluations() -> str:
    """Log two evaluations that can be compared; return their ids."""
    trained = [
        log_training(training(name, metrics={"kept/ssim": ssim}))
        for name, ssim in (("demo1", 0.9), ("demo2", 0.8))
    ]
    return ",".join(log_evaluation(TABLE, one) for one in trained)


def asked(trained: str, evaluated: str = "") -> Mapping[str, tuple[str, ...]]:
    return {
        "simulate": ("--size", "tiny"),
        "prepare": (),
        "presets": (),
        "screen": (*TINY, *PATCHES),
        "calibrate": (*TINY, *PATCHES, "--experiments", "demo1"),
        "train": (*TINY, *PATCHES, "--experiment", "mse"),
        "search": (*TINY, *PATCHES, "--experiments", "demo1"),
        "evaluate": TINY,
        "compare": ("--runs", evaluated),
        "main": (*TINY, "--experiments", "demo1,mse", "--overrides",
                 "train.patch_size=32,train.patch_step=64"),
        "report": (),
        "pretrain": (*TINY, "--task", "autoencoder"),
        "promote": ("--run", trained),
        "export": TINY,
        "denoise": ("--run", "identity"),
        "tidy": (),
        "sync": (),
    }  # fmt: skip


def test_every_entry_point_tells_and_leaves_everything_as_it_is(
    database: Path, places: Path, tmp_path: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tracked().open("train", "mse · train") as tracked:
        tracked.tags({FILE_DIGEST: "d"})  # as of a context, which may be promoted, too
    assert set(asked("")) == set(FORESEEN) == set(ENTRY_POINTS)
    evaluated = two_evaluations()
    before = state_of(places) | state_of(database.parent) | state_of(tmp_path)
    for stage, words in asked(tracked.run_id, evaluated).items():
        assert said(stage, *words) == 0, (stage, capsys.readouterr())
        out = capsys.readouterr().out
        assert out.startswith(f"dry run of {stage}: nothing is opened and nothing is written\n- ")
        known = "here is not known: " not in out
        assert known == (stage not in UNKNOWN), out
        assert not known or " here (" in out
    assert state_of(places) | state_of(database.parent) | state_of(tmp_path) == before


def test_a_training_is_steps_and_validation(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--experiment", "mse", "--epochs", "3", "--batch_size", "100")
    assert said("train", *TINY, *PATCHES, *words, "--validation_patches", "200") == 0
    out = capsys.readouterr().out
    assert DATA_SAID in out
    # 3 epochs of 5 steps (2 s), 2 batches (1 s) and 8 slices (0.5 s); 5 s and 3 s at first
    assert "15 steps of 100 patches, 5 an epoch" in out
    assert "about 56 s here (2 s a step, measured now)" in out


UNKNOWN = ("report", "sync")
"""Entry points of which nobody knows how long they take before what they read is read."""


def test_a_comparison_is_what_it_compares(
    database: Path, places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said("compare", "--runs", two_evaluations()) == 0
    out = capsys.readouterr().out
    assert "demo1, demo2 are compared on " in out
    assert "in 3 comparisons" in out  # by each of three metrics
    assert " s to read and compare them, and " in out
    assert said("compare", "--runs", two_evaluations(), "--metrics", "ssmi") == 2
    assert "did you mean ssim?" in capsys.readouterr().err


def test_a_pretraining_is_its_steps_and_what_is_looked_at_after_them(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--steps", "10", "--held_out", "64", "--batch_size", "16", "--patch_size", "32")
    assert said("pretrain", *TINY, *words) == 0
    out = capsys.readouterr().out
    assert "data simulated:tiny: 7 training patients; learned: dose, kernel, thickness" in out
    assert "vgg16 from natural-offline, task headers, 10 steps of 16, registered as ct-conte" in out
    # 10 steps of 3.5 s, and 16 + 4 batches that are looked at in 1.5 s; 4 s at first
    assert "about 1 min here (3.5 s a step, measured now)" in out
    assert said("pretrain", "--data", "folder", "--task", "supervised", *words) == 0
    out = capsys.readouterr().out
    assert "- the images that PI_DATA names are read\n" in out
    # nothing of them is timed: 4 s, 10 steps of 3 s, and 20 batches in 1 s
    assert "about 54 s here (3 s a step, measured now, without reading its images)" in out


def test_an_export_is_its_pairs(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said("export", *TINY, "--part", "test", "--format", "nifti") == 0
    out = capsys.readouterr().out
    assert "data simulated:tiny: 32 pairs of slices (test)" in out
    assert "pairs of the part test are written as nifti into a new folder" in out
    assert "about 8 s here (250 ms to check a pair and lay it out, measured now; the disk" in out


def test_main_is_the_sum_of_its_steps(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said("main", *asked("")["main"]) == 0
    out = capsys.readouterr().out
    for step in ("calibrate: ", "train/demo1: ", "evaluate/mse: ", "compare"):
        assert f"- {step}" in out
    assert "at most about" in out


def test_data_that_are_not_there_are_counted_and_not_made(
    tmp_path: Path, steady: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PI_EXPORT", str(tmp_path / "pairs"))
    monkeypatch.setattr(data_ahead, "scan_seconds", lambda *_: 2.0)
    of_data = "data simulated:tiny: not there yet, 320 files would be simulated first"
    for stage in ("train", "evaluate", "calibrate", "search", "screen", "export", "main",
                  "pretrain"):  # fmt: skip
        assert said(stage, *asked("")[stage]) == 0
        out = capsys.readouterr().out
        assert of_data in out
        assert "at most about 2 min here for making the data; " in out  # 10 patients, 6 slices, 2 s
        assert (DATA_SAID in out) == (stage in ("train", "calibrate", "search", "screen"))
    assert not [*(tmp_path / "cache").rglob("*")]


def test_a_study_is_planned_as_it_is_made(
    places: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = data_ahead.data_ahead(TrainParameters(data="simulated:tiny"), 0, "train")
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "nothing"))
    monkeypatch.setattr(data_ahead, "scan_seconds", lambda *_: 2.0)
    for fold, folds, part in ((0, 0, "train"), (0, 0, "test"), (2, 5, "train")):
        p = TrainParameters(data="simulated:tiny", dose="0.25", folds=folds)
        planned = data_ahead.data_ahead(p, fold, part).store
        assert planned is not None
        assert made.store is not None
        real = made.store.in_fold(Fold(fold, folds)) if folds else made.store
        shapes = [
            Counter((v.thickness, v.kernel, v.dose, len(v.positions), v.rows, v.columns)
                    for v in store.volumes if v.split == part)
            for store in (planned, real)
        ]  # fmt: skip
        assert shapes[0] == shapes[1]


def test_of_files_nobody_has_read_only_their_reading_is_told(
    places: Path, steady: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in ("train", "evaluate", "main"):
        assert said(stage, "--data", "folder") == 0
        out = capsys.readouterr().out
        assert "data folder: not there yet, 3 files would be read first" in out
        assert out.endswith("not known: how many patches and slices there are is not read\n")


@pytest.mark.parametrize(
    ("stage", "words", "error"),
    [
        ("export", ("--data", "simulated:tiny", "--part", "middle"), "part"),
        ("pretrain", (*TINY, "--task", "autoencoder", "--architecture", "vgg16"), "architecture"),
        ("pretrain", ("--task", "supervised"), "`data` must be folder for the task supervised"),
        ("pretrain", (*TINY, "--patch_size", "4096"), "`patch_size` must be at most"),
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
    for pace in (training_pace, measuring_pace):
        found = pace("", "unet:2", 32, 8, "float32")
        assert 0 < found.each < found.first < 60  # a batch is twice what is measured
    assert 0 < slice_seconds("unet:2", 48) < 10
    assert 0 < metrics_seconds("paper8", "basic", 48) < 10
    assert 0 < pair_seconds(48) < 1
    recipe = Recipe("headers", "autoencoder", "random", patch_size=16, batch_size=2)
    for tasks in ((), (Task("dose", ("low", "normal")),)):
        step, look = to_pretrain.pretraining_seconds(recipe, tasks)
        assert 0 < look < 30
        assert 0 < step.each < step.first


def test_what_must_be_new_is_looked_at_before(
    places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PI_EXPORT", str(tmp_path / "scan"))
    monkeypatch.setenv("PI_DENOISED", str(tmp_path / "scan"))
    for stage, words in (("export", TINY), ("denoise", ("--run", "identity"))):
        assert said(stage, *words) == 2
        assert "must name a folder" in capsys.readouterr().err
