"""Friedman against SciPy, Nemenyi against the published quantiles, groups by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pi.comparison.friedman import critical_difference, friedman
from pi.comparison.gains import ComparisonError

# Demsar, JMLR 7, 2006, Table 5 (a): q_.05 of the two-tailed Nemenyi test.
PUBLISHED = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102,
             10: 3.164}  # fmt: skip


def table(values: "np.typing.ArrayLike") -> pd.DataFrame:
    array = np.asarray(values, np.float64)
    return pd.DataFrame(array, columns=[f"E{k}" for k in range(array.shape[1])])


@pytest.mark.parametrize("decimals", [9, 0])
@pytest.mark.parametrize("shape", [(2, 3), (10, 5), (25, 4)])
def test_the_statistic_is_scipys_with_and_without_ties(
    shape: tuple[int, int], decimals: int
) -> None:
    values = np.round(np.random.default_rng(0).normal(size=shape), decimals)
    found = friedman(table(values), higher_is_better=True)
    theirs = stats.friedmanchisquare(*values.T)
    assert found.statistic == pytest.approx(theirs.statistic, rel=1e-10)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-10)
    assert found.log10_p == pytest.approx(np.log10(theirs.pvalue))


@pytest.mark.parametrize(("runs", "q"), PUBLISHED.items())
def test_the_critical_difference_has_the_published_quantile(runs: int, q: float) -> None:
    expected = q * np.sqrt(runs * (runs + 1) / (6 * 14))
    assert critical_difference(runs, 14) == pytest.approx(expected, rel=5e-4)


def test_ranks_by_hand() -> None:
    values = table([[0.9, 0.5, 0.7], [0.8, 0.6, 0.6]])
    high, low = (friedman(values, higher_is_better=better) for better in (True, False))
    assert (high.runs, high.mean_ranks) == (("E0", "E2", "E1"), (1.0, 2.25, 2.75))
    assert (low.runs, low.mean_ranks) == (("E1", "E2", "E0"), (1.25, 1.75, 3.0))
    assert high.patients == 2


def test_groups_are_the_longest_rows_of_neighbours_within_the_critical_difference() -> None:
    # Of 30 patients and 4 runs the critical difference is .856; mean ranks 1, 2, 3, 4 apart.
    apart = friedman(table(np.tile([4.0, 3.0, 2.0, 1.0], (30, 1))), higher_is_better=True)
    assert apart.critical_difference == pytest.approx(0.856, abs=0.001)
    assert apart.groups == ()
    mixed = np.tile([4.0, 3.0, 2.0, 1.0], (30, 1))
    mixed[:12] = [3.0, 4.0, 2.0, 1.0]
    mixed[12:20, 1:3] = [2.0, 3.0]
    found = friedman(table(mixed), higher_is_better=True)
    assert found.mean_ranks == pytest.approx((1.4, 56 / 30, 82 / 30, 4.0))
    assert found.groups == (("E0", "E1"),)
    few = friedman(table(np.tile([4.0, 3.0, 2.0, 1.0], (2, 1))), higher_is_better=True)
    assert few.groups == (("E0", "E1", "E2", "E3"),)


def test_groups_may_overlap() -> None:
    values = np.tile([3.0, 2.0, 1.0], (8, 1))  # ranks 1, 2, 3; critical difference 1.17
    found = friedman(table(values), higher_is_better=True)
    assert found.groups == (("E0", "E1"), ("E1", "E2"))


def test_runs_that_are_alike_everywhere_are_one_group() -> None:
    found = friedman(table(np.ones((4, 3))), higher_is_better=True)
    assert (found.statistic, found.p, found.log10_p) == (0.0, 1.0, 0.0)
    assert found.mean_ranks == (2.0, 2.0, 2.0)
    assert found.groups == (("E0", "E1", "E2"),)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones((5, 2)), "3 runs and 2 patients or more but got 2 and 5"),
        (np.ones((1, 3)), "but got 3 and 1"),
        (np.full((4, 3), np.nan), "must be finite"),
    ],
)
def test_what_cannot_be_compared_is_refused(values: object, said: str) -> None:
    with pytest.raises(ComparisonError, match=said):
        friedman(table(values), higher_is_better=True)  # type: ignore[arg-type]
