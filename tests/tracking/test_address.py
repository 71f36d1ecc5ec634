"""Where the tracking store is, whether it answers; that no password is ever shown."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pi.database import shown
from pi.tracking import address as address_module
from pi.tracking.address import (
    TrackingError,
    await_answer,
    farewell,
    pages,
    probe,
    told,
    tracking_uri,
)

SECRET = "geheim"


@contextmanager
def server(code: int) -> Iterator[tuple[str, list[str]]]:
    """A web server that answers every request with ``code``; what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{http.server_port}", asked
        finally:
            http.shutdown()
            thread.join()


@contextmanager
def speaks_something_else() -> Iterator[str]:
    """A server that is no web server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-something\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_the_default_is_an_absolute_file_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlruns").mkdir()  # which MLflow would prefer
    assert tracking_uri() == f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    assert tracking_uri() == "http://elsewhere"


@pytest.mark.parametrize("code", [200, 401, 404])
def test_a_server_that_answers_is_a_server(code: int) -> None:
    with server(code) as (address, asked):
        probe(f"http://{address}/")
    assert asked == ["/health"]


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_proxy_whose_server_is_away_is_none(code: int) -> None:
    with (
        server(code) as (address, _),
        pytest.raises(TrackingError, match=f"does not: a proxy in front of it says {code}"),
    ):
        probe(f"http://me:{SECRET}@{address}")


def test_a_store_that_is_away_is_waited_for_and_so_are_others_that_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = iter([True, True, False, False])
    said: list[str] = []
    slept: list[float] = []

    def answer(uri: str) -> None:
        if next(away):
            raise TrackingError("the tracking server must answer but x does not: gone.")

    monkeypatch.setattr(address_module, "probe", answer)
    monkeypatch.setattr(time, "sleep", slept.append)
    await_answer(said.append)
    assert slept == [address_module.ASKED_EVERY] * 2 + [address_module.EVERY]
    assert [one.partition(".")[0] for one in said] == [
        "the tracking server must answer but x does not: gone",
        "the tracking store answers again",
    ]
    await_answer(said.append)
    assert (len(slept), len(said)) == (3, 2)


def test_a_server_with_a_login_is_found() -> None:
    with server(200) as (address, asked):
        probe(f"http://me:{SECRET}@{address}")
    assert asked == ["/health"]


def test_a_server_that_is_not_there_is_known_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(TrackingError, match=r"tracking server must answer but .*refused"):
        probe(f"http://127.0.0.1:{closed_port()}")
    assert time.monotonic() - started < 5


def test_a_server_of_another_kind_is_a_sentence() -> None:
    with speaks_something_else() as uri, pytest.raises(TrackingError, match="must answer but"):
        probe(uri)


@pytest.mark.parametrize(
    "uri", ["ftp://x", "mlruns", "file:///x", "databricks", "", "http://[::1", "sqlite"]
)
def test_a_store_of_another_kind_is_refused(uri: str) -> None:
    with pytest.raises(TrackingError, match=r"must be an http\(s\) server or a database"):
        probe(uri)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("notes " * 1000)
    with pytest.raises(TrackingError, match=r"must open but .* does not: file is not a database"):
        probe(f"sqlite:///{file}")
    assert file.read_text() == "notes " * 1000


@pytest.mark.parametrize("where", ["no/such/folder/mlflow.db", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, where: str) -> None:
    with pytest.raises(TrackingError, match="does not: unable to open database file"):
        probe(f"sqlite:///{tmp_path / where}")


LOGINS = [
    f"http://me:{SECRET}@127.0.0.1:1",
    f"http://me:{SECRET}@localhost",  # no port: "geheim@localhost" reads like one
    f"http://me:{SECRET}@localhost:port",
    f"ftp://me:{SECRET}@x",
    f"postgresql://me:{SECRET}@x/db",
    f"postgresql://x/db?user=me&password={SECRET}",
    f"mssql+pyodbc:///?odbc_connect=PWD%3D{SECRET}",
    f"http://me:{SECRET}@[::1",
]


@pytest.mark.parametrize("uri", LOGINS)
def test_no_password_is_shown_when_a_store_does_not_answer(uri: str) -> None:
    assert SECRET not in shown(uri)
    if uri.endswith("localhost") and not closed(80):
        pytest.skip("something listens on port 80 here")
    with pytest.raises(TrackingError) as caught:
        probe(uri)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def closed(port: int) -> bool:
    with socket.socket() as probing:
        return probing.connect_ex(("127.0.0.1", port)) != 0


def test_an_address_without_a_password_is_shown_as_it_is() -> None:
    for uri in ("sqlite:////folder/mlflow.db", "http://host:5000/mlflow", "postgresql://host/db"):
        assert shown(uri) == uri


def test_the_pages_are_those_of_the_machine_learning_view() -> None:
    run_page, view_page = pages("http://h:1", "7", "abc", "key")
    assert run_page == "http://h:1/#/experiments/7/runs/abc?workflowType=machine_learning"
    assert re.fullmatch(r"http://h:1/#/experiments/7/runs\?viewStateShareKey=key&.*", view_page)
    assert view_page.endswith("workflowType=machine_learning")


def test_the_farewell_of_a_file_says_how_to_start_the_ui() -> None:
    text = farewell("sqlite:////folder/mlflow.db", "7", "abc", "key")
    assert "http://127.0.0.1:5000/#/experiments/7/runs/abc?" in text
    assert text.endswith("mlflow ui --backend-store-uri sqlite:////folder/mlflow.db")


def test_the_farewell_of_a_database_with_a_password_asks_for_no_argument() -> None:
    text = farewell(f"postgresql://me:{SECRET}@host/db", "7", "abc", "")
    assert text.endswith("mlflow ui, with MLFLOW_BACKEND_STORE_URI as MLFLOW_TRACKING_URI is")
    assert SECRET not in text


def test_what_mlflow_says_of_its_address_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:{SECRET}%23@host:1")
    said = told(ValueError(f"API request to http://me:{SECRET}%23@host:1/api failed\nmore"))
    assert said == "API request to http://***@host:1/api failed"


def test_a_password_that_no_address_can_hold_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(TrackingError, match="%40 for @") as caught:
        probe(f"http://me:{SECRET}#/@x@host:1")
    assert SECRET not in str(caught.value)


def test_the_farewell_of_a_server_is_its_own_pages_without_the_password() -> None:
    text = farewell(f"https://me:{SECRET}@host:5000/", "7", "abc", "key")
    assert "https://host:5000/#/experiments/7/runs/abc?" in text
    assert "mlflow ui" not in text
    assert SECRET not in text
