"""The script of `make gpu-check`, and what is reckoned from it for the paper's size."""

import json
from pathlib import Path

import pytest

from benchmarks import gpu_check, paper_scale
from benchmarks.paper_scale import FEATURE_BYTES, LAYERS, Stage, hours, trained_on_gpu, training
from benchmarks.train_step import tapped

HOUR = 3600
PATCHES = 279_200
"""Training patches of the paper: 11,168 slices of 25."""


def rates(**changed: object) -> list[dict[str, object]]:
    """1,000 patches a second at the one layer and 500 at the other."""
    plain = {"number_format": "float32", "cached": False, "jit": False, "repeatable": False}
    pairs = zip(LAYERS, (1000.0, 500.0), strict=True)
    return [{**plain, "layer": name, "patches_per_second": r, **changed} for name, r in pairs]


def test_without_a_gpu_it_says_so_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert gpu_check.main(["--to", str(tmp_path / "found.json")]) == 2
    said = capsys.readouterr()
    assert said.err == "error: an NVIDIA GPU must be here but is not: `--on cpu` checks without.\n"
    assert said.out == ""
    assert not (tmp_path / "found.json").exists()


def test_what_takes_a_gpu_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_check.time, "monotonic", lambda: 100.0)
    assert gpu_check.Clock(100.0 + gpu_check.FOR_MAIN + 31).bears(30)
    assert not gpu_check.Clock(100.0 + gpu_check.FOR_MAIN + 29).bears(30)


def test_training_is_reckoned_from_the_seconds_of_a_patch() -> None:
    found = training("so", {"block3_conv2": 0.1, "block5_conv4": 0.2})
    # Two experiments at the one layer, three at the other, ten epochs.
    assert found.split == pytest.approx(PATCHES * 10 * (2 * 0.1 + 3 * 0.2) / HOUR)
    # In ten folds each slice is trained on eight times.
    assert found.folds / found.split == pytest.approx(8 * 16_628 / 11_168, rel=1e-3)


def test_a_gpus_training_is_reckoned_from_the_faster_of_xla_on_and_off() -> None:
    found = {"tiny": False, "rates": [*rates(), *rates(jit=True, patches_per_second=2000.0)]}
    (stage,) = trained_on_gpu(found)
    assert stage.name == "train, float32, without cache, or faster"
    assert stage.split == pytest.approx(PATCHES * 10 * 5 / 2000 / HOUR)
    assert trained_on_gpu({"tiny": False, "rates": rates()[:1]}) == []
    with pytest.raises(SystemExit, match="of a whole check but is of one with --tiny"):
        trained_on_gpu({"tiny": True})


def test_times_are_told_as_one_says_them() -> None:
    assert [hours(x) for x in (0.01, 1.25, 47.9, 48)] == ["0.6 min", "1.2 h", "47.9 h", "2.0 d"]
    assert len(str(Stage("prepare", "1 s", 1.0, 2.0))) == 100


def test_features_take_what_their_layer_has() -> None:
    for layer, size in FEATURE_BYTES.items():
        halvings = int(layer[5]) - 1
        channels = {"block3_conv2": 256, "block5_conv4": 512}[layer]
        assert size == (96 // 2**halvings) ** 2 * channels * 4
    assert [tapped(layer) for layer in ("block1_conv2", *LAYERS)] == [2, 6, 16]


@pytest.mark.slow  # half a minute of XLA and a whole `main`
def test_it_runs_whole_on_a_processor(tmp_path: Path) -> None:
    import subprocess
    import sys

    file = tmp_path / "found.json"
    words = ["-m", "benchmarks.gpu_check", "--on", "cpu", "--tiny", "--to", str(file)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["device"] == "processor"
    assert len(found["rates"]) == 24
    assert len([one for one in found["rates"] if one["jit"]]) == 8
    assert all(one["patches_per_second"] > 0 for one in found["rates"])
    assert set(found["apart"].values()) == {0.0}  # it was the processor twice
    assert 0 <= found["idle"]["share"] < 1
    assert paper_scale.LAYERS.keys().isdisjoint(one["layer"] for one in found["rates"])
