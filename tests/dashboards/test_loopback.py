"""The dashboard answers this machine alone, wherever it is started and whatever is set there."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboards.__main__ import SETTINGS, settings_not_in

ROOT = Path(__file__).parents[2]
FOREIGN = '[server]\naddress = "0.0.0.0"\nheadless = false\n[client]\nshowErrorDetails = "full"\n'


def test_its_settings_are_arguments_which_streamlit_obeys_first() -> None:
    words = settings_not_in([])
    assert "--server.address=127.0.0.1" in words
    assert "--browser.gatherUsageStats=false" in words
    assert "--theme.light.primaryColor=#0072B2" in words
    assert len(words) == SETTINGS.read_text().count(" = ")


@pytest.mark.parametrize("asked", [["--server.address", "::1"], ["--server.address=::1"]])
def test_what_is_asked_for_is_said_once(asked: list[str]) -> None:
    words = settings_not_in(asked)
    assert [word for word in words if "server.address" in word] == asked[:1]
    assert words[-len(asked) :] == asked


def listening(port: int) -> set[str]:
    """Addresses at which somebody listens on a port, as the system has them."""
    found = set()
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(file).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


@pytest.mark.slow  # Streamlit and TensorFlow are loaded: half a minute
def test_started_elsewhere_with_foreign_settings_it_listens_on_loopback_alone(
    database: Path, tmp_path: Path
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        (folder / ".streamlit").mkdir(parents=True)
        (folder / ".streamlit" / "config.toml").write_text(FOREIGN)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_HEADLESS": "false",
            "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full", "HOME": str(home),
            "PYTHONPATH": str(ROOT)}  # fmt: skip
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboards", "--server.port", str(port)], cwd=elsewhere,
            env=os.environ | told, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        for _ in range(240):
            assert process.poll() is None, (tmp_path / "said").read_text()
            if listening(port):
                break
            time.sleep(0.5)
        assert listening(port) == {"0100007F"}, (tmp_path / "said").read_text()
        assert "Stopping" not in (tmp_path / "said").read_text()
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)
