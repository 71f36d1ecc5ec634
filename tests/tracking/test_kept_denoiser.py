"""A trained denoiser goes into the store and comes out as a service in HU."""

import os
import re
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.tracking import fluent
from mlflow.tracking._tracking_service import utils
from numpy.typing import ArrayLike

from pi.denoisers import DenoiserSpec
from pi.evaluation.served import ServedDenoiser, ServedModelError
from pi.evaluation.whole_slices import slice_denoiser
from pi.jobs.promote import promote as promote_job
from pi.parameters import PromoteParameters
from pi.slices.store import Store
from pi.tracking.address import TrackingError
from pi.tracking.kept_denoiser import log_denoiser
from pi.tracking.registry import promote, tell_model
from pi.tracking.tracker import Tracked

UNET = DenoiserSpec("unet", 2)
UNKNOWN = "must hold a model `denoiser_hu` but holds none"


@pytest.fixture
def trained(database: Path, tiny_store: Store) -> str:
    with Tracked().open("train", "a training") as run:
        log_denoiser(run, UNET.build(seed=3), UNET, tiny_store)
    return run.run_id


def test_the_champion_denoises_slices_of_any_size_in_hu(trained: str, database: Path) -> None:
    assert promote(trained, "", "champion") == ("ldct-denoiser", 1)
    mlflow.set_tracking_uri(f"sqlite:///{database}")
    service = mlflow.pyfunc.load_model("models:/ldct-denoiser@champion")
    low_dose = np.random.default_rng(1).uniform(-1000, 500, (2, 45, 70)).astype(np.float32)
    expected = slice_denoiser(UNET.build(seed=3), UNET.design.sizes)(low_dose)
    np.testing.assert_allclose(service.predict(low_dose), expected, atol=1e-3)


def test_what_the_caller_logs_next_goes_to_his_own_experiment(
    database: Path, tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"sqlite:///{database}"
    for address in (None, own):
        monkeypatch.setattr(utils, "_tracking_uri", address)
        with Tracked().open("train", "a training") as run:
            log_denoiser(run, UNET.build(seed=3), UNET, tiny_store)
        assert utils._tracking_uri == address
        assert fluent._active_experiment_id is None
        assert os.environ["MLFLOW_TRACKING_URI"] == own
        assert "MLFLOW_EXPERIMENT_ID" not in os.environ


def test_the_network_takes_any_size_and_needs_no_loss_of_ours(trained: str, database: Path) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    outputs = client.get_run(trained).outputs.model_outputs
    models = {m.name: m for m in (client.get_logged_model(o.model_id) for o in outputs)}
    assert set(models) == {"denoiser_network", "denoiser_hu"}
    experiment = client.get_run(trained).info.experiment_id
    assert {model.experiment_id for model in models.values()} == {experiment}
    mlflow.set_tracking_uri(f"sqlite:///{database}")
    network = mlflow.tensorflow.load_model(
        models["denoiser_network"].model_uri, keras_model_kwargs={"compile": False}
    )
    image = np.random.default_rng(1).uniform(0, 1, (1, 32, 48, 1)).astype(np.float32)
    np.testing.assert_allclose(network(image), UNET.build(seed=3)(image), atol=1e-6)


def test_the_models_and_the_version_show_what_evaluations_measure(
    trained: str, database: Path
) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    promote(trained, "ldct-denoiser", "champion")
    with Tracked().open("evaluate", "x") as run:
        run.tags({"pi.protocols": "paper8,full_float"})
        run.tags_of(trained, {"pi.evaluated_by.test": run.run_id})
        found = {
            "slices": 7,
            "paper8/ssim": 0.8,
            "paper8/ssim_low_dose": 0.9,
            "paper8/ssim_sd": 0.1,
        }
        run.metrics(found)
        tell_model(run, trained, found)
        history = client.get_metric_history(run.run_id, "paper8/ssim")
        assert len(history) == 1  # that of the run stays as it was
    outputs = client.get_run(trained).outputs.model_outputs
    for model in (client.get_logged_model(output.model_id) for output in outputs):
        assert {one.key: one.value for one in model.metrics} == found
        assert "On 7 slices of test patients (paper8)" in model.tags["mlflow.note.content"]
    version = client.get_model_version_by_alias("ldct-denoiser", "champion")
    assert "SSIM 0.8000 beside 0.9000 of the low dose" in version.description
    assert "Worse than doing nothing: SSIM." in version.description
    client.update_model_version("ldct-denoiser", version.version, "my own words")
    with Tracked().open("evaluate", "y") as run:
        run.metrics({"slices": 1})
        tell_model(run, trained, ["slices"])
    (inputs,) = [client.get_run(run.run_id).inputs.model_inputs]
    assert {one.model_id for one in inputs} == {output.model_id for output in outputs}
    version = client.get_model_version_by_alias("ldct-denoiser", "champion")
    assert version.description == "my own words"


def test_requirements_are_pinned(trained: str, database: Path) -> None:
    files = [*database.parent.rglob("requirements.txt")]
    assert files
    for file in files:
        assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in file.read_text().split())


