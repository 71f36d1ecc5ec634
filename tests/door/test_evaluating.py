"""Evaluating any callable: on arrays by hand, on a store as the platform does."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pi
from pi.evaluation.denoising import of_pixels
from pi.evaluation.measure import evaluate
from pi.evaluation.protocol import PROTOCOLS, EvaluationError
from pi.slices.store import Store

Hu = np.ndarray[Any, np.dtype[np.float32]]


def test_rmse_and_bias_are_those_by_hand() -> None:
    normal = np.zeros((2, 16, 16))
    table = pi.evaluate(lambda hu: hu - 3, normal + 4, normal, protocols="full_float")
    found = table.set_index(["image", "position"])
    assert found.loc[("low_dose", 0.0), "rmse_hu"] == 4
    assert found.loc[("denoised", 1.0), "bias_hu"] == 1
    assert len(table) == 4


def test_the_store_is_measured_as_the_platform_does(tiny_store: Store) -> None:
    def half(hu: Hu) -> Hu:
        return np.float32(0.5) * hu

    found = pi.evaluate(half, store="simulated:tiny", protocols="full_float")
    wanted = evaluate(
        tiny_store, "validation", of_pixels(lambda low: half(low.astype(np.float32))),
        [PROTOCOLS["full_float"]], 4, lambda _: None,
    ).slices  # fmt: skip
    pd.testing.assert_frame_equal(found, wanted)


def test_batches_change_nothing() -> None:
    rng = np.random.default_rng(1)
    normal = rng.normal(0, 10, (5, 16, 16))
    low = normal + rng.normal(0, 10, normal.shape)
    one, other = (
        pi.evaluate(lambda hu: hu / 2, low, normal, protocols="full_float", batch_size=size)
        for size in (1, 3)
    )
    pd.testing.assert_frame_equal(one, other)


IMAGES = np.zeros((2, 16, 16))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"low": IMAGES},
        {"low": IMAGES, "normal": IMAGES[:1]},
        {"low": IMAGES[0], "normal": IMAGES[0]},
        {"low": IMAGES, "normal": IMAGES, "store": "simulated:tiny"},
        {"low": IMAGES, "normal": IMAGES, "protocols": "nobodys"},
        {"low": IMAGES, "normal": IMAGES, "patients": ["one"]},
        {"low": IMAGES[:, :2], "normal": IMAGES[:, :2]},
    ],
)
def test_bad_input_is_told_in_one_sentence(asked: dict[str, Any], tiny_cache: Path) -> None:
    with pytest.raises(pi.PiError) as told:
        pi.evaluate(None, **asked)
    assert "\n" not in str(told.value)


def test_a_denoiser_that_changes_the_shape_is_told() -> None:
    with pytest.raises(EvaluationError, match="keep the shape"):
        pi.evaluate(lambda hu: hu[:, 1:], IMAGES, IMAGES)
