"""Which lock a machine's environment is built from, with an nvidia-smi that is made up."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLAIN, CUDA = "requirements.lock\n", "requirements-gpu.lock\n"
OPEN_DRIVER = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (builder@a)  "
    "Thu Feb 22 01:25:25 UTC 2024\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
)


def chosen(
    folder: Path, smi: str | None, *words: str, driver: Path = Path("nowhere")
) -> tuple[str, str]:
    """What the script says on both streams where nvidia-smi is the shell's text ``smi``."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("uname", "head", "sed", "ls"):
        (tools / name).symlink_to(str(shutil.which(name)))
    if smi is not None:
        (tools / "nvidia-smi").write_text(f"#!/bin/sh\n{smi}\n")
        (tools / "nvidia-smi").chmod(0o755)
    shell, script = str(shutil.which("sh")), str(ROOT / "environment/lock_file.sh")
    done = subprocess.run(
        [shell, script, *(words or ("auto",)), str(driver)],
        env={**os.environ, "PATH": str(tools)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("smi", "lock", "said"),
    [
        (None, PLAIN, ""),
        ("echo 550.54.15", CUDA, ""),
        ("echo 550.54.15; echo 550.54.15", CUDA, ""),  # two GPUs
        ('[ "$1" = --query-gpu=driver_version ] && echo 525.60.13', CUDA, ""),
        ("echo 470.256.02", PLAIN, "must be 525 or newer for CUDA 12 but is 470.256.02"),
        ("echo cannot speak to the driver >&2; exit 9", PLAIN, "names no GPU"),
        ("echo No devices were found", PLAIN, "names no GPU"),
    ],
)
def test_a_gpu_whose_driver_bears_cuda_takes_the_lock_with_its_libraries(
    tmp_path: Path, smi: str | None, lock: str, said: str
) -> None:
    out, errors = chosen(tmp_path, smi)
    assert out == lock
    assert said in errors
    assert errors.count("\n") == bool(said)


@pytest.mark.parametrize(("version", "lock"), [("550.54.14", CUDA), ("390.157", PLAIN)])
def test_without_nvidia_smi_the_driver_itself_is_asked(
    tmp_path: Path, version: str, lock: str
) -> None:
    (tmp_path / "driver/gpus/0000:01:00.0").mkdir(parents=True)
    (tmp_path / "driver/version").write_text(OPEN_DRIVER.format(version))
    out, errors = chosen(tmp_path, None, driver=tmp_path / "driver")
    assert out == lock
    assert (version in errors) == (lock == PLAIN)


@pytest.mark.parametrize(
    ("word", "out", "said"),
    [
        ("off", PLAIN, ""),
        ("on", CUDA, ""),
        ("yes", "", "`GPU` must be auto, on or off but got yes"),
    ],
)
def test_whoever_says_so_chooses(tmp_path: Path, word: str, out: str, said: str) -> None:
    found, errors = chosen(tmp_path, "echo 550.54.15", word)
    assert found == out
    assert said in errors


def test_the_environment_is_built_from_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert 'lock=$$(sh environment/lock_file.sh "$(GPU)")' in makefile
    assert '--require-hashes -r "$$lock"' in makefile
