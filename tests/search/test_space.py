"""What is varied: Psi and lambda are two names of one thing, and bad ranges are sentences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from influence.calibrations import by_hand
from optuna.trial import FixedTrial
from search.studies import BALANCES, EXPERIMENTS, space, study_of

from pi.errors import PiError
from pi.influence.psi import from_log_odds, log_odds, psi
from pi.losses.experiments import find_experiments
from pi.search.space import HABIT, Balance

WEIGHTS = st.floats(1e-12, 1e6)


def test_the_lambda_of_a_psi_is_the_calibrations() -> None:
    found = by_hand(target=0.75)  # S_M = S_P = 8, so lambda is 3
    balance = Balance(found.image, found.perceptual, found.half_width)
    assert balance.weight_at(float(log_odds(0.75))) == pytest.approx(found.weight) == 3
    assert balance.log_odds_at(3.0) == pytest.approx(np.log(3))


@given(WEIGHTS, st.floats(1e-6, 1.0), st.floats(1e-6, 1e6))
def test_lambda_and_log_odds_are_each_others_inverse(
    weight: float, image: float, perceptual: float
) -> None:
    balance = Balance(image, perceptual, 0.0)
    wanted = balance.log_odds_at(weight)
    assert balance.weight_at(wanted) == pytest.approx(weight, rel=1e-12)
    assert float(from_log_odds(wanted)) == pytest.approx(float(psi(image, perceptual, weight)))


def test_one_range_of_psi_is_another_range_of_lambda_for_each_configuration() -> None:
    wanted = float(log_odds(0.9))
    points = [
        space().suggest(
            FixedTrial({"experiment": name, "schedule": "fixed", "log_odds_psi": wanted}), BALANCES
        )
        for name in BALANCES
    ]
    assert [p.psi for p in points] == pytest.approx([0.9, 0.9])
    assert points[1].weight == pytest.approx(100 * points[0].weight)


@pytest.mark.parametrize("variable", ["psi", "lambda"])
def test_what_is_proposed_lies_in_the_range(variable: str) -> None:
    from search.studies import objective

    looked_in = space(variable=variable, psi_range=(0.6, 0.9), lambda_range=(1e-3, 1e-2))
    study = study_of(objective())
    points = [looked_in.suggest(study.ask(), BALANCES) for _ in range(30)]
    if variable == "psi":
        assert all(0.6 <= p.psi <= 0.9 for p in points)
    else:
        assert all(1e-3 <= p.weight <= 1e-2 for p in points)
        assert all(p.log_odds == BALANCES[p.experiment].log_odds_at(p.weight) for p in points)
    assert {p.experiment for p in points} == {"demo1", "demo2"}


@pytest.mark.parametrize("variable", ["psi", "lambda"])
def test_the_target_the_habit_and_the_lambda_in_print_come_first(variable: str) -> None:
    from search.studies import objective

    looked_in = space(variable=variable)
    first = looked_in.first_trials(EXPERIMENTS, BALANCES, 0.95)
    assert [one.label for one in first] == [
        "target", "habit", "in print (E1)", "target", "habit", "in print (E2)"
    ]  # fmt: skip
    study = study_of(objective())
    for one in first:
        study.enqueue_trial(dict(one.parameters))
    points = [looked_in.suggest(study.ask(), BALANCES) for _ in first]  # 0.1 is out of the range
    expected = [19 / 20_000, HABIT, 1e-5, 19 / 200, HABIT, 1e-2]
    assert [p.weight for p in points] == pytest.approx(expected, rel=1e-12)


def test_equal_lambdas_are_tried_once_under_all_their_names() -> None:
    (baseline,) = find_experiments("baseline")  # whose lambda in print is 0.1
    first = space([baseline]).first_trials([baseline], {"baseline": BALANCES["demo1"]}, 0.95)
    assert [one.label for one in first] == ["target", "habit, in print (baseline)"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"psi_range": (0.5, 0.5)}, r"`psi_range` must be LOW,HIGH with 0 < LOW < HIGH < 1 but"),
        ({"psi_range": (0.9, 0.5)}, r"< 1 but got 0.9,0.5"),
        ({"psi_range": (0.0, 0.5)}, r"< 1 but got 0,0.5"),
        ({"psi_range": (0.5, 1.0)}, r"< 1 but got 0.5,1"),
        ({"psi_range": (-1.0, 1.5)}, r"< 1 but got -1,1.5"),
        ({"psi_range": (float("nan"), 0.5)}, r"< 1 but got nan,0.5"),
        ({"psi_range": (0.5,)}, r"must be LOW,HIGH with .* but got 0.5\."),
        ({"psi_range": (0.1, 0.2, 0.3)}, r"but got 0.1,0.2,0.3"),
        ({"variable": "lambda", "lambda_range": (0.0, 1.0)}, r"`lambda_range` must be .* but got"),
        ({"variable": "lambda", "lambda_range": (1.0, float("inf"))}, r"< inf but got 1,inf"),
        ({"schedules": ""}, r"`schedules` must be made of fixed, warmup.* but got ''"),
        ({"schedules": "fixed,often"}, r"but got 'often'"),
    ],
)
def test_a_range_or_choice_of_nothing_is_one_sentence(
    changed: dict[str, object], message: str
) -> None:
    with pytest.raises(PiError, match=message):
        space(**changed)


def test_the_range_of_the_other_variable_is_not_looked_at() -> None:
    assert space(lambda_range=(9.0, 1.0)).low == 0.5
    assert space(variable="lambda", psi_range=(9.0, 1.0)).high == 1.0
    assert space(schedules="fixed, constant_psi,fixed").schedules == ("fixed", "constant_psi")
