"""A database by its address: what it holds; that its password stays where it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi.database import DatabaseError, shown, tables


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
