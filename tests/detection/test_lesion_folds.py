"""A cross-validation of which only some folds' patients have lesions, from commands to the report.

Of the toy's three patients S003 alone has lesions here: the folds that test S001 and S002 tell of
texture and of nothing to be detected.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from entrypoints.compare import main as compare
from entrypoints.evaluate import main as evaluate
from pi.command_line import run
from pi.jobs.planned.beside import beside_table
from pi.parameters import CompareParameters, EvaluateParameters
from pi.slices.manifest import to_json
from pi.slices.store import MANIFEST, Store
from pi.tracking.records import read_artifact

FOLDS = 3
BLUR = """
import numpy as np
def blur(hu):
    return (hu + np.roll(hu, 1, 1) + np.roll(hu, 1, 2)) / 3
"""


@pytest.fixture
def sparse(
    lesion_folder: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toy in force, whose lesions are those of S003 alone, and a denoiser."""
    folder = tmp_path / "cache" / "stores" / "sparse"
    folder.mkdir(parents=True)
    for entry in lesion_folder.iterdir():
        (folder / entry.name).symlink_to(entry)
    manifest = Store.open(lesion_folder).manifest
    lesions = tuple(one for one in manifest.lesions if one.patient == "S003")
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).write_text(to_json(replace(manifest, lesions=lesions)))
    (tmp_path / "blurring_of_mine.py").write_text(BLUR)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))


def evaluated(*arguments: str) -> int:
    asked = ("--data", "sparse", "--part", "test", "--protocols", "paper8", "--task", "auto")
    return run(evaluate, EvaluateParameters, "", (*asked, "--metrics", "texture", *arguments))


def runs(stage: str) -> list[Run]:
    client = MlflowClient()
    found = client.search_runs(
        [one.experiment_id for one in client.search_experiments()], f"tags.`pi.stage` = '{stage}'"
    )
    return sorted(found, key=lambda one: one.info.start_time)


@pytest.mark.usefixtures("sparse", "undrawn")
def test_folds_without_lesions_are_joined_with_those_that_have_some(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("identity", "own:blurring_of_mine:blur"):
        for fold in range(1, FOLDS + 1):
            assert evaluated("--run", name, "--folds", str(FOLDS), "--fold", str(fold)) == 0
            said = capsys.readouterr().out
            assert ("lesions, d' of model observers" in said) == (fold == FOLDS), said
    ids = [one.info.run_id for one in runs("evaluate")]
    has = ["detection/cho_dprime" in one.data.metrics for one in runs("evaluate")]
    assert has == [False, False, True] * 2
    assert (
        run(compare, CompareParameters, "", ["--runs", ",".join(ids), "--reference", "identity"])
        == 0
    )
    said = capsys.readouterr().out
    assert "which so few patients do not bound" in said
    (compared,) = runs("compare")
    page = read_artifact(compared.info.run_id, "report.html", Path.read_text)
    assert "Texture, detection, invention" in page
    assert "no difference in the detection of lesions is shown" in page
    assert "nan" not in page.lower().split("texture, detection, invention")[1][:4000]
    block = beside_table({"identity": ids[:3], "blur": ids[3:]})
    assert block is not None
    for row, own in zip(block.rows, (ids[:3], ids[3:]), strict=False):
        last = MlflowClient().get_run(own[-1]).data.metrics
        assert row[3] == f"{last['detection/cho_dprime']:.3g}"


@pytest.mark.usefixtures("sparse", "undrawn")
def test_patients_without_lesions_are_told_and_have_no_part_in_detection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The toy's own split tests S002, who has none here, and S003."""
    assert evaluated() == 0
    said = capsys.readouterr().out
    assert "note: 1 patient has no lesions and no part in detection." in said
    assert "lesions of one patient bound nothing: no interval over patients is given." in said
    (one,) = runs("evaluate")
    looks = read_artifact(one.info.run_id, "sightings.parquet", pd.read_parquet)
    assert set(looks["patient"]) == {"S003"}
    assert one.data.metrics["patients"] == 2


@pytest.mark.usefixtures("sparse", "undrawn")
def test_a_fold_whose_patients_have_none_is_refused_where_lesions_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluated("--folds", str(FOLDS), "--fold", "1", "--task", "lesions") == 2
    said = capsys.readouterr().err
    assert "`data` must have lesions in patients of the part test for the task lesions but" in said
    assert not runs("evaluate")
