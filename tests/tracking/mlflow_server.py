"""A real tracking server on the loopback address that can be killed and brought back."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
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
                env=os.environ | {"MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.folder}/m.db",
                                  "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            )  # fmt: skip
        answers(f"{self.uri}/health")

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Door:
    """A port of its own before a server: it is shut, and opened again, at once.

    To whoever is behind a request it is a server that was killed, and nobody waits for a start.

    Attributes:
        uri: its address, the same each time.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._port = free_port()
        self.uri = f"http://127.0.0.1:{self._port}"
        self._sockets: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        listening = socket.create_server(("127.0.0.1", self._port))
        self._sockets = [listening]
        threading.Thread(target=self._let_in, args=[listening], daemon=True).start()

    def shut(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _let_in(self, listening: socket.socket) -> None:
        while True:
            try:
                outside, _ = listening.accept()
            except OSError:
                return
            try:
                inside = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:
                outside.close()
                continue
            self._sockets += [outside, inside]
            for one, other in ((outside, inside), (inside, outside)):
                threading.Thread(target=_pass_on, args=[one, other], daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(65536):
            other.sendall(said)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


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
