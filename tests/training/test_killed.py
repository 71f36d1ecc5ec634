"""A run killed at any moment and resumed ends as one that never was: for real, in processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from mlflow import MlflowClient

from pi.tracking.records import DENOISER

ROOT = Path(__file__).parents[2]
ARGUMENTS = {
    "data": "simulated:tiny",
    "experiment": "vgg16:random:block1_conv1",
    "schedule": "constant_psi",
    "denoiser": "unet:2",
    "patch_size": "32",
    "patch_step": "32",
    "batch_size": "16",
    "epochs": "2",
    "validation_slices": "2",
    "validation_patches": "32",
    "gradient_every": "40",
    "checkpoint_minutes": "0.002",
}


def start(resume: str = "") -> "subprocess.Popen[str]":
    """Start or resume a training in the folder of its own tracking store."""
    words = [f"--{k}={v}" for k, v in ({"resume": resume} if resume else ARGUMENTS).items()]
    return subprocess.Popen(
        [sys.executable, "-m", "entrypoints.train", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def weights(client: MlflowClient, run_id: str, folder: Path) -> list[np.ndarray]:
    """All arrays that the run logged, kept and last, by name."""
    found = []
    for kind in (DENOISER, "last"):
        (file,) = client.list_artifacts(run_id, kind)
        with h5py.File(client.download_artifacts(run_id, file.path, str(folder))) as content:
            content.visititems(
                lambda name, item: (
                    found.append(np.array(item)) if isinstance(item, h5py.Dataset) else None
                )
            )
    return found


def wait_for_steps(cache: Path, known: set[Path], seconds: float) -> Path:
    """Wait until a new run has a checkpoint, and then for as long as was said."""
    while not (new := set(cache.glob("checkpoints/*/state.npz")) - known):
        time.sleep(0.05)
    time.sleep(seconds)
    return new.pop()


@pytest.mark.slow
def test_killed_and_resumed_is_never_killed(
    tiny_cache: Path, database: Path, tmp_path: Path
) -> None:
    client = MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    finished(start())
    (whole,) = client.search_runs(["1"])
    expected = weights(client, whole.info.run_id, tmp_path)

    known = set(tiny_cache.glob("checkpoints/*/state.npz"))
    process = start()
    run_id = wait_for_steps(tiny_cache, known, 2.5).parent.name
    process.kill()
    process.communicate()
    for moment in (3.0, 1.0):  # and killed again, at other moments
        again = start(resume=run_id)
        time.sleep(12 + moment)
        again.kill()
        again.communicate()
    interrupted = start(resume=run_id)
    time.sleep(15)
    interrupted.send_signal(signal.SIGTERM)
    _, err = interrupted.communicate()
    assert "Traceback" not in err
    finished(start(resume=run_id))

    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    found = weights(client, run_id, tmp_path)
    assert len(found) == len(expected) > 0
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    for name in ("validation/ssim", "train/psi", "kept_epoch"):
        assert run.data.metrics[name] == whole.data.metrics[name]
