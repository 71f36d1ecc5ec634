"""What MLflow holds of a run, on a database of each test's own."""

import getpass
import json
import math
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient
from mlflow.entities import Run as Logged

from pi.alive import PROGRESS
from pi.command_line import run as run_command
from pi.errors import PiError
from pi.tracking.address import TrackingError
from pi.tracking.delivery import BATCH
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.records import DENOISER, newest_run
from pi.tracking.run import Run, _git
from pi.tracking.tracker import Tracked


@pytest.fixture
def client(database: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{database}")


def all_runs(client: MlflowClient) -> list[Logged]:
    experiments = [e.experiment_id for e in client.search_experiments()]
    return list(client.search_runs(experiments))


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# How a run ends


def test_a_run_ends_finished(client: MlflowClient) -> None:
    with Tracked().open("calibrate", "a name") as run:
        assert client.get_run(run.run_id).info.status == "RUNNING"
    found = client.get_run(run.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "a name"
    assert found.data.tags["pi.stage"] == "calibrate"
    assert client.get_experiment(run.experiment_id).name == "perceptual-influence"


@pytest.mark.parametrize(
    ("error", "status"),
    [(PiError("x"), "FAILED"), (ZeroDivisionError(), "FAILED"), (KeyboardInterrupt(), "KILLED"),
     (SystemExit(1), "FAILED")],
)  # fmt: skip
def test_a_run_ends_as_its_block_does_and_its_children_too(
    client: MlflowClient, error: BaseException, status: str
) -> None:
    with (
        pytest.raises(type(error)),
        Tracked().open("calibrate", "a") as run,
        run.child("b", "calibration") as child,
    ):
        raise error
    assert client.get_run(run.run_id).info.status == status
    assert client.get_run(child.run_id).info.status == status


def test_a_polite_kill_leaves_a_killed_run(client: MlflowClient) -> None:
    from test_command_line import Parameters

    def main(_: Parameters) -> None:
        with Tracked().open("calibrate", "a"):
            os.kill(os.getpid(), signal.SIGTERM)

    assert run_command(main, Parameters, "", []) == 130
    assert [r.info.status for r in all_runs(client)] == ["KILLED"]


def test_a_run_that_is_over_says_no_progress(client: MlflowClient) -> None:
    with Tracked().open("calibrate", "first") as run:
        client.set_tag(run.run_id, PROGRESS, "measuring: 1/2 patches")
    assert PROGRESS not in client.get_run(run.run_id).data.tags


def test_earlier_runs_stay_as_they_are(client: MlflowClient) -> None:
    with Tracked().open("calibrate", "first") as first:
        first.metrics({"psi": 0.95})
    before = client.get_run(first.run_id).to_dictionary()
    with pytest.raises(PiError), Tracked().open("calibrate", "second"):
        raise PiError("x")
    assert client.get_run(first.run_id).to_dictionary() == before


# Adoption of the run that `mlflow run` made


@pytest.fixture
def adopted(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> str:
    run = client.create_run("0", tags={"mlflow.user": "me", "mlflow.source.name": "/home/me/x"})
    client.log_param(run.info.run_id, "data", "'simulated:tiny'")
    client.log_param(run.info.run_id, "medical_weights", "''")
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)
    return str(run.info.run_id)


def test_the_run_of_mlflow_run_is_adopted(client: MlflowClient, adopted: str) -> None:
    with Tracked().open("calibrate", "a name") as run:
        assert run.run_id == adopted
        assert run.experiment_id == "0"
        assert "MLFLOW_RUN_ID" not in os.environ
    assert len(all_runs(client)) == 1
    found = client.get_run(adopted)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "a name")


def test_parameters_that_are_there_already_stay_and_conflict_with_nothing(
    client: MlflowClient, adopted: str
) -> None:
    with Tracked().open("calibrate", "a") as run:
        run.params({"data": "simulated:tiny", "seed": 5})
        run.params({"seed": 6})
    assert client.get_run(adopted).data.params == {
        "data": "'simulated:tiny'",
        "medical_weights": "''",
        "seed": "5",
    }


def test_an_adopted_run_says_which_code_it_is_and_not_where_it_lies(
    client: MlflowClient, adopted: str
) -> None:
    with Tracked().open("calibrate", "a"):
        pass
    tags = client.get_run(adopted).data.tags
    assert tags["mlflow.source.name"] == "entrypoints.calibrate"


def test_a_run_to_adopt_that_does_not_exist_is_one_sentence(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    with (
        pytest.raises(TrackingError, match=r"told but says: .*0{32}") as caught,
        Tracked().open("calibrate", "a"),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("MLFLOW_EXPERIMENT_ID", "999"), ("MLFLOW_EXPERIMENT_NAME", "mine")]
)
def test_the_experiment_may_be_named_by_the_environment(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    if value == "999":
        opened = Tracked().open("calibrate", "a")
        with pytest.raises(TrackingError, match="what it is told"), opened:
            pass
    else:
        with Tracked().open("calibrate", "a") as run:
            assert client.get_experiment(run.experiment_id).name == "mine"


# What a run holds


def test_a_child_knows_its_parent_and_its_experiment(client: MlflowClient) -> None:
    with Tracked().open("calibrate", "a") as run, run.child("b", "calibration") as child:
        pass
    found = client.get_run(child.run_id)
    assert found.data.tags["mlflow.parentRunId"] == run.run_id
    assert found.info.experiment_id == run.experiment_id
    assert (found.info.run_name, found.data.tags["pi.stage"]) == ("b", "calibration")
    assert found.info.status == "FINISHED"


def test_nobody_is_named_by_a_run_of_one_who_does_not_want_it(
    client: MlflowClient, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_OWNER", "")
    with Tracked().open("calibrate", "a") as run, run.child("b", "calibration"):
        pass
    for found in all_runs(client):
        assert "mlflow.user" not in found.data.tags
        assert found.data.tags["mlflow.source.name"].startswith("entrypoints.")
    assert {user for (user,) in rows(database, "select user_id from runs")} <= {"unknown", "", None}


def test_the_commit_is_logged(client: MlflowClient) -> None:
    _git.cache_clear()  # the commit may have changed while the tests ran
    with Tracked().open("calibrate", "a") as run:
        pass
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    tags = client.get_run(run.run_id).data.tags
    assert tags["mlflow.source.git.commit"] == head
    assert tags["pi.git.dirty"] in ("True", "False")


def test_metrics_that_are_no_numbers_are_left_out(client: MlflowClient) -> None:
    with Tracked().open("calibrate", "a") as run:
        run.metrics({"good": 1.5, "nan": math.nan, "inf": math.inf, "minus": -math.inf})
        run.metrics({"none": math.nan})
    assert client.get_run(run.run_id).data.metrics == {"good": 1.5}


def test_more_metrics_than_one_call_may_carry(client: MlflowClient) -> None:
    points = [(step, step / 7) for step in range(2 * BATCH + 3)]
    with Tracked().open("calibrate", "a") as run:
        run.series({"curve": points, "other": [(0, 1.0)]})
    history = client.get_metric_history(run.run_id, "curve")
    assert sorted((m.step, m.value) for m in history) == points


@pytest.mark.parametrize("name", ["psi_at/1e+06", r"psi_in/3mm_I30f\3", "psi_in/5mm_BONE+"])
def test_a_number_or_a_kernel_that_mlflow_would_refuse_in_a_name_is_no_trap(
    client: MlflowClient, name: str
) -> None:
    with Tracked().open("calibrate", "a") as run:
        run.metrics({name: 1.0})
    (found,) = client.get_run(run.run_id).data.metrics
    assert found == name.replace("e+", "e").replace("\\", "_").replace("+", "_")


def test_artifacts_are_files_of_the_run(client: MlflowClient, tmp_path: Path) -> None:
    table = pd.DataFrame({"psi": [0.1, 1 / 3]})
    with Tracked().open("calibrate", "a") as run:
        run.table(table, "table.json")
        run.parquet(table, "table.parquet")
        run.json({"a": 1}, "config.json")
        run.text("hello", "words.txt")
        run.figure(Figure(), "figure", pd.DataFrame({"psi": [0.95]}))
        run.file(lambda path: path.write_text("w"), f"{DENOISER}/w.weights.h5")
    names = {f.path for f in client.list_artifacts(run.run_id)}
    assert names >= {"table.json", "table.parquet", "config.json"}
    assert names >= {"figure.png", "figure.svg", "figure.csv"}
    folder = Path(client.download_artifacts(run.run_id, "", str(tmp_path)))
    assert pd.read_parquet(folder / "table.parquet").equals(table)
    assert (folder / "figure.csv").read_text() == "psi\n0.95\n"
    assert json.loads((folder / "config.json").read_text()) == {"a": 1}
    assert (folder / DENOISER / "w.weights.h5").read_text() == "w"


def test_data_are_logged_by_their_digest(client: MlflowClient) -> None:
    digest = "ab" * 32
    with Tracked().open("calibrate", "a") as run:
        run.dataset("patients", digest, {"training_patients": 7})
    (used,) = client.get_run(run.run_id).inputs.dataset_inputs
    assert used.dataset.name == "patients"
    assert digest.startswith(used.dataset.digest)
    assert json.loads(used.dataset.source) == {"manifest": digest}
    assert json.loads(used.dataset.profile) == {"training_patients": 7}


def test_artifacts_lie_beside_the_database(client: MlflowClient, database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        run.text("hello", "words.txt")
    assert list(database.parent.glob("mlruns/**/words.txt"))


# Earlier runs


def finished(run: Run, *names: str) -> None:
    for name in names:
        run.file(lambda path: path.write_text("w"), f"{DENOISER}/{name}")


def test_the_denoiser_of_an_earlier_run_is_fetched(database: Path) -> None:
    with Tracked().open("train", "a") as run:
        run.params({"channels": 8})
        finished(run, "unet.weights.h5")
    found = fetch_denoiser(run.run_id)
    assert (str(found.spec), found.weights.read_text()) == ("unet:8", "w")


def test_no_denoiser_several_and_no_run_are_told_apart(database: Path) -> None:
    with Tracked().open("train", "a") as none, Tracked().open("train", "b") as two:
        finished(two, "v.weights.h5", "w.weights.h5")
    with pytest.raises(TrackingError, match="must hold one denoiser but holds 0"):
        fetch_denoiser(none.run_id)
    with pytest.raises(TrackingError, match="must hold one denoiser but holds 2"):
        fetch_denoiser(two.run_id)
    for missing in ("0" * 32, "no id at all", "../../x"):
        with pytest.raises(TrackingError, match="must exist and be readable but is not"):
            fetch_denoiser(missing)


def test_the_newest_finished_run_of_a_stage_is_found(database: Path) -> None:
    with pytest.raises(TrackingError, match="a finished run of calibrate but has none"):
        newest_run("calibrate")
    with Tracked().open("calibrate", "a"):
        pass
    with Tracked().open("calibrate", "b") as newest:
        pass
    with Tracked().open("other", "c"):
        pass
    with pytest.raises(PiError), Tracked().open("calibrate", "d"):
        raise PiError("x")
    assert newest_run("calibrate") == (newest.run_id, newest.experiment_id)


# What the UI shows of a run


def test_a_run_has_an_owner(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with Tracked().open("train", "x") as run:
        pass
    assert client.get_run(run.run_id).data.tags["mlflow.user"] == getpass.getuser()
    for variable, name in (("MLFLOW_TRACKING_USERNAME", "ada"), ("PI_OWNER", "the lab")):
        monkeypatch.setenv(variable, name)
        with Tracked().open("train", "x") as run, run.child("y", "trial") as child:
            pass
        for one in (run, child):
            assert client.get_run(one.run_id).data.tags["mlflow.user"] == name


def test_a_run_that_we_named_is_renamed_and_keeps_what_was_added(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tracked().open("train", "x") as run:
        run.tags({"mlflow.runName": "x · fold 1 of 2"})
        run.rename("x, better")
    assert client.get_run(run.run_id).info.run_name == "x, better · fold 1 of 2"
    made = client.create_run("0", run_name="for the paper")
    monkeypatch.setenv("MLFLOW_RUN_ID", made.info.run_id)
    with Tracked().open("train", "x") as run:
        run.rename("y")
    assert client.get_run(run.run_id).info.run_name == "for the paper"


def test_a_description_is_never_cut_within_a_line(client: MlflowClient) -> None:
    whole = "\n".join(f"| {number} |" for number in range(3000))
    with Tracked().open("train", "x") as run:
        run.note(whole)
    assert len(client.get_run(run.run_id).data.tags["mlflow.note.content"]) < 8000
    assert Path(client.download_artifacts(run.run_id, "note.md")).read_text() == whole


def test_how_busy_the_machine_is_is_logged_where_it_is_wanted(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.1")
    with Tracked().open("train", "x") as run:
        pass
    assert client.get_run(run.run_id).data.metrics == {}  # no test is to pay for it
    monkeypatch.setenv("MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING", "true")
    with Tracked().open("train", "x") as run:
        deadline = time.monotonic() + 20
        while (
            not (found := client.get_run(run.run_id).data.metrics) and time.monotonic() < deadline
        ):
            time.sleep(0.05)
    assert "system/cpu_utilization_percentage" in found
    assert client.get_run(run.run_id).info.status == "FINISHED"
