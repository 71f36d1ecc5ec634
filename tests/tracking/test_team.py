"""A team's server: the commands of its page with Debian's PostgreSQL, and its compose file."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from mlflow import MlflowClient
from search.postgres import DEBIAN, own_postgres
from sqlalchemy import create_engine, inspect, text
from tracking.mlflow_server import answers, free_port

import pi.database  # noqa: F401  first: text of a PostgreSQL without a locale is text then

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "team.md").read_text()
PASSWORD = "qx1%23qx2%2Fqx3"
BRIEF = " --patch_size 32 --patch_step 64 --denoiser unet:2 --experiments vgg16:random:block1_conv1"


def commands(heading: str) -> list[str]:
    """The commands of a section, one a line."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
            for line in block.splitlines()]  # fmt: skip


@contextmanager
def serving(line: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / "served").open("ab") as said:
        process = subprocess.Popen(f"exec {line}", shell=True, cwd=folder, env=env, stdout=said,
                                   stderr=said, start_new_session=True)  # fmt: skip
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _as_debian_has_it(address: str) -> None:
    """Have a user postgres who may make databases, and nobody who is called pi."""
    for user, said in (("pi", "CREATE ROLE postgres SUPERUSER LOGIN"),
                       ("postgres", "ALTER ROLE pi RENAME TO first")):  # fmt: skip
        engine = create_engine(address.replace("pi@", f"{user}@"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(said))
        engine.dispose()


@pytest.mark.slow  # a database, two servers and a search: two minutes
def test_the_commands_of_the_page_make_a_server_that_a_search_works_with(
    tiny_cache: Path, tmp_path: Path
) -> None:
    tools = sorted(DEBIAN.glob("*/bin/psql"))
    if not tools:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    ports = {"5000": str(free_port()), "8786": str(free_port())}

    def here(line: str) -> str:
        """A command as it is written, but for the password, the ports and the folder."""
        as_it_is, in_address = f"'{unquote(PASSWORD)}'", f":{PASSWORD}@"
        places = (("'PASSWORD'", as_it_is), (":PASSWORD@", in_address), ("/srv", str(tmp_path)))
        for written, own in (*ports.items(), *places):
            line = line.replace(written, own)
        return line

    with own_postgres() as address:
        database = str(create_engine(address).url.port)
        ports["5432"] = database
        base = os.environ | {
            "PATH": f"{tools[-1].parent}:{ROOT}/.venv/bin:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1", "PGPORT": database, "PGUSER": "postgres",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        _as_debian_has_it(address)
        for line in commands("The database"):
            subprocess.run(here(line), shell=True, env=base, check=True, cwd=tmp_path)
        (export, server), (scheduler,) = commands("The tracking server"), commands(
            "Dask's scheduler"
        )  # fmt: skip
        name, _, value = here(export).removeprefix("export ").partition("=")
        with serving(here(server), base | {name: value}, tmp_path):
            answers(f"http://127.0.0.1:{ports['5000']}/health")
            *exports, search, sync = commands("Every machine that works")
            told = dict(here(one).removeprefix("export ").split("=", 1) for one in exports)
            done = subprocess.run(f"{search}{BRIEF}", shell=True, env=base | told, cwd=tmp_path,
                                  capture_output=True, text=True)  # fmt: skip
            assert done.returncode == 0, done.stderr
            sent = subprocess.run(sync, shell=True, env=base | told, cwd=tmp_path, check=True,
                                  capture_output=True, text=True)  # fmt: skip
            assert "nothing waits" in sent.stdout
            client = MlflowClient(told["MLFLOW_TRACKING_URI"])
            experiment = client.get_experiment_by_name("perceptual-influence")
            assert experiment.artifact_location.startswith("mlflow-artifacts:")
            runs = client.search_runs([experiment.experiment_id], "tags.`pi.stage` = 'trial'")
            assert {run.info.status for run in runs} == {"FINISHED"}
            assert list((tmp_path / "mlflow").rglob("best.json"))
            assert not list(tmp_path.glob("mlruns"))
            engine = create_engine(told["OPTUNA_STORAGE"])
            assert "studies" in inspect(engine).get_table_names()
            with engine.connect() as connection:
                owner = "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_database"
                asked = text(f"{owner} WHERE datname = 'mlflow'")
                assert connection.execute(asked).scalar() == "pi"
            engine.dispose()
        if (ROOT / ".venv/bin/dask").exists():
            with serving(here(scheduler), base, tmp_path):
                from distributed import Client

                with Client(f"tcp://127.0.0.1:{ports['8786']}", timeout="60s") as found:
                    assert found.scheduler_info()["workers"] == {}
    said = done.stdout + done.stderr + sent.stdout + (tmp_path / "served").read_text()
    assert "qx" not in said


def test_the_compose_file_is_what_the_processes_are() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    services = yaml.safe_load(block)["services"]
    assert set(services) == {"database", "tracking", "scheduler"}
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"([a-z-]+)(?:\[binary\])?==([\d.]+)", services["tracking"]["command"])
    assert [name for name, _ in pinned] == ["mlflow", "psycopg"]
    assert all(f"\n{name}=={version} " in f"\n{lock}" for name, version in pinned)
    told = {"tracking": "The tracking server", "scheduler": "Dask's scheduler"}
    for service, heading in told.items():
        process = commands(heading)[-1].replace("--host 127.0.0.1", "--host 0.0.0.0")
        assert process in " ".join(services[service]["command"].split())
    for one in services.values():  # nobody but this machine is answered
        assert all(port.startswith("127.0.0.1:") for port in one["ports"])
    backend = services["tracking"]["environment"]["MLFLOW_BACKEND_STORE_URI"]
    assert backend == "postgresql://pi:${PASSWORD:?}@database:5432/mlflow"
