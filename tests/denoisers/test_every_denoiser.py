"""Every denoiser from its command line to the service: trained, evaluated, promoted, resumed."""

import os
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from entrypoints import evaluate, recall, train
from pi.command_line import run
from pi.denoisers import NAMES, DenoiserSpec
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.evaluation.whole_slices import slice_denoiser
from pi.network.denoiser_file import DenoiserFileError
from pi.parameters import EvaluateParameters, TrainParameters
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.listing import list_runs
from pi.tracking.records import read_slices
from pi.tracking.registry import promote

SMALL = [
    "--data", "simulated:tiny", "--patch_size", "32", "--patch_step", "64", "--batch_size", "56",
    "--epochs", "1", "--gradient_every", "2", "--deterministic", "False", "--validation_slices",
    "1", "--validation_patches", "16", "--precision", "float32", "--experiment", "mse",
    "--perceptual_weight", "0",
]  # fmt: skip
KEPT = ["--keep_checkpoints", "True"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_trained_evaluated_promoted_and_resumed(
    name: str,
    tiny_cache: Path,
    database: Path,
    undrawn: None,
    eager: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = DenoiserSpec(name, 2)
    assert run(train.main, TrainParameters, "", [*SMALL, *KEPT, "--denoiser", str(spec)]) == 0
    (trained,) = list_runs("train")
    saved = fetch_denoiser(trained.run_id)
    assert saved.spec == spec
    if spec.design.starts[0] == "residual":  # which a few steps do not lead far from
        assert trained.record.metrics["validation/ssim"] > 0.5

    to_evaluate = ["--data", "simulated:tiny", "--run", trained.run_id, "--protocols", "full_float"]
    assert run(evaluate.main, EvaluateParameters, "", to_evaluate) == 0
    (evaluated,) = list_runs("evaluate")
    assert set(read_slices(evaluated.run_id)["image"]) == {LOW_DOSE, DENOISED}

    assert promote(trained.run_id, "", "champion", even_if_worse=True) == ("ldct-denoiser", 1)
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    service = mlflow.pyfunc.load_model("models:/ldct-denoiser@champion")
    low_dose = np.random.default_rng(1).uniform(-1000, 500, (1, 19, 50)).astype(np.float32)
    expected = slice_denoiser(saved.load(), spec.design.sizes)(low_dose)
    np.testing.assert_allclose(service.predict(low_dose), expected, atol=1e-3)

    again = [*KEPT, "--resume", trained.run_id, "--checkpoint_minutes", "3"]
    assert run(train.main, TrainParameters, "", again, recall) == 0  # over: logged again
    for one, other in zip(
        saved.load().get_weights(), fetch_denoiser(trained.run_id).load().get_weights(), strict=True
    ):
        assert np.array_equal(one, other)
    other = next(known for known in NAMES if known != name)
    assert run(train.main, TrainParameters, "", [*again, "--denoiser", f"{other}:2"], recall) == 2
    assert f"`denoiser` must be {spec} but got {other}:2" in capsys.readouterr().err

    client = MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    client.log_text(trained.run_id, "foreign", "denoiser/denoiser.weights.h5")
    with pytest.raises(DenoiserFileError, match=f"must be the weights of {spec} .* another sha256"):
        fetch_denoiser(trained.run_id)
