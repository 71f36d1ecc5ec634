"""The encoder against keras.applications, for every input convention; what it must not do."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from pi.losses.architecture import EncoderError, find_architecture, kernel_shapes, layer_names
from pi.losses.experiments import Experiment, find_experiments
from pi.losses.input_convention import InputConventionError, input_convention
from pi.network.bank import EncoderBank, build_bank
from pi.network.encoder import build_encoder, fold
from pi.network.residual_weights import folded_convolutions
from pi.network.weights import Weights, load_weights
from pi.slices.intensity import normalise

DEEPEST = {"vgg16": "block5_conv3", "vgg19": "block5_conv4"}
REFERENCE = {
    "vgg16": (keras.applications.VGG16, keras.applications.vgg16.preprocess_input),
    "vgg19": (keras.applications.VGG19, keras.applications.vgg19.preprocess_input),
}


def any_weights(architecture: str) -> Weights:
    """Kernels that keep activations alive and biases that show if one is lost."""
    rng = np.random.default_rng(0)
    convolutions = tuple(
        (
            rng.normal(0, np.sqrt(2 / (9 * shape[2])), shape).astype(np.float32),
            rng.normal(0, 1, shape[3]).astype(np.float32),
        )
        for shape in kernel_shapes(architecture)
    )
    return Weights(convolutions, "noise", "0")


@pytest.fixture(scope="module", params=["vgg16", "vgg19"])
def pair(request: pytest.FixtureRequest) -> tuple[str, Weights, keras.Model]:
    """An architecture, weights, and Keras's own network with them."""
    build, _ = REFERENCE[request.param]
    network = build(weights=None, include_top=False)
    weights = any_weights(request.param)
    for name, arrays in zip(layer_names(request.param), weights.convolutions, strict=True):
        network.get_layer(name).set_weights(arrays)
    return request.param, weights, network


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(1).random((2, 32, 48, 1)).astype(np.float32)


def caffe(image: np.ndarray, preprocess: Callable[..., Any]) -> Any:
    return preprocess(np.repeat(255 * image, 3, axis=-1).copy())


def torch(image: np.ndarray, _: object) -> np.ndarray:
    mean, sd = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    return (image - np.array(mean)) / np.array(sd)


def window(image: np.ndarray, _: object) -> np.ndarray:
    hu = image * 4096 - 1024
    return np.repeat(255 * np.clip((hu + 160) / 400, 0, 1), 3, axis=-1)


FED: dict[str, Callable[..., Any]] = {
    "raw255": lambda image, _: np.repeat(255 * image, 3, axis=-1),
    "keras_caffe": caffe,
    "torch_imagenet": torch,
    "window:-160:240": window,
    "unit": lambda image, _: np.repeat(image, 3, axis=-1),
}


@pytest.mark.parametrize("convention", FED)
def test_features_are_those_of_kerass_own_network(
    pair: tuple[str, Weights, keras.Model], image: np.ndarray, convention: str
) -> None:
    architecture, weights, network = pair
    taps = ("block1_conv2", "block3_conv2", DEEPEST[architecture])
    encoder = build_encoder(architecture, taps, weights, input_convention(convention))
    reference = keras.Model(network.input, [network.get_layer(tap).output for tap in taps])
    fed = np.asarray(FED[convention](image, REFERENCE[architecture][1]), np.float32)
    for found, expected in zip(encoder(image), reference(fed), strict=True):
        scale = float(np.abs(expected).max())
        assert scale > 0
        assert np.abs(np.asarray(found) - np.asarray(expected)).max() <= 1e-5 * scale


def test_taps_come_in_the_order_asked_for_and_after_the_relu(image: np.ndarray) -> None:
    weights = load_weights("vgg16", "random", seed=0)
    deep, shallow = build_encoder(
        "vgg16", ("block2_conv1", "block1_conv1"), weights, input_convention("raw255")
    )(image)
    assert (deep.shape, shallow.shape) == ((2, 16, 24, 128), (2, 32, 48, 64))
    assert float(np.min(shallow)) == 0


def test_a_lone_tap_is_the_features_themselves(image: np.ndarray) -> None:
    weights = load_weights("vgg16", "random", seed=0)
    encoder = build_encoder("vgg16", ("block1_conv1",), weights, input_convention("raw255"))
    assert encoder(image).shape == (2, 32, 48, 64)


def test_what_lies_behind_the_deepest_tap_is_cut_off() -> None:
    weights = load_weights("vgg16", "random", seed=0)
    encoder = build_encoder("vgg16", ("block3_conv2",), weights, input_convention("raw255"))
    assert encoder.layers[-1].name == "block3_conv2"


