"""Weights of PyTorch's networks: by name into ours, and what these compute against numpy."""

from pathlib import Path

import numpy as np
import pytest
from network.torch_files import write_safetensors
from numpy.typing import NDArray

from pi.losses.architecture import ARCHITECTURES, LayerStack, Residual, kernel_shapes
from pi.losses.input_convention import input_convention
from pi.network.encoder import build_encoder
from pi.network.torch_weights import EPSILON, read_torch, torch_names
from pi.network.weight_file import WeightsError
from pi.network.weights import WeightFile, Weights, load_weights

Image = NDArray[np.float64]
Tensors = dict[str, NDArray[np.float32]]

STACK = LayerStack(((4, 5), (6,)))
RESNET = Residual(((1, 2), (2, 3)), halving=2)


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHITECTURES, "vgg3", STACK)  # type: ignore[arg-type]
    monkeypatch.setitem(ARCHITECTURES, "resnet3", RESNET)  # type: ignore[arg-type]


def stack_tensors(*names: str) -> Tensors:
    rng = np.random.default_rng(1)
    tensors = {"classifier.0.weight": np.zeros((2, 2), np.float32)}
    for name, (_, _, before, after) in zip(names, STACK.kernels, strict=True):
        tensors[f"{name}.weight"] = rng.normal(size=(after, before, 3, 3)).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(size=after).astype(np.float32)
    return tensors


def resnet_tensors(prefix: str = "") -> Tensors:
    rng = np.random.default_rng(2)
    tensors = {}
    shapes = dict(zip(RESNET.convolutions, RESNET.kernels, strict=True))
    for ours, (convolution, norm) in torch_names(RESNET).items():
        rows, columns, before, after = shapes[ours]
        size = (after, before, rows, columns)
        tensors[f"{convolution}.weight"] = rng.normal(0, 0.3, size).astype(np.float32)
        for part, low, high in (("weight", 0.5, 1), ("bias", -1, 1), ("running_mean", -1, 1),
                                ("running_var", 0.5, 2)):  # fmt: skip
            tensors[f"{norm}.{part}"] = rng.uniform(low, high, after).astype(np.float32)
    return {f"{prefix}{name}": array for name, array in tensors.items()}


def convolve(x: Image, kernel: NDArray[np.float32], stride: int, pad: int) -> Image:
    """torch.nn.functional.conv2d of one image (channels, rows, columns)."""
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[2:], axis=(1, 2))
    return np.einsum("cxyij,ocij->oxy", windows[:, ::stride, ::stride], kernel)


def resnet_by_hand(x: Image, t: Tensors) -> list[Image]:
    """torchvision's Bottleneck blocks, the stride in the 3x3 (ResNet v1.5)."""

    def normal(x: Image, name: str) -> Image:
        scale, shift, mean, variance = (
            t[f"{name}.{part}"][:, None, None].astype(float)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + EPSILON) * scale + shift

    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    x = relu(normal(convolve(x, t["conv1.weight"], 2, 3), "bn1"))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    x = windows[:, ::2, ::2].max(axis=(3, 4))
    outputs = []
    for stage, (blocks, _) in enumerate(RESNET.stages, start=1):
        for block in range(blocks):
            of, stride = f"layer{stage}.{block}", 2 if block == 0 and stage > 1 else 1
            y = relu(normal(convolve(x, t[f"{of}.conv1.weight"], 1, 0), f"{of}.bn1"))
            y = relu(normal(convolve(y, t[f"{of}.conv2.weight"], stride, 1), f"{of}.bn2"))
            y = normal(convolve(y, t[f"{of}.conv3.weight"], 1, 0), f"{of}.bn3")
            if block == 0:
                way = f"{of}.downsample"
                x = normal(convolve(x, t[f"{way}.0.weight"], stride, 0), f"{way}.1")
            x = relu(x + y)
        outputs.append(x)
    return outputs


