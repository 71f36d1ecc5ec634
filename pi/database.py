"""A database by its address: whether it opens, what it holds, how the address may be shown."""

from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from pi.errors import PiError


class DatabaseError(PiError):
    """A database that does not open; the message is the cause, without a password."""


def shown(uri: str) -> str:
    """Return ``uri`` as it may be shown: without a password, wherever one may be in it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "***"
    if parts.query:
        uri = uri.replace(f"?{parts.query}", "?***")
    login, _, _ = parts.netloc.rpartition("@")
    return uri.replace(f"//{login}@", "//***@", 1) if login else uri


def sqlite_file(uri: str) -> Path | None:
    """Return the file of an SQLite database; None of any other, and of one in memory."""
    try:
        parts = make_url(uri)
    except SQLAlchemyError:
        return None
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return None
    return Path(parts.database).absolute()


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
    except (SQLAlchemyError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseError(f"{shown(uri)} does not: {cause}.") from error
