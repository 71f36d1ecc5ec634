"""Functions of the user's as encoders: fed as they are told, tried before any work."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from pi.influence.components import loss_terms
from pi.jobs.calibrate import calibrate
from pi.jobs.contexts import Encoders, find_encoders
from pi.jobs.train import train
from pi.losses.architecture import EncoderError
from pi.losses.experiments import Experiment, find_experiments
from pi.losses.input_convention import input_convention
from pi.network.own_encoder import four_axes, three_channels
from pi.network.weight_file import WeightsError
from pi.network.weights import load_weights
from pi.parameters import CalibrateParameters, TrainParameters
from pi.training.machine import compute_in

MODULE = """
import keras, numpy as np, tensorflow as tf
conv = keras.layers.Conv2D(2, 3, kernel_initializer=keras.initializers.GlorotUniform(1))
def twice(images): return 2 * images
def pooled(images): return tf.reduce_mean(images, axis=(1, 2))
def kept(images): return conv(images)
def broken(images): raise RuntimeError("/secret/place")
def of_numpy(images): return np.asarray(images)
def one(images): return tf.reduce_mean(images)
def wrong(images): return images[:1]
def whole(images): return tf.cast(images, tf.int32)
def nothing(images): return images / 0.0
def unmoved(images): return tf.ones_like(images)
no_function = 3
"""
IMAGE = np.random.default_rng(0).random((2, 16, 16, 1)).astype(np.float32)
UNIT = input_convention("unit")


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_for_tests").mkdir()
    (tmp_path / "mine_for_tests" / "features.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [one for one in sys.modules if one.startswith("mine_for_tests")]:
        monkeypatch.delitem(sys.modules, name)


def encoders(functions: str, convention: str = "unit") -> tuple[tuple[Experiment, ...], Encoders]:
    experiments = find_experiments(f"own:mine_for_tests.features:{functions}")
    return experiments, find_encoders(experiments, input_convention(convention), 5, "", 16)


def test_a_function_is_fed_three_channels_and_its_features_are_compared() -> None:
    (experiment,), found = encoders("twice")
    bank = found.bank(lambda _: None)
    (encoder,) = bank.encoders
    (features,) = encoder(tf.constant(IMAGE))
    np.testing.assert_array_equal(features, np.repeat(2 * IMAGE, 3, axis=-1))
    frozen = bank.loss_of(experiment, 16)
    compute_in(frozen.encoders, "bfloat16")  # which is the user's business
    image, perceptual = loss_terms(frozen)(tf.constant(IMAGE), tf.zeros_like(IMAGE))
    by_hand = np.mean(4.0 * IMAGE.astype(float) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(perceptual[:, 0], by_hand, rtol=1e-5)
    np.testing.assert_allclose(image, by_hand / 4, rtol=1e-5)


def test_a_lambda_is_calibrated_for_it(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that are twice the image differ by four times its squared error: 19 over 4."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    found = calibrate(
        CalibrateParameters(
            data="simulated:tiny", patch_size=32, patch_step=32, denoiser="unet:2",
            experiments="own:mine_for_tests.features:twice/input=unit", states="identity",
            tolerance=0.5,
        )
    )  # fmt: skip
    assert found.calibrations[0].weight == pytest.approx(19 / 4, rel=1e-4)


def test_a_network_is_trained_against_it(
    tiny_cache: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the squared error at lambda 19/4 is 95 % of the total, whatever is learned."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    found = train(
        TrainParameters(
            data="simulated:tiny", patch_size=32, patch_step=64, denoiser="unet:2",
            experiment="own:mine_for_tests.features:twice/input=unit", batch_size=112,
            perceptual_weight=str(19 / 4), epochs=1, validation_slices=1, precision="float32",
            validation_patches=16,
        )
    )  # fmt: skip
    (epoch,) = found.state.history
    for sums in (epoch.training, epoch.validation):
        assert 19 / 4 * sum(sums.perceptual) / sums.image == pytest.approx(19, rel=1e-4)


def test_gradients_go_through_a_function() -> None:
    _, found = encoders("twice")
    (encoder,) = found.bank(lambda _: None).encoders
    image = tf.constant(IMAGE)
    with tf.GradientTape() as tape:
        tape.watch(image)
        total = tf.reduce_sum(encoder(image)[0])
    np.testing.assert_allclose(tape.gradient(total, image), np.full(IMAGE.shape, 6.0))


def test_several_functions_of_a_module_share_a_pass_and_keep_their_order() -> None:
    (experiment,), found = encoders("twice+kept+pooled")
    bank = found.bank(lambda _: None)
    assert [column.tap for column in bank.columns] == ["kept", "pooled", "twice"]
    shapes = [tuple(one.shape) for one in bank.encoders[0](tf.constant(IMAGE))]
    assert shapes == [(2, 14, 14, 2), (2, 1, 1, 3), (2, 16, 16, 3)]
    assert bank.reading(experiment, 16).features == (2, 0, 1)


def test_the_input_convention_is_that_of_every_other_encoder() -> None:
    fed = three_channels(tf.constant(IMAGE), input_convention("torch_imagenet"))
    np.testing.assert_allclose(fed[..., 1], (IMAGE[..., 0] - 0.456) / 0.224, rtol=1e-5)
    window = three_channels(tf.constant(IMAGE), input_convention("window:-1024:1024"))
    np.testing.assert_allclose(window[..., 0], 255 * np.clip(2 * IMAGE[..., 0], 0, 1), rtol=1e-5)


def test_a_mean_does_not_depend_on_how_axes_are_added() -> None:
    for shape in ((2, 5), (2, 5, 3), (2, 5, 3, 4), (2, 5, 3, 4, 2)):
        values = np.random.default_rng(1).random(shape).astype(np.float32)
        found = four_axes(tf.constant(values))
        assert len(found.shape) == 4
        np.testing.assert_allclose(
            np.mean(found, axis=(1, 2, 3)), values.reshape(2, -1).mean(axis=1), rtol=1e-6
        )


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("broken", r"must take images \(2, 16, 16, 3\) float32 but raises RuntimeError"),
        ("of_numpy", "floating-point tensor of TensorFlow but returns ndarray"),
        ("whole", "floating-point tensor of TensorFlow"),
        ("one", r"features \(2, ...\) for 2 images but returns \(\)"),
        ("wrong", r"but returns \(1, 16, 16, 3\)"),
        ("nothing", "finite features"),
        ("unmoved", "do not depend on the images"),
        ("absent", "can import but raises AttributeError"),
        ("no_function", "must be a function but is none"),
    ],
)
def test_what_cannot_be_an_encoder_is_refused_before_any_work(function: str, said: str) -> None:
    with pytest.raises(EncoderError, match=said) as refused:
        encoders(function)
    assert "/secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="can import but raises ModuleNotFoundError"):
        find_encoders(find_experiments("own:nowhere.at_all:f"), UNIT, 5, "", 16)
    with pytest.raises(WeightsError, match=r"on PYTHONPATH, but 'nowhere.at_all' is not"):
        load_weights("own", "nowhere.at_all", seed=0)


def test_the_digest_is_of_the_code(tmp_path: Path) -> None:
    found = load_weights("own", "mine_for_tests.features", seed=0)
    assert "the user's own code, module mine_for_tests.features" in found.description
    file = tmp_path / "mine_for_tests" / "features.py"
    file.write_text(MODULE + "# changed\n")
    assert load_weights("own", "mine_for_tests.features", seed=0).digest != found.digest
    assert keras.backend.backend() == "tensorflow"
