"""What is told of GPUs: those that are there and not used, and those of unlike kinds."""

from pathlib import Path

import pytest

from pi.network import GROWTH
from pi.training import gpus
from pi.training.gpus import gpu_kinds, most_alike, unlike_note, unused_note

ROOT = Path(__file__).parents[2]


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """A driver's folder with one GPU, which TensorFlow of these tests cannot use."""
    (tmp_path / "gpus/0000:01:00.0").mkdir(parents=True)
    return tmp_path


def test_the_commonest_kind_is_used_and_of_equals_the_first() -> None:
    assert most_alike(["A"]) == [0]
    assert most_alike(["A", "B", "B"]) == [1, 2]
    assert most_alike(["B", "A", "A", "B"]) == [0, 3]


def test_unlike_kinds_are_told() -> None:
    assert unlike_note([]) == unlike_note(["A", "A"]) == ""
    said = unlike_note(["A100, 8.0", "T4, 7.5", "T4, 7.5"])
    assert "are A100, 8.0; T4, 7.5; T4, 7.5: it goes to the 2 alone of the kind T4, 7.5." in said
    assert "to the one alone of the kind A" in unlike_note(["A", "B"])


@pytest.mark.parametrize(
    ("version", "cuda", "why"),
    [
        ("470.256.02", True, "its driver is 470 and CUDA 12 needs 525 or newer"),
        ("550.54.15", False, "the environment has no CUDA (`make clean`"),
        ("550.54.15", True, "its driver does not answer"),
        ("", True, "its driver does not answer"),
    ],
)
def test_a_gpu_that_is_not_used_is_told_with_the_reason(
    driver: Path, monkeypatch: pytest.MonkeyPatch, version: str, cuda: bool, why: str
) -> None:
    line = f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Tue Mar 5 22:23:56 UTC 2024"
    (driver / "version").write_text(f"{line}\nGCC version: gcc 12.2.0\n")
    monkeypatch.setattr(gpus, "find_spec", lambda name: cuda or None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    said = unused_note(driver)
    assert why in said
    assert said.endswith("; the work goes on on the processor.")
    assert said.count("\n") == 0


def test_nothing_is_told_where_there_is_none_or_it_is_hidden(
    driver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unused_note(tmp_path / "nowhere") == ""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert unused_note(driver) == ""


def test_kinds_are_told_as_tensorflow_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus.tf.config, "list_physical_devices", lambda kind: [1, 2])
    details = {1: {"device_name": "NVIDIA A100", "compute_capability": (8, 0)}, 2: {}}
    monkeypatch.setattr(gpus.tf.config.experimental, "get_device_details", details.__getitem__)
    assert gpu_kinds() == ["NVIDIA A100, 8.0", "GPU, "]


def test_memory_grows_and_the_oldest_driver_is_told_alike() -> None:
    import os

    assert os.environ[GROWTH] == "true"
    assert f"oldest={gpus.OLDEST_DRIVER} " in (ROOT / "environment/lock_file.sh").read_text()
