"""Zips are folders: their members lie below them, and are read in place.

A member's size is told by the zip's table of contents and nothing is inflated beyond it, nor
before it is asked for. Zips inside zips, encrypted members and rarer ways of packing are refused.
"""

import atexit
import io
import lzma
import os
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, BinaryIO

from pi.readers import files
from pi.readers.held import identity_of
from pi.readers.refusal import Refusal, Refused, RefusedError

LARGEST_MEMBER = 2**29
"""Bytes that a member may inflate to, which are held while it is open."""
SMALL_MEMBER = 2**24
BLOWN_UP = 20
"""Times that a larger member may inflate: slices do so 2 to 5 times, bombs 1000 times."""
OPEN = 16
"""Archives that are kept open."""
_CHUNK = 2**16
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile,
    EOFError,
    IndexError,
    RuntimeError,  # with NotImplementedError
    ValueError,  # with UnicodeError
    lzma.LZMAError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class _Archive:
    """An open zip, its members by their paths below it, and which file it is."""

    zip: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    identity: Hashable


_archives: OrderedDict[str, _Archive] = OrderedDict()


def list_files(source: Path, refused: list[Refused]) -> Iterator[PurePath]:
    """Yield every file below ``source`` and every member of its zips, as a path below the zip.

    What cannot be listed is added to ``refused``; see `pi.readers.files.list_files`.
    """
    for relative in files.list_files(source, refused):
        if not relative.name.lower().endswith(".zip"):
            yield relative
            continue
        try:
            archive = _open_archive(source, relative)
        except RefusedError as error:
            refused.append(Refused(str(relative), error.refusal))
        except OSError:
            detail = "the archive cannot be opened or read"
            refused.append(Refused(str(relative), Refusal("unreadable", detail)))
        else:
            yield from (relative / name for name in sorted(archive.members))


def open_file(source: Path, relative: PurePath) -> BinaryIO:
    """Open a file below ``source``, or a member of a zip there, to read from any place in it.

    Raises:
        OSError: it cannot be opened.
        RefusedError: the member is encrypted, packed in a rare way, or of no size for a slice.
    """
    if ".zip" in str(relative).lower():
        for above in reversed(relative.parents):
            if above.suffix.lower() == ".zip" and (source / above).is_file():
                return _open_member(_open_archive(source, above), relative.relative_to(above))
    return files.open_file(source, relative)


@atexit.register
def close_archives() -> None:
    """Close every archive that is kept open."""
    while _archives:
        _close(_archives.popitem()[1])


def _open_archive(source: Path, relative: PurePath) -> _Archive:
    path = str(source / relative)
    status = os.stat(path)  # noqa: PTH116 - of the text that is the key
    key = f"{path} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
    if key in _archives:
        _archives.move_to_end(key)
        return _archives[key]
    file = files.open_file(source, relative)
    try:
        opened = zipfile.ZipFile(file)
        members = {_below(info): info for info in opened.infolist() if not info.is_dir()}
    except _DAMAGED:
        file.close()
        raise RefusedError("undecodable", "the archive is damaged or is no zip") from None
    _archives[key] = _Archive(opened, members, identity_of(file))
    if len(_archives) > OPEN:
        _close(_archives.popitem(last=False)[1])
    return _archives[key]


def _below(info: zipfile.ZipInfo) -> str:
    """Return where a member lies below its zip; a path out of it is none."""
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    return "/".join(part for part in parts if part not in {"/", "..", "."})


def _close(archive: _Archive) -> None:
    file = archive.zip.fp
    archive.zip.close()
    if file is not None:
        file.close()


def _open_member(archive: _Archive, below: PurePath) -> BinaryIO:
    info = archive.members.get(below.as_posix())
    if info is None:
        raise FileNotFoundError
    if info.flag_bits & _ENCRYPTED:
        raise RefusedError(
            "encrypted", "the archive is encrypted; unpack it with its password first"
        )
    if not info.file_size:
        raise RefusedError("empty-file", "the file is empty")
    bound = max(SMALL_MEMBER, BLOWN_UP * info.compress_size)
    if info.file_size > min(bound, LARGEST_MEMBER):
        detail = f"a member of the archive inflates to {info.file_size >> 20} MB; unpack it first"
        raise RefusedError("too-large", detail)
    try:
        stream = archive.zip.open(info)
    except _DAMAGED:
        detail = "a member of the archive is damaged or packed in a way that is not supported"
        raise RefusedError("undecodable", detail) from None
    return io.BufferedReader(_Member(stream, info, (archive.identity, info.header_offset)), _CHUNK)


class _Member(io.RawIOBase):
    """A member that is inflated as far as somebody reads, and read from any place."""

    def __init__(self, stream: IO[bytes], info: zipfile.ZipInfo, identity: Hashable) -> None:
        super().__init__()
        self.identity, self.name = identity, ""  # pydicom asks for a name
        self._stream, self._size = stream, info.file_size
        self._content = bytearray()
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place without inflating what lies before it."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill ``buffer``; a damaged member is a file that cannot be read (OSError)."""
        wanted = min(self._at + len(buffer), self._size)
        try:
            while len(self._content) < wanted:
                more = self._stream.read(max(wanted - len(self._content), _CHUNK))
                if not more:
                    break
                self._content += more
        except _DAMAGED:
            raise OSError from None
        found = self._content[self._at : wanted]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        """Give the memory back."""
        with suppress(*_DAMAGED):
            self._stream.close()
        self._content = bytearray()
        super().close()
