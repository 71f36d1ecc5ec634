"""`evaluate`, shrunk to seconds, from its command line to what MLflow holds; and its refusals."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tracking.logged_figures import whole_figures

from entrypoints.evaluate import main
from pi.command_line import run
from pi.denoisers import DenoiserSpec
from pi.evaluation.table import read_table
from pi.parameters import EvaluateParameters
from pi.slices.folds import Fold
from pi.slices.store import Store
from pi.tracking.kept_denoiser import log_weights
from pi.tracking.records import DENOISER
from pi.tracking.tracker import Tracked

ROOT = Path(__file__).parents[2]
TINY = ("--data", "simulated:tiny", "--part", "test")


def evaluate(*arguments: str) -> int:
    return run(main, EvaluateParameters, "", arguments)


def newest(database: Path) -> Run:
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    return client.search_runs(experiments, order_by=["attributes.start_time DESC"])[0]


def log_network(written: str, digest: str) -> str:
    """Log an untrained denoiser as `train` logs a trained one; return the id of its run."""
    spec = DenoiserSpec.parse(written)
    with Tracked().open("train", "untrained") as tracked:
        tracked.params({"denoiser": written, "experiment": "'my own'"})
        tracked.tags({"pi.data_digest": digest})
        log_weights(tracked, spec.build(0), spec, DENOISER)
        return tracked.run_id


@pytest.fixture(autouse=True)
def in_the_tiny_cache(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))


@pytest.fixture(scope="module")
def doing_nothing(
    tiny_cache: Path, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    """A finished run of `--run identity`, and a copy of its artifacts."""
    folder = tmp_path_factory.mktemp("identity")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(tiny_cache))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        assert evaluate(*TINY) == 0
    found = newest(database)
    client = MlflowClient(f"sqlite:///{database}")
    return found, Path(client.download_artifacts(found.info.run_id, "", str(folder)))


def test_doing_nothing_has_a_row_a_slice_and_protocol(doing_nothing: tuple[Run, Path]) -> None:
    found, artifacts = doing_nothing
    table = read_table(artifacts / "slices.parquet")
    assert found.info.status == "FINISHED"
    assert len(table) == 4 * found.data.metrics["slices"]
    of = table[table["protocol"] == "paper8"]
    assert found.data.metrics["paper8/ssim"] == pytest.approx(of["ssim"].mean())
    assert found.data.metrics["paper8/ssim_low_dose"] == found.data.metrics["paper8/ssim"]
    every = scores_of(artifacts)
    assert every["rmse_hu_in/1mm_D45_25pct"] > every["rmse_hu_in/3mm_B30_25pct"]


def test_a_run_shows_thirty_numbers_and_its_table_all(doing_nothing: tuple[Run, Path]) -> None:
    found, artifacts = doing_nothing
    shown, every = found.data.metrics, scores_of(artifacts)
    assert 20 < len(shown) <= 30
    assert shown == pytest.approx({name: every[name] for name in shown}, rel=1e-9)  # as text
    assert {"paper8/psnr_gain", "rmse_hu", "ldctbench/ssim_gain"} <= set(shown)
    patients = {name.partition("/psnr_of/")[2] for name in every if "/psnr_of/" in name}
    assert len(patients) == shown["patients"]


def scores_of(artifacts: Path) -> dict[str, float]:
    """Every number of an evaluation, as its table holds them."""
    return dict(json.loads((artifacts / "scores.json").read_text())["data"])


def newest_scores(database: Path, to: Path) -> dict[str, float]:
    """The same of the newest run."""
    client = MlflowClient(f"sqlite:///{database}")
    return scores_of(Path(client.download_artifacts(newest(database).info.run_id, "", str(to))))


def test_the_run_says_what_was_evaluated_on_which_data(doing_nothing: tuple[Run, Path]) -> None:
    found, artifacts = doing_nothing
    tags = found.data.tags
    assert tags["pi.stage"] == "evaluate"
    assert tags["pi.evaluated_run"] == "identity"
    assert tags["pi.protocols"] == "paper8,full_float,abdomen_redcnn,ldctbench"
    config = json.loads((artifacts / "config.json").read_text())
    assert config["data"]["digest"] == tags["pi.data_digest"]
    assert config["protocols"]["abdomen_redcnn"]["clip_hu"] == [-160.0, 240.0]
    assert config["parameters"]["part"] == "test"
    assert found.inputs.dataset_inputs[0].dataset.digest == tags["pi.data_digest"][:32]


def test_tables_and_figures_are_there(doing_nothing: tuple[Run, Path]) -> None:
    _, artifacts = doing_nothing
    expected = {
        "slices.json", "summary.json", "errors.json", "by_reconstruction.json", "by_patient.json",
        "noise.json", "noise_power.parquet", "tissues.json", "tissues.parquet",
    }  # fmt: skip
    files = {file.name for file in artifacts.iterdir()}
    assert expected <= files
    assert whole_figures(files) == {"slices", "details", "noise_power", "tissue_bias"}
    slices = pd.read_csv(artifacts / "slices.csv")
    assert slices["rank"].tolist() == ["worst", "median", "best", "reference"]
    assert {"frequency_per_mm", "power_hu2_mm2"} < set(pd.read_csv(artifacts / "noise_power.csv"))
    shown = json.loads((artifacts / "slices.json").read_text())
    assert "slice" in shown["columns"]
    keys = {file.name.split("+")[0].replace("~", "/") for file in (artifacts / "images").iterdir()}
    assert {"worst/low_dose", "best/normal_dose", "reference/low_dose_error"} <= keys


def test_a_network_is_evaluated_beside_doing_nothing(
    database: Path,
    undrawn: None,
    tiny_store: Store,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    network = log_network("unet:4", tiny_store.digest)
    asked = ("--protocols", "full_float", "--metrics", "texture", "--metric", "noise_distance")
    assert evaluate(*TINY, "--run", network, *asked) == 0
    found = newest(database)
    metrics = found.data.metrics
    gain = metrics["full_float/ssim"] - metrics["full_float/ssim_low_dose"]
    assert metrics["full_float/ssim_gain"] == pytest.approx(gain)
    every = newest_scores(database, tmp_path)
    distance = every["noise_distance_low_dose"] - every["noise_distance"]
    assert every["noise_distance_gain"] == pytest.approx(distance)
    assert "frequency_shift" in every
    assert "noise/mean_frequency_low_dose_in/1mm_B30_25pct" in every
    assert found.info.run_name == "my own · evaluate · test"
    assert found.data.tags["pi.evaluated_run"] == network
    assert found.data.params["experiment"] == "my own"
    evaluated = MlflowClient(f"sqlite:///{database}").get_run(network)
    assert evaluated.data.tags["pi.evaluated_by.test"] == found.info.run_id
    said = capsys.readouterr().out
    assert "32 slices of 2 patients" in said
    assert "full_float  denoised" in said
    assert "viewStateShareKey=pi-evaluate" in said


def test_the_saved_view_names_metrics_that_are_logged(doing_nothing: tuple[Run, Path]) -> None:
    found, _ = doing_nothing
    view = json.loads((ROOT / "dashboards" / "evaluate.json").read_text())
    charts = [chart["metricKey"] for chart in view["charts"] if "metricKey" in chart]
    columns = [c.split("`")[1] for c in view["columns"] if c.startswith("metrics.")]
    for name in (*charts, *columns, view["order"].split("`")[1]):
        assert name in found.data.metrics


def test_one_image_set_is_shown_under_every_protocol_and_a_window(
    database: Path, undrawn: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "answer.md").read_text()
    (command,) = (line for line in page.splitlines() if "--metrics_table" in line)
    _, _, module, *documented = shlex.split(command)
    assert module == "entrypoints.evaluate"
    assert evaluate(*documented, "--data", "simulated:tiny") == 0
    found = newest(database)
    named = "window:-160:240,paper8,full_float,abdomen_redcnn,ldctbench,ldctbench_chest"
    assert found.data.tags["pi.protocols"] == f"{named},ldctbench_head,air,bone"
    assert len(found.data.metrics) <= 30
    metrics, said = newest_scores(database, tmp_path), capsys.readouterr().out
    assert metrics["window_-160_240/psnr"] < metrics["paper8/psnr"]
    assert "The same slices, the same error: PSNR of the low dose slices is" in said
    lines = [line.split() for line in said.splitlines() if line.startswith("window:-160:240")]
    assert lines[-1][1:4] == ["-160", "to", "240"]
    assert f"{metrics['window_-160_240/psnr']:.2f}" in lines[-1]
    client = MlflowClient(f"sqlite:///{database}")
    files = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert {"metrics_table.json", "metrics_table.csv"} <= files


def test_pixels_of_patients_are_kept_only_if_asked_for(
    database: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "simulated", property(lambda _: False))
    client = MlflowClient(f"sqlite:///{database}")
    for arguments, kept in (((), False), (("--log_images", "True"), True)):
        assert evaluate(*TINY, "--protocols", "full_float", *arguments) == 0
        files = {file.path for file in client.list_artifacts(newest(database).info.run_id)}
        assert ({"slices.png", "details.png", "images"} <= files) == kept
        assert ({"slices.png", "details.png", "images"} & files != set()) == kept


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "nope"), "run 'nope' must exist but does not"),
        (("--protocols", "paper9"), "`protocols` must be made of paper8"),
        (("--protocols", "window:9:1"), "window:LOW:HIGH in HU with LOW < HIGH"),
        (("--part", "train"), "`part` must be one of validation, test but got 'train'"),
        (("--batch_size", "-1"), "`batch_size` must be"),
        (("--metrics", "some"), "`metrics` must be one of basic, texture, all but got 'some'"),
        (("--metric", "gmsd"), "`metric` must be one that is measured but got gmsd, which"),
        (("--metrics", "all", "--metric", "ms_ssim"), "but ms_ssim has none of fewer than 176"),
        (("--data", "some/folder"), "`data` must be no path"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    database: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert evaluate(*TINY, *arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_run_without_a_denoiser_is_refused_before_there_is_a_run(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tracked().open("calibrate", "no network") as tracked:
        run_id = tracked.run_id
    assert evaluate(*TINY, "--run", run_id) == 2
    assert "must hold one denoiser but holds 0" in capsys.readouterr().err
    assert newest(database).info.run_id == run_id


def test_other_data_are_refused_with_both_digests(
    database: Path, tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    network = log_network("unet:2", "another digest")
    assert evaluate(*TINY, "--run", network) == 2
    said = capsys.readouterr().err
    assert "another digest" in said
    assert tiny_store.digest in said
    assert newest(database).info.run_id == network


def test_a_network_is_not_tested_on_a_fold_whose_patients_it_may_have_seen(
    database: Path, tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = (tiny_store.in_fold(Fold(number, 5)).digest for number in (1, 2))
    network = log_network("unet:2", one)
    assert evaluate(*TINY, "--run", network, "--folds", "5", "--fold", "2") == 2
    assert f"digest {one}, but got digest {other}" in capsys.readouterr().err
    assert newest(database).info.run_id == network


def test_a_network_of_another_width_is_refused(
    database: Path, tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    network = log_network("unet:2", tiny_store.digest)
    assert evaluate(*TINY, "--run", network, "--denoiser", "unet:4") == 2
    assert (
        f"`denoiser` must be unet:2, as run {network!r} has it, but got unet:4"
        in capsys.readouterr().err
    )


def test_help_answers_without_loading_tensorflow_or_mlflow() -> None:
    code = (
        "import sys; from entrypoints.evaluate import main\n"
        "print([m for m in ('tensorflow', 'mlflow', 'pandas', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_each_dose_has_its_own_breakdown_and_can_be_asked_for_alone(
    database: Path,
    undrawn: None,
    two_doses: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    asked = ("--data", two_doses, "--part", "test", "--protocols", "full_float")
    assert evaluate(*asked) == 0
    every = newest_scores(database, tmp_path)
    places = {name for name in every if name.startswith("rmse_hu_in/")}
    assert places == {
        f"rmse_hu_in/{place}_{kernel}_{dose}"
        for place, dose in (("1mm", "10pct"), ("3mm", "25pct")) for kernel in ("B30", "D45")
    }  # fmt: skip
    assert "note: the pixel spacing of " in capsys.readouterr().out
    assert evaluate(*asked, "--dose", "25%") == 0
    alone = newest(database)
    every = newest_scores(database, tmp_path)
    assert {n for n in every if n.startswith("rmse_hu_in/")} == {
        "rmse_hu_in/3mm_B30_25pct", "rmse_hu_in/3mm_D45_25pct",
    }  # fmt: skip
    assert alone.data.params["dose"] == "25%"
    assert evaluate(*asked, "--dose", "0.5") == 2
    assert "(10%, 25%) but got 50%" in capsys.readouterr().err


def test_tables_of_two_runs_join_on_their_keys(doing_nothing: tuple[Run, Path]) -> None:
    _, artifacts = doing_nothing
    one = pd.read_parquet(artifacts / "slices.parquet")
    names = ["patient", "thickness", "kernel", "position", "protocol", "image"]
    joined = one.merge(one, on=names, validate="one_to_one")
    assert len(joined) == len(one)
    assert np.array_equal(joined["ssim_x"], joined["ssim_y"])