@pytest.mark.parametrize("size", [(32, 48), (31, 45)])
def test_a_resnet_computes_what_pytorchs_does(size: tuple[int, int], tmp_path: Path) -> None:
    tensors = resnet_tensors("backbone.")
    file = write_safetensors(tmp_path / "r.safetensors", tensors)
    weights = Weights(tuple(read_torch(file, "resnet3", "own")), "noise", "0")
    encoder = build_encoder("resnet3", ["stage1", "stage2"], weights, input_convention("unit"))
    image = np.random.default_rng(3).random((1, *size, 1)).astype(np.float32)
    expected = resnet_by_hand(np.repeat(image[0].transpose(2, 0, 1), 3, axis=0).astype(float),
                              resnet_tensors())  # fmt: skip
    for found, wanted in zip(encoder(image), expected, strict=True):
        assert np.asarray(found)[0].transpose(2, 0, 1) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    "names",
    [
        ("features.0", "features.2", "features.5"),
        ("module.features.0", "module.features.2", "module.features.5"),
        ("conv1_1", "conv1_2", "conv2_1"),
        ("block1_conv1", "block1_conv2", "block2_conv1"),
    ],
)
def test_a_vggs_kernels_are_turned_and_in_the_networks_order(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    tensors = stack_tensors(*names)
    backwards = dict(reversed(tensors.items()))  # a file's order says nothing
    found = read_torch(write_safetensors(tmp_path / "v", backwards), "vgg3", "own")
    for (kernel, bias), name, shape in zip(found, names, STACK.kernels, strict=True):
        assert kernel.shape == shape
        assert kernel[0, 2, 1, 3] == tensors[f"{name}.weight"][3, 1, 0, 2]
        np.testing.assert_array_equal(bias, tensors[f"{name}.bias"])


def test_such_a_file_is_a_context_and_its_kind_is_seen_by_its_content(tmp_path: Path) -> None:
    file = write_safetensors(tmp_path / "w", stack_tensors("conv1_1", "conv1_2", "conv2_1"))
    files = {"own": WeightFile(file, "mine")}
    found = load_weights("vgg3", "own", seed=0, files=files)
    assert [kernel.shape for kernel, _ in found.convolutions] == list(kernel_shapes("vgg3"))
    assert found.description == "mine"


def lacking(name: str) -> Tensors:
    return {key: value for key, value in resnet_tensors().items() if key != name}


@pytest.mark.parametrize(
    ("architecture", "tensors", "said"),
    [
        ("vgg3", stack_tensors("features.0", "features.3", "features.5"),
         r"network's block1_conv2 as a kernel \(5, 4, 3, 3\) and a bias \(5,\) but hold \(\)"),
        # With batch normalisation torchvision counts on: convolutions at 0, 3 and 7.
        ("vgg3", stack_tensors("features.0", "features.3", "features.7")
         | {"features.1.weight": np.ones(4, np.float32), "features.1.bias": np.ones(4, np.float32)},
         "network's block1_conv2 as a kernel"),
        ("vgg3", stack_tensors("conv1_2", "conv1_1", "conv2_1"), "block1_conv1 as a kernel"),
        ("vgg3", {k: v * np.float32("nan")
                  for k, v in stack_tensors("conv1_1", "conv1_2", "conv2_1").items()},
         "finite but block1_conv1 holds NaN"),
        ("resnet3", lacking("layer2.1.bn3.running_var"), "layer2.1.conv3.weight and layer2.1.bn3"),
        ("resnet3", lacking("conv1.weight"), "hold conv1.weight and bn1's weight"),
        ("resnet3", resnet_tensors() | {"bn1.bias": np.zeros(3, np.float32)},
         "one value a channel"),
        ("resnet50", resnet_tensors(), "use resnet50_torch or resnet152"),
    ],
)  # fmt: skip
def test_another_network_is_refused_in_one_sentence(
    architecture: str, tensors: Tensors, said: str, tmp_path: Path
) -> None:
    file = write_safetensors(tmp_path / "w.safetensors", tensors)
    with pytest.raises(WeightsError, match=said) as refused:
        read_torch(file, architecture, "own")
    assert str(tmp_path) not in str(refused.value)


def test_a_damaged_file_and_one_of_keras_for_pytorchs_network_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes((50).to_bytes(8, "little") + b'{"x": 1}')
    with pytest.raises(WeightsError, match=r"whole \.safetensors file but its table does not fit"):
        read_torch(tmp_path / "cut", "vgg3", "own")
    (tmp_path / "k.h5").write_bytes(b"\x89HDF\r\n\x1a\n and more")
    files = {"own": WeightFile(tmp_path / "k.h5", "mine")}
    with pytest.raises(WeightsError, match=r"must be a \.safetensors file of resnet3"):
        load_weights("resnet3", "own", seed=0, files=files)
