"""What a trial is judged by, from what its training tells."""

from collections.abc import Sequence
from math import log

import pytest
from optuna.study import StudyDirection
from search.studies import BALANCES, objective, searched, space, study_of

from pi.search.objective import Objective
from pi.search.record import records
from pi.search.space import Point
from pi.search.study import enqueue

ODDS = log(19)
"""Log-odds of a Psi of 95 %."""

CURVE = {1: ([0.5, 0.7], ODDS + 3), 2: ([0.8, 0.9], ODDS + 2), 3: ([0.6, 0.8], ODDS - 1)}


def curve(point: Point, epoch: int) -> tuple[Sequence[float], float]:
    return CURVE[epoch]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("val_ssim", (0.85,)), ("psi_target", (1.0,)), ("both", (0.85, 1.0))],
)
def test_a_trial_has_the_value_of_its_best_epoch_and_of_its_last_psi(
    kind: str, values: tuple[float, ...]
) -> None:
    study = searched(objective(kind), curve, 1)
    assert study.trials[0].values == pytest.approx(values)
    (found,) = records(study)
    assert (found.kept_epoch, found.ssim, found.measured) == (2, pytest.approx(0.85), ODDS - 1)
    assert [epoch.ssims for epoch in found.epochs] == [(0.5, 0.7), (0.8, 0.9), (0.6, 0.8)]


def test_where_psi_is_measured_in_a_state_training_does_not_change_it() -> None:
    study = searched(objective("both", measured="identity"), curve, 1)
    (found,) = records(study)
    assert found.measured == found.point.log_odds
    assert found.values[1] == pytest.approx(abs(found.point.log_odds - ODDS))


def refuse(point: Point, report: object) -> None:
    raise AssertionError("nothing must be trained here")


def test_the_closed_form_needs_no_training_and_is_exact() -> None:
    sought = objective("psi_target", measured="identity")
    assert sought.exact
    study = study_of(sought)
    enqueue(study, space().first_trials([], BALANCES, 0.95))
    trial = study.ask({})
    point = Point("demo1", "fixed", 19 / 20_000, BALANCES["demo1"].log_odds_at(19 / 20_000))
    outcome = sought.evaluate(trial, point, refuse)
    assert outcome.values == pytest.approx((0.0,), abs=1e-12)
    study.tell(trial, outcome.values)
    assert sought.enough(study)


@pytest.mark.parametrize(("distance", "enough"), [(0.0198, True), (0.0199, False)])
def test_a_psi_is_near_enough_within_the_tolerance_of_its_odds(
    distance: float, enough: bool
) -> None:
    sought = objective("psi_target", epochs=1)  # ln 1.02 = .0198
    study = searched(sought, lambda point, epoch: ([0.5], ODDS - distance), 1)
    assert sought.enough(study) is enough
    assert not objective("val_ssim").enough(study)


def test_great_and_small_are_told_apart() -> None:
    great, small = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
    found = {kind: objective(kind).directions for kind in ("val_ssim", "psi_target", "both")}
    assert found == {"val_ssim": (great,), "psi_target": (small,), "both": (great, small)}


def test_two_objectives_are_never_given_up_early() -> None:
    from pi.search.pruning import HalvingOfPairs

    numbers: dict[Point, int] = {}

    def falling(point: Point, epoch: int) -> tuple[list[float], float]:
        return [0.9 - 0.1 * numbers.setdefault(point, len(numbers))], 0.0

    study = searched(objective("both"), falling, 5, pruner=HalvingOfPairs(3, 0.5))
    assert [len(found.epochs) for found in records(study)] == 5 * [3]


def test_only_a_state_with_the_psi_target_alone_spares_the_training() -> None:
    asked = [(k, m) for k in ("val_ssim", "psi_target", "both") for m in ("training", "identity")]
    found = [Objective(k, 0.95, m, 0.1, 3).trains for k, m in asked]  # type: ignore[arg-type]
    assert found == [True, True, True, False, True, True]
