"""Servers on the loopback address and a headless browser, for pictures, tests and benchmarks."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
START_WITHIN = 300  # seconds


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        address: of its pages.
        process: that it is.
    """

    address: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def dashboard() -> Iterator[Server]:
    """Serve the dashboard over the tracking store in force while the block runs."""
    with _serving(["-m", "dashboards", "--server.port"], "_stcore/health") as server:
        yield server


@contextmanager
def mlflow_ui(uri: str) -> Iterator[str]:
    """Serve the MLflow UI over ``uri`` while the block runs; give its address."""
    command = ["-m", "mlflow", "ui", "--workers", "1", "--port"]
    # Not as an argument, which everybody on this machine may read.
    with _serving(command, "health", {"MLFLOW_BACKEND_STORE_URI": uri}) as server:
        yield server.address


@contextmanager
def browser_page(
    chromium: str, width: int = 1600, height: int = 1000, *, dark: bool = False
) -> Iterator[Page]:
    """Open a page of headless Chromium of so many pixels."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
        finally:
            browser.close()


def find_chromium() -> str:
    """Return a Chromium, or end with a sentence that says how to get one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        sys.exit("error: a Chromium is needed: install one, or name it with CHROMIUM=...")
    return found


@contextmanager
def _serving(
    command: Sequence[str], health: str, told: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Server]:
    """Run a Python command, completed by a free port, until it has answered and the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    with Path(os.devnull).open("w") as nowhere:
        process = subprocess.Popen(
            [sys.executable, *command, port], cwd=ROOT, stdout=nowhere, stderr=nowhere,
            start_new_session=True, env={**os.environ, **told},
        )  # fmt: skip
    try:
        _wait_for(f"{address}/{health}", process)
        yield Server(address, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(2 * START_WITHIN):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit(f"error: the server must start within {START_WITHIN} seconds but did not.")
