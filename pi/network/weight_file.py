"""The convolutions of a weight file, each way: arrays only, every shape checked, no code run."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.losses.architecture import kernel_shapes, layer_names

Convolution = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Kernel (3, 3, channels in, channels out) and bias (channels out,)."""


EXPECTED = "an HDF5 file of arrays, as model.save_weights('name.weights.h5') writes it"

OTHER_KINDS = (
    (b"PK", "a zip archive (.keras, .npz, .pt)"),
    (b"\x80", "a pickle (.pkl, .pt)"),
    (b"\x93NUMPY", "one array of numpy's (.npy)"),
    (b"\x1f\x8b", "gzipped"),
)
"""How files begin that people take for weights; the first two may hold code, which is not run."""


class WeightsError(PiError):
    """Weights that are missing, damaged, or of another network."""


def write_convolutions(file: Path, architecture: str, convolutions: Sequence[Convolution]) -> None:
    """Write convolutions under the names of their layers: the inverse of `read_convolutions`.

    The same arrays give the same bytes.
    """
    with h5py.File(file, "w") as content:
        for name, (kernel, bias) in zip(layer_names(architecture), convolutions, strict=True):
            content[f"{name}/kernel"], content[f"{name}/bias"] = kernel, bias


def read_convolutions(file: Path, architecture: str, context: str) -> list[Convolution]:
    """Return the 3x3 convolutions in an HDF5 weight file, in the network's order.

    Keras 3 names layers by number and older Keras by name; in both, natural order is the
    network's order, so one reader serves all files and compares every shape. Nothing that the
    file holds is executed.

    Args:
        file: the weight file.
        architecture: whose shapes are expected.
        context: what to call the weights in an error.

    Raises:
        WeightsError: no such file, no HDF5, not the convolutions of ``architecture``, or
            values that are not finite.
    """
    arrays = _arrays(file, context)
    kernels = {name: a for name, a in arrays.items() if a.ndim == 4 and a.shape[:2] == (3, 3)}
    biases = {PurePosixPath(name).parent: a for name, a in arrays.items() if a.ndim == 1}
    expected = kernel_shapes(architecture)
    _compare([kernel.shape for kernel in kernels.values()], expected, architecture, context)
    found = []
    for number, (name, kernel) in enumerate(kernels.items(), start=1):
        bias = biases.get(PurePosixPath(name).parent, np.empty(0, np.float32))
        if bias.shape != kernel.shape[3:]:
            raise WeightsError(
                f"weights of context `{context}` must have a bias of shape {kernel.shape[3:]} at "
                f"convolution {number} but have {bias.shape}."
            )
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(
                f"weights of context `{context}` must be finite but convolution {number} holds "
                "NaN or infinity."
            )
        found.append((kernel, bias))
    return found


def _arrays(file: Path, context: str) -> dict[str, NDArray[np.float32]]:
    arrays: dict[str, NDArray[np.float32]] = {}

    def collect(name: str, item: Any) -> None:  # noqa: ANN401
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            arrays[name] = np.asarray(item, np.float32)

    try:
        with h5py.File(file, "r") as content:
            content.visititems(collect)
    except FileNotFoundError:
        raise WeightsError(
            f"weights of context `{context}` must be in an existing file but there is none where "
            "you said."
        ) from None
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:  # h5py has many
        raise WeightsError(
            f"weights of context `{context}` must be a whole HDF5 file but {_what_else(file)}."
        ) from error
    return dict(sorted(arrays.items(), key=lambda entry: _natural(entry[0])))


def _what_else(file: Path) -> str:
    """Return what a file that cannot be read as HDF5 seems to be."""
    try:
        with file.open("rb") as content:
            start = content.read(8)
    except OSError:  # a folder
        start = b""
    for beginning, kind in OTHER_KINDS:
        if start.startswith(beginning):
            return f"is {kind}, of which nothing was opened: give {EXPECTED}"
    return f"cannot be read as one: give {EXPECTED}"


def _natural(name: str) -> list[list[tuple[int, str]]]:
    """Order ``conv2d``, ``conv2d_1``, ``conv2d_2``, ``conv2d_10`` as a person would."""
    return [
        [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", level)]
        for level in name.split("/")
    ]


def _compare(
    found: list[tuple[int, ...]],
    expected: tuple[tuple[int, ...], ...],
    architecture: str,
    context: str,
) -> None:
    if tuple(found) == expected:
        return
    different = (
        f", and number {number} is {got} instead of {wanted}"
        for number, (got, wanted) in enumerate(zip(found, expected, strict=False), start=1)
        if got != wanted
    )
    raise WeightsError(
        f"weights of context `{context}` must hold {architecture}'s {len(expected)} 3x3 "
        f"convolutions but hold {len(found)}{next(different, '')}; expected are kernels of shape "
        f"(3, 3, channels in, channels out) named or numbered in the network's order, such as "
        f"{layer_names(architecture)[0]}/kernel."
    )
