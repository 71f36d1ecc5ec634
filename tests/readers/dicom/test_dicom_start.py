import io
import struct

import numpy as np
import pytest
from ct_files import ct_dataset
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from pi.readers.dicom.start import has_prefix, is_bare
from pi.readers.reader import START


def written(*, implicit: bool, little: bool) -> bytes:
    ds, file = ct_dataset(), io.BytesIO()
    del ds.file_meta
    ds.save_as(file, implicit_vr=implicit, little_endian=little)
    return file.getvalue()[:START]


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_a_data_set_without_preamble_is_known_in_every_encoding(
    implicit: bool, little: bool
) -> None:
    assert is_bare(written(implicit=implicit, little=little))


def test_meta_information_without_preamble_is_known_whatever_follows_it() -> None:
    file = io.BytesIO()
    ct_dataset().save_as(file, enforce_file_format=True)
    meta = file.getvalue()[132:][:START]
    assert is_bare(meta)
    assert has_prefix(file.getvalue()[:START])


def test_a_stray_byte_in_front_is_no_dicom() -> None:
    with open(str(get_testdata_file("no_meta.dcm", download=False)), "rb") as file:  # noqa: PTH123
        start = file.read(START)
    assert not is_bare(start)
    assert is_bare(start[1:])


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\x08\0",
        bytes(START),
        b"\xff" * START,
        struct.pack("<H", 8) * 128,
        np.full(128, 8, "<i2").tobytes(),
        np.arange(8, 136, dtype="<u2").tobytes(),
        struct.pack("<L", 348) + bytes(252),
    ],
)
def test_volumes_and_noise_are_no_dicom(start: bytes) -> None:
    assert not is_bare(start)


@given(st.binary(max_size=START))
def test_any_start_can_be_asked(start: bytes) -> None:
    assert is_bare(b"\x08\0" + start) in (True, False)
