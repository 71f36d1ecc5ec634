"""A page written to a file of the user's."""

from pathlib import Path

from pi.errors import PiError

NAME = "report.html"
"""What a page is called in a folder."""


class CopyError(PiError):
    """A page cannot be written to where it is asked for."""


def require_place(to: str) -> Path | None:
    """Return the file that ``to`` means, a folder being one too; None of an empty text.

    Raises:
        CopyError: its folder does not exist.
    """
    if not to.strip():
        return None
    place = Path(to).expanduser()
    place = place / NAME if place.is_dir() else place
    if not place.parent.is_dir():
        raise CopyError("`to` must be a folder, or a file in a folder, that exists but is not.")
    return place


def copy_of(page: str, place: Path) -> None:
    """Write a page to where it is asked for.

    Raises:
        CopyError: it cannot be written.
    """
    try:
        place.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CopyError(
            f"`to` must be a file that can be written but is not ({error.strerror}); the run "
            "holds the page."
        ) from error
