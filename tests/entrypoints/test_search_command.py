"""Search, shrunk to seconds, from its command line to MLflow and Optuna; and its refusals."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from search.studies import objective, study_of
from tracking.logged_figures import whole_figures

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from entrypoints import search, train
from pi.command_line import run
from pi.jobs.searched import shared_study as shared
from pi.parameters import SearchParameters, TrainParameters
from pi.search.storage import open_storage
from pi.slices.store import Store
from pi.tracking.tracker import Tracked
from pi.training.fit import DivergedError
from pi.training.repeated import Bench

pytestmark = pytest.mark.usefixtures("eager_module")

ENCODER = "vgg16:random:block1_conv1"
SMALL = [
    "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32", "--patch_step", "64",
    "--batch_size", "16", "--precision", "float32", "--deterministic", "False",
]  # fmt: skip
SHORT = ["--experiments", ENCODER, "--epochs", "2", "--epoch_steps", "1",
         "--validation_slices", "3", "--study", "one"]  # fmt: skip


def searched(*arguments: str) -> int:
    return run(search.main, SearchParameters, "", [*SMALL, *SHORT, *arguments])


def client(database: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{database}")


def runs_of(database: Path) -> list[Run]:
    found = client(database)
    return list(found.search_runs([e.experiment_id for e in found.search_experiments()]))


def parents(database: Path) -> list[Run]:
    return [r for r in runs_of(database) if r.data.tags.get("pi.stage") == "search"]


def children(database: Path) -> dict[int, Run]:
    nested = [r for r in runs_of(database) if r.data.tags.get("pi.stage") == "trial"]
    return {int(r.data.tags["optuna.trial_number"]): r for r in nested}


def trials(database: Path) -> list[optuna.trial.FrozenTrial]:
    url = f"sqlite:///{database.with_name('optuna.db')}"
    return optuna.load_study(study_name="one", storage=open_storage(url, "http://x")).trials


@pytest.fixture(scope="module")
def worked(
    eager_module: None,
    tiny_cache: Path,
    empty_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A study worked at twice: where, what was read, how often it was calibrated, what was said."""
    folder = tmp_path_factory.mktemp("searched")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    read, calibrated = set(), []
    pair, measure = Store.pair, shared.calibrate_each

    def reading(self: Store, volume: int, index: int) -> object:
        read.add(self.volumes[volume].split)
        return pair(self, volume, index)

    def calibrating(experiments: Any, *rest: Any) -> object:
        calibrated.extend(experiments)
        return measure(experiments, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(tiny_cache))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        patch.setattr(Store, "pair", reading)
        patch.setattr(shared, "calibrate_each", calibrating)
        said = StringIO()
        with redirect_stdout(said):
            codes = [searched("--trials", "3"), searched("--trials", "5")]
    return {"codes": codes, "database": database, "read": read, "calibrated": calibrated,
            "said": said.getvalue()}  # fmt: skip


def test_the_same_command_goes_on_with_the_same_study_and_run(worked: Any) -> None:
    assert worked["codes"] == [0, 0]
    (parent,) = parents(worked["database"])
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["optuna.study"] == "one"
    assert len(trials(worked["database"])) == 5
    assert len(worked["calibrated"]) == 1


def test_a_trial_and_its_run_find_each_other(worked: Any) -> None:
    (parent,) = parents(worked["database"])
    nested = children(worked["database"])
    found = trials(worked["database"])
    assert set(nested) == {trial.number for trial in found}
    for trial in found:
        own = nested[trial.number]
        assert trial.user_attrs["mlflow_run_id"] == own.info.run_id
        assert own.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert own.data.tags["optuna.study"] == "one"
        assert own.info.status == "FINISHED"
        assert own.data.params["layers"] == "block1_conv1"
        metrics = own.data.metrics
        assert metrics["lambda_start"] == trial.user_attrs["point"]["lambda"]
        assert metrics["kept/ssim"] == max(sum(e["ssims"]) / 3 for e in trial.user_attrs["epochs"])
        assert metrics["epochs"] == len(trial.user_attrs["epochs"]) > 0


