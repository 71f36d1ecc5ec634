"""What a file is that no reader takes, from its name and its first bytes."""

from pathlib import PurePath

from pi.readers.names import holds_projections
from pi.readers.refusal import Reason, Refusal

_MAGIC: tuple[tuple[bytes, Reason, str], ...] = (
    (b"\x89PNG", "image-without-hu", "a PNG is scaled for the screen; its HU are lost"),
    (b"\xff\xd8\xff", "image-without-hu", "a JPEG is scaled for the screen; its HU are lost"),
    (b"II*\0", "image-without-hu", "a TIFF does not say how its values relate to HU"),
    (b"MM\0*", "image-without-hu", "a TIFF does not say how its values relate to HU"),
    (b"\x93NUMPY", "preprocessed-array", "an array lacks position, kernel and rescale"),
    (b"\x89HDF", "preprocessed-array", "an array lacks position, kernel and rescale"),
    (b"PK\x03\x04", "packed-archive", "the archive must be unpacked first"),
    (b"\x1f\x8b", "packed-archive", "the archive must be unpacked first"),
    (b"7z\xbc\xaf", "packed-archive", "the archive must be unpacked first"),
)
_COMPANIONS = frozenset(
    {
        *("metadata.csv", "license", "license.txt", "readme.md", "readme.txt", "dicomdir"),
        *("mapping.csv", ".ds_store", "thumbs.db", "desktop.ini", "study.json"),
    }
)


def refused_by_name(relative: PurePath) -> Refusal | None:
    """Return why a file need not be opened, or None."""
    if relative.name.lower() in _COMPANIONS:
        return Refusal("companion-file", "the file accompanies images and is none")
    if holds_projections(relative):
        return Refusal("projections", "the folder holds projections, not images")
    return None


def refused_by_start(start: bytes) -> Refusal | None:
    """Return what a file is by its first bytes, or None where they do not tell."""
    if not start:
        return Refusal("empty-file", "the file is empty")
    for magic, reason, detail in _MAGIC:
        if start.startswith(magic):
            return Refusal(reason, detail)
    return None
