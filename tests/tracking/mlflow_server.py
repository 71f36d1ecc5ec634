"""A real tracking server on the loopback address that can be killed and brought back."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class TrackingServer:
    """MLflow's server over an SQLite file, with proxied artifacts, in a folder.

    Attributes:
        uri: its address, the same each time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        words = ["server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
                 "--artifacts-destination", str(self.folder / "artifacts")]  # fmt: skip
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", *words], cwd=self.folder, stdout=said,
                stderr=said, start_new_session=True,
                env=os.environ | {"MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.folder}/m.db"},
            )  # fmt: skip
        answers(f"{self.uri}/health")

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def answers(address: str, within: float = 300) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError(address)