def test_habit_and_target_are_always_in_the_study(worked: Any) -> None:
    first = {
        t.user_attrs.get("first_trial"): t.user_attrs["point"] for t in trials(worked["database"])
    }
    assert first["habit"]["lambda"] == pytest.approx(0.1)
    assert first["target"]["psi"] == pytest.approx(0.95)


def test_the_study_holds_its_answer(worked: Any) -> None:
    (parent,) = parents(worked["database"])
    folder = Path(parent.info.artifact_uri.removeprefix("file://"))
    files = {file.name for file in folder.iterdir()}
    assert {"best.json", "trials.csv", "trials.parquet"} <= files
    assert {"history", "slice"} <= whole_figures(files)
    table = pd.read_parquet(folder / "trials.parquet")
    assert list(table["trial"]) == list(range(5))
    best = json.loads((folder / "best.json").read_text())
    row = table[table["state"] == "finished"].sort_values("ssim").iloc[-1]
    assert (best["trial"], best["run"]) == (row["trial"], row["run"])
    assert best["lambda"] == pytest.approx(row["lambda"])
    assert parent.data.metrics["best/ssim"] == row["ssim"]
    assert "- The best is lambda = " in parent.data.tags["mlflow.note.content"]


def test_the_test_patients_are_never_read(worked: Any, tiny_store: Store) -> None:
    assert "test" in {volume.split for volume in tiny_store.volumes}
    assert worked["read"] == {"train", "validation"}


