"""What a file is that no reader takes, from its name and its first bytes."""

import re
from pathlib import PurePath

from pi.readers.names import holds_projections
from pi.readers.refusal import Reason, Refusal

_SCREEN = "is scaled for the screen; its HU are lost"
_NO_UNIT = "does not say how its values relate to HU, which are lost"
_UNPACK = "the archive must be unpacked first"
_CONVERT = "volume must be converted to NIfTI first"
_STARTS: tuple[tuple[bytes, Reason, str], ...] = (
    (rb"\x89PNG", "image-without-hu", f"a PNG {_SCREEN}"),
    (rb"\xff\xd8\xff", "image-without-hu", f"a JPEG {_SCREEN}"),
    (rb"GIF8", "image-without-hu", f"a GIF {_SCREEN}"),
    (rb"BM.{4}\0{4}", "image-without-hu", f"a BMP {_SCREEN}"),
    (rb"II\*\0|MM\0\*", "image-without-hu", f"a TIFF {_NO_UNIT}"),
    (rb"NRRD", "unsupported-format", f"a NRRD {_CONVERT}"),
    (rb"ObjectType *= *Image", "unsupported-format", f"a MetaImage {_CONVERT}"),
    (rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|7z\xbc\xaf", "packed-archive", _UNPACK),
    (rb"Rar!|BZh|\xfd7zXZ|.{257}ustar", "packed-archive", _UNPACK),
)
_PATTERNS = tuple(
    (re.compile(start, re.DOTALL), Refusal(reason, detail)) for start, reason, detail in _STARTS
)
_ANY = re.compile(b"|".join(start for start, *_ in _STARTS), re.DOTALL)
_COMPANIONS = frozenset(
    {
        *("metadata.csv", "license", "license.txt", "readme.md", "readme.txt", "dicomdir"),
        *(".ds_store", "thumbs.db", "desktop.ini", "study.json"),
    }
)


def refused_by_name(relative: PurePath) -> Refusal | None:
    """Return why a file need not be opened, or None."""
    if relative.name.lower() in _COMPANIONS or "__MACOSX" in relative.parts:
        return Refusal("companion-file", "the file accompanies images and is none")
    if holds_projections(relative):
        return Refusal("projections", "the folder holds projections, not images")
    return None


def refused_by_start(start: bytes) -> Refusal | None:
    """Return what a file is by its first bytes, or None where they do not tell."""
    if not start:
        return Refusal("empty-file", "the file is empty")
    if not _ANY.match(start):
        return None
    return next(refusal for pattern, refusal in _PATTERNS if pattern.match(start))
