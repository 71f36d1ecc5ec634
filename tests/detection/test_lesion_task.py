"""`evaluate --task lesions`, from its command line to what MLflow holds; and its refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient

from entrypoints.evaluate import main
from pi.command_line import run
from pi.detection.sightings import InsertedLesions, OwnLesions
from pi.evaluation.denoising import of_pixels
from pi.evaluation.measure import evaluate as measure
from pi.evaluation.protocol import find_protocols
from pi.parameters import EvaluateParameters
from pi.slices.store import Store
from pi.subjects.kinds.identity import Nothing
from pi.subjects.lesions import require_detection, settle_task
from pi.subjects.subject import Subject, SubjectError
from pi.tracking.logged_evaluation import SIGHTINGS
from pi.tracking.records import read_artifact

BASE = ("--data", "with-lesions", "--part", "test", "--protocols", "paper8")


def evaluate(*arguments: str) -> int:
    return run(main, EvaluateParameters, "", (*BASE, *arguments))


@pytest.fixture(autouse=True)
def in_force(
    lesion_folder: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = tmp_path / "cache" / "stores"
    stores.mkdir(parents=True)
    (stores / "with-lesions").symlink_to(lesion_folder)
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Figure, "savefig", lambda _, path, **__: Path(path).touch())


@pytest.mark.parametrize("task", ["lesions", "inserted_lesions"])
def test_looks_table_metrics_and_note_are_kept(
    task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--task", task) == 0
    said = capsys.readouterr().out
    assert "lesions, d' of model observers" in said
    assert "rest on 2 patients" in said
    client = MlflowClient()
    (found,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    table = read_artifact(found.info.run_id, "detection.parquet", pd.read_parquet)
    looks = read_artifact(found.info.run_id, SIGHTINGS, pd.read_parquet)
    assert set(table["image"]) == {"low_dose", "normal_dose"}
    assert set(looks["patient"]) == {"S002", "S003"}
    of = table[(table["image"] == "low_dose") & (table["observer"] == "cho")]
    metrics = found.data.metrics
    assert metrics["detection/cho_dprime"] == pytest.approx(of["dprime"].mean())
    assert metrics["detection/npwe_dprime_normal_dose"] > 0
    assert sum(name.startswith("detection/") for name in metrics) == 6
    note = found.data.tags["mlflow.note.content"]
    assert "mean (SD)" in note and "Detection of lesions" in note  # noqa: PT018
    assert np.isfinite(table["dprime"]).all()


def test_too_few_looks_lose_nothing_that_was_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look a kind, as of a patient of few slices: the other numbers stay, and the looks."""
    whole = OwnLesions.table

    def few(self: OwnLesions) -> pd.DataFrame:
        return whole(self).groupby(["thickness", "kernel", "image", "radius_mm"]).head(1)

    monkeypatch.setattr(OwnLesions, "table", few)
    assert evaluate("--task", "auto") == 0
    said = capsys.readouterr().out
    assert "note: no d' is told: lesions must be looked at often enough for a covariance" in said
    client = MlflowClient()
    (found,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert found.info.status == "FINISHED"
    assert "paper8/ssim" in found.data.metrics
    assert not any(name.startswith("detection/") for name in found.data.metrics)
    assert len(read_artifact(found.info.run_id, SIGHTINGS, pd.read_parquet)) > 0


def test_a_task_that_the_data_cannot_be_asked_is_refused_before_any_run(
    capsys: pytest.CaptureFixture[str], tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    assert evaluate("--task", "lesions", "--data", "simulated:tiny") != 0
    assert "must have lesions in patients of the part test" in capsys.readouterr().err
    client = MlflowClient()
    assert not client.search_runs([e.experiment_id for e in client.search_experiments()])


def test_what_has_no_images_or_no_network_is_refused(lesion_store: Store) -> None:
    class Table(Subject):
        pictured = False

        def _open(self) -> None:
            return None

    class Looked(Table):
        pictured = True
        looked_up = True

    with pytest.raises(SubjectError, match="must be slices with 'mine', which has no images"):
        require_detection(Table("mine", {}), lesion_store, "test", "lesions")
    with pytest.raises(SubjectError, match="is no network and denoises no slices with lesions"):
        require_detection(Looked("mine", {}), lesion_store, "test", "inserted_lesions")
    require_detection(Looked("mine", {}), lesion_store, "test", "lesions")


def test_auto_looks_for_lesions_where_there_are_some(
    lesion_store: Store, tiny_store: Store
) -> None:
    nothing = Nothing("identity", {})
    assert settle_task("auto", nothing, lesion_store, "test") == "lesions"
    assert settle_task("auto", nothing, tiny_store, "test") is None
    assert settle_task("slices", nothing, lesion_store, "test") is None
    assert settle_task("inserted_lesions", nothing, lesion_store, "test") == "inserted_lesions"

    class Numbers(Nothing):
        pictured = False

    assert settle_task("auto", Numbers("table:mine", {}), lesion_store, "test") is None
    with pytest.raises(SubjectError, match="which has no images"):
        settle_task("lesions", Numbers("table:mine", {}), lesion_store, "test")


def test_lesions_of_the_data_are_denoised_once_and_inserted_ones_once_more(
    lesion_store: Store,
) -> None:
    slices = sum(len(v.positions) for v in lesion_store.volumes if v.split == "test")
    for task, times in (("lesions", 1), ("inserted_lesions", 2)):
        given: list[int] = []

        def denoise(hu: np.ndarray, given: list[int] = given) -> np.ndarray:
            given.append(len(hu))
            return hu.astype(np.float32)

        witness = OwnLesions() if task == "lesions" else InsertedLesions(denoise, 5)
        protocols = find_protocols("paper8")
        measure(
            lesion_store, "test", of_pixels(denoise), protocols, 8, lambda _: None,
            witnesses=[witness],
        )  # fmt: skip
        assert sum(given) == times * slices
        table = witness.table()
        low, denoised = (
            table[table["image"] == image][["position", "place", "present", "channel_0"]]
            for image in ("low_dose", "denoised")
        )
        np.testing.assert_allclose(low.to_numpy(float), denoised.to_numpy(float), atol=1e-3)
