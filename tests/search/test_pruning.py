"""Who is given up: the worse two thirds at a rung, and whoever is worse slice by slice."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from optuna.trial import TrialState
from scipy.stats import sem, wilcoxon
from search.studies import objective, searched

from pi.search.pruning import HalvingOfPairs
from pi.search.space import Point

SLICES = np.linspace(0.7, 0.99, 20)
"""SSIM differs far more from slice to slice than from lambda to lambda."""


def outcomes(heights: Sequence[ArrayLike], pruner: HalvingOfPairs) -> list[tuple[TrialState, int]]:
    """State and epochs of trials whose slices have these SSIMs in every epoch."""
    known: dict[Point, ArrayLike] = {}
    drawn = iter(heights)

    def curve(point: Point, epoch: int) -> tuple[list[float], float]:
        if point not in known:
            known[point] = next(drawn)
        return np.atleast_1d(known[point]).tolist(), 0.0

    study = searched(objective(epochs=9), curve, len(heights), pruner=pruner)
    return [(trial.state, len(trial.user_attrs["epochs"])) for trial in study.trials]


WHOLE, AT_ONCE = (TrialState.COMPLETE, 9), (TrialState.PRUNED, 1)


def test_whoever_is_worse_on_every_slice_is_given_up_after_one_epoch() -> None:
    found = outcomes([SLICES - 1e-6 * k for k in range(4)], HalvingOfPairs(1, 0.01))
    assert found == [WHOLE, AT_ONCE, AT_ONCE, AT_ONCE]


def test_the_difference_would_not_show_without_pairing() -> None:
    assert abs(np.mean(SLICES - 1e-6) - SLICES.mean()) < 1e-4 * sem(SLICES)


def test_nobody_is_given_up_where_both_rules_are_off() -> None:
    assert outcomes([SLICES - 0.01 * k for k in range(4)], HalvingOfPairs(1, 0.0)) == 4 * [WHOLE]


@given(st.lists(st.floats(-0.01, 0.01), min_size=14, max_size=30))
@settings(max_examples=25, deadline=None)
def test_whoever_is_better_on_average_is_never_given_up_by_the_pairs(steps: list[float]) -> None:
    best = 0.5 + np.zeros(len(steps))
    better = best + np.array(steps) - min(np.mean(steps), 0.0) + 1e-9
    assert outcomes([best, better], HalvingOfPairs(1, 0.5)) == [WHOLE, WHOLE]


def test_halving_lets_only_the_best_third_of_a_rung_go_on() -> None:
    found = outcomes([0.9 - 0.01 * k for k in range(9)], HalvingOfPairs(3, 0.0))
    assert found == [WHOLE] + 8 * [AT_ONCE]  # each is worse than all before it


def test_a_trial_climbs_as_far_as_it_is_among_the_best() -> None:
    found = outcomes([0.5, 0.9, 0.1, 0.6, 0.7, 0.8], HalvingOfPairs(3, 0.0))
    # .8 is second of six after one epoch, and second of three after three.
    assert found == [WHOLE, WHOLE, AT_ONCE, AT_ONCE, AT_ONCE, (TrialState.PRUNED, 3)]


@pytest.mark.parametrize("p_below", [0.04, 0.06])
def test_the_p_is_that_of_scipys_signed_rank_test(p_below: float) -> None:
    differences = np.array([-6.0, -5, -4, -3, -1, 2]) * 1e-3
    p = wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
    assert p == pytest.approx(3 / 2**6)  # rank sums of 2 or less: {}, {1}, {2}
    found = outcomes([SLICES[:6], SLICES[:6] + differences], HalvingOfPairs(1, p_below))
    assert found[1] == (AT_ONCE if p < p_below else WHOLE)


def test_one_slice_says_nothing_in_pairs() -> None:
    assert outcomes([0.9, 0.8, 0.7], HalvingOfPairs(1, 0.5)) == 3 * [WHOLE]
