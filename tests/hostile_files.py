"""Files that would stall, fill or end whoever reads them as they ask to be read."""

import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from ct_files import ct_dataset, write_ct
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

LARGE = 3 * 2**30
_ITEM = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
_SEQUENCE = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
_PIXELS = struct.pack("<HH", 0x7FE0, 0x0010)


def before_pixels(path: Path, inserted: bytes) -> None:
    """Write a CT with ``inserted`` bytes in front of its pixels."""
    content = write_ct(path).read_bytes()
    at = content.rindex(_PIXELS)
    path.write_bytes(content[:at] + inserted + content[at:])


def sparse(path: Path, start: bytes) -> None:
    """Write ``start`` and 3 GB that take no room."""
    path.write_bytes(start)
    os.truncate(path, LARGE)


def compressed(path: Path, syntax: UID, stream: bytes, **tags: object) -> None:
    """Write a CT whose pixels are said to be ``stream``."""
    ds = ct_dataset(PixelData=encapsulate([stream]), **tags)
    ds.file_meta.TransferSyntaxUID = syntax
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path, enforce_file_format=True)


def bomb(path: Path) -> None:
    """Write 1.6 MB that inflate to 1.6 GB."""
    ds = ct_dataset()
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)
    start = path.read_bytes()
    length = struct.unpack_from("<L", start, 140)[0]
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = engine.compress(bytes(2**24)) + engine.flush(zlib.Z_FULL_FLUSH)
    path.write_bytes(start[: 144 + length] + block * 100 + engine.flush())


def bound(path: Path) -> None:
    """Leave a socket."""
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def large_j2k(path: Path) -> None:
    """Write a JPEG 2000 stream of 60000 x 60000 pixels in a header of 8 x 8."""
    size = struct.pack(">HHHLLLLLLLLHBBB", 0xFF51, 41, 0, *(60000, 60000, 0, 0) * 2, 1, 15, 1, 1)
    compressed(path, JPEG2000Lossless, b"\xff\x4f" + size + bytes(100))


HOSTILE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "pipe": ("not-a-regular-file", os.mkfifo),
    "socket": ("not-a-regular-file", bound),
    "endless": ("not-a-regular-file", lambda path: path.symlink_to("/dev/zero")),
    "terminal": ("not-a-regular-file", lambda path: path.symlink_to("/dev/tty")),
    "nowhere": ("not-a-regular-file", lambda path: path.symlink_to("nothing")),
    "circle": ("not-a-regular-file", lambda path: path.symlink_to("circle")),
    "volume.nii": ("undecodable", lambda path: sparse(path, struct.pack("<L", 348))),
    "zeros": ("not-dicom", lambda path: sparse(path, b"")),
    "prefix": ("not-dicom", lambda path: sparse(path, b"\x08\0\x05\0" + b"\xff" * 300)),
    "dicm": ("undecodable", lambda path: sparse(path, bytes(128) + b"DICM")),
    "bomb": ("undecodable", bomb),
    "rle": (
        "bad-geometry",
        lambda path: compressed(path, RLELossless, bytes(64), Rows=60000, Columns=60000),
    ),
    "rle-4096": (
        "truncated",
        lambda path: compressed(path, RLELossless, bytes(64), Rows=4096, Columns=4096),
    ),
    "j2k": ("undecodable", large_j2k),
    "length": (
        "no-pixels",
        lambda path: before_pixels(path, struct.pack("<HH2sHL", 0x29, 1, b"OB", 0, 0xFFFFFFF0)),
    ),
    "nested": ("undecodable", lambda path: before_pixels(path, (_SEQUENCE + _ITEM) * 10_000)),
    "frames": ("multi-frame", lambda path: write_ct(path, NumberOfFrames=10**9)),
    "one-bit": ("undecodable", lambda path: write_ct(path, BitsAllocated=1)),
    "64-bit": ("undecodable", lambda path: write_ct(path, BitsAllocated=64)),
    "no-sign": ("undecodable", lambda path: write_ct(path, PixelRepresentation=None)),
    "header": (
        "undecodable",
        lambda path: before_pixels(
            path, struct.pack("<HH2sHL", 0x29, 1, b"OB", 0, 2**23) + bytes(2**23)
        ),
    ),
}
"""Name -> reason code of the refusal, and what writes the file."""


def write_hostile(folder: Path) -> dict[str, str]:
    """Write every hostile file into ``folder``; return the reason code that each must get."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, write) in HOSTILE.items():
        write(folder / name)
    return {name: reason for name, (reason, _) in HOSTILE.items()}
