"""The documented way to serve a denoiser, its commands as they are printed."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pi.denoisers import DenoiserSpec
from pi.slices.store import Store
from pi.tracking.kept_denoiser import log_denoiser
from pi.tracking.tracker import Tracked

ROOT = Path(__file__).parents[2]
UNET = DenoiserSpec("unet", 2)
URL = "http://127.0.0.1:5001"
PIXEL = 123.4567


def documented() -> list[str]:
    """The commands of the section, one a line."""
    page = (ROOT / "docs" / "network.md").read_text()
    section = page.partition("## Serve a denoiser without Docker")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def said(command: str, folder: Path) -> str:
    done = subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, timeout=300, check=True
    )
    return done.stdout


@contextmanager
def serving(command: str, folder: Path) -> Iterator[None]:
    server = subprocess.Popen(f"exec {command}", shell=True, cwd=folder, start_new_session=True)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{URL}/ping", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None
                time.sleep(1)
        yield
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def refused(inputs: object) -> str:
    """What is answered to something that is no stack of slices."""
    body = json.dumps({"inputs": inputs}).encode()
    asked = urllib.request.Request(f"{URL}/invocations", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(asked, timeout=60)
    assert error.value.code == 400
    return error.value.read().decode()


@pytest.mark.slow  # a server of MLflow's loads TensorFlow: a minute
def test_the_documented_commands_serve_a_denoiser(
    database: Path, tiny_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote, serve, by_hand, dump, whole = documented()
    with Tracked().open("train", "a training") as run:
        log_denoiser(run, UNET.build(seed=3), UNET, tiny_store)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    slices = np.random.default_rng(1).integers(-1000, 500, (2, 20, 33)).astype(np.int16)
    np.save(tmp_path / "slices.npy", slices)
    assert "version 1" in said(promote.replace("RUN", run.run_id), tmp_path)
    with serving(serve.replace("PATH=.venv/bin:$PATH", "env PATH=.venv/bin:$PATH"), tmp_path):
        few = json.loads(said(by_hand, tmp_path))["predictions"]
        assert np.shape(few) == (1, 3, 3)
        said(dump, tmp_path)
        said(whole, tmp_path)
        found = json.loads((tmp_path / "denoised.json").read_text())["predictions"]
        assert np.shape(found) == slices.shape
        for inputs, sentence in (
            ([[PIXEL, 1.0]], "got shape (1, 2)"),
            ([[[PIXEL, None]]], "no array of real numbers"),
            ([[[0.5, 0.25]]], "every value lies in [0, 1]"),
        ):
            answer = refused(inputs)
            assert sentence in answer
            assert str(PIXEL) not in answer
