"""`compare` from its command line to what MLflow holds, on tables made by hand; its refusals."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from report.compared import slice_table
from tracking.evaluations import DIGEST, TABLE, log_evaluation, log_training, training
from tracking.logged_figures import whole_figures

from entrypoints.compare import main
from pi.command_line import run
from pi.parameters import CompareParameters

ROOT = Path(__file__).parents[2]
GAINS = {"demo1": 0.0, "demo2": -0.01, "mse": -0.03}


def compare(*arguments: str) -> int:
    return run(main, CompareParameters, "", arguments)


def compared_runs(database: Path) -> list[Run]:
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    return list(client.search_runs(experiments, "tags.pi.stage = 'compare'"))


def log_two(second: pd.DataFrame = TABLE, **more: object) -> str:
    """Log two evaluations, of which the second may differ; return their ids."""
    first = log_evaluation(TABLE, log_training(training(metrics={"kept/ssim": 0.9})))
    other = log_training(training("demo2", metrics={"kept/ssim": 0.8}))
    return f"{first},{log_evaluation(second, other, **more)}"  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def finished(
    empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[MlflowClient, Run, Path, list[str]]:
    """A finished comparison of three runs over eight patients, its artifacts, its inputs."""
    folder = tmp_path_factory.mktemp("compare")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        inputs = []
        for name, gain in GAINS.items():
            trained = log_training(training(name, metrics={"kept/ssim": 0.9 + gain}))
            inputs.append(log_evaluation(slice_table(gain, patients=8, slices=6), trained))
        assert compare("--runs", ",".join(inputs), "--metrics", "ssim,nrmse") == 0
    client = MlflowClient(f"sqlite:///{database}")
    (found,) = compared_runs(database)
    return client, found, Path(client.download_artifacts(found.info.run_id, "", folder)), inputs


Finished = tuple[MlflowClient, Run, Path, list[str]]


def test_a_comparison_and_its_inputs_point_at_each_other(finished: Finished) -> None:
    client, found, artifacts, inputs = finished
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "demo1, demo2, mse · compare"
    assert found.data.tags["pi.compared_runs"] == " ".join(inputs)
    assert found.data.tags["pi.data_digest"] == DIGEST
    assert found.inputs.dataset_inputs[0].dataset.digest == DIGEST[:32]
    for run_id in inputs:
        assert client.get_run(run_id).data.tags["pi.compared_by"] == found.info.run_id
    config = json.loads((artifacts / "config.json").read_text())
    assert config["runs"]["mse"] == [inputs[2]]
    assert config["parameters"]["metrics"] == "ssim,nrmse"


def test_tables_figures_and_the_report_are_there(finished: Finished) -> None:
    _, _, artifacts, inputs = finished
    names = {file.name for file in artifacts.iterdir()}
    tables = ["table3", "table4a", "table4b", "runs"]
    assert {f"{name}.{kind}" for name in tables for kind in ("json", "csv", "tex")} <= names
    assert whole_figures(names) == {
        "paired_differences", "patient_gains", "effects", "critical_difference"
    }  # fmt: skip
    assert {"contrasts.parquet", "contrasts.csv", "contrasts.json", "means.csv",
            "reproduction.json", "report.html"} <= names  # fmt: skip
    page = (artifacts / "report.html").read_text()
    assert f"--runs {','.join(inputs)}" in page
    assert "best on validation patients" in page


def test_every_number_is_kept_at_full_precision(finished: Finished) -> None:
    _, found, artifacts, _ = finished
    table = pd.read_parquet(artifacts / "contrasts.parquet")
    assert list(table["other"]) == ["demo2", "mse"] * 2
    assert set(table["reference"]) == {"demo1"}
    means = pd.read_csv(artifacts / "means.csv").set_index("experiment")
    row = table[(table["metric"] == "ssim") & (table["other"] == "mse")].iloc[0]
    assert row["other_mean"] == pytest.approx(means.loc["mse", "ssim"], rel=1e-12)
    assert found.data.metrics["ssim_of/mse"] == pytest.approx(row["other_mean"])
    assert found.data.metrics["comparisons"] == 4
    assert found.data.metrics["outcome/worse"] == 4


def test_each_pair_has_a_nested_run_whose_metrics_the_saved_view_charts(
    finished: Finished,
) -> None:
    client, found, artifacts, _ = finished
    parent = f"tags.mlflow.parentRunId = '{found.info.run_id}'"
    pairs = client.search_runs([found.info.experiment_id], parent)
    assert [pair.info.run_name for pair in pairs] == ["demo2 against demo1", "mse against demo1"]
    table = pd.read_parquet(artifacts / "contrasts.parquet")
    row = table[(table["metric"] == "ssim") & (table["other"] == "mse")].iloc[0]
    logged = pairs[1].data.metrics
    assert logged["ssim/rank_biserial"] == pytest.approx(row["rank_biserial"])
    assert logged["ssim/p_of_patients_holm"] == pytest.approx(row["flip_holm_p"])
    assert pairs[1].data.params["outcome"] == "worse"
    view = json.loads((ROOT / "dashboards" / "compare.json").read_text())
    charted = {chart[key] for chart in view["charts"] for key in ("metricKey",) if key in chart}
    columns = {c.split("`")[1] for c in view["columns"] if c.startswith("metrics.")}
    assert {name for name in charted | columns if not name.startswith("psnr")} <= set(logged)


def test_influence_that_was_claimed_and_not_had_is_flagged(
    database: Path, undrawn: None, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [
        log_evaluation(
            TABLE, log_training(training(name, metrics={"kept/ssim": 0.9, "train/psi": p}))
        )
        for name, p in (("demo1", 0.9), ("demo2", 0.96))
    ]
    assert compare("--runs", ",".join(runs), "--metrics", "ssim") == 0
    said = capsys.readouterr().out
    assert "Ψ was 90 % for demo1 and 96 % for demo2, 2.67 times apart in odds" in said
    assert [line.split()[:5] for line in said.splitlines() if line.startswith("demo2  95 %")] == [
        ["demo2", "95", "%", "96", "%"]
    ]
    client = MlflowClient(f"sqlite:///{database}")
    (found,) = compared_runs(database)
    assert "2.67 times apart" in found.data.tags["mlflow.note.content"]
    files = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert {f"realised_influence.{kind}" for kind in ("json", "csv", "tex")} <= files


def test_the_terminal_says_what_may_be_claimed(
    database: Path, undrawn: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("--runs", log_two(), "--metrics", "ssim", "--reference", "test") == 0
    said = capsys.readouterr().out
    begun, _, said = said.partition("\n")
    assert begun.startswith("this run:")
    assert said.startswith("demo1 against demo2\n")
    assert "demo2 vs demo1" in said
    assert "identical" in said
    assert "viewStateShareKey=pi-compare" in said


def test_a_window_is_compared_and_keeps_its_name_on_the_page(
    database: Path, undrawn: None, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "window:-160:240"
    of = TABLE.assign(protocol=name)
    first = log_evaluation(of, log_training(training(metrics={"kept/ssim": 0.9})))
    second = log_evaluation(of, log_training(training("demo2", metrics={"kept/ssim": 0.8})))
    typed = ("--protocol", "window:-160.0:240", "--metrics", "ssim")
    assert compare("--runs", f"{first},{second}", *typed) == 0
    assert "demo2 vs demo1" in capsys.readouterr().out
    client = MlflowClient(f"sqlite:///{database}")
    (found,) = compared_runs(database)
    page = Path(client.download_artifacts(found.info.run_id, "report.html")).read_text()
    assert f"Metrics follow the protocol {name} (a window of the user’s" in page


@pytest.mark.parametrize(
    ("second", "more", "said"),
    [
        (TABLE, {"digest": "e" * 64},
         "must have the same data set but 'demo1' has dddddddddddd and 'demo2' has eeeeeeeeeeee"),
        (TABLE, {"part": "validation"}, "same part but 'demo1' has test and 'demo2' has validat"),
        (TABLE.assign(protocol="ldctbench"), {}, "'demo2' has only ldctbench"),
        (
            TABLE.assign(position=TABLE["position"] + 1000),
            {},
            "must have a slice in common but demo1, demo2",
        ),
        (TABLE.assign(psnr=float("inf")), {}, "`psnr` must be finite to be compared"),
        (pd.concat([TABLE, TABLE.iloc[:1]]), {}, "must be in the table once but S000/1mm/B30"),
        (TABLE.drop(columns="ssim"), {}, "must have SSIM (ssim) to be compared by it but"),
        (None, {}, "must hold slices.parquet"),
    ],
)  # fmt: skip
def test_runs_that_do_not_belong_together_are_refused_in_one_sentence(
    database: Path,
    capsys: pytest.CaptureFixture[str],
    second: pd.DataFrame,
    more: dict[str, str],
    said: str,
) -> None:
    assert compare("--runs", log_two(second, **more), "--reference", "demo1") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert compared_runs(database) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--runs", "nope"), "run 'nope' must exist but does not"),
        ((), "must hold a finished run of main but has none."),
        (("--metrics", "sim"), "`metrics` must be made of ssim, psnr"),
        (("--protocol", "paper9"), "`protocol` must be one of paper8"),
        (("--zero_rule", "drop"), "`zero_rule` must be one of wilcox, pratt but got 'drop'"),
        (("--runs", " "), "`runs` must be not empty"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    database: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert compare(*arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_one_run_and_two_of_one_name_are_refused(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = log_two()
    first = runs.partition(",")[0]
    assert compare("--runs", first) == 2
    assert "two runs or more" in capsys.readouterr().err
    twin = log_evaluation(TABLE, log_training(training(metrics={"kept/ssim": 0.9})))
    assert compare("--runs", f"{first},{twin}") == 2
    assert f"'demo1' is the name of {first} and {twin}" in capsys.readouterr().err


def test_a_comparison_without_pixels_needs_no_tensorflow_and_help_needs_nothing() -> None:
    imports = "\n".join(
        line.strip()
        for line in (ROOT / "entrypoints" / "compare.py").read_text().splitlines()
        if line.startswith("    from pi.")
    )
    code = (
        "import sys; from entrypoints.compare import main\n"
        "print([m for m in ('tensorflow', 'mlflow', 'pandas', 'numpy') if m in sys.modules])\n"
        f"{imports}\nprint('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "False"]
