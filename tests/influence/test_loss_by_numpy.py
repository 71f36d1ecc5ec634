"""The loss of an experiment by numpy alone, from a tiny encoder's kernels to lambda's units."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from pi.influence.calibration import calibrate_all
from pi.influence.components import loss_components, loss_terms, pixel_loss
from pi.influence.losses import Measured, share_weights
from pi.influence.sampling import Precision
from pi.losses.experiments import Experiment, find_experiments
from pi.losses.input_convention import input_convention
from pi.losses.loss import Reading, parse_pixel
from pi.network.bank import EncoderBank, build_bank
from pi.slices.patches import PatchPopulation
from pi.slices.store import Store

SIZE = 8


def features(image: np.ndarray, bank: EncoderBank, experiment: Experiment) -> list[np.ndarray]:
    """The first block of VGG-16 on grey repeated over three channels, before and after ReLU."""
    x = 255 * np.repeat(image.astype(np.float64), 3, axis=-1)
    found = []
    for kernel, bias in bank.weights_of(experiment.encoder).convolutions[:2]:
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        before = np.einsum("nrcixy,xyio->nrco", windows, kernel) + bias
        x = np.maximum(before, 0)
        found += [before, x]
    return found


def by_windows(
    a: np.ndarray, b: np.ndarray, norm: Callable[[np.ndarray], np.ndarray], side: int = 0
) -> np.ndarray:
    """Means and deviations of each window, taken out one by one; 3 and 5 do not divide 8."""
    side = side or (3 if norm is np.square else 5)
    total, windows = np.zeros(len(a)), 0
    for r in range(0, a.shape[1], side):
        for c in range(0, a.shape[2], side):
            x, y = (v[:, r : r + side, c : c + side] for v in (a, b))
            for of in (np.mean, np.std):
                total += norm(of(x, axis=(1, 2)) - of(y, axis=(1, 2))).mean(axis=-1)
            windows += 1
    return total / windows


LOSSES = {
    "/tap=post": lambda a, b: ((a[3] - b[3]) ** 2).mean((1, 2, 3)),
    "/tap=pre": lambda a, b: ((a[2] - b[2]) ** 2).mean((1, 2, 3)),
    "/norm=absolute": lambda a, b: np.abs(a[3] - b[3]).mean((1, 2, 3)),
    "/match=statistics:3": lambda a, b: by_windows(a[3], b[3], np.square),
    "/tap=pre/norm=absolute/match=statistics:5": lambda a, b: by_windows(a[2], b[2], np.abs),
    "/match=statistics:99": lambda a, b: by_windows(a[3], b[3], np.square, 99),
    "/reduction=sum": lambda a, b: ((a[3] - b[3]) ** 2).sum((1, 2, 3)),
    "/tap=pre/norm=absolute/reduction=sum_half": lambda a, b: (
        np.abs(a[2] - b[2]).sum((1, 2, 3)) / 2
    ),
}


@pytest.mark.parametrize("option", LOSSES)
def test_a_feature_loss_is_that_of_plain_numpy_in_calibration_and_in_training(option: str) -> None:
    experiments = find_experiments(
        f"vgg16:random:block1_conv2,vgg16:random:block1_conv1+block1_conv2,"
        f"vgg16:random:block1_conv2{option}"
    )
    own = experiments[-1]
    bank = build_bank(experiments, input_convention("raw255"), seed=1)
    prediction, target = np.random.default_rng(4).random((2, 3, SIZE, SIZE, 1), np.float32)
    wanted = LOSSES[option](features(prediction, bank, own), features(target, bank, own))

    inputs = tf.constant(prediction), tf.constant(target)
    pixels, columns = loss_components(
        [inputs[0]], inputs[1], bank.encoders, bank.norms, bank.pixels
    )
    measured = Measured(np.arange(3), pixels[0].numpy(), columns[0].numpy())
    losses = measured.read(bank.reading(own, SIZE))
    assert losses.perceptual[:, 0] == pytest.approx(wanted, rel=1e-4)

    image, perceptual = loss_terms(bank.loss_of(own, SIZE))(*inputs)
    assert perceptual[:, 0].numpy() == pytest.approx(wanted, rel=1e-4)
    assert image.numpy() == pytest.approx(losses.image, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("squared", lambda d: d**2),
        ("100*absolute", lambda d: 100 * np.abs(d)),
        ("huber", lambda d: d**2 / 2),  # below delta = 1 it is half the squared error
        ("huber:0.1", lambda d: np.where(np.abs(d) < 0.1, d**2 / 2, 0.1 * (np.abs(d) - 0.05))),
        ("2*charbonnier:0.5", lambda d: 2 * np.sqrt(d**2 + 0.25)),
    ],
)
def test_pixel_terms_are_those_of_plain_numpy(text: str, of: object) -> None:
    a, b = np.random.default_rng(0).random((2, 5, 4, 4, 1))
    found = pixel_loss(tf.constant(a), tf.constant(b), parse_pixel(text))
    assert found.numpy() == pytest.approx(of(a - b).mean((1, 2, 3)))  # type: ignore[operator]


def test_layers_get_the_shares_asked_for() -> None:
    losses = np.array([8.0, 1.0, 3.0])
    weights = share_weights(losses, (0.2, 0.3, 0.5))
    assert (weights * losses).sum() == pytest.approx(12.0)
    # method, 2.8: lambda w_l = pi_l / (1 - psi) S_M / S_l, here with S_M = 5 and psi = 0.95.
    psi, image = 0.95, 5.0
    weight = psi / (1 - psi) * image / losses.sum()
    expected = psi * np.array([0.2, 0.3, 0.5]) / (1 - psi) * image / losses
    assert weight * weights == pytest.approx(expected)


def test_a_layer_without_a_loss_gets_no_weight() -> None:
    assert share_weights(np.array([2.0, 0.0]), (0.5, 0.5)).tolist() == [0.5, 0.0]


def test_a_calibration_of_shares_ends_with_weights_that_a_training_can_have(
    tiny_store: Store,
) -> None:
    patches = PatchPopulation(tiny_store, "train", 32, 32, "paper")
    (experiment,) = find_experiments(
        "vgg16:random:block1_conv1+block2_conv1/layers=shares:0.25+0.75"
    )

    def measure(numbers: np.ndarray, states: object) -> dict[str, Measured]:
        columns = np.stack([1.0 + numbers % 3, 10.0 + numbers % 5], axis=1)
        return {"identity": Measured(numbers, np.ones((numbers.size, 1)), columns)}

    (found,) = calibrate_all(
        [experiment], [Reading(0, (0, 1), (1.0, 1.0), experiment.distance.values)], ["identity"],
        measure, patches, Precision(0.8, "ratio_of_sums", 0.05, exhaustive=True), "none",
        np.random.default_rng(0), lambda measured, half_width: None,
    )  # fmt: skip
    assert found.shares == pytest.approx([0.2, 0.6])
    weighed = found.experiment.distance
    assert weighed.layers == "weights"
    raw = measure(found.losses.patches, ())["identity"].features * np.asarray(weighed.values)
    assert found.losses.perceptual == pytest.approx(raw)
