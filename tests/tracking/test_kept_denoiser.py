"""A trained denoiser goes into the store and comes out as a service in HU."""

import re
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from pi.denoisers import DenoiserSpec
from pi.evaluation.denoise import slice_denoiser
from pi.evaluation.served import ServedDenoiser, ServedModelError
from pi.slices.store import Store
from pi.tracking.address import TrackingError
from pi.tracking.kept_denoiser import log_denoiser
from pi.tracking.registry import promote
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


@pytest.mark.parametrize(
    ("wrong", "said"),
    [(np.zeros((4, 4)), "got shape"), (np.full((1, 4, 4), np.nan), "NaN or infinity")],
)
def test_what_is_no_stack_of_slices_is_refused(wrong: np.ndarray, said: str) -> None:
    with pytest.raises(ServedModelError, match=said):
        ServedDenoiser(lambda slices: slices).predict(wrong)  # type: ignore[arg-type]
