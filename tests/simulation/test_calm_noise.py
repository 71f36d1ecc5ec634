import numpy as np
import pytest

from pi.simulation.calm_noise import ring_frequencies, ring_powers, tissue_squares
from pi.simulation.kernel_fit import clean_power
from pi.simulation.scanner import Kernel


def test_power_of_white_noise_is_its_variance_in_every_ring() -> None:
    noise = 7.0 * np.random.default_rng(0).standard_normal((256, 256)) + 40
    corners = np.argwhere(np.ones((15, 15))) * 16
    powers = ring_powers(noise, corners, 16).mean(axis=0)
    # The rings below lose to the trend that is taken out.
    np.testing.assert_allclose(powers[3:], 49.0, rtol=0.08)
    assert powers.shape == ring_frequencies(16).shape


def test_a_wave_lies_in_its_ring() -> None:
    wave = np.cos(2 * np.pi * 5 / 16 * np.arange(32)) * np.ones((32, 1))
    assert ring_powers(wave, np.array([[0, 0]]), 16)[0].argmax() == 5


def test_squares_lie_in_tissue_and_know_their_unrest() -> None:
    hu = np.full((96, 96), -1000.0)
    hu[16:80, 16:80] = 50.0
    hu[48:80, 16:80] += np.linspace(0, 40, 64)
    squares = tissue_squares(hu, 16)
    assert ((squares.corners >= 16) & (squares.corners <= 64)).all()
    calm = squares.unrest[squares.corners[:, 0] <= 24]
    assert calm.max() < squares.unrest[squares.corners[:, 0] >= 56].min()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("kernel", [Kernel("soft", 0.38, 0.64), Kernel("sharp", 0.8, 1.2)])
def test_anatomy_is_taken_out(kernel: Kernel, known: bool) -> None:
    f, pixel = ring_frequencies(16), 0.7
    truth = 3.0 * kernel.mtf(f / pixel) ** 2
    anatomy = 0.004 * np.maximum(2 * f, 1e-3) ** -4.0
    found = clean_power(truth * (1 + anatomy), f, kernel if known else None, pixel)
    np.testing.assert_allclose(found[:8], truth[:8], rtol=0.03 if known else 0.15)
