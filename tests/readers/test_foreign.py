import io
import tarfile
from pathlib import Path, PurePath

import numpy as np
import pytest
from PIL import Image

from pi.readers.foreign import refused_by_name, refused_by_start
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif"])
def test_images_for_the_screen_have_lost_their_hu(tmp_path: Path, suffix: str) -> None:
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    refusal = read_facts(tmp_path, PurePath(f"a.{suffix}"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "image-without-hu"
    assert "lost" in refusal.detail


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (_tar(), "packed-archive"),
        (b"7z\xbc\xaf\x27\x1c", "packed-archive"),
        (b"Rar!\x1a\x07\x01\x00", "packed-archive"),
        (b"\x1f\x8b\x08\0", "packed-archive"),
        (b"NRRD0004\n", "unsupported-format"),
        (b"ObjectType = Image\nNDims = 3\n", "unsupported-format"),
    ],
)
def test_what_must_be_unpacked_or_converted_is_told_so(start: bytes, reason: str) -> None:
    refusal = refused_by_start(start[:512])
    assert refusal is not None
    assert refusal.reason == reason


@pytest.mark.parametrize("start", [b"BMI and age of all patients\n", b"hello", b"\0" * 300])
def test_other_beginnings_tell_nothing(start: bytes) -> None:
    assert refused_by_start(start) is None


def test_names_tell_litter() -> None:
    assert refused_by_name(PurePath("a.zip/__MACOSX/x.IMA")) is not None
    assert refused_by_name(PurePath("a/x.IMA")) is None
