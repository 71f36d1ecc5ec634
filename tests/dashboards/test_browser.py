"""Every page in headless Chromium: it draws, answers a click and writes no error."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from dashboards.screenshots import browser_page, find_chromium

ROOT = Path(__file__).parents[2]
TITLES = ["Training", "Slices", "Comparison", "Search", "Influence"]


@pytest.fixture
def dashboard(database: Path) -> Iterator[str]:
    """The dashboard over a store with two calibrations and a training."""
    from test_screens import log_calibration

    from pi.tracking.run import open_run

    log_calibration("first")
    log_calibration("<b>second</b>")
    with open_run("train", "a") as run:
        run.params({"experiment": "demo1", "schedule": "fixed", "target_psi": 0.95})
        run.metrics({"train/psi": 0.95, "train/image_loss": 1.0, "lambda": 0.1}, step=1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/app.py"]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with Path(os.devnull).open("w") as nowhere:
        server = subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=nowhere)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_every_page_draws_answers_a_click_and_writes_no_error(dashboard: str) -> None:
    errors: list[str] = []
    with browser_page(find_chromium()) as page:
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(dashboard)
        page.get_by_role("heading", name="Influence", exact=True).wait_for(timeout=60_000)
        page.get_by_text("λ = 3", exact=True).first.wait_for(timeout=60_000)
        page.get_by_role("slider").first.press("ArrowRight")
        page.get_by_text("λ = 3.08", exact=True).first.wait_for(timeout=60_000)  # Psi of 75.5 %
        page.locator("[data-testid=stImage] img").nth(2).wait_for(timeout=60_000)
        for title in TITLES:
            page.get_by_role("link", name=title).click()
            page.get_by_role("heading", name=title, exact=True).wait_for(timeout=60_000)
        page.get_by_role("link", name="Training").click()
        page.locator("[data-testid=stImage] img").nth(1).wait_for(timeout=60_000)
        page.get_by_text("Look again every 10 seconds").click()
        assert page.locator("[data-testid=stException]").count() == 0
        assert errors == []  # a request to another machine would be one too


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            sleep(0.5)
        else:
            return
    pytest.fail("the dashboard must start within a minute but did not.")
