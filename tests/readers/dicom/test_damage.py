"""Damage anywhere in a file of any encoding is a refusal, of its header as of its pixels."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePath

import numpy as np
import pytest
from ct_files import ct_dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from pi.readers import child
from pi.readers.facts import SliceFacts
from pi.readers.hounsfield import HounsfieldSlice
from pi.readers.reading import read_facts, read_hounsfield
from pi.readers.refusal import Refusal, RefusedError

ENCODINGS = ("explicit", "implicit", "big", "bare", "deflated", "rle", "j2k")


@pytest.fixture(autouse=True, scope="module")
def no_process_left() -> Iterator[None]:
    yield
    child.close_child()


@cache
def encoded(encoding: str) -> bytes:
    """A CT file of 8 x 8 pixels."""
    ds, file = ct_dataset(PixelRepresentation=0), io.BytesIO()
    syntax = {
        "implicit": ImplicitVRLittleEndian,
        "big": ExplicitVRBigEndian,
        "deflated": DeflatedExplicitVRLittleEndian,
        "j2k": JPEG2000Lossless,
    }.get(encoding, ExplicitVRLittleEndian)
    if encoding == "bare":
        del ds.file_meta
        ds.save_as(file, implicit_vr=True, little_endian=True)
        return file.getvalue()
    if encoding == "rle":
        ds.compress(RLELossless, generate_instance_uid=False)
        syntax = RLELossless
    elif encoding == "big":
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    elif encoding == "j2k":
        stream = io.BytesIO()
        Image.fromarray(np.frombuffer(ds.PixelData, "<u2").reshape(8, 8)).save(
            stream, "JPEG2000", no_jp2=True, num_resolutions=1
        )
        ds.PixelData = encapsulate([stream.getvalue()])
        ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def facts_of(folder: Path, content: bytes) -> SliceFacts | Refusal:
    (folder / "a").write_bytes(content)
    found = read_facts(folder, PurePath("a"))
    return found if isinstance(found, Refusal) else found[0]


def pixels_of(folder: Path, facts: SliceFacts) -> HounsfieldSlice | Refusal:
    try:
        return read_hounsfield(folder, facts)
    except RefusedError as error:
        return error.refusal


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_same_pixels(tmp_path: Path, encoding: str) -> None:
    facts = facts_of(tmp_path, encoded(encoding))
    assert isinstance(facts, SliceFacts)
    stored = np.frombuffer(ct_dataset().PixelData, "<i2").reshape(8, 8)
    np.testing.assert_array_equal(read_hounsfield(tmp_path, facts).hu, stored - 1024)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_damage_is_a_refusal_never_an_exception(
    tmp_path: Path, encoding: str, data: st.DataObject
) -> None:
    facts = facts_of(tmp_path, encoded(encoding))
    assert isinstance(facts, SliceFacts)
    content = bytearray(encoded(encoding))
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, content[at] ^ 1]))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    assert isinstance(facts_of(tmp_path, bytes(content[:end])), SliceFacts | Refusal)
    assert isinstance(pixels_of(tmp_path, replace(facts, file="a")), HounsfieldSlice | Refusal)
