"""HU bias by kind of tissue."""

from itertools import pairwise

import numpy as np
import pytest

from pi.evaluation.tissue import TISSUES, tissue_sums


def test_every_pixel_counts_in_the_class_of_its_target() -> None:
    target = np.array([[-1000, -700, -100, 40, 900, 175, -200]], np.int16)
    error = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]], np.float32)
    found = tissue_sums(error, target)
    assert found.tolist() == [[1, k, k * k] for k in (1, 2, 3, 4, 5)]


def test_bounds_belong_to_the_class_above() -> None:
    target = np.array([[-900, -150, -30, 200]], np.int16)
    counts = tissue_sums(np.ones((1, 4), np.float32), target)[:, 0]
    assert dict(zip([t.name for t in TISSUES], counts.tolist(), strict=True)) == {
        "air": 0, "lung": 1, "fat": 1, "soft tissue": 0, "bone": 1,
    }  # fmt: skip


def test_classes_do_not_overlap_and_cover_metal() -> None:
    for below, above in pairwise(TISSUES):
        assert below.low_hu < below.high_hu <= above.low_hu
    assert TISSUES[-1].high_hu == np.inf


def test_sums_of_slices_add_up() -> None:
    rng = np.random.default_rng(0)
    target = rng.integers(-1024, 1000, (20, 20)).astype(np.int16)
    error = rng.normal(0, 9, target.shape)
    halves = tissue_sums(error[:10], target[:10]) + tissue_sums(error[10:], target[10:])
    assert halves == pytest.approx(tissue_sums(error, target))
