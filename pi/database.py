"""A database by its address: whether it opens, what it holds, how the address may be shown."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from pi.errors import PiError

# A PostgreSQL that was made where no locale is set has no encoding, and gives bytes for text.
os.environ.setdefault("PGCLIENTENCODING", "utf8")

_NO_PORT = re.compile(r"^([^/?#:\[]*:)(?!\d*(?:[/?#]|$)).*", re.DOTALL)
_SECRET_KEY = re.compile("pass|pwd|secret|token|key|cert|connect", re.IGNORECASE)
LOCK = 250923025
"""Of PostgreSQL's advisory locks, ours."""

SHORTEST = 3
"""Characters of a piece of a password that is looked for in what others say."""


class DatabaseError(PiError):
    """A database that does not open; the message is the cause, without a password."""


def shown(uri: str) -> str:
    """Return ``uri`` as it may be shown: without a password, wherever one may be in it.

    No parser decides where a login ends, for two of them disagree on a password with ``#``, ``/``,
    ``?`` or ``@`` in it: nothing before the last ``@`` is shown, and nothing behind ``?``.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return "***" if "@" in uri else uri
    is_file = _is_file(scheme)
    if not is_file:
        _, login, place = rest.rpartition("@")
        rest = f"***@{place}" if login else _NO_PORT.sub(r"\1***", rest)
    for mark in "?" if is_file else "?#":
        kept, found, _ = rest.partition(mark)
        rest = f"{kept}{mark}***" if found else kept
    return f"{scheme}://{rest}"


def without_secrets(text: str, uri: str) -> str:
    """Return what a library says of ``uri`` without the password in that, whole or in pieces.

    Whoever takes a password for a host's name says a part of it.
    """
    text = text.replace(uri, shown(uri)) if uri else text
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def is_private(uri: str) -> bool:
    """Tell whether there is something in ``uri`` that may not be shown."""
    return shown(uri) != uri


def sqlite_file(uri: str) -> Path | None:
    """Return the file of an SQLite database; None of any other, and of one in memory."""
    parts = parted(uri)
    if parts is None or parts.get_backend_name() != "sqlite" or not parts.database:
        return None
    return Path(parts.database).absolute()


def parted(uri: str) -> URL | None:
    """Return an address of a database in its parts; None where it is none."""
    try:
        return make_url(uri)
    except (SQLAlchemyError, ValueError):  # a port that is no number
        return None


def tables(uri: str) -> set[str]:
    """Return the names of the tables that the database holds.

    Raises:
        DatabaseError: it does not open.
    """
    try:
        engine = sqlalchemy.create_engine(uri)
        try:
            return set(sqlalchemy.inspect(engine).get_table_names())
        finally:
            engine.dispose()
    except ValueError as error:  # a port that is no number
        raise DatabaseError(
            f"{shown(uri)} does not: it is no address; in a password @ is written %40."
        ) from error
    except (SQLAlchemyError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise DatabaseError(f"{shown(uri)} does not: {without_secrets(cause, uri)}.") from error


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """Let one process after the other into the block, of all that have the same database.

    Of a file by a lock beside it that is gone afterwards; of PostgreSQL by a lock of its own. Any
    other database, and a folder that takes no lock, lets everybody in.
    """
    file = sqlite_file(uri)
    if file is not None:
        with _locked(file.with_name(f".{file.name}.lock")):
            yield
    elif uri.startswith("postgresql"):
        engine = sqlalchemy.create_engine(uri)
        try:
            with engine.connect() as connection:  # which lets go of the lock at its end
                connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({LOCK})"))
                yield
        finally:
            engine.dispose()
    else:
        yield


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    held = None
    try:
        while held is None:
            held = os.open(file, os.O_CREAT | os.O_RDWR, 0o666)
            fcntl.flock(held, fcntl.LOCK_EX)
            # Whoever had it before has removed the file: then it is nobody's lock any more.
            if not _is_there(file, held):
                os.close(held)
                held = None
    except OSError:  # a folder that may not be written, a file system without locks
        pass
    try:
        yield
    finally:
        if held is not None:
            file.unlink(missing_ok=True)
            os.close(held)


def _is_there(file: Path, held: int) -> bool:
    try:
        return os.fstat(held).st_ino == file.stat().st_ino
    except FileNotFoundError:
        return False


def _is_file(scheme: str) -> bool:
    return scheme in ("sqlite", "sqlite+pysqlite", "journal")


def _secrets(uri: str) -> set[str]:
    """Return the password in ``uri``, as written and as meant, and the pieces of either."""
    scheme, _, rest = uri.partition("://")
    login = rest.rpartition("@")[0]
    found = [] if _is_file(scheme) else [login.partition(":")[2]]
    found += [value for key, value in parse_qsl(rest.partition("?")[2]) if _SECRET_KEY.search(key)]
    whole = {way for text in found for way in (text, unquote(text))}
    pieces = {piece for text in whole for piece in (text, *re.split("[^a-zA-Z0-9]+", text))}
    return {piece for piece in pieces if len(piece) >= SHORTEST}
