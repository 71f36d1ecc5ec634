"""Holm's correction against statsmodels, and where p is too small for a float."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from pi.comparison.family import holm
from pi.comparison.gains import ComparisonError

Ps = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=30)


def test_by_hand() -> None:
    found = holm(np.log10([0.01, 0.04, 0.03, 0.005]).tolist())
    assert [one.p for one in found] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert {one.family for one in found} == {4}


@pytest.mark.parametrize("n", [1, 5, 30])
def test_adjusted_p_is_statsmodels(n: int) -> None:
    ps = np.random.default_rng(n).uniform(size=n) ** 4
    found = [one.p for one in holm(np.log10(ps).tolist())]
    assert found == pytest.approx(multipletests(ps, method="holm")[1], rel=1e-9)


@settings(deadline=None, max_examples=50)
@given(Ps)
def test_adjusted_p_is_at_least_the_raw_one_and_in_its_order(ps: list[float]) -> None:
    found = np.array([one.p for one in holm(np.log10(ps).tolist())])
    assert (found >= np.array(ps) * (1 - 1e-12)).all()
    assert (np.diff(found[np.argsort(ps)]) >= 0).all()
    assert (found <= 1).all()


def test_what_underflows_is_exact_in_logarithms() -> None:
    found = holm([-617.5, -400.0, -500.0])
    expected = [-617.5 + np.log10(3), -400.0, -500.0 + np.log10(2)]
    assert [one.log10_p for one in found] == pytest.approx(expected)
    assert [one.p for one in found] == [0.0, 0.0, 0.0]


def test_no_test_is_no_family() -> None:
    assert holm([]) == ()


@pytest.mark.parametrize("wrong", [np.nan, -np.inf, 0.1])
def test_what_is_no_logarithm_of_a_p_is_refused(wrong: float) -> None:
    with pytest.raises(ComparisonError, match="finite and at most 0 but got"):
        holm([-1.0, wrong])
