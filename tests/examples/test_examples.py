"""The examples run as they stand, and give what they promise. Those of PyTorch: tests/pytorch."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
from examples import keras_fit
from pi.door.calibration import Calibration
from pi.tracking.listing import list_runs

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_keras_fit_holds_psi_and_is_listed_as_a_training(database: Path) -> None:
    psi = keras_fit.main(epochs=3, log_to="mlflow")
    assert psi == pytest.approx(0.95, abs=0.02)
    (run,) = list_runs("train")
    assert run.name == "keras_fit"
    assert run.record.metrics["train/psi"] == pytest.approx(psi)


def test_the_notebook_takes_a_folder_to_a_lambda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    for dose, noise in (("low", 30.0), ("normal", 0.0)):
        (tmp_path / dose).mkdir()
        for number in range(6):
            pixels = 40 + number + rng.normal(0, 1, (32, 32)) * noise
            np.save(tmp_path / dose / f"{number}.npy", pixels.astype(np.float32))
    monkeypatch.setenv("PAIRS", str(tmp_path))
    monkeypatch.setattr(mpl, "rcParams", mpl.rcParams.copy())
    mpl.use("agg")
    cells = json.loads((EXAMPLES / "folder_of_pairs.ipynb").read_text())["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            assert cell["outputs"] == []  # nothing of anyone's data is kept in it
    found = names["found"]
    assert isinstance(found, Calibration)
    # Two differences of independent noise: each has twice its variance, so P is 4 M.
    assert found.weight == pytest.approx(19 / 4, rel=0.03)
    assert found.low < found.weight < found.high
    assert "values in HU" in repr(found)
    assert "in [0, 1] of [-160, 240] HU" in capsys.readouterr().out
    assert names["axes"].lines
