"""Files as PyTorch's users have them, written by the format's specification."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NAMES = {"<f8": "F64", "<f4": "F32", "<f2": "F16", "<i8": "I64"}


def write_safetensors(file: Path, arrays: Mapping[str, NDArray[np.generic]]) -> Path:
    """Write arrays one behind another, a table before them."""
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        table[name] = {
            "dtype": NAMES[array.dtype.str],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    head = json.dumps(table).encode()
    file.write_bytes(len(head).to_bytes(8, "little") + head + data)
    return file
