"""Influence that was claimed, and the influence that was had: odds by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from report.compared import compared, configuration

from pi.report.configuration import Configuration
from pi.report.realised import (
    odds_apart,
    pair_influence,
    realised_table,
    unequal_influence,
)
from pi.report.recommendation import at_equal_influence, quality_answer, recommendation

GAINS = {"E1": 0.0, "E2": -0.03, "E3": -0.045}
TEN = compared(GAINS, patients=10)


def trained_to(*psis: float) -> list[Configuration]:
    """E1, E2 and E3, all asked for 95 %, with these influences in their last epochs."""
    made = [configuration(name, gain, patients=10) for name, gain in GAINS.items()]
    return [
        replace(one, members=tuple(replace(member, psi=psi) for member in one.members))
        for one, psi in zip(made, psis, strict=True)
    ]


def equal(runs: Sequence[Configuration]) -> list[Configuration]:
    return at_equal_influence(runs, TEN)


@pytest.mark.parametrize(
    ("least", "most", "apart"),
    [
        (0.95, 0.95, 1.0),
        (0.9, 0.96, (0.96 / 0.04) / (0.9 / 0.1)),  # 24 against 9
        (0.5, 0.6, 1.5),
        (0.0, 0.5, math.inf),
        (0.9, 1.0, math.inf),
        (1.0, 1.0, 1.0),
        (0.0, 0.0, 1.0),
    ],
)
def test_odds_by_hand(least: float, most: float, apart: float) -> None:
    assert odds_apart(least, most) == pytest.approx(apart)


def test_runs_that_had_other_influences_than_they_were_asked_for_are_flagged() -> None:
    (said,) = unequal_influence(equal(trained_to(0.9, 0.95, 0.96)))
    assert "Ψ was 90 % for E1 and 96 % for E3, 2.67 times apart in odds" in said
    assert "may come from how much the perceptual loss weighed" in said


@pytest.mark.parametrize(
    ("psis", "said"),
    [
        ((0.95, 0.96), "At equal influence (Ψ 95 % and 96 %), beside E1, E2"),  # 19 and 24
        ((0.9, 0.96), "At unlike influence (Ψ 90 % and 96 %), beside E1, E2"),  # 9 and 24
        ((0.95, 0.0), "Beside E1 (Ψ 95 %), E2, which had no perceptual loss"),
        ((0.0, 0.95), "Beside E1, which had no perceptual loss, E2 (Ψ 95 %)"),
        ((math.nan, 0.95), "Beside E1, whose Ψ is not logged, E2 (Ψ 95 %)"),
    ],
)
def test_a_pair_is_at_one_influence_at_two_or_at_none(psis: tuple[float, float], said: str) -> None:
    assert pair_influence(*trained_to(*psis, 0.5)[:2]) == said


def test_seeds_that_are_unlike_among_themselves_are_at_no_one_influence() -> None:
    one = configuration("E1", seeds=2)
    apart = tuple(
        replace(member, psi=psi) for member, psi in zip(one.members, (0.9, 0.96), strict=True)
    )
    said = pair_influence(replace(one, members=apart), configuration("E2"))
    assert said == "At unlike influence (Ψ 90 % to 96 % and 96 %), beside E1, E2"


def test_of_what_nobody_trained_here_and_of_a_lambda_of_0_it_is_said() -> None:
    one, two = trained_to(math.nan, math.nan, math.nan)[:2]
    (member,) = one.members
    foreign = replace(one, name="identity", members=(replace(member, training=""),))
    said = pair_influence(replace(two, weight=0.0), foreign)
    assert said == ("Beside E2, which had no perceptual loss, identity, which was not trained here")


@pytest.mark.parametrize(
    "psis", [(0.95, 0.95, 0.95), (0.95, 0.94, 0.96), (math.nan, math.nan, math.nan)]
)
def test_equal_or_untold_influences_are_not(psis: tuple[float, ...]) -> None:
    # .96 against .94 is 24 against 15.67, 1.53 apart: too much; against .95 it is 1.26.
    expected = 1 if psis == (0.95, 0.94, 0.96) else 0
    assert len(unequal_influence(equal(trained_to(*psis)))) == expected
    assert unequal_influence([]) == ()


def test_what_it_was_asked_for_stands_beside_what_it_had() -> None:
    table = realised_table(trained_to(0.9, 0.95, math.nan))
    assert table is not None
    assert table.rows == (
        ("E1", "95 %", "90 %", "0.474", "1"),  # 9 over 19
        ("E2", "95 %", "95 %", "1", "1"),
    )
    assert realised_table(trained_to(math.nan, math.nan, math.nan)) is None


def test_nothing_is_recommended_at_an_influence_that_was_not_had() -> None:
    held, drifted = equal(trained_to(0.95, 0.95, 0.95)), equal(trained_to(0.9, 0.95, 0.96))
    assert recommendation(held, TEN).sentences[0].startswith("Recommended for data like these")
    said = recommendation(drifted, TEN).sentences
    assert said[0] == "The evidence does not suffice for a recommendation at equal influence."
    assert "2.67 times apart in odds" in said[1]
    assert any("2.67 times" in one for one in quality_answer(drifted, TEN).sentences)
