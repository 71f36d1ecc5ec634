"""A run of before there were denoisers to choose from: read, evaluated and resumed as before.

`older_store.tar.xz` is the store of `train --channels 2` on simulated:tiny and of `evaluate` on it,
as the code of then logged them, without figures, tables for the UI and copies of the code.
"""

import hashlib
import json
import sqlite3
import tarfile
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from entrypoints import recall
from entrypoints.evaluate import main
from pi.command_line import run
from pi.denoisers import DenoiserSpec
from pi.evaluation import served
from pi.evaluation.table import KEY
from pi.evaluation.whole_slices import slice_denoiser
from pi.jobs.agreement import DisagreementError, require_resumable
from pi.network.denoiser_file import DenoiserFileError
from pi.parameters import EvaluateParameters
from pi.slices.manifest import ordered, to_json
from pi.slices.store import Store, volume_file
from pi.subjects import fetch_subject
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.listing import list_runs
from pi.tracking.records import read_run, read_slices

STORE = Path(__file__).parents[1] / "fixtures" / "older_store.tar.xz"
TRAINED = "453e8644f7094f549340fd5d5f03bdb0"
EVALUATED = "46f7515f604044ea917a553a1ce70f04"
UNET = DenoiserSpec("unet", 2)
PLACES = (("runs", "artifact_uri"), ("experiments", "artifact_location"),
          ("logged_models", "artifact_location"))  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_cache: Path) -> Path:
    """The store in force, as if it had always been in this folder."""
    with tarfile.open(STORE) as archive:
        archive.extractall(tmp_path, filter="data")
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        for table, column in PLACES:
            moved = f"update {table} set {column} = replace({column}, '/where/it/was', ?)"
            database.execute(moved, (str(tmp_path),))
    database.close()
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(uri)
    return tmp_path


def data_of_then(now: Store, cache: Path) -> str:
    """Keep the tiny study as it was prepared then, when nobody asked for its dose; its name."""
    then = []
    for volume, maps in zip(now.volumes, now.maps, strict=True):
        names = ("thickness", "kernel", "split", "positions", "rows", "columns", "pixel_spacing")
        facts = {name: getattr(volume, name) for name in names}
        facts["pixels"] = {dose: hashlib.sha256(maps[dose].tobytes()).hexdigest() for dose in maps}
        content = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        then.append(replace(volume, dose=0.0, content=content))
    folder = cache / "stores" / "then"
    (folder / "volumes").mkdir(parents=True)
    order = ordered(then)
    for number, old in enumerate(order):
        for dose, pixels in now.maps[old].items():
            np.save(volume_file(folder, number, dose), pixels)
    manifest = replace(now.manifest, volumes=tuple(then[number] for number in order))
    (folder / "manifest.json").write_text(to_json(manifest))
    return folder.name


def test_its_channels_are_read_as_the_u_net_of_that_width(store: Path) -> None:
    record = read_run(TRAINED)
    assert "channels" not in record.params
    assert record.typed("denoiser") == "unet:2"
    assert read_run(EVALUATED).typed("denoiser") == ""  # as the evaluated run says
    assert [listed.record.typed("denoiser") for listed in list_runs("train")] == ["unet:2"]
    saved = fetch_denoiser(TRAINED)
    assert (saved.spec, saved.weights.name) == (UNET, "unet.weights.h5")
    with pytest.raises(DenoiserFileError, match=r"must be unet:2, as run .* but got dncnn:2"):
        fetch_subject(TRAINED, "dncnn:2")


def test_it_is_evaluated_as_it_was_then(
    store: Path, tiny_store: Store, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_slices(EVALUATED)
    monkeypatch.setenv("PI_CACHE", str(store / "cache"))
    data = data_of_then(tiny_store, store / "cache")
    # On a processor of another kind the simulated noise is another draw, and so is the digest.
    client = mlflow.MlflowClient()
    digest = Store.open(store / "cache" / "stores" / data).digest
    same = client.get_run(TRAINED).data.tags["pi.data_digest"] == digest
    client.set_tag(TRAINED, "pi.data_digest", digest)
    arguments = ["--data", data, "--run", TRAINED, "--protocols", "full_float"]
    assert run(main, EvaluateParameters, "", arguments) == 0
    newest = list_runs("evaluate")[0]
    assert newest.run_id != EVALUATED
    names = [*KEY, "protocol", "image"]
    joined = pd.merge(before, read_slices(newest.run_id), on=names, validate="one_to_one")
    assert len(joined) == len(before) == 32
    np.testing.assert_allclose(joined["ssim_x"], joined["ssim_y"], atol=1e-5 if same else 5e-3)
    np.testing.assert_allclose(joined["psnr_x"], joined["psnr_y"], atol=1e-3 if same else 0.3)


def test_its_service_still_answers(store: Path) -> None:
    (weights,) = store.rglob("data/*/unet.weights.h5")
    low_dose = np.random.default_rng(1).uniform(-1000, 500, (1, 30, 40)).astype(np.float32)
    expected = slice_denoiser(fetch_denoiser(TRAINED).load(), UNET.design.sizes)(low_dose)
    found = served._load_pyfunc(str(weights.parent)).predict(low_dose)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_it_is_resumed_with_what_it_had_and_refused_with_another(store: Path) -> None:
    had = recall(TRAINED)
    assert (had["denoiser"], had["start"]) == ("unet:2", "auto")
    require_resumable("train", TRAINED, had)
    with pytest.raises(DisagreementError, match="`denoiser` must be unet:2 but got redcnn:2"):
        require_resumable("train", TRAINED, had | {"denoiser": "redcnn:2"})
