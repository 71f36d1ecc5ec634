"""Take the README's pictures of the MLflow UI: `make screenshots`, after `make calibrate`.

Needs a Chromium (Debian: `apt-get install chromium`; another one: CHROMIUM=/path/to/it). It starts
the UI over the tracking store of this folder, opens the saved view of the newest calibration, and
writes it with that calibration's figure into `dashboards/pictures`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from pi.tracking.address import pages, tracking_uri
from pi.tracking.earlier import fetch_artifact, newest_run

PICTURES = Path(__file__).parent / "pictures"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def mlflow_ui(uri: str) -> Iterator[str]:
    """Serve the UI on a free port of the loopback address while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    command += ["--port", str(port), "--workers", "1"]
    with Path(os.devnull).open("w") as nowhere:
        server = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, start_new_session=True)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield address
        finally:
            os.killpg(server.pid, 15)
            server.wait()


@contextmanager
def browser_page(chromium: str) -> Iterator[Page]:
    """Open a page of headless Chromium, 1600 x 1000."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield browser.new_page(viewport={"width": 1600, "height": 1000})
        finally:
            browser.close()


def find_chromium() -> str:
    """Return a Chromium, or end with a sentence that says how to get one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        sys.exit("error: screenshots need Chromium: install it, or name one with CHROMIUM=...")
    return found


def main() -> None:
    """Write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    uri = tracking_uri()
    run_id, experiment_id = newest_run("calibrate")
    shutil.copy(fetch_artifact(run_id, "influence.png"), PICTURES)
    with mlflow_ui(uri) as address, browser_page(find_chromium()) as page:
        _, curves_page = pages(address, experiment_id, run_id, "pi-calibrate")
        page.goto(curves_page)
        page.get_by_text("Perceptual influence").first.wait_for(timeout=120_000)
        page.get_by_role("button", name="Close").last.click()  # the assistant's pane
        _take(page, "curves")


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(6_000)  # charts draw themselves after their data
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"written: dashboards/{PICTURES.name}/{name}.png")


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("error: the MLflow UI must start within a minute but did not.")


if __name__ == "__main__":
    main()