def test_an_alias_moves_with_the_next_promotion(trained: str, database: Path) -> None:
    promote(trained, "ldct-denoiser", "champion")
    assert promote(trained, "ldct-denoiser", "champion") == ("ldct-denoiser", 2)
    found = MlflowClient(f"sqlite:///{database}").get_model_version_by_alias(
        "ldct-denoiser", "champion"
    )
    assert int(found.version) == 2


def test_a_run_without_a_denoiser_cannot_be_promoted(database: Path) -> None:
    with Tracked().open("train", "nothing in it") as run:
        pass
    with pytest.raises(TrackingError, match=UNKNOWN):
        promote(run.run_id, "ldct-denoiser", "champion")
    with pytest.raises(TrackingError, match="must exist"):
        promote("nosuch", "ldct-denoiser", "champion")


PIXEL = 123.4567


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.full((4, 4), PIXEL), r"got shape \(4, 4\)"),
        (np.zeros((0, 4, 4)), r"got shape \(0, 4, 4\)"),
        (np.array([[[PIXEL, np.nan]]]), "NaN or infinity"),
        ([[[PIXEL, 1.0]], [[PIXEL]]], "no array of real numbers"),
        ([[[f"{PIXEL}"]]], "no array of real numbers"),
        (np.full((1, 4, 4), PIXEL * 1j), "no array of real numbers"),
        (pd.DataFrame({"hu": [PIXEL]}), r"got shape \(1, 1\)"),
        (np.full((1, 4, 4), 0.3), r"every value lies in \[0, 1\]"),
    ],
)
def test_what_is_no_stack_of_slices_is_refused_without_a_pixel(wrong: ArrayLike, said: str) -> None:
    with pytest.raises(ServedModelError, match=said) as refused:
        ServedDenoiser(lambda slices: slices).predict(wrong)  # type: ignore[arg-type]
    assert str(PIXEL) not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_through_mlflow_whole_numbers_and_lists_are_slices_and_refusals_our_own(
    trained: str, database: Path
) -> None:
    promote(trained, "", "champion")
    mlflow.set_tracking_uri(f"sqlite:///{database}")
    service = mlflow.pyfunc.load_model("models:/ldct-denoiser@champion")
    hu = np.random.default_rng(1).integers(-1000, 500, (1, 16, 16))
    expected = service.predict(hu.astype(np.float32))
    for given in (hu.astype(np.int16), hu.astype(np.float64), hu.tolist()):
        np.testing.assert_array_equal(service.predict(given), expected)
    with pytest.raises(ServedModelError, match="got shape"):
        service.predict(np.full((4, 4), PIXEL))
    with pytest.raises(ServedModelError, match="no array of real numbers"):
        service.predict([[[PIXEL, 1.0]], [[PIXEL]]])


def test_the_card_lies_beside_the_weights_in_the_model_and_in_the_registry(
    trained: str, database: Path
) -> None:
    promote(trained, "", "champion")
    client = MlflowClient(f"sqlite:///{database}")
    kept = Path(client.download_artifacts(trained, "denoiser/README.md")).read_text()
    version = client.get_model_version_by_alias("ldct-denoiser", "champion")
    assert kept == version.description
    assert kept.startswith("# Low-dose CT denoiser")
    assert [*database.parent.rglob("data/*/README.md")]


def test_a_denoiser_that_is_worse_than_doing_nothing_is_promoted_only_if_asked(
    trained: str, database: Path
) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    unknown = promote_job(PromoteParameters(run=trained))
    assert "on the validation slices is not known; `evaluate` measures it" in unknown.text()
    client.log_metric(trained, "kept/ssim", 0.9)
    client.log_metric(trained, "validation/ssim_low_dose", 0.95)
    with pytest.raises(TrackingError, match="better than doing nothing to be promoted but its"):
        promote_job(PromoteParameters(run=trained, alias="next"))
    assert len(client.search_model_versions("name = 'ldct-denoiser'")) == 1
    forced = promote_job(PromoteParameters(run=trained, alias="next", even_if_worse=True))
    assert forced.text().endswith("the low dose's 0.9500: worse than doing nothing.")
    version = client.get_model_version_by_alias("ldct-denoiser", "next")
    assert "**Worse than doing nothing**" in version.description
    client.log_metric(trained, "validation/ssim_low_dose", 0.85)
    assert promote_job(PromoteParameters(run=trained)).remark == ""
