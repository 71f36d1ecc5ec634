"""Patterns of paths: which files a line of the mapping means."""

import re
import unicodedata
from functools import cache

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:[^/]*/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(glob: str, path: str) -> bool:
    """Tell whether ``glob`` means the file ``path``, both below the source folder.

    ``/`` separates. ``*`` stands for any characters of one name and ``?`` for one of them; ``**``
    stands for any characters whatever, and ``**/`` for any number of folders, none included.
    Everything else stands for itself, in the same casing. The whole path must fit: ``*.dcm`` means
    files that lie in no folder, ``**/*.dcm`` all of them, ``low/**`` everything below ``low``.
    """
    return _compiled(glob).fullmatch(composed(path)) is not None


def composed(path: str) -> str:
    """Return ``path`` as one sequence of characters, however its accents were stored (NFC)."""
    return unicodedata.normalize("NFC", path)


def literal(path: str) -> str:
    """Return a glob for ``path``; a ``*`` in it can only be written as any character."""
    return path.replace("*", "?")


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    pieces = _PIECES.findall(composed(glob))
    return re.compile("".join(_MEANING.get(one, re.escape(one)) for one in pieces), re.DOTALL)
