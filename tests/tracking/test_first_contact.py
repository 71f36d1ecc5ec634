"""The first of many: new stores, the experiment, names; and no limit to what is listed."""

import os
import sqlite3
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient
from search.postgres import own_postgres

from pi.tracking.address import TrackingError, probe
from pi.tracking.opened import EXPERIMENT
from pi.tracking.records import children_of
from pi.tracking.run import list_tags, listed_ids
from pi.tracking.tracker import Tracked

ROOT = Path(__file__).parents[2]
OPEN = """
from pi.tracking.tracker import Tracked
with Tracked().open("calibrate", "first") as run:
    run.text("hello", "words.txt")
print(run.experiment_id)
"""


def begun_at_once(uri: str, folder: Path, count: int) -> list[str]:
    """So many processes open their first run; the experiment of each."""
    folders = [folder / f"from {number}" for number in range(count)]
    for own in folders:
        own.mkdir()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN], cwd=own, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT),
                                                      "MLFLOW_TRACKING_URI": uri},
        )
        for own in folders
    ]  # fmt: skip
    ended = [(*process.communicate(), process.returncode) for process in started]
    assert [code for *_, code in ended] == [0] * count, ended
    return [out.strip() for out, *_ in ended]


@pytest.mark.slow
def test_two_first_runs_at_once_have_one_experiment_and_lie_beside_the_file(
    tmp_path: Path,
) -> None:
    uri = f"sqlite:///{tmp_path / 'lab.db'}"
    assert begun_at_once(uri, tmp_path, 2) == ["0", "0"]  # that of `mlflow run`, with our name
    client = MlflowClient(uri)
    assert client.get_experiment("0").name == EXPERIMENT
    assert len(list((tmp_path / "mlruns").rglob("words.txt"))) == 2
    assert {file.name for file in tmp_path.iterdir()} >= {"lab.db", "mlruns"}
    assert not list(tmp_path.glob(".*.lock"))
    assert not list(tmp_path.glob("from */*"))


@pytest.mark.slow  # two calibrations: a minute
def test_mlflow_run_and_the_plain_command_write_to_one_experiment_of_our_name(
    tiny_cache: Path, tmp_path: Path
) -> None:
    uri = f"sqlite:///{tmp_path / 'lab.db'}"
    brief = {"data": "simulated:tiny", "experiments": "vgg16:random:block1_conv1",
             "denoiser": "unet:2", "patch_size": "32", "patch_step": "64", "states": "identity",
             "tolerance": "0.5"}  # fmt: skip
    env = os.environ | {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": str(ROOT),
                        "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}  # fmt: skip
    project = ["mlflow", "run", str(ROOT), "-e", "calibrate", "--env-manager", "local"]
    project += [word for name, value in brief.items() for word in ("-P", f"{name}={value}")]
    plain = ["python", "-m", "entrypoints.calibrate"]
    plain += [word for name, value in brief.items() for word in (f"--{name}", value)]
    for command in (project, plain):  # where the store lies, as MLflow itself makes it there
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    client = MlflowClient(uri)
    (experiment,) = client.search_experiments()
    assert experiment.name == EXPERIMENT == "perceptual-influence"
    runs = client.search_runs([experiment.experiment_id], "tags.`pi.stage` = 'calibrate'")
    assert [run.info.status for run in runs] == ["FINISHED", "FINISHED"]
    assert "mlflow.project.entryPoint" in runs[1].data.tags
    assert len(list((tmp_path / "mlruns").rglob("summary.json"))) == 2


@pytest.mark.slow
def test_eight_first_runs_at_once_succeed(tmp_path: Path) -> None:
    assert begun_at_once(f"sqlite:///{tmp_path / 'lab.db'}", tmp_path, 8) == ["0"] * 8
    (tmp_path / "there").mkdir()
    with own_postgres() as uri:
        assert len(set(begun_at_once(uri, tmp_path / "there", 8))) == 1


def test_a_deleted_experiment_is_named_with_the_way_to_restore_it(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        pass
    MlflowClient(f"sqlite:///{database}").delete_experiment(run.experiment_id)
    opened = Tracked().open("calibrate", "a")
    way = f"`mlflow experiments restore --experiment-id {run.experiment_id}`"
    with (
        pytest.raises(TrackingError, match=f"experiment '{EXPERIMENT}' must not be .*{way}"),
        opened,
    ):
        pass


def test_the_experiment_of_mlflow_run_becomes_ours_where_it_is_nobodys(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(database)) as store:  # as a new store has it, made by us
        place = f"{database.parent / 'mlruns'}/0"
        store.execute("UPDATE experiments SET artifact_location = ?", [place])
        store.commit()
    client = MlflowClient(f"sqlite:///{database}")
    made = client.create_run("0")
    monkeypatch.setenv("MLFLOW_RUN_ID", made.info.run_id)  # as `mlflow run` leaves it
    with Tracked().open("calibrate", "by mlflow run") as first:
        pass
    with Tracked().open("calibrate", "by make") as second:
        pass
    assert (first.experiment_id, second.experiment_id) == ("0", "0")
    assert client.get_experiment("0").name == EXPERIMENT


def test_the_name_that_was_asked_for_stays(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    for name, expected in (("for-the-paper-3", "for-the-paper-3"), (None, "ours")):
        made = client.create_run("0", run_name=name)
        monkeypatch.setenv("MLFLOW_RUN_ID", made.info.run_id)
        with Tracked().open("calibrate", "ours"):
            pass
        assert client.get_run(made.info.run_id).info.run_name == expected


def test_all_children_are_listed_however_many(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MlflowClient.search_runs

    def paged(self: MlflowClient, *args: object, max_results: int, **rest: object) -> object:
        return real(self, *args, max_results=max_results // 500, **rest)  # type: ignore[arg-type]

    with Tracked().open("main", "parent") as run:
        for number in range(5):
            with run.child(str(number), "trial"):
                pass
    monkeypatch.setattr(MlflowClient, "search_runs", paged)  # pages of two
    assert len(children_of(run.run_id)) == 5


def test_a_thousand_runs_are_listed_in_tags_none_of_which_is_too_long() -> None:
    ids = [f"{number:032x}" for number in range(1000)]
    tags = list_tags("pi.compared_runs", [*ids, ids[0]])
    assert max(map(len, tags.values())) < 8000
    assert listed_ids(tags, "pi.compared_runs") == ids
    assert list_tags("k", []) == {"k": ""}


def test_a_certificate_of_ones_own_is_trusted_as_mlflow_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
         str(certificate), "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip

    class Quiet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            uri = f"https://localhost:{server.server_port}"
            with pytest.raises(TrackingError, match="certificate verify failed"):
                probe(uri)
            monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
            probe(uri)
            monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
            monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
            probe(uri)
        finally:
            server.shutdown()
            thread.join()