def test_the_judge_is_frozen() -> None:
    weights = load_weights("vgg16", "random", seed=0)
    encoder = build_encoder("vgg16", ("block1_conv2",), weights, input_convention("raw255"))
    assert encoder.trainable_weights == []
    assert len(encoder.non_trainable_weights) == 4


def test_a_layer_that_the_encoder_lacks_is_refused() -> None:
    weights = load_weights("vgg16", "random", seed=0)
    with pytest.raises(EncoderError, match="but got 'block9_conv1'"):
        build_encoder("vgg16", ("block9_conv1",), weights, input_convention("raw255"))


@pytest.mark.parametrize(
    "name",
    ["raw", "window", "window:", "window:0", "window:1:0", "window:0:0", "window:0:1:2",
     "window:nan:1", "window:0:inf", "window:a:b", ""],
)  # fmt: skip
def test_an_input_convention_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(
        InputConventionError, match=r"`encoder_input` must be .* but got " + repr(name)
    ):
        input_convention(name)


def test_a_window_is_in_hounsfield_units() -> None:
    found = input_convention("window:-160:240").window
    assert found is not None
    assert found == pytest.approx(normalise(np.array([-160, 240])).tolist())


def bank_of(*losses: str, convention: str = "raw255") -> tuple[EncoderBank, list[Experiment]]:
    experiments = list(find_experiments(",".join(losses)))
    fed = input_convention(convention)
    return build_bank(experiments, fed, seed=0), experiments


def test_the_bank_runs_each_context_once_whatever_the_number_of_experiments() -> None:
    bank, experiments = bank_of(
        "vgg16:random:block2_conv2",
        "vgg16:random:block1_conv1+block2_conv2",
        "vgg19:random:block1_conv2",
        "vgg16:random:block1_conv1",
    )
    assert len(bank.encoders) == 2
    assert [c.tap for c in bank.columns] == ["block1_conv1", "block2_conv2", "block1_conv2"]
    readings = [bank.reading(experiment, 32) for experiment in experiments]
    assert [reading.features for reading in readings] == [(1,), (0, 1), (2,), (0,)]
    one, _, other, _ = (bank.weights_of(experiment.encoder) for experiment in experiments)
    assert one.digest != other.digest


def test_columns_follow_the_layers_as_asked_for() -> None:
    bank, (experiment,) = bank_of("vgg16:random:block2_conv1+block1_conv1")
    assert bank.reading(experiment, 32).features == (1, 0)


def test_taps_norms_and_reductions_are_read_off_one_pass_and_inputs_are_not() -> None:
    bank, experiments = bank_of(
        "vgg16:random:block1_conv2",
        "vgg16:random:block1_conv2/tap=pre",
        "vgg16:random:block1_conv2/norm=absolute",
        "vgg16:random:block1_conv2/reduction=sum/pixel=huber",
        "vgg16:random:block1_conv2/input=unit",
    )
    assert len(bank.encoders) == 2
    assert len(bank.columns) == 4
    readings = [bank.reading(experiment, 32) for experiment in experiments]
    assert len({reading.features for reading in readings}) == 4
    assert readings[0].features == readings[3].features
    assert readings[3].factors == (32 * 32 * 64,)
    assert [bank.pixels[r.image or 0].kind for r in readings] == 3 * ["squared"] + [
        "huber", "squared",
    ]  # fmt: skip


def test_before_the_relu_is_what_it_cuts(image: np.ndarray) -> None:
    weights = any_weights("vgg16")
    taps = ("block1_conv2", "block1_conv2/pre", "block2_conv1")
    post, pre, next_one = build_encoder("vgg16", taps, weights, input_convention("raw255"))(image)
    assert float(np.min(pre)) < 0
    assert np.array_equal(np.maximum(pre, 0), post)
    alone = build_encoder("vgg16", taps[2:], weights, input_convention("raw255"))(image)
    assert np.allclose(next_one, alone, rtol=1e-5)


@pytest.fixture(scope="module")
def random_resnet() -> keras.Model:
    """Keras's ResNet-50 with batch normalisation that does something."""
    network = keras.applications.ResNet50(include_top=False, weights=None)
    rng = np.random.default_rng(3)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (w.shape for w in layer.get_weights())
            layer.set_weights(
                [
                    rng.uniform(0.5, 1.0, gamma),
                    rng.normal(0, 0.1, beta),
                    rng.normal(0, 0.1, mean),
                    rng.uniform(0.5, 2.0, variance),
                ]
            )
    return network


