import struct
from base64 import b64decode
from pathlib import Path

import numpy as np
import pydicom
import pytest
from ct_files import ct_dataset
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from pi.readers import child
from pi.readers.dicom.codec import choose_codec
from pi.readers.dicom.dataset import quiet
from pi.readers.dicom.frames import Image, decode_frame
from pi.readers.dicom.header import read_header
from pi.readers.dicom.pixels import read_hounsfield
from pi.readers.dicom.stored import read_stored

END = b"\xfe\xff\xdd\xe0" + bytes(4)
"""The item that ends encapsulated pixels."""

LOSSLESS_12, LOSSLESS_16 = (
    f"/9j/wwALEAAEAAQBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAACQs{end}"
    for end in (
        "Q/9oACAEBAAEAAMh6HofQ8Q9D0PoeIeh6H0PEPQ9D/wD/2QA=",
        "P/9oACAEBAAEAAN4MEPQ9D6HiHoeh9DxD0PQ+h4h6Hof/AP/ZAA==",
    )
)
"""Process 14, first-order prediction, by GDCM 3.2: 4 x 4 pixels that rise by 271, from 0 and from
-2000."""


def test_gdcm_has_only_what_others_cannot() -> None:
    chosen = [choose_codec(syntax) for syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless)]
    assert chosen == ["pydicom", "pillow", "gdcm"]


@pytest.mark.parametrize(
    "name",
    [
        "693_J2KI.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "JPEG2000.dcm",
        "JPEGLSNearLossless_08.dcm",
        "JPEGLSNearLossless_16.dcm",
        "MR_small_RLE.dcm",
    ],
)
def test_real_streams_mean_what_pydicom_says(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    with path.open("rb") as file, quiet():
        np.testing.assert_array_equal(
            read_stored(read_header(file)), pydicom.dcmread(path).pixel_array
        )


@pytest.mark.parametrize(
    ("stream", "bits", "first"), [(LOSSLESS_12, 12, 0), (LOSSLESS_16, 16, -2000)]
)
def test_lossless_jpeg_is_read_back(tmp_path: Path, stream: str, bits: int, first: int) -> None:
    signed = int(first < 0)
    ds = ct_dataset(
        Rows=4, Columns=4, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed
    )
    ds.PixelData = encapsulate([b64decode(stream)])
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    ds["PixelData"].is_undefined_length = True
    ds.save_as(tmp_path / "a", enforce_file_format=True)
    with (tmp_path / "a").open("rb") as file:
        found = read_stored(read_header(file))
    np.testing.assert_array_equal(found, first + 271 * np.arange(16).reshape(4, 4))


def test_segments_of_rle_that_end_early_or_go_on_are_bounded() -> None:
    image = Image(str(RLELossless), 2, 2, 8, 8, signed=False)
    whole = bytes([1, 7, 8, 255, 9, 127]) + bytes(128)  # 7 8, 9 twice, and what nobody needs
    for segment, expected in ((whole, [7, 8, 9, 9]), (b"\x80\xfd\x05", [5, 5, 5, 5])):
        stream = struct.pack("<16L", 1, 64, *[0] * 14) + segment
        words = decode_frame(encapsulate([stream]) + END, "pydicom", image)
        assert list(words.content) == expected
    short = encapsulate([struct.pack("<16L", 1, 64, *[0] * 14) + b"\x01\x01\x01"]) + END
    with pytest.raises(ValueError, match="ends after 2 of 4"):
        decode_frame(short, "pydicom", image)


def test_decoding_imports_neither_pydicom_nor_numpy(tmp_path: Path) -> None:
    """They take the second that no hostile file may cost."""
    child.close_child()
    read_hounsfield(jpeg_ls(tmp_path / "a"))
    loaded = child.apart(eval, "list(__import__('sys').modules)")
    child.close_child()
    assert "gdcm" in loaded
    assert not {"numpy", "pydicom"} & set(loaded)


def jpeg_ls(path: Path) -> Path:
    """A CT header around the stream of a real JPEG-LS file."""
    mr = pydicom.dcmread(str(get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False)))
    ds = ct_dataset(Rows=mr.Rows, Columns=mr.Columns, PixelData=mr.PixelData)
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path, enforce_file_format=True)
    return path


def test_jpeg_ls_is_read(tmp_path: Path) -> None:
    plain = pydicom.dcmread(str(get_testdata_file("MR_small.dcm", download=False))).pixel_array
    found = read_hounsfield(jpeg_ls(tmp_path / "a"))
    assert (found.hu[~found.padding] == plain[~found.padding] - 1024).all()
