"""Weight files of ResNet-50: read in any of Keras's formats, anything else refused."""

import pickle
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from pi.network.residual_weights import folded_convolutions, read_residual
from pi.network.weight_file import WeightsError
from pi.network.weights import load_weights


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return keras.applications.ResNet50(include_top=False, weights=None)


@pytest.fixture(scope="module")
def files(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("resnet")
    network.save_weights(folder / "keras3.weights.h5")
    with h5py.File(folder / "legacy.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return {"keras3": folder / "keras3.weights.h5", "legacy": folder / "legacy.h5"}


@pytest.mark.parametrize("kind", ["keras3", "legacy"])
def test_a_weight_file_of_any_keras_is_read(
    network: keras.Model, files: dict[str, Path], kind: str
) -> None:
    found = read_residual(files[kind], "own")
    for (kernel, bias), (wanted, shift) in zip(
        found, folded_convolutions(network, "x"), strict=True
    ):
        assert np.array_equal(kernel, wanted)
        assert np.array_equal(bias, shift)


def test_batch_normalisation_is_part_of_the_convolution(network: keras.Model) -> None:
    kernel, bias = network.get_layer("conv1_conv").get_weights()
    normalised = network.get_layer("conv1_bn")
    before = normalised.get_weights()
    gamma, beta, mean, variance = (np.full(64, v) for v in (2.0, 0.5, 3.0, 4.0))
    normalised.set_weights([gamma, beta, mean, variance])
    folded, shift = folded_convolutions(network, "x")[0]
    normalised.set_weights(before)
    scale = 2 / np.sqrt(4 + 1.001e-5)
    assert folded == pytest.approx(kernel * scale, rel=1e-6)
    assert shift == pytest.approx((bias - 3) * scale + 0.5, rel=1e-6)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.weights.h5"
    image = keras.Input((8, 8, 3))
    keras.Model(image, keras.layers.Conv2D(4, 3, name="conv1_conv")(image)).save_weights(file)
    with pytest.raises(WeightsError, match=r"must be a Keras weight file \(.h5\) of ResNet-50"):
        read_residual(file, "medical")


def test_what_is_no_whole_hdf5_file_is_refused(tmp_path: Path, files: dict[str, Path]) -> None:
    pickled = tmp_path / "pickled.h5"
    pickled.write_bytes(pickle.dumps({"conv1": [1.0]}))
    cut = tmp_path / "cut.h5"
    cut.write_bytes(files["legacy"].read_bytes()[:100_000])
    other = Path(shutil.copy(files["keras3"], tmp_path / "weights.pkl"))
    for file in (pickled, cut, other):
        with pytest.raises(WeightsError, match="of ResNet-50 without its top but are not"):
            read_residual(file, "file")
    with pytest.raises(WeightsError, match="there is none where you said"):
        read_residual(tmp_path / "none.h5", "file")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, network: keras.Model) -> None:
    layer = network.get_layer("conv2_block1_0_conv")
    before = layer.get_weights()
    layer.set_weights([np.full_like(before[0], np.nan), before[1]])
    network.save_weights(tmp_path / "nan.weights.h5")
    layer.set_weights(before)
    with pytest.raises(WeightsError, match="must be finite but convolution 2 holds NaN"):
        read_residual(tmp_path / "nan.weights.h5", "medical")


def test_random_weights_have_a_seed() -> None:
    one, same, other = (load_weights("resnet50", "random", seed=seed).digest for seed in (1, 1, 2))
    assert one == same != other
