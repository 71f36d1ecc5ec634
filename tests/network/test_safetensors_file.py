"""A .safetensors file: every float read as it was written; damage is a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from network.torch_files import write_safetensors

from pi.network.safetensors_file import SafetensorsError, is_safetensors, read_safetensors

RNG = np.random.default_rng(4)
ARRAYS = {
    "a.weight": RNG.normal(size=(2, 3, 3, 3)).astype(np.float32),
    "b": RNG.normal(size=5).astype(np.float16),
    "c": RNG.normal(size=(1, 2)),
    "empty": np.zeros((0, 3), np.float32),
    "tracked": np.array(7),
}


def written(header: object, data: bytes = b"") -> bytes:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + data


def test_floats_come_back_and_whole_numbers_are_left_out(tmp_path: Path) -> None:
    file = write_safetensors(tmp_path / "a.safetensors", ARRAYS)
    assert is_safetensors(file)
    found = read_safetensors(file)
    assert set(found) == set(ARRAYS) - {"tracked"}
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, ARRAYS[name].astype(np.float32))


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 0.15625], np.float32)  # exact in 8 bits
    halves = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}
    (tmp_path / "b").write_bytes(written({"x": entry}, halves))
    np.testing.assert_array_equal(read_safetensors(tmp_path / "b")["x"], values)


def of(**changed: object) -> dict[str, object]:
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (written(of(data_offsets=[0, 9]), b"8 bytes."), "does not fit"),
        (written(of(), b"7 bytes"), "does not fit"),
        (written(of(shape=[3]), b"8 bytes."), "does not fit"),
        (written(of(shape=[-2]), b"8 bytes."), "does not fit"),
        (written(of(data_offsets=[-8, 0]), b"8 bytes."), "does not fit"),
        (written(of(shape="two"), b"8 bytes."), "lacks a shape"),
        (written({"x": {"dtype": "F32"}}), "lacks a shape"),
        (written(b"{not json}"), "no JSON"),
        (written(b"\xff\xff\xff"), "no JSON"),
        (written([1, 2]), "is none"),
        ((10**9).to_bytes(8, "little") + b"{}", "does not fit"),
        (b"short", "does not fit"),
    ],
)
def test_a_damaged_file_is_said_to_be(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "damaged"
    file.write_bytes(content)
    with pytest.raises(SafetensorsError, match=said):
        read_safetensors(file)


def test_other_files_do_not_begin_as_one(tmp_path: Path) -> None:
    (tmp_path / "h5").write_bytes(b"\x89HDF\r\n\x1a\n0123")
    assert not is_safetensors(tmp_path / "h5")
    assert not is_safetensors(tmp_path / "nothing")
