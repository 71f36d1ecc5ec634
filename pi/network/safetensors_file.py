"""Arrays of a ``.safetensors`` file: a length, a table in JSON, and bytes. No code can be in it.

Format: https://github.com/huggingface/safetensors#format. Eight bytes, little-endian, give the
length of the table; each entry has ``dtype``, ``shape`` and ``data_offsets`` from the table's end.
"""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""Floating-point types, and how numpy reads them; whole numbers are not weights and left out."""

LONGEST_TABLE = 100_000_000  # bytes, as the reference implementation has it


class SafetensorsError(Exception):
    """The file is not what its table says; the text is the end of a sentence."""


def is_safetensors(file: Path) -> bool:
    """Tell whether a file begins as one; False of a file that cannot be read."""
    try:
        with file.open("rb") as content:
            start = content.read(9)
    except OSError:
        return False
    return len(start) == 9 and start[8:] == b"{"


def read_safetensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Return the floating-point arrays of a file by name, float32.

    Raises:
        SafetensorsError: a damaged file.
        OSError: a file that cannot be read.
    """
    content = np.memmap(file, np.uint8, "r")
    length = int.from_bytes(content[:8].tobytes(), "little")
    if not 2 <= length <= min(LONGEST_TABLE, content.size - 8):
        raise SafetensorsError("its table does not fit into it")
    try:
        table = json.loads(content[8 : 8 + length].tobytes())
    except ValueError:  # UnicodeDecodeError is one
        raise SafetensorsError("its table is no JSON") from None
    if not isinstance(table, dict):
        raise SafetensorsError("its table is none")
    data = content[8 + length :]
    entries = {name: entry for name, entry in table.items() if name != "__metadata__"}
    return {name: _array(entry, data) for name, entry in entries.items() if _dtype(entry) in DTYPES}


def _dtype(entry: Any) -> str:  # noqa: ANN401
    return str(entry.get("dtype")) if isinstance(entry, Mapping) else ""


def _array(entry: Mapping[str, Any], data: NDArray[np.uint8]) -> NDArray[np.float32]:
    dtype = np.dtype(DTYPES[_dtype(entry)])
    try:
        shape = [int(length) for length in entry["shape"]]
        start, end = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError):
        raise SafetensorsError("its table lacks a shape or offsets") from None
    if min([start, *shape]) < 0 or end > data.size or end - start != prod(shape) * dtype.itemsize:
        raise SafetensorsError("an array does not fit into it")
    values = np.frombuffer(data[start:end].tobytes(), dtype).reshape(shape)
    if _dtype(entry) == "BF16":  # the upper half of a float32
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)
