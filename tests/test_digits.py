"""Digits that a reader is shown: by hand, then what holds for any number, then of the sources."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.digits import MORE, NOTHING, apart, bounded, effect, fixed, number, percent, with_error

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.00063883, "-0.000639"), (0.000598123, "0.000598"), (12.345, "12.3"), (1234.56, "1235"),
     (140.0, "140"), (0.0, "0"), (3.2e7, "3.2e+07"), (math.nan, NOTHING)],
)  # fmt: skip
def test_a_number_alone_has_three_digits_and_all_before_the_point(value: float, text: str) -> None:
    assert number(value) == text


def test_a_share_is_told_from_one() -> None:
    assert [percent(share) for share in (0.95, 0.97654, 0.999995, 1.0, 0.07991, math.nan)] == [
        "95 %", "97.65 %", "99.9995 %", "100 %", "7.99 %", NOTHING
    ]  # fmt: skip


def test_an_effect_has_its_sign_and_two_decimals() -> None:
    assert (effect(0.417), effect(2.5, ""), effect(math.nan)) == ("+0.42", "2.50", NOTHING)


def test_numbers_beside_each_other_are_told_apart() -> None:
    assert apart([0.87102, 0.87099], 4) == ["0.87102", "0.87099"]
    assert apart([0.8710, 0.8699], 4) == ["0.8710", "0.8699"]
    assert apart([0.5, 0.5, math.nan], 2) == ["0.50", "0.50", NOTHING]
    assert apart([0.5, 0.5 + 1e-12], 2) == ["0.50000", "0.50000"]  # no more than MORE


@pytest.mark.parametrize(
    ("value", "low", "high", "texts"),
    [
        (0.012345, -0.00131, 0.0254, ["+0.012", "-0.001", "+0.025"]),
        (0.0012345, 0.000912, 0.00151, ["+0.00123", "+0.00091", "+0.00151"]),
        (0.000598, 0.000590, 0.000606, ["+0.000598", "+0.000590", "+0.000606"]),
        (1234.5, 1000.0, 1500.0, ["+1234", "+1000", "+1500"]),
        (0.5, 0.5, 0.5, ["+0.5", "+0.5", "+0.5"]),
        (0.5, math.nan, math.nan, ["+0.5", NOTHING, NOTHING]),
    ],
)
def test_no_more_digits_than_the_interval_supports(
    value: float, low: float, high: float, texts: list[str]
) -> None:
    assert bounded(value, low, high) == texts


def test_a_value_has_no_more_decimals_than_its_error() -> None:
    assert with_error(0.0105533, 0.0000868) == "0.0106 ± 0.0001"
    assert with_error(0.0105533, 0.00232) == "0.0106 ± 0.0023"
    assert with_error(0.25, math.nan) == "0.25"
    assert with_error(0.25, 0.0) == "0.25 ± 0.00"


@given(NUMBERS)
def test_what_is_shown_is_within_half_of_its_last_digit(value: float) -> None:
    shown = float(number(value))
    assert abs(shown - value) <= max(0.0051 * abs(value), 0)


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.integers(0, 4))
def test_equal_numbers_are_shown_alike_and_in_their_order(values: list[float], few: int) -> None:
    told = apart(values, few)
    assert [float(text) for text in told] == [float(fixed(v, _places(told))) for v in values]
    assert few <= _places(told) <= few + MORE


def _places(told: list[str]) -> int:
    return len(told[0].partition(".")[2])


@given(NUMBERS, st.floats(1e-9, 1e9), st.floats(0, 1))
def test_bounds_have_the_decimals_of_their_value(value: float, width: float, at: float) -> None:
    low, high = value - at * width, value + (1 - at) * width
    texts = bounded(value, low, high)
    places = {len(text.partition(".")[2]) for text in texts if "e" not in text}
    assert len(places) <= 1 or high - low == 0


OWN = {
    "pi/comparison/reproduction.py": "beside what the paper prints, with its decimals",
    "pi/comparison/verdict.py": "p-values, which have two digits",
    "pi/door/calibrating.py": "a doctest",
    "pi/evaluation/model_card.py": "counts",
    "pi/evaluation/summary.py": "counts",
    "pi/identity.py": "a position that tells slices apart",
    "pi/influence/mean_of_ratios.py": "limits between which a value is typed",
    "pi/jobs/searched/trial.py": "a lambda that is recorded and typed again",
    "pi/network/feature_cache.py": "room in GiB",
    "pi/protocol_names.py": "a window's bounds, as they are typed",
    "pi/readers/measured_doses.py": "a dose that becomes a name",
    "pi/search/answer_text.py": "a lambda that is typed again",
    "pi/slices/grid.py": "a point in space",
    "pi/slices/preparing.py": "room in GB",
    "pi/torch/meter.py": "a count",
    "pi/tracking/logged_calibration.py": "a lambda that is recorded",
    "pi/tracking/logged_training.py": "a lambda that is recorded",
    "pi/training/epoch_summary.py": "an epoch's line, which has its own form",
}
"""Modules that say themselves how many digits a number has, and of what."""

FORMAT = re.compile(r":[+<>,]?\d*\.\d+([efg%])\}( ?)(HU|mm|G|MB|%|slices)?")
"""A number with its digits; of HU, sizes and whole percent the decimals are those of the unit."""


def test_no_other_module_says_how_many_digits_a_number_has() -> None:
    root = Path(__file__).parents[1]
    files = [*(root / "pi").rglob("*.py"), *(root / "entrypoints").glob("*.py")]
    names = {file.relative_to(root).as_posix(): file for file in files}
    found = {
        name
        for name, file in names.items()
        for form, _, unit in FORMAT.findall(file.read_text(encoding="utf-8"))
        if form != "%" and not unit and not name.startswith("pi/simulation/")
    }
    assert found - set(OWN) == set()
    assert set(OWN) - found == set()
