"""A database by its address: what it holds; that its password stays where it is."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.database import DatabaseError, alone, shown, sqlite_file, tables, without_secrets


def test_the_tables_of_a_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE one (x)")
        connection.execute("CREATE TABLE two (x)")
    assert tables(f"sqlite:///{file}") == {"one", "two"}
    assert tables(f"sqlite:///{tmp_path / 'new.db'}") == set()


@pytest.mark.parametrize("uri", ["nonsense", "nosuch://x/y", "sqlite:////no/such/folder/x.db"])
def test_what_does_not_open_is_one_line(uri: str) -> None:
    with pytest.raises(DatabaseError, match="does not: ") as caught:
        tables(uri)
    assert "\n" not in str(caught.value)


def test_no_password_is_in_the_reason() -> None:
    uri = "postgresql://me:geheim@127.0.0.1:1/x?password=geheim"
    assert "geheim" not in shown(uri)
    with pytest.raises(DatabaseError) as caught:
        tables(uri)
    assert "geheim" not in str(caught.value)


def test_one_after_the_other_is_let_in_and_no_lock_stays(tmp_path: Path) -> None:
    uri, inside, most = f"sqlite:///{tmp_path / 'x.db'}", [0], []

    def work(_: int) -> None:
        for _ in range(20):
            with alone(uri):
                inside[0] += 1
                most.append(inside[0])
                time.sleep(1e-4)
                inside[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert most == [1] * 80
    assert list(tmp_path.iterdir()) == []
    with alone("sqlite:////no/such/folder/x.db"), alone("http://host"):
        pass


PASSWORDS = st.text(st.sampled_from("#/@:%?[]&=xyz"), min_size=6).filter(
    lambda text: any(piece in text for piece in "xyz")
)


@given(PASSWORDS, st.sampled_from(["postgresql", "mysql+pymysql", "http", "https", "nonsense"]))
def test_a_password_of_any_characters_is_never_shown(password: str, scheme: str) -> None:
    for way in (password, quote(password, safe="")):
        uri = f"{scheme}://me:{way}@host:1/db"
        assert shown(uri) == f"{scheme}://***@host:1/db"
        said = without_secrets(f"no host {way} at {uri}, nor {password}", uri)
        assert way not in said
        assert password not in said


def test_a_piece_of_a_password_that_is_taken_for_a_host_is_not_told() -> None:
    uri = "postgresql://me:ab#geh@eim/nis@host/db"
    assert "eim" not in without_secrets("could not translate host name eim", uri)


@pytest.mark.parametrize(
    ("uri", "visible"),
    [
        ("sqlite:////folder/a@b/my#1.db", "sqlite:////folder/a@b/my#1.db"),
        ("sqlite:////folder/x.db?key=geheim", "sqlite:////folder/x.db?***"),
        ("sqlite+pysqlcipher://:geheim@/x.db", "sqlite+pysqlcipher://***@/x.db"),
        ("http://[::1]:5000/x", "http://[::1]:5000/x"),
        ("http://me:geheim", "http://me:***"),
        ("me:geheim@host", "***"),
    ],
)
def test_what_is_no_secret_stays(uri: str, visible: str) -> None:
    assert shown(uri) == visible


def test_an_address_that_is_none_is_no_file() -> None:
    assert sqlite_file("postgresql://me:a@b:c@host/db") is None
    assert sqlite_file("nonsense") is None
