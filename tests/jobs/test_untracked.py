"""Jobs as a notebook calls them: without a tracking store, quiet, with a result worth printing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pi.jobs.calibrate import calibrate
from pi.jobs.evaluate import evaluate
from pi.jobs.main import main
from pi.jobs.presets import presets
from pi.jobs.pretrain import pretrain
from pi.jobs.screen import screen
from pi.jobs.search import search
from pi.jobs.simulate import simulate
from pi.jobs.train import train
from pi.parameters import (
    CalibrateParameters,
    EvaluateParameters,
    MainParameters,
    PresetsParameters,
    PretrainParameters,
    ScreenParameters,
    SearchParameters,
    SimulateParameters,
    TrainParameters,
)
from pi.tracking.address import TrackingError
from pi.tracking.tracker import UNTRACKED

SMALL = {"data": "simulated:tiny", "patch_size": 32, "patch_step": 32, "denoiser": "unet:2"}
BRIEF = {**SMALL, "epochs": 1, "validation_slices": 1, "precision": "float32"}
FEW = {"batch_size": 448, "validation_patches": 16}
FLAT = "vgg16:random:block1_conv1"

JOBS: dict[str, tuple[Callable[..., Any], object]] = {
    "presets": (presets, PresetsParameters()),
    "simulate": (simulate, SimulateParameters(size="tiny")),
    "calibrate": (
        calibrate,
        CalibrateParameters(**SMALL, experiments=FLAT, states="identity", tolerance=0.5),
    ),
    "screen": (screen, ScreenParameters(**SMALL, experiments=FLAT, patches=4)),
    "train": (train, TrainParameters(**BRIEF, **FEW, experiment="mse", perceptual_weight="0")),
    "evaluate": (evaluate, EvaluateParameters(data="simulated:tiny", protocols="full_float")),
    "search": (
        search,
        SearchParameters(**BRIEF, experiments=FLAT, trials=3, epoch_steps=1, psi_range="0.5,0.9"),
    ),
    "pretrain": (
        pretrain,
        PretrainParameters(
            data="simulated:tiny", task="autoencoder", patch_size=32, steps=1, held_out=2,
            precision="float32",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_without_a_tracking_store_and_says_nothing(
    name: str,
    tiny_cache: Path,
    tmp_path: Path,
    eager: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    monkeypatch.chdir(tmp_path)
    job, parameters = JOBS[name]
    result = job(parameters)
    assert capfd.readouterr().out == ""
    left = {file.name for file in tmp_path.rglob("*")}
    assert {name.partition("-")[0] for name in left} <= {
        "optuna.db"
    }  # a search is a study, wherever its runs are kept
    assert repr(result).startswith("<")
    assert "\n" not in repr(result)
    assert len(repr(result)) < 200
    assert result.text().strip()
    assert "this run" not in result.text()


def test_what_needs_runs_to_go_on_says_so(
    tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    with pytest.raises(TrackingError, match="`tracker` must be one that keeps runs"):
        main(MainParameters(data="simulated:tiny"))
    with (
        pytest.raises(TrackingError, match="`resume` must be empty"),
        UNTRACKED.open("train", "a", "some run"),
    ):
        pass
