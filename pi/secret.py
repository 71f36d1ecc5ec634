"""The secret of pseudonyms: a lab's, or this machine's own."""

import errno
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from pi.places import PlaceError, cache_folder, named_place, sync_folder

SECRET_BYTES = 32


def secret() -> bytes:
    """Return the secret for pseudonyms: the lab's, of ``PI_SECRET_FILE``, or this machine's.

    The machine's is made once, readable by its owner only. Processes that start at once agree: the
    file appears whole, or not at all, and whoever finds it there uses it.

    Raises:
        PlaceError: it cannot be made or read, or is too short to be one.
    """
    if os.environ.get("PI_SECRET_FILE", ""):
        return _shared_secret()
    file = cache_folder() / "secret"
    try:
        if not os.path.lexists(file):
            _make_secret(file)
        found = file.read_bytes()
    except OSError as error:
        raise PlaceError(
            "the file `secret` in PI_CACHE must be readable by you, or the folder writable for it "
            f"to be made, but: {error.strerror}; give yourself that right, or name another folder."
        ) from error
    if len(found) < SECRET_BYTES:
        raise PlaceError(
            f"the file `secret` in PI_CACHE must hold {SECRET_BYTES} bytes or more but holds "
            f"{len(found)}: put it back from a copy, or delete it, after which every patient has "
            "another pseudonym."
        )
    return found


def _shared_secret() -> bytes:
    """Return the secret of a lab, which is nobody's but its members': mode 0600, or 0640.

    Raises:
        PlaceError: no file, or one that others may read or change, or too short. The message does
            not repeat its name.
    """
    file = named_place("PI_SECRET_FILE", "the secret of your lab")
    way = f"`head -c {SECRET_BYTES} /dev/urandom > FILE; chmod 640 FILE` makes one for a lab"
    try:
        if file is None or not file.is_file():
            raise PlaceError(
                f"PI_SECRET_FILE must name an existing file but what it names is none: {way}."
            )
        if file.stat().st_mode & 0o137:
            raise PlaceError(
                "the file that PI_SECRET_FILE names must be readable by its owner and group alone "
                f"and writable by its owner alone but its mode is {file.stat().st_mode & 0o777:o}: "
                "`chmod 640 FILE`, or 600."
            )
        found = file.read_bytes()
    except OSError as error:
        raise PlaceError(
            f"the file that PI_SECRET_FILE names must be readable by you but: {error.strerror}."
        ) from error
    if len(found) < SECRET_BYTES:
        raise PlaceError(
            f"the file that PI_SECRET_FILE names must hold {SECRET_BYTES} bytes or more but holds "
            f"{len(found)}: {way}."
        )
    return found


def _make_secret(file: Path) -> None:
    """Put a new secret on disk, unless another process was first."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix="secret.")  # of mode 0600
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(SECRET_BYTES))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            _appear(file, scratch)
    finally:
        scratch.unlink()
    sync_folder(file.parent)


def _appear(file: Path, scratch: Path) -> None:
    """Give ``scratch`` the name ``file`` too; a renaming would replace what another put there."""
    try:
        file.hardlink_to(scratch)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        # A file system without hard links: others may find the file empty for a moment.
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(scratch.read_bytes())
            out.flush()
            os.fsync(out.fileno())
