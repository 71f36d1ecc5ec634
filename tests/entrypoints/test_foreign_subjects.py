"""What is not ours, from the command line to what MLflow holds, and compared with what is."""

from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from subjects.small_store import Image, low_doses, small_store, write_keyed

from entrypoints import calibrate, compare, evaluate, report
from pi.command_line import run
from pi.evaluation.table import DENOISED, LOW_DOSE, read_table
from pi.parameters import (
    CalibrateParameters,
    CompareParameters,
    EvaluateParameters,
    ReportParameters,
)
from pi.slices.store import Store

PROTOCOL = ("--part", "test", "--protocols", "paper8")


def runs_of(database: Path, stage: str) -> list[Run]:
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    return list(client.search_runs(experiments, f"tags.pi.stage = '{stage}'"))


def evaluated(database: Path, name: str, *arguments: str) -> Run:
    done = run(evaluate.main, EvaluateParameters, "", [*PROTOCOL, "--run", name, *arguments])
    assert done == 0
    return runs_of(database, "evaluate")[0]


def pages_of(database: Path) -> list[str]:
    """Return the pages of `report`, the newest first."""
    client = MlflowClient(f"sqlite:///{database}")
    ids = [one.info.run_id for one in runs_of(database, "report")]
    return [Path(client.download_artifacts(one, "report.html")).read_text() for one in ids]


@pytest.fixture
def store(tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A small store, which every command opens whatever its data are called."""
    found = small_store()
    monkeypatch.setattr("pi.jobs.evaluate.open_asked", lambda *_: found)
    monkeypatch.setattr("pi.jobs.compared.extremes.open_data", lambda *_, **__: found)
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setenv("PI_TABLES", str(tmp_path))
    return found


def calmer(image: Image) -> Image:
    return image * 0.9 + image.mean() * 0.1


def table_of(run_: Run) -> pd.DataFrame:
    return read_table(Path(run_.info.artifact_uri.removeprefix("file://")) / "slices.parquet")


def test_outputs_and_a_table_are_compared_with_doing_nothing(
    database: Path, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_keyed(store, tmp_path / "outputs" / "mine", calmer)
    nothing = evaluated(database, "identity")
    outputs = evaluated(database, "outputs:mine")
    keys = [*low_doses(store)]
    theirs = pd.DataFrame({"patient_id": [k.patient for k in keys], "slice_id": [*map(str, keys)]})
    theirs["ssim"], theirs["psnr"] = 0.5, 20.0
    theirs["configuration"], theirs["seed"] = "their_loss", 3
    theirs.to_csv(tmp_path / "theirs.csv", index=False)
    table = evaluated(database, "table:theirs")
    assert "note: table:theirs has no nrmse" in capsys.readouterr().out

    assert outputs.data.tags["pi.subject"] == "outputs:mine"
    assert len(outputs.data.tags["pi.model_sha256"]) == 64
    assert "pi.evaluated_run" not in outputs.data.tags
    assert outputs.data.params["experiment"] == "outputs:mine"
    assert {"paper8/ssim_gain", "noise/noise_hu"} <= set(outputs.data.metrics)
    assert set(table_of(outputs)["image"]) == {LOW_DOSE, DENOISED}
    assert table.data.params["experiment"] == "their_loss"
    assert table.data.metrics["paper8/psnr"] == 20.0
    assert table_of(table)["ssim"].eq(0.5).all()
    for one in (outputs, table):
        assert one.data.tags["pi.data_digest"] == store.digest
        assert str(tmp_path) not in repr((one.data.params, one.data.tags))

    three = ",".join(one.info.run_id for one in (nothing, outputs, table))
    arguments = ["--reference", "test", "--metrics", "ssim,psnr", "--runs", three]
    assert run(compare.main, CompareParameters, "", arguments) == 0
    said = capsys.readouterr().out
    assert "their_loss" in said
    assert "outputs:mine" in said
    client, made = MlflowClient(f"sqlite:///{database}"), runs_of(database, "compare")[0]
    files = {file.path for file in client.list_artifacts(made.info.run_id)}
    assert "extreme_slices.png" in files  # of the best two: outputs, looked up, and nothing

    assert run(report.main, ReportParameters, "", []) == 0
    page = pages_of(database)[0]
    assert "their_loss" in page
    assert "outputs:mine" in page
    assert f"{outputs.data.metrics['paper8/ssim']:.4f}" in page
    assert run(report.main, ReportParameters, "", ["--runs", table.info.run_id]) == 0
    assert "has the best mean SSIM, 0.5000; nothing tells the low dose" in pages_of(database)[0]


def test_psi_of_somebody_elses_outputs_is_that_of_what_they_hold(
    database: Path, tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """An oracle: outputs that are the low dose itself have the lambda of `identity`."""
    training = small_store(split="train")
    monkeypatch.setattr("pi.jobs.calibrate.open_asked", lambda *_: training)
    monkeypatch.setenv("PI_OUTPUTS", str(tmp_path / "outputs"))
    write_keyed(training, tmp_path / "outputs" / "same")
    arguments = [
        "--experiments", "vgg16:random:block1_conv1", "--denoiser", "unet:2",
        "--patch_size", "16", "--patch_step", "4", "--states",
    ]  # fmt: skip
    asked = [*arguments, "identity,outputs:same"]
    assert run(calibrate.main, CalibrateParameters, "", asked) == 0
    client = MlflowClient(f"sqlite:///{database}")
    (parent,) = runs_of(database, "calibrate")
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
    )
    found = {one.data.params["state"]: one.data.metrics["lambda_exact"] for one in children}
    assert set(found) == {"identity", "outputs:same"}
    assert found["outputs:same"] == pytest.approx(found["identity"], rel=1e-5)

    (tmp_path / "outputs" / "same" / "x00.npy").unlink()
    capsys.readouterr()
    assert run(calibrate.main, CalibrateParameters, "", asked) == 2
    assert "1 of 12 are not there" in capsys.readouterr().err
    assert len(runs_of(database, "calibrate")) == 1


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("outputs:mine", (), "must hold every slice that is evaluated but 1 of 12 are not there"),
        ("outputs:none", (), "PI_OUTPUTS must name a folder NAME"),
        ("pytorch:mine", (), "`run` must be identity, "),
        ("outputs:mine", ("--interface", "grey"), "`interface` must be VALUES or VALUES:LAYOUT"),
        (f"own:{__name__}:of_one", (), "must give arrays of the shape that it is given"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_run(
    database: Path, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    name: str, more: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    write_keyed(store, tmp_path / "outputs" / "mine")
    (tmp_path / "outputs" / "mine" / "x00.npy").unlink()
    arguments = [*PROTOCOL, "--run", name, *more]
    assert run(evaluate.main, EvaluateParameters, "", arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert str(tmp_path) not in error
    assert runs_of(database, "evaluate") == []


def of_one(hu: Image) -> Image:
    return hu[:1]
