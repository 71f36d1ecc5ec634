"""RQ1 from recorded calibrations."""

from dataclasses import replace

from pi.influence.recorded import RecordedInfluence
from pi.report.answers import influence_answer

E1 = RecordedInfluence(
    "c1", "E1", "vgg19", "imagenet", "block3_conv2", "identity", 0.95, 1e-5, 9e-6, 1.1e-5, 1.9e6
)
E2 = replace(E1, run_id="c2", experiment="E2", layers="block5_conv4", loss_ratio=1.9e3)
E3 = replace(E1, run_id="c3", experiment="E3", context="medical", loss_ratio=3.8e6)


def test_without_a_calibration_the_question_stays_open_and_says_how_to_answer_it() -> None:
    answer = influence_answer([])
    assert answer.table is None
    assert "None of these runs links to a calibration" in answer.sentences[0]


def test_influence_is_told_at_the_weight_of_habit_and_as_ratios_of_odds() -> None:
    first, *ratios = influence_answer([E1, E2, E3]).sentences
    assert first == (
        "At λ = 0.1, the weight of habit, Ψ is 99.48 % for E2 and 99.9997 % for E3."
    )  # fmt: skip
    assert ratios == [
        "At every λ, the odds of Ψ at block3_conv2 are 1000 times those at block5_conv4 "
        "(vgg19, imagenet, identity).",
        "At every λ, the odds of Ψ with medical weights are 2 times those with imagenet weights "
        "(vgg19, block3_conv2, identity).",
    ]


def test_the_table_holds_lambda_and_its_interval() -> None:
    table = influence_answer([E1, replace(E2, low=0.01, high=0.01, weight=0.01)]).table
    assert table is not None
    assert table.rows[0][-2:] == ("1e-05", "9e-06 to 1.1e-05")
    assert table.rows[1][-1] == "all patches measured"
