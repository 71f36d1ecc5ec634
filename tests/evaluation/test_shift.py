"""Mean shift by tissue, against means by hand."""

import numpy as np

from pi.evaluation.shift import shift_sums, shift_text, shifts_of


def test_the_mean_change_by_hand() -> None:
    before = np.array([[40, 60, 500, -700, -1024]], dtype=np.float32)
    after = np.array([[41, 62, 497, -700, 100]], dtype=np.float32)
    kept = np.array([[False, False, False, False, True]])
    found = {one.tissue.name: one for one in shifts_of(shift_sums(before, after, kept))}
    assert {name: (one.pixels, one.mean_hu) for name, one in found.items()} == {
        "lung": (1, 0.0), "soft tissue": (2, 1.5), "bone": (1, -3.0), "all pixels": (4, 0.0),
    }  # fmt: skip
    assert [name for name, one in found.items() if one.large] == ["bone"]


def test_a_large_shift_is_warned_of() -> None:
    before = np.full((4, 4), 40, dtype=np.float32)
    none = np.zeros((4, 4), dtype=bool)
    assert "warning" not in shift_text(shifts_of(shift_sums(before, before + 2, none)))
    text = shift_text(shifts_of(shift_sums(before, before + 3, none)))
    assert "warning: soft tissue, all pixels moved by more than 2 HU" in text
    assert "+3.00 HU" in text


def test_what_moved_out_of_every_class_is_warned_of() -> None:
    before = np.full((4, 4), 40, dtype=np.float32)
    between = np.full((4, 4), -300, dtype=np.float32)  # of lung and fat
    text = shift_text(shifts_of(shift_sums(before, between, np.zeros((4, 4), dtype=bool))))
    assert "all pixels   -340.00 HU" in text
    assert "warning: all pixels moved by more than 2 HU" in text


def test_noise_that_is_taken_away_is_no_shift() -> None:
    generator = np.random.default_rng(0)
    true = np.repeat(np.array([[-100.0], [40.0]], dtype=np.float32), 20_000, axis=1)
    noisy = true + generator.normal(0, 60, true.shape).astype(np.float32)
    shifts = shifts_of(shift_sums(noisy, true, np.zeros(true.shape, dtype=bool)))
    assert all(abs(one.mean_hu) < 2 for one in shifts)
