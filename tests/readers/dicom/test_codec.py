from pathlib import Path

import pydicom
from ct_files import ct_dataset
from pydicom.data import get_testdata_file
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from pi.readers.dicom.codec import choose_codec
from pi.readers.dicom.pixels import read_hounsfield


def test_gdcm_has_only_what_others_cannot() -> None:
    chosen = [choose_codec(syntax) for syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless)]
    assert chosen == ["pydicom", "pillow", "gdcm"]


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
