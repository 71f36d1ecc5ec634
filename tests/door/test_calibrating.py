"""Calibrating through the front door: against numbers by hand, and what cannot be is told."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pi
from pi.door.calibrating import CalibrateError
from pi.door.calibration import Calibration
from pi.door.pairs import ImagePairError
from pi.influence.psi import InvalidLossError, InvalidTargetError, NoPerceptualLossError
from pi.losses.experiments import ExperimentError

Array = np.ndarray[Any, np.dtype[np.float64]]


def square(images: Array) -> Array:
    return images * images


def pairs(seed: int = 5) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    normal = rng.uniform(0.2, 0.4, (6, 8, 8))
    return normal + rng.normal(0, 0.02, normal.shape), normal


def test_lambda_is_the_odds_times_the_ratio_of_the_sums() -> None:
    found = pi.calibrate([1.0, 2.0, 3.0], [10.0, 20.0, 30.0], target=0.95)
    assert found.weight == pytest.approx(19 * 6 / 60)
    assert (found.low, found.high) == pytest.approx((1.9, 1.9))  # equal ratios: nothing to err by


def test_its_interval_is_the_delta_methods() -> None:
    rng = np.random.default_rng(3)
    m, p = rng.lognormal(0, 0.3, 400), rng.lognormal(2, 0.3, 400)
    found = pi.calibrate(m, p, target=0.5)
    q = m / m.mean() - p / p.mean()
    half = 1.959963984540054 * np.sqrt(q.var(ddof=1) / 400)
    assert np.log(found.high / found.weight) == pytest.approx(half, rel=1e-9)
    whole = pi.calibrate(m, p, target=0.5, population=400)
    assert whole.low == whole.weight == whole.high


@given(st.floats(0.01, 0.99), st.integers(0, 5))
def test_psi_at_its_lambda_is_the_target(target: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = pi.calibrate(rng.uniform(1, 2, 9), rng.uniform(1, 5, 9), target=target)
    assert float(found.psi_at(found.weight)) == pytest.approx(target)


def test_pairs_are_measured_in_the_identity_state() -> None:
    low, normal = pairs()
    found = pi.calibrate(low=low, normal=normal, features=square, target=0.8)
    m = ((low - normal) ** 2).mean()
    p = ((low**2 - normal**2) ** 2).mean()
    assert found.weight == pytest.approx(4 * m / p, rel=1e-5)
    assert (found.state, found.items) == ("identity", 6)


def test_pairs_go_through_a_denoiser_and_in_any_batches() -> None:
    low, normal = pairs()
    asked: dict[str, Any] = {"low": low, "normal": normal, "features": square}
    found = [
        pi.calibrate(**asked, denoise=lambda x: x - 0.01, batch_size=size) for size in (1, 4, 100)
    ]
    m = ((low - 0.01 - normal) ** 2).mean()
    assert [one.image for one in found] == pytest.approx([m] * 3, rel=1e-4)
    assert {one.state for one in found} == {"given"}


def test_layers_add_up_and_reductions_multiply() -> None:
    low, normal = pairs()
    asked: dict[str, Any] = {"low": low, "normal": normal}
    one = pi.calibrate(**asked, features=square)
    two = pi.calibrate(**asked, features=lambda x: [square(x), square(x)])
    summed = pi.calibrate(
        **asked, features=square, units=pi.Units(feature_reduction="sum", features=64)
    )
    assert two.perceptual == pytest.approx(2 * one.perceptual)
    assert summed.perceptual == pytest.approx(64 * one.perceptual)
    assert summed.weight == pytest.approx(
        pi.convert_weight(one.weight, pi.Units(), pi.Units(feature_reduction="sum", features=64))
    )


def test_a_store_gives_what_the_command_gives(
    tiny_cache: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pi.calibrate(store="simulated:tiny", experiment="vgg16:random:block1_conv1", seed=5)
    assert 0 < found.low <= found.weight <= found.high
    assert float(found.psi_at(found.weight)) == pytest.approx(0.95)
    assert found.units is not None
    assert "vgg16:random:block1_conv1 fed raw255" in repr(found)
    assert "in HU" in found.validity


def test_it_prints_as_one_line() -> None:
    low, normal = pairs()
    found = pi.calibrate(low=low, normal=normal, features=square)
    assert "\n" not in repr(found)
    assert repr(found).startswith("Calibration: lambda ")
    assert "values in [0, 1] of [-1024, 3072] HU" in repr(found)


BAD: list[tuple[dict[str, Any], type[pi.PiError]]] = [
    ({"image": [1.0], "perceptual": [1.0], "target": 1.0}, InvalidTargetError),
    ({"image": [1.0], "perceptual": [1.0], "target": float("nan")}, InvalidTargetError),
    ({"image": [1.0, -1.0], "perceptual": [1.0, 1.0]}, InvalidLossError),
    ({"image": [1.0, float("nan")], "perceptual": [1.0, 1.0]}, InvalidLossError),
    ({"image": [1.0, 1.0], "perceptual": [1.0]}, InvalidLossError),
    ({"image": [[1.0]], "perceptual": [[1.0]]}, InvalidLossError),
    ({"image": [1.0, 1.0], "perceptual": [1.0, 1.0], "population": 1}, InvalidLossError),
    ({"image": [1.0], "perceptual": [0.0]}, NoPerceptualLossError),
    ({"image": [1.0]}, CalibrateError),
    ({}, CalibrateError),
    ({"image": [1.0], "perceptual": [1.0], "store": "mine"}, CalibrateError),
    ({"low": np.zeros((1, 4, 4)), "normal": np.zeros((1, 4, 4))}, CalibrateError),
    ({"low": np.zeros((4, 4)), "normal": np.zeros((4, 4)), "features": square}, ImagePairError),
    ({"low": np.full((1, 4, 4), np.nan), "normal": np.zeros((1, 4, 4)), "features": square},
     ImagePairError),
    ({"low": np.full((1, 4, 4), -1000.0), "normal": np.zeros((1, 4, 4)), "features": square},
     ImagePairError),
    ({"low": np.ones((2, 4, 4)), "normal": np.zeros((2, 4, 4)), "features": lambda x: x.mean()},
     InvalidLossError),
    ({"low": np.ones((2, 4, 4)), "normal": np.zeros((2, 4, 4)), "features": square,
      "denoise": lambda x: x[:, 1:]}, ImagePairError),
    ({"store": "simulated:tiny", "experiment": "demo1,demo2"}, pi.PiError),
    ({"store": "simulated:tiny", "experiment": "nobody"}, ExperimentError),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "error"), BAD)
def test_bad_input_is_told_in_one_sentence(
    asked: dict[str, Any], error: type[pi.PiError], tiny_cache: object
) -> None:
    with pytest.raises(error) as told:
        pi.calibrate(**asked)
    assert isinstance(told.value, pi.PiError)
    assert "\n" not in str(told.value)
    assert str(told.value)


def test_lambda_is_told_in_other_units() -> None:
    found = pi.calibrate([1.0], [1.0], target=0.5, units=pi.Units())
    assert isinstance(found, Calibration)
    assert found.weight_in(pi.Units(values="hu")) == pytest.approx(4096**2)
