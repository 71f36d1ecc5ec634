"""RQ2 and RQ3: who won at equal influence, and what is recommended on which evidence."""

import math

from report.compared import compared, configuration, configurations

from pi.comparison.comparison import Reference
from pi.report.recommendation import (
    at_equal_influence,
    quality_answer,
    recommendation,
    standing,
)

TEN = compared(patients=10)
EQUAL = at_equal_influence(configurations(patients=10), TEN)


def test_only_runs_asked_for_the_same_influence_are_compared_best_first() -> None:
    means = TEN.paired["ssim"].values.mean()
    assert {one.name for one in EQUAL} == {"E1", "E2", "E3", "E4"}  # the baseline was not
    assert [one.name for one in EQUAL] == sorted(
        (one.name for one in EQUAL), key=lambda name: -means[name]
    )
    assert at_equal_influence([configuration("E1", target=math.nan)], TEN) == []
    assert at_equal_influence([configuration("E1")], TEN) == []


def test_where_low_is_better_the_lowest_comes_first() -> None:
    comparison = compared(metrics=("nrmse",))
    assert at_equal_influence(configurations(), comparison)[0].name == "E1"


def test_a_standing_is_turned_with_the_pair() -> None:
    assert standing(TEN, "E3", "E1") == "worse"
    assert standing(TEN, "E1", "E3") == "better"
    assert standing(TEN, "E2", "E3") == "not compared"


def test_the_winner_is_told_with_means_and_by_context() -> None:
    asked, won, *by_context = quality_answer(EQUAL, TEN).sentences
    assert asked.endswith("Ψ = 95 %; in the last epoch it was 96 %.")
    assert won.startswith("E1 (imagenet, block3_conv2, λ = 1e-05) has the best mean SSIM of them")
    assert by_context[0].startswith("With imagenet weights, block3_conv2 (E1,")
    assert by_context[0].endswith("shown by the patients' test).")
    assert by_context[1].endswith("not tested).")


def test_what_beats_every_rival_by_patients_is_recommended_with_its_evidence() -> None:
    advice, evidence = recommendation(EQUAL, TEN).sentences
    assert advice == (
        "Recommended for data like these: layer block3_conv2, context imagenet, λ = 1e-05 "
        "(Ψ = 95 %)."
    )
    assert "by the sign flip of 10 patients after Holm, E1 is better than E2 by +0.00" in evidence
    assert "baseline" not in evidence


def test_a_best_run_that_was_found_on_the_same_slices_is_labelled() -> None:
    comparison = compared(patients=10, reference=Reference("E1", "test"))
    sentences = recommendation(EQUAL, comparison).sentences
    assert "found on the same slices that tested it" in sentences[-1]


def test_two_patients_recommend_nothing_and_the_number_needed_is_said() -> None:
    comparison = compared(patients=2)
    sentences = recommendation(at_equal_influence(configurations(), comparison), comparison)
    assert sentences.sentences[0] == "The evidence does not suffice for a recommendation."
    assert "8 are needed for a family of 4" in sentences.sentences[1]


def test_rivals_that_were_not_compared_are_named() -> None:
    comparison = compared(patients=10, reference=Reference("E4", "name"))
    said = " ".join(recommendation(EQUAL, comparison).sentences)
    assert "it was not compared with E" in said
    assert "The evidence does not suffice" in said


def test_without_equal_influence_nothing_is_said_at_it() -> None:
    assert "No two of these runs" in quality_answer([], TEN).sentences[0]
    assert "no two runs are at equal influence" in recommendation([], TEN).sentences[0]