@pytest.mark.usefixtures("tiny_cache")
def test_the_command_that_is_printed_trains_the_best_as_it_is(
    worked: Any, undrawn: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = worked["database"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    monkeypatch.chdir(database.parent)
    (parent,) = parents(database)
    best = client(database).get_run(
        json.loads(
            (Path(parent.info.artifact_uri.removeprefix("file://")) / "best.json").read_text()
        )["run"]
    )
    once = [*SMALL, "--epochs", "1", "--gradient_every", "0", "--validation_slices", "1",
            "--validation_patches", "16", "--batch_size", "112"]  # fmt: skip

    def trained(*arguments: str) -> int:
        return run(train.main, TrainParameters, "", [*once, *arguments])

    source = ("--perceptual_weight", f"search:{parent.info.run_id}")
    (printed,) = set(
        re.findall(r"train the best: python -m entrypoints.train (.*)", worked["said"])
    )
    for name, less in {"epochs": 1, "gradient_every": 0, "validation_patches": 16}.items():
        # What is printed is run as it is; what it leaves to its defaults is shrunk.
        monkeypatch.setattr(TrainParameters.__dataclass_fields__[name], "default", less)
    assert run(train.main, TrainParameters, "", shlex.split(printed)) == 0
    (own,) = [r for r in runs_of(database) if r.data.tags["pi.stage"] == "train"]
    assert own.data.metrics["lambda"] == best.data.metrics["lambda_start"]
    assert float(own.data.params["target_psi"]) == best.data.metrics["psi_calibrated"]
    assert own.data.tags["pi.calibration_run"] == best.info.run_id
    capsys.readouterr()
    for arguments, message in (
        (("--experiment", "vgg16:random:block1_conv2"), "`encoder` must be vgg16:random:block1_c"),
        (("--experiment", ENCODER, "--schedule", "constant_psi"), "`schedule` must be fixed but"),
    ):
        assert trained(*arguments, *source) == 2
        assert message in capsys.readouterr().err


def test_a_workers_end_does_not_end_the_run_that_others_are_at(database: Path) -> None:
    study = study_of(objective())

    def status() -> str:
        (own,) = parents(database)
        return str(own.info.status)

    with shared.open_search(Tracked(), study, "a search"):
        other = study.ask()
    assert status() == "RUNNING"
    with pytest.raises(DivergedError), shared.open_search(Tracked(), study, "a search"):
        raise DivergedError("the loss must be finite but is not.")
    assert status() == "RUNNING"
    study.tell(other, 0.5)
    with shared.open_search(Tracked(), study, "a search"):
        pass
    assert status() == "FINISHED"


def failing(numbers: tuple[int, ...]) -> Callable[..., None]:
    real, asked = Bench.train, iter(range(100))

    def train_or_fail(self: Bench, *arguments: Any) -> None:
        if next(asked) in numbers:
            raise DivergedError("the loss must be finite but is not at step 1 of epoch 1.")
        real(self, *arguments)

    return train_or_fail


def test_a_failed_trial_is_recorded_and_the_study_goes_on(
    undrawn: None,
    tiny_cache: Path,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Bench, "train", failing((1,)))
    assert searched("--trials", "3") == 0
    assert "1 failed (the loss must be finite but is not at step 1" in capsys.readouterr().out
    failed = children(database)[1]
    assert failed.info.status == "FAILED"
    assert failed.data.tags["pi.reason"].startswith("the loss must be finite")
    assert failed.data.params["lambda"] == "0.1"
    (parent,) = parents(database)
    assert parent.data.metrics["trials/failed"] == 1

    monkeypatch.setattr(Bench, "train", failing(tuple(range(100))))
    assert searched("--trials", "2", "--study", "two") == 2
    printed = capsys.readouterr().err
    assert "none of 2 was; the last one failed because the loss must be finite" in printed
    assert [r.info.status for r in parents(database)].count("FAILED") == 1

    assert searched("--psi_range", "0.6,0.9") == 2  # another search under the first one's name
    assert "`psi_range` is 0.5,0.999 there and 0.6,0.9 here" in capsys.readouterr().err
    assert searched("--trials", "1", "--study", "three") == 2
    assert "`trials` must be at least 2, which every study" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--psi_range", "0.9,0.5"], "0 < LOW < HIGH < 1 but got 0.9,0.5"),
        (["--psi_range", "0.5,1"], "0 < LOW < HIGH < 1 but got 0.5,1"),
        (["--psi_range", "low,high"], "`psi_range` must be numbers separated by commas but got"),
        (["--variable", "lambda", "--lambda_range", "1,1"], "`lambda_range` must be LOW,HIGH"),
        (["--measured", "trained"], "`measured` may also be training; `states` must be made of"),
        (["--measured", "identity,untrained"], "`measured` must be training or one state but got"),
        (["--schedules", "sometimes"], "`schedules` must be made of fixed"),
        (["--target_psi", "1"], "`target_psi` must be in (0, 1) but got 1"),
        (["--experiments", "E9"], "`experiments` must be made of"),
        (["--trials", "0"], "`trials` must be"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    database: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert searched(*arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert runs_of(database) == []
    assert not database.with_name("optuna.db").exists()


def test_mlflows_database_is_refused_for_the_study(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPTUNA_STORAGE", f"sqlite:///{database}")
    assert searched() == 2
    assert "must be another database than MLFLOW_TRACKING_URI" in capsys.readouterr().err


def test_a_metric_is_sought_under_constraints_and_the_front_is_drawn(
    tiny_cache: Path, database: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    asked = ["--objective", "hallucination", "--subject_to", "nps_distance<=9,mae_hu<=mse"]
    assert searched(*asked, "--epochs", "1", "--trials", "2") == 0
    said = capsys.readouterr().out
    assert "noise_distance<=9 still holds at a Psi of" in said
    assert "mae_hu<=mse " in said
    (parent,) = parents(database)
    files = {one.path for one in client(database).list_artifacts(parent.info.run_id)}
    assert "perception_distortion" in whole_figures(files)
    for number, child in children(database).items():
        kept = trials(database)[number].user_attrs
        assert child.data.metrics["output/hallucination"] == kept["measured"]["hallucination"]
        assert len(kept["violations"]) == 2
    study = optuna.load_study(
        study_name="one",
        storage=open_storage(f"sqlite:///{database.with_name('optuna.db')}", "http://x"),
    )
    assert set(study.user_attrs["mse"]) == {"mae_hu"}


def test_a_constraint_that_is_misspelt_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert searched("--subject_to", "ssim>.9") != 0
    assert "`subject_to` must be METRIC<=NUMBER" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [(("--objective", "ms_ssim"), "objective"), (("--subject_to", "ms_ssim>=.9"), "subject_to")],
)
def test_a_metric_larger_than_the_slices_is_refused_before_any_work(
    asked: tuple[str, str], parameter: str, tiny_cache: Path, database: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    assert searched(*asked) == 2
    said = capsys.readouterr().err
    assert f"`{parameter}` must have a value of some slice but ms_ssim has none of fewer" in said
    assert runs_of(database) == []
