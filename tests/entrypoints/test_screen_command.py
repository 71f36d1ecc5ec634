"""`screen` from its command line to what MLflow holds, and its refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from entrypoints.screen import main
from pi.command_line import run
from pi.influence.screening import QUANTITIES
from pi.jobs.screen import drawn_patches
from pi.parameters import ScreenParameters
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store

ROOT = Path(__file__).parents[2]
FLAT, WINDOWS = "vgg16:random:block1_conv1", "vgg16:random:block1_conv1/match=statistics:4"
TINY = ("--data", "simulated:tiny", "--patch_size", "32", "--patch_step", "32", "--patches", "6")


def screen(*arguments: str) -> int:
    return run(main, ScreenParameters, "", (*TINY, *arguments))


@pytest.fixture(autouse=True)
def in_the_tiny_cache(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))


def test_a_screen_is_one_run_with_its_view_table_and_figure(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert screen("--experiments", f"{FLAT},{WINDOWS}") == 0
    said = capsys.readouterr().out
    assert "blur penalty" in said
    assert "viewStateShareKey=pi-screen" in said
    client = MlflowClient(f"sqlite:///{database}")
    ids = [e.experiment_id for e in client.search_experiments()]
    (found,) = client.search_runs(ids, "tags.pi.stage = 'screen'")
    first, second = client.search_runs(ids, "tags.pi.stage = 'screened'")
    assert (first.data.metrics["rank"], second.data.metrics["rank"]) == (1, 2)
    assert {first.data.params["experiment"], second.data.params["experiment"]} == {FLAT, WINDOWS}
    assert "punishes blur most" in found.data.tags["mlflow.note.content"]
    metrics = found.data.metrics
    assert {*QUANTITIES} <= set(metrics)
    assert f"rank_of/{FLAT}" in {name.replace("~", "/") for name in metrics}
    assert found.data.tags["pi.stage"] == "screen"
    files = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert {"screen.json", "screen.png", "screen.csv", "config.json"} <= files
    view = json.loads((ROOT / "dashboards" / "screen.json").read_text())
    assert {chart["metricKey"] for chart in view["charts"]} <= set(first.data.metrics)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--experiments", "yang2018_wgan_vgg"), "influence by losses is not defined for yang2018"),
        (("--experiments", f"{FLAT}/match=gram"), "`match` must be pointwise or statistics:SIDE"),
        (("--patches", "0"), "`patches` must be"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert screen(*arguments) == 2
    assert said in capsys.readouterr().err


def test_every_patient_has_as_many_patches_as_can_be_had(tiny_store: Store) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 32, "paper")
    numbers, owners = drawn_patches(patches, 2 * len(patches.patients), np.random.default_rng(0))
    assert len(set(numbers.tolist())) == len(numbers)
    _, counts = np.unique(owners, return_counts=True)
    assert counts.tolist() == [2] * len(patches.patients)
