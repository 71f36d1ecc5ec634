"""Presets from the command line: listed, calibrated, trained, refused."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from entrypoints import calibrate, presets, train
from pi.command_line import run
from pi.losses.literature import PRESETS
from pi.parameters import CalibrateParameters, PresetsParameters, TrainParameters

TINY = (
    "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32", "--patch_step", "64",
    "--stand_in", "random",
)  # fmt: skip
NAMES = "ataei2020_drlp,huang2021"
OWN = "vgg16:random:block1_conv1/norm=absolute/reduction=sum/pixel=100*huber"


def calibrated(*arguments: str) -> int:
    options = (*TINY, "--tolerance", "0.5", "--gradient_patches", "4")
    return run(calibrate.main, CalibrateParameters, "", (*options, *arguments))


def trained(*arguments: str) -> int:
    options = ("--epochs", "1", "--validation_slices", "1", "--validation_patches", "8")
    return run(train.main, TrainParameters, "", (*TINY[:-2], *options, *arguments))


def runs_in(database: Path) -> dict[str, Run]:
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    return {r.info.run_name: r for r in client.search_runs(experiments)}


@pytest.fixture(scope="module")
def literature(
    tiny_cache: Path, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A database with the calibration of two presets and of a loss of one's own."""
    folder = tmp_path_factory.mktemp("literature")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(tiny_cache))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        assert calibrated("--experiments", f"{NAMES},{OWN}", "--states", "identity") == 0
    return database


def test_presets_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(presets.main, PresetsParameters, "", ()) == 0
    printed = capsys.readouterr().out
    assert all(printed.count(f"\n{name} ") == 1 for name in PRESETS)
    assert "409.6" in printed


def test_a_loss_is_kept_with_all_that_identifies_it(literature: Path) -> None:
    child = runs_in(literature)[f"{OWN} · identity"]
    names = ("tap", "norm", "reduction", "aggregation", "pixel_term", "encoder_input")
    assert [child.data.params[name] for name in names] == [
        "post", "absolute", "sum", "sum", "100*huber", "raw255",
    ]  # fmt: skip
    preset = runs_in(literature)["ataei2020_drlp · identity"]
    assert preset.data.params["encoder_input"] == "unit"
    assert preset.data.tags["pi.evidence"] == "C"
    assert "weights: random stand in for its own" in preset.data.tags["pi.assumes"]


def test_an_adversarial_preset_has_an_answer_by_gradients_alone(literature: Path) -> None:
    found = runs_in(literature)["huang2021 · identity"]
    assert found.data.tags["pi.stage"] == "gradients"
    assert "has no zero" in found.data.tags["pi.reason"]
    metrics = found.data.metrics
    assert "lambda" not in metrics
    assert metrics["gradient_of_image_loss"] == 1
    weighted = 0.001 * metrics["gradient_of_perceptual_loss"]
    assert metrics["psi_by_gradients_at/published"] == pytest.approx(weighted / (1 + weighted))


def test_the_table_of_presets_is_kept(literature: Path) -> None:
    (parent,) = [r for r in runs_in(literature).values() if r.data.tags["pi.stage"] == "calibrate"]
    file = Path(parent.info.artifact_uri.removeprefix("file://")) / "literature.json"
    content = json.loads(file.read_text())
    table = pd.DataFrame(content["data"], columns=content["columns"]).set_index("experiment")
    assert list(table.index) == ["ataei2020_drlp", "huang2021"]
    child = runs_in(literature)["ataei2020_drlp · identity"].data.metrics
    assert table.loc["ataei2020_drlp", "psi"] == pytest.approx(child["psi_at/published"])
    assert table.loc["ataei2020_drlp", "lambda_g"] == pytest.approx(child["lambda_by_gradients"])


@pytest.fixture
def here(literature: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{literature}")
    monkeypatch.chdir(literature.parent)
    return literature


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (OWN.replace("/norm=absolute", ""), "`norm` must be absolute but got squared"),
        (OWN.replace("/reduction=sum", ""), "`reduction` must be sum but got mean"),
        (OWN.replace("100*huber", "squared"), "`pixel_term` must be 100*huber but got squared"),
        (f"{OWN}/tap=pre", "`tap` must be post but got pre"),
        (f"{OWN}/input=unit", "`encoder_input` must be raw255 but got unit"),
    ],
)
def test_a_calibration_of_another_loss_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], other: str, sentence: str
) -> None:
    known = runs_in(here)[f"{OWN} · identity"].info.run_id
    assert trained("--experiment", other, "--perceptual_weight", f"calibration:{known}") == 2
    assert sentence in capsys.readouterr().err


def test_a_loss_of_ones_own_trains_with_its_calibration(
    here: Path, undrawn: None, eager: None
) -> None:
    known = runs_in(here)[f"{OWN} · identity"]
    weight = f"calibration:{known.info.run_id}"
    assert trained("--experiment", OWN, "--perceptual_weight", weight, "--gradient_every", "0") == 0
    (found,) = [r for r in runs_in(here).values()
                if r.data.tags["pi.stage"] == "train" and r.info.status == "FINISHED"]  # fmt: skip
    assert found.data.params["pixel_term"] == "100*huber"
    assert float(found.data.params["lambda"]) == pytest.approx(
        known.data.metrics["lambda"], rel=1e-5
    )
    # Training starts near where the calibration was made, with the same loss in the same units.
    assert 0 < found.data.metrics["train/psi"] < 1


def test_an_adversarial_preset_does_not_train_but_as_mse_plus(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = ("--experiment", "huang2021", "--stand_in", "random")
    assert trained(*experiment) == 2
    assert "influence by losses is not defined for huang2021" in capsys.readouterr().err
    assert calibrated("--experiments", "huang2021", "--gradient_patches", "0") == 2
    assert "`as_mse_plus` puts the MSE beside" in capsys.readouterr().err


def test_shares_are_turned_into_weights_before_training(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = "vgg16:random:block1_conv1+block1_conv2/layers=shares:1+3"
    assert trained("--experiment", shares) == 2
    assert "which `calibrate` turns into weights" in capsys.readouterr().err


def test_every_missing_weight_is_told_with_its_presets(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "viana2025_e3,zhang2024,vgg19:natural-offline:block1_conv1"
    options = (*TINY[:-2], "--experiments", names)
    assert run(calibrate.main, CalibrateParameters, "", options) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: viana2025_e3, zhang2024: context `medical` must be given")
    assert said[1].startswith("vgg19:natural-offline:block1_conv1: context `natural-offline` must")
    assert said[2].startswith("`stand_in` gives presets other weights")
