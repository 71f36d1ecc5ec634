"""Of every metric and everything that leaves one without a value: a sentence, never a silent NaN.

The table is made of `METRICS`, so that a metric that comes later is in it.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pi.choices import EvaluatedPart
from pi.evaluation.choice import choose_slices, require_some_value
from pi.evaluation.measure import Evaluation, evaluate
from pi.evaluation.metrics import METRICS, directed_metrics, measured_metrics
from pi.evaluation.protocol import FULL_FLOAT, EvaluationError
from pi.evaluation.scores import leading, scores
from pi.evaluation.summary import summary_text
from pi.slices.store import Store

PART: EvaluatedPart = "validation"
Hu = np.ndarray
Bad = tuple[Callable[[Hu, Hu], tuple[Hu, Hu]], bool]


def checkered(_: Hu, normal: Hu) -> tuple[Hu, Hu]:
    """Soft tissue whose every 4 x 4 block is another HU: no region of it is flat."""
    rows, columns = np.indices(normal.shape)
    target = np.where((rows // 4 + columns // 4) % 2, 300, -200).astype(np.int16)
    return target + 5, target


def same(_: Hu, normal: Hu) -> tuple[Hu, Hu]:
    return normal, normal


def constant(value: int) -> Callable[[Hu, Hu], tuple[Hu, Hu]]:
    return lambda low, normal: (low, np.full_like(normal, value))


def corner(rows: int, columns: int) -> Callable[[Hu, Hu], tuple[Hu, Hu]]:
    def cut(low: Hu, normal: Hu) -> tuple[Hu, Hu]:
        inside = np.s_[24 : 24 + rows, 24 : 24 + columns]
        return low[inside], normal[inside]

    return cut


CASES: dict[str, Bad] = {
    "as it is": (lambda low, normal: (low, normal), True),
    "spacing unknown": (lambda low, normal: (low, normal), False),
    "nothing flat": (checkered, True),
    "air": (constant(-1000), True),
    "no structure": (constant(40), True),
    "zeros": (constant(-1024), True),
    "identical": (same, True),
    **{f"{rows} x {columns}": (corner(rows, columns), True)
       for rows, columns in ((40, 48), (15, 48), (48, 15), (11, 11))},
}  # fmt: skip
"""What becomes of every slice, and whether its pixel spacing is known."""


class Spoilt(Store):
    """The tiny study, spoilt: every slice is something else."""

    def __init__(
        self, store: Store, spoil: Callable[[Hu, Hu], tuple[Hu, Hu]], *, scaled: bool
    ) -> None:
        rows, columns = spoil(*store.pair(0, 0))[1].shape
        volumes = tuple(
            replace(
                volume, rows=rows, columns=columns,
                pixel_spacing=volume.pixel_spacing if scaled else None,
            )
            for volume in store.volumes
        )  # fmt: skip
        super().__init__(replace(store.manifest, volumes=volumes), store.maps)
        self.spoil, self.whole = spoil, store

    def pair(self, volume: int, index: int) -> tuple[Hu, Hu]:
        return self.spoil(*map(np.asarray, self.whole.pair(volume, index)))


FLATNESS = {"noise_distance", "frequency_shift"}

Measured = dict[str, tuple[Store, Evaluation]]


@pytest.fixture(scope="module")
def measured(tiny_cache: Path) -> Measured:
    whole = Store.open(tiny_cache / "stores" / "simulated-tiny-seed5-recipe2")
    stores = {name: Spoilt(whole, spoil, scaled=scaled) for name, (spoil, scaled) in CASES.items()}
    return {
        name: (store, evaluate(store, PART, None, (FULL_FLOAT,), 8, lambda _: None, "all"))
        for name, store in stores.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_what_has_no_value_is_said_with_its_reason(case: str, measured: Measured) -> None:
    evaluation = measured[case][1]
    slices, said, logged = evaluation.slices, evaluation.remark, scores(evaluation)
    assert set(measured_metrics("all")) <= set(slices)
    for name in measured_metrics("all"):
        metric, lacking = METRICS[name], int(slices[name].isna().sum())
        note = f"{metric.title} ({name}) has no value on {lacking} of {len(slices)} slices, each "
        assert (note + metric.undefined in said) == (lacking > 0), name
        assert metric.undefined or not lacking, name
        assert metric.infinite or not np.isinf(slices[name]).any(), name
        if metric.undefined and metric.speaks("full_float"):
            assert logged[f"{metric.logged('full_float')}_undefined"] == lacking
    assert all(math.isfinite(value) for value in leading(logged, ["full_float"]).values())
    assert "nan" not in summary_text(slices).lower()


@pytest.mark.parametrize("case", CASES)
def test_a_metric_of_no_slice_is_refused_before_any_work_and_when_it_chooses(
    case: str, measured: Measured
) -> None:
    store, evaluation = measured[case]
    for name in (one for one in directed_metrics() if one in measured_metrics("all")):
        if evaluation.slices[name].notna().any():
            require_some_value(store, PART, name)
            choose_slices(evaluation.slices, "full_float", name)
            continue
        with pytest.raises(EvaluationError, match=f"must have a value of some slice but {name}"):
            require_some_value(store, PART, name)
        with pytest.raises(EvaluationError, match=f"{name}\\) but none of"):
            choose_slices(evaluation.slices, "full_float", name)


def test_every_case_takes_away_what_it_should(measured: Measured) -> None:
    """Were a case to lose nothing any more, the tests above would say nothing of it."""
    lacking = {
        case: {name for name in measured_metrics("all") if found.slices[name].isna().all()}
        for case, (_, found) in measured.items()
    }
    assert {case: of - {"ms_ssim"} for case, of in lacking.items()} == {
        "as it is": set(),
        "identical": set(),
        "spacing unknown": {"frequency_shift"},
        "nothing flat": FLATNESS,
        "air": {*FLATNESS, "hallucination", "vifp"},
        "zeros": {*FLATNESS, "hallucination", "vifp"},
        "no structure": {"vifp"},
        "40 x 48": {"vifp"},
        "15 x 48": {"vifp", "haarpsi", "hallucination", *FLATNESS},
        "48 x 15": {"vifp", "haarpsi", "hallucination"},
        "11 x 11": {"vifp", "haarpsi", "hallucination", *FLATNESS},
    }
    assert all("ms_ssim" in of for of in lacking.values())  # 64 x 64 pixels


def test_slices_below_the_window_of_ssim_are_refused_whole(measured: Measured) -> None:
    small = Spoilt(measured["as it is"][0], corner(6, 40), scaled=True)
    with pytest.raises(EvaluationError, match="at least 7 rows and columns for SSIM but got"):
        evaluate(small, PART, None, (FULL_FLOAT,), 8, lambda _: None, "all")
