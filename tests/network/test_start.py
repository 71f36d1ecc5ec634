"""Where an untrained output starts, and that it learns from there."""

import keras
import numpy as np
import pytest

from pi.denoisers import NAMES, DenoiserSpec, dncnn
from pi.network.start import start_at


def test_the_mean_is_met_before_a_sigmoid_and_learning_goes_on_from_there() -> None:
    unet = DenoiserSpec("unet", 8).build(seed=3)
    start_at(unet, "mean", 0.12)
    normal_dose = np.zeros((2, 32, 32, 1), np.float32)
    normal_dose[:, 8:24, 8:24] = 0.25  # a body of water in air
    assert float(np.mean(unet(normal_dose))) == pytest.approx(0.12, abs=0.03)
    adam = keras.optimizers.Adam(1e-3)
    unet.compile(optimizer=adam, loss="mean_squared_error", jit_compile=False)
    for _ in range(100):
        unet.train_on_batch(normal_dose, normal_dose)
    # Not saturated at air: better than the best constant, whose error is the variance.
    assert float(np.mean((unet(normal_dose) - normal_dose) ** 2)) < 0.5 * normal_dose.var()


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0, 2.0])
def test_a_mean_that_no_sigmoid_gives_is_met_as_near_as_it_may(level: float) -> None:
    unet = DenoiserSpec("unet", 2).build(seed=3)
    start_at(unet, "mean", level)
    bias = unet.get_layer("denoised").get_weights()[1]
    assert bias == pytest.approx(np.log(99) * (1 if level > 0.5 else -1))


def test_half_is_what_was_drawn() -> None:
    spec = DenoiserSpec("unet", 2)
    network = spec.build(3)
    start_at(network, "half", 0.12)
    for a, b in zip(network.get_weights(), spec.build(3).get_weights(), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    "name", [n for n in NAMES if "residual" in DenoiserSpec(n, 1).design.starts]
)
def test_a_residual_starts_at_the_low_dose_and_learns_to_leave_the_noise_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dncnn, "DEPTH", 5)  # of 17, whose graph takes long to trace
    network = DenoiserSpec(name, 8).build(seed=3)
    start_at(network, "residual", 0.12)
    rng = np.random.default_rng(0)
    normal_dose = np.full((4, 32, 32, 1), 0.25, np.float32)
    low_dose = normal_dose + rng.normal(0, 0.05, normal_dose.shape).astype(np.float32)
    np.testing.assert_allclose(network(low_dose), low_dose, atol=1e-7)
    network.compile(
        optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error", jit_compile=False
    )
    for _ in range(120):
        network.train_on_batch(low_dose, normal_dose)
    error = np.asarray(network(low_dose)) - normal_dose
    assert float(np.mean(error**2)) < 0.5 * float(np.mean((low_dose - normal_dose) ** 2))