@pytest.mark.parametrize("convention", ["unit", "torch_imagenet"])
def test_resnets_stages_are_those_of_kerass_own_network(
    image: np.ndarray, random_resnet: keras.Model, convention: str
) -> None:
    network = random_resnet
    weights = Weights(tuple(folded_convolutions(network, "test")), "noise", "0")
    stages = [f"stage{k}" for k in range(1, 5)]
    names = ["conv2_block3_{}", "conv3_block4_{}", "conv4_block6_{}", "conv5_block3_{}"]
    outputs = [network.get_layer(n.format(kind)).output for kind in ("out", "add") for n in names]
    reference = keras.Model(network.input, outputs)
    encoder = build_encoder(
        "resnet50", [*stages, *(f"{s}/pre" for s in stages)], weights, input_convention(convention)
    )
    fed = np.asarray(FED[convention](image, None), np.float32)
    for stage, found, expected in zip(2 * stages, encoder(image), reference(fed), strict=True):
        assert found.shape == expected.shape
        assert np.prod(found.shape[1:]) == find_architecture("resnet50").feature_count(
            stage, *image.shape[1:3]
        )
        scale = float(np.abs(expected).max())
        assert np.abs(np.asarray(found) - np.asarray(expected)).max() <= 1e-4 * scale


def test_the_number_of_features_is_that_of_the_encoders_output(image: np.ndarray) -> None:
    layers = layer_names("vgg19")
    encoder = build_encoder("vgg19", layers, any_weights("vgg19"), input_convention("unit"))
    for layer, found in zip(layers, encoder(image), strict=True):
        count = find_architecture("vgg19").feature_count(layer, *image.shape[1:3])
        assert count == np.prod(found.shape[1:])


def three_channels(kernel: np.ndarray, image: np.ndarray, convention: str) -> np.ndarray:
    """The first convolution as its weights were trained: on three channels, zeros beyond."""
    fed = np.broadcast_to(FED[convention](image, REFERENCE["vgg16"][1]), (*image.shape[:3], 3))
    padded = np.pad(fed.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("nrcixy,xyio->nrco", windows, kernel)


@pytest.mark.parametrize(
    ("convention", "channels"),
    [("raw255", 1), ("keras_caffe", 2), ("torch_imagenet", 2), ("window:-160:240", 1)],
)
def test_one_channel_of_summed_kernels_is_equal_to_three_up_to_the_border(
    image: np.ndarray, convention: str, channels: int
) -> None:
    kernel, bias = any_weights("vgg16").convolutions[0]
    folded, same_bias = fold((kernel, bias), input_convention(convention))
    assert folded.shape == (3, 3, channels, 64)
    assert same_bias is bias
    encoder = build_encoder(
        "vgg16", ("block1_conv1",), any_weights("vgg16"), input_convention(convention)
    )
    expected = np.maximum(three_channels(kernel, image, convention) + bias, 0)
    found = np.asarray(encoder(image))
    assert encoder.get_layer("block1_conv1").kernel.shape[2] == channels
    assert np.abs(found - expected).max() <= 1e-6 * expected.max()


def test_a_shift_in_the_bias_would_be_wrong_at_the_border_alone(image: np.ndarray) -> None:
    kernel, bias = any_weights("vgg16").convolutions[0]
    shift = np.asarray(input_convention("keras_caffe").shift)
    in_bias = bias + np.einsum("xyco,c->o", kernel, shift)
    grey = three_channels(kernel, image, "raw255")
    wrong = np.abs(grey + in_bias - three_channels(kernel, image, "keras_caffe") - bias)
    assert wrong[:, 1:-1, 1:-1].max() < 1e-6 * np.abs(grey).max()
    assert wrong[:, 0].max() > 0.01 * np.abs(grey).max()


def test_an_encoder_of_one_channel_sees_the_image_scaled(image: np.ndarray) -> None:
    weights = any_weights("autoencoder")
    last = ("block3_conv4",)
    as_it_is = build_encoder("autoencoder", last, weights, input_convention("unit"))
    scaled = build_encoder("autoencoder", last, weights, input_convention("raw255"))
    assert as_it_is(image).shape == (2, 8, 12, 256)
    assert np.allclose(as_it_is(255 * image), scaled(image), rtol=1e-4, atol=1e-2)


def test_an_encoder_of_one_channel_has_no_three_colours() -> None:
    with pytest.raises(InputConventionError, match=r"all channels alike .* got 'keras_caffe'"):
        build_encoder(
            "autoencoder", ("block1_conv1",), any_weights("autoencoder"),
            input_convention("keras_caffe"),
        )  # fmt: skip
