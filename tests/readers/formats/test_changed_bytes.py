"""Whatever bytes of an array file are changed, it is read or refused, and nothing else happens."""

import io
from collections.abc import Callable
from pathlib import PurePath

import h5py
import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from pi.readers.reading import reader_of
from pi.readers.refusal import RefusedError

HU = np.random.default_rng(0).integers(-1000, 2000, (3, 24, 24)).astype(np.int16)


def _hdf5() -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for name in ("low", "full"):
            file.create_dataset(name, data=HU, chunks=(1, 24, 24), compression="gzip")
    return out.getvalue()


def _npy() -> bytes:
    out = io.BytesIO()
    np.save(out, HU)
    return out.getvalue()


def _npz() -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, low=HU, full=HU)
    return out.getvalue()


def _mat() -> bytes:
    out = io.BytesIO()
    savemat(out, {"low": HU, "full": HU}, do_compression=True)
    return out.getvalue()


def _nifti() -> bytes:
    return nibabel.Nifti1Image(HU, np.eye(4)).to_bytes()


@pytest.mark.parametrize(
    ("name", "make"),
    [("a.h5", _hdf5), ("a.npy", _npy), ("a.npz", _npz), ("a.mat", _mat), ("a.nii", _nifti)],
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_file_is_read_or_refused(
    name: str, make: Callable[[], bytes], data: st.DataObject
) -> None:
    content = bytearray(make())
    ends = st.integers(0, len(content) - 1)
    near = st.integers(0, min(len(content), 2048) - 1)  # where headers are
    for at in data.draw(st.lists(st.one_of(near, ends), min_size=1, max_size=8)):
        content[at] = data.draw(st.sampled_from((0, 1, 127, 128, 255)))
    if data.draw(st.booleans()):
        del content[data.draw(ends) :]
    file = io.BytesIO(bytes(content))
    reader = reader_of(bytes(content[:512]), PurePath(name))
    if reader is None or reader.stacks is None:
        return
    try:
        for stack in reader.stacks(file, PurePath(name)):
            for index in range(min(stack.slices, 3)):
                assert stack.read(index).shape == stack.size
    except (RefusedError, OSError):  # the latter is a refusal to whoever opened the file
        pass
