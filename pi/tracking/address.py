"""Where the tracking store is, whether it answers, and which page shows a run."""

import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from pi.alive import EVERY
from pi.database import DatabaseError, is_private, shown, sqlite_file, tables, without_secrets
from pi.errors import PiError
from pi.journal.shelf import fingerprint, waits_on_disk
from pi.tracking_place import former_folder

ANSWER_WITHIN = 10  # seconds
ASKED_EVERY = 10.0  # seconds

NOBODY_BEHIND = (502, 503, 504)
"""What a proxy says whose server is away."""

TRUSTED = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that name the certificates which are trusted; the first that is set."""

UI_ADDRESS = "http://127.0.0.1:5000"


class TrackingError(PiError):
    """The tracking store cannot be reached, or refuses what it is told."""


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI, or ``mlflow.db`` in this folder.

    Always absolute: MLflow takes a relative SQLite file from whichever folder a process is in,
    and an unset one from an old ``./mlruns`` if there is one.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path.cwd() / 'mlflow.db'}"


def probe(uri: str) -> None:
    """Ask the tracking store for a sign of life, so that a wrong one is known at once.

    MLflow itself retries for minutes.

    Raises:
        TrackingError: nothing answers there, or the kind of store is not supported.
    """
    scheme = uri.partition("://")[0] if "://" in uri else ""
    if scheme in ("http", "https"):
        _require_address(uri)
        _probe_server(uri)
    elif scheme.split("+")[0] in ("sqlite", "postgresql", "mysql", "mssql"):
        _probe_database(uri)
        _require_in_place(uri)
    else:
        raise TrackingError(
            "MLFLOW_TRACKING_URI must be an http(s) server or a database such as "
            f"sqlite:////folder/mlflow.db but got {shown(uri)!r}."
        )


def await_answer(say: Callable[[str], object]) -> None:
    """Wait for a tracking store that is away, for as long as that takes.

    When it is back, others who waited for it have time for a sign that they are still at work.

    Args:
        say: told that it is away, and that it is back.
    """
    uri, told_so = tracking_uri(), False
    while True:
        try:
            probe(uri)
        except TrackingError as error:
            if not told_so:
                say(f"{error} Waiting for it: nothing is lost, and Ctrl-C ends this.")
            told_so = True
            time.sleep(ASKED_EVERY)
        else:
            break
    if told_so:
        say("the tracking store answers again")
        time.sleep(EVERY)


@cache
def _require_in_place(uri: str) -> None:
    """Refuse a store whose artifacts were moved with it: they would be missed, or made elsewhere.

    One that is found in place is not asked again by this process.

    Raises:
        TrackingError: it was moved.
    """
    file = sqlite_file(uri)
    if file and former_folder(file):
        raise TrackingError(
            "the tracking store must say where its artifacts lie but names a folder that is gone, "
            "as if the project had been moved: `python -m entrypoints.tidy --moved True` writes "
            "down that they lie beside it."
        )


def without_login(uri: str) -> str:
    """Return the address of a server without the name and password in front of it."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")


def store_of(uri: str) -> str:
    """Return the fingerprint of a tracking store, whoever logs in to it."""
    if uri.startswith("http"):
        return fingerprint(without_login(uri))
    return fingerprint(str(sqlite_file(uri) or shown(uri)))


def pages(address: str, experiment_id: str, run_id: str, view: str) -> tuple[str, str]:
    """Return the pages of a run and of a saved view, below the UI's ``address``.

    They are those of the machine-learning view; a plain address opens the GenAI one.
    """
    experiment = f"{address}/#/experiments/{experiment_id}"
    kind = "workflowType=machine_learning"
    return (
        f"{experiment}/runs/{run_id}?{kind}",
        f"{experiment}/runs?viewStateShareKey={view}&compareRunsMode=CHART&{kind}",
    )


def run_line(uri: str, experiment_id: str, run_id: str) -> str:
    """Return the line that begins a command: which page shows the run."""
    return f"this run:   {pages(_ui_address(uri), experiment_id, run_id, '')[0]}"


