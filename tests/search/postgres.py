"""A PostgreSQL of this test's own, made and thrown away; or the reason why there is none."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
ROOT_HAS_NO_DATABASE = ("postgres", "nobody")
"""Users who may own one where the tests run as root, which PostgreSQL refuses."""


@contextmanager
def own_postgres() -> Iterator[str]:
    """Start a cluster in a temporary folder and yield the address of an empty database."""
    tools = _tools()
    user = _user()
    with tempfile.TemporaryDirectory(prefix="pi-postgres-") as scratch:
        folder = Path(scratch)
        if user:
            shutil.chown(folder, user)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def run(tool: str, *words: str) -> None:
            # Not to a pipe: the server would inherit it and hold it open.
            with (folder.parent / f"{folder.name}.log").open("a") as log:
                subprocess.run([str(tools / tool), *words], check=True, stdout=log, stderr=log,
                               user=user, cwd=folder, env={"PATH": os.environ["PATH"]})  # fmt: skip

        data = str(folder / "data")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        try:
            run("initdb", "-D", data, "-U", "pi", "-A", "trust", "-N")
            run("pg_ctl", "-D", data, "-o", settings, "-w", "-l", f"{data}.log", "start")
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"PostgreSQL cannot be started here: {error}")
        try:
            yield f"postgresql://pi@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
            (folder.parent / f"{folder.name}.log").unlink()


def _tools() -> Path:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(DEBIAN.glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return found[-1].parent


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ROOT_HAS_NO_DATABASE:
        if name in known:
            return name
    pytest.skip("PostgreSQL does not run as root, and no other user is here")
