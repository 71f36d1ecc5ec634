"""The answer in words, and the limits."""

from dataclasses import replace

import pytest
from report.compared import compared, configuration, configurations

from pi.comparison.comparison import Reference
from pi.report.configuration import DataFacts
from pi.report.headline import headline
from pi.report.limits import all_limits


def test_a_reference_that_wins_is_said_to_be_better_than_the_others() -> None:
    sentences = headline(compared(patients=10), low_dose=0.5)
    assert sentences[0].startswith("E1 has the best mean SSIM, 0.8")
    assert sentences[1:] == [
        "E1 is better than E2, E3, E4 and baseline by the patients' test after Holm."
    ]


def test_doing_nothing_is_named_where_it_is_better() -> None:
    assert headline(compared(), low_dose=0.99)[1] == (
        "Doing nothing is better still: the low dose has 0.9900."
    )
    nrmse = compared(metrics=("nrmse",))
    assert "Doing nothing" in " ".join(headline(nrmse, low_dose=0.01))
    assert "Doing nothing" not in " ".join(headline(nrmse, low_dose=0.9))


def test_two_patients_support_nothing_and_the_number_needed_is_said() -> None:
    said = headline(compared(patients=2), low_dose=0.5)[1]
    assert said.startswith("With 2 patients no test that knows of patients can reject one of 4")
    assert "8 patients are needed" in said


def test_runs_that_are_better_equal_or_undecided_each_have_their_sentence() -> None:
    gains = {"E1": 0.0, "E3": -0.05, "E4": 0.0}
    comparison = compared(gains, patients=10, reference=Reference("E3", "name"))
    assert headline(comparison, 0.5)[1] == (
        "E1 and E4 are better than E3 by the patients' test after Holm."
    )
    equal = compared(gains, patients=10)  # E4 has the slices of E1
    assert headline(equal, 0.5)[-1] == "E4 equals E1 on every slice."


def test_of_all_pairs_those_that_differ_are_counted() -> None:
    comparison = compared({"E1": 0.0, "E2": -0.02, "E3": -0.05}, patients=10, reference=None)
    assert headline(comparison, 0.5)[1] == (
        "Of 3 pairs, 3 differ by the patients' test after Holm."
    )


@pytest.mark.parametrize(
    ("sentence", "simulated"),
    [("The data are simulated", True), ("Trained with one seed: E1, E2", False)],
)
def test_limits_of_data_and_trainings_are_said(sentence: str, simulated: bool) -> None:
    said = " ".join(all_limits(configurations(), compared(), DataFacts(simulated)))
    assert sentence in said
    assert ("The data are simulated" in said) == simulated


def test_the_first_limit_is_that_slices_are_not_independent_and_few_patients_the_next() -> None:
    first, second, *_ = all_limits(configurations(), compared(patients=2), DataFacts(False))
    assert first.startswith("The 24 slices come from 2 patients.")
    assert second.startswith("2 patients cannot make any of 4 comparisons significant")


def test_changed_code_and_a_context_easily_mistaken_are_limits() -> None:
    one = configuration("demo1")
    changed = replace(one, members=(replace(one.members[0], dirty=True),))
    said = " ".join(all_limits([changed], compared(), DataFacts(False)))
    assert "The code behind demo1 had changes that no commit holds." in said
    assert "it is not ImageNet" in said