def within(text: str) -> str:
    """Return what a step says at its end, without what the whole job says: how to start the UI."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(START))


START = "start the UI with "


def _ui_address(uri: str) -> str:
    server = urlsplit(uri).scheme in ("http", "https")
    return without_login(uri) if server else UI_ADDRESS


def farewell(uri: str, experiment_id: str, run_id: str, view: str) -> str:
    """Return the lines that end a command: which pages show the run, and how to start the UI."""
    server = urlsplit(uri).scheme in ("http", "https")
    run_page, view_page = pages(_ui_address(uri), experiment_id, run_id, view)
    lines = [f"this run:   {run_page}"]
    if view:
        lines.append(f"its curves: {view_page}")
    if waits_on_disk(run_id):
        lines.append(sends(run_id))
    if not server and is_private(uri):
        how = "mlflow ui, with MLFLOW_BACKEND_STORE_URI as MLFLOW_TRACKING_URI is"
        lines.append(f"{START}`make ui`, or: {how}")
    elif not server:
        lines.append(f"{START}`make ui`, or: mlflow ui --backend-store-uri {uri}")
    return "\n".join(lines)


def sends(run_id: str) -> str:
    """Return the sentence of a run that ended while the tracking store was away."""
    return (
        f"the tracking store does not have all of run {run_id} yet: the rest waits on this "
        "machine's disk, below PI_CACHE, and `python -m entrypoints.sync` sends it."
    )


def told(error: Exception) -> str:
    """Return the first line of what the tracking store says, without the password of its address.

    Some of what MLflow raises repeats the address that it was given, or a part of it.
    """
    return without_secrets(str(error).partition("\n")[0], tracking_uri())


def _require_address(uri: str) -> None:
    """Refuse an address of a server that is none, or whose login is not written as addresses are.

    Raises:
        TrackingError: it is one.
    """
    try:
        parts = urlsplit(uri)
        whole = bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:  # half an IPv6 address, a port that is no number
        parts, whole = None, False
    if parts is None or not whole or "@" in uri.removeprefix(f"{parts.scheme}://{parts.netloc}"):
        raise TrackingError(
            "MLFLOW_TRACKING_URI must be an http(s) server or a database such as "
            f"sqlite:////folder/mlflow.db but got {shown(uri)!r}: a password in it has %40 for @, "
            "%23 for #, %2F for / and %25 for %, or stands in MLFLOW_TRACKING_PASSWORD."
        )


def _probe_server(uri: str) -> None:
    try:
        address = f"{without_login(uri)}/health"
        trust = _trust() if uri.startswith("https") else None
        urllib.request.urlopen(address, timeout=ANSWER_WITHIN, context=trust).close()
    except urllib.error.HTTPError as error:
        if error.code not in NOBODY_BEHIND:
            return  # it answers; what it says to real requests is MLflow's business
        raise TrackingError(
            f"the tracking server must answer but {shown(uri)} does not: a proxy in front of it "
            f"says {error.code}."
        ) from error
    except (OSError, ValueError, HTTPException) as error:
        raise TrackingError(
            f"the tracking server must answer but {shown(uri)} does not: "
            f"{without_secrets(str(getattr(error, 'reason', error)), uri)}."
        ) from error


def _trust() -> ssl.SSLContext:
    """Return whom MLflow trusts, by its own environment variables and those of requests below it.

    Raises:
        OSError: a file that one of them names cannot be read.
    """
    told = os.environ.get
    trusted = next((told(name) for name in TRUSTED if told(name)), None) or certifi.where()
    context = ssl.create_default_context()
    if told("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif Path(trusted).is_dir():
        context.load_verify_locations(capath=trusted)
    else:
        context.load_verify_locations(cafile=trusted)
    if own := told("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        context.load_cert_chain(own)
    return context


def _probe_database(uri: str) -> None:
    try:
        tables(uri)
    except DatabaseError as error:
        raise TrackingError(f"the tracking database must open but {error}") from error
