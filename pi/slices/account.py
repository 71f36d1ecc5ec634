"""What became of every file, as a private table: in the store, or beside it where there is none."""

from collections.abc import Iterable
from pathlib import Path

from pi.readers.refusal import Refused
from pi.slices.manifest import StoreError
from pi.slices.writing import write_private_table

REFUSALS = "refusals.csv"
REFUSAL_COLUMNS = ("file", "reason", "detail", "values")


def refusal_rows(refused: Iterable[Refused]) -> list[tuple[str, str, str, str]]:
    """Return a row of `REFUSAL_COLUMNS` for everything refused, in the order of the files."""
    return sorted(
        (item.file, item.refusal.reason, item.refusal.detail, "; ".join(item.refusal.values))
        for item in refused
    )


def write_account(folder: Path, refused: Iterable[Refused]) -> str:
    """Write `REFUSALS` into ``folder``, which only its owner can open; replaces an earlier one.

    Returns:
        Where it is, for the user: the last names of its path alone.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".{REFUSALS}.new"
        fresh.unlink(missing_ok=True)
        write_private_table(fresh, REFUSAL_COLUMNS, refusal_rows(refused))
        fresh.replace(folder / REFUSALS)
    except OSError:
        raise StoreError(
            f"the cache must be a folder that can be written but {REFUSALS} could not be."
        ) from None
    return f"{folder.parent.name}/{folder.name}/{REFUSALS} in the cache (PI_CACHE)"
