"""Runs are joined by the slice key; what does not match is reported or refused."""

import numpy as np
import pandas as pd
import pytest
from run_tables import run_of, slice_table

from pi.comparison.gains import ComparisonError
from pi.comparison.pairing import RunTable, join_folds, pair_runs
from pi.evaluation.protocol import EvaluationError
from pi.identity import SliceKey

A = {("P", 0.0): 0.5, ("P", 1.0): 0.6, ("Q", 0.0): 0.7}
B = {("P", 0.0): 0.6, ("P", 1.0): 0.5, ("Q", 0.0): 0.9}


def shuffled(run: RunTable) -> RunTable:
    return RunTable(run.name, run.slices.sample(frac=1, random_state=3), run.digest, run.part)


def test_slices_are_paired_by_key_whatever_the_order_of_rows() -> None:
    paired = pair_runs([shuffled(run_of("a", A)), run_of("b", B)], "ssim", "paper8")
    assert paired.runs == ("a", "b")
    assert paired.patients == ("P", "Q")
    assert paired.values["a"].tolist() == [0.5, 0.6, 0.7]
    assert paired.gains("a", "b") == pytest.approx([0.1, -0.1, 0.2])
    assert [one.keys for one in paired.unmatched] == [(), ()]


def test_a_gain_is_above_zero_where_the_other_is_better_whatever_the_direction() -> None:
    paired = pair_runs([run_of("a", A), run_of("b", B)], "nrmse", "paper8")
    assert paired.gains("a", "b") == pytest.approx([-0.1, 0.1, -0.2])


def test_patient_means_are_of_their_own_slices() -> None:
    means = pair_runs([run_of("a", A), run_of("b", B)], "ssim", "paper8").patient_means()
    assert means["a"].to_dict() == pytest.approx({"P": 0.55, "Q": 0.7})


def test_what_has_no_partner_is_left_out_and_named_on_either_side() -> None:
    more = {**A, ("R", 2.5): 0.1}
    less = {key: value for key, value in B.items() if key != ("P", 1.0)}
    paired = pair_runs([run_of("a", more), run_of("b", less)], "ssim", "paper8")
    assert len(paired.values) == 2
    assert [(one.run, one.keys) for one in paired.unmatched] == [
        ("a", (SliceKey("P", 1.0, "B30", 1.0), SliceKey("R", 1.0, "B30", 2.5))),
        ("b", ()),
    ]


def test_the_low_dose_is_judged_where_nothing_was_denoised() -> None:
    low = RunTable("nothing", slice_table(A, image="low_dose"), "d1g35t", "test")
    both = pd.concat([slice_table(B), slice_table(A, image="low_dose")])
    paired = pair_runs([low, RunTable("b", both, "d1g35t", "test")], "ssim", "paper8")
    assert paired.gains("nothing", "b") == pytest.approx([0.1, -0.1, 0.2])


def test_a_single_run_is_refused() -> None:
    with pytest.raises(ComparisonError, match=r"two runs or more, .* but got \['a'\]"):
        pair_runs([run_of("a", A)], "ssim", "paper8")


def test_two_runs_of_one_name_are_refused() -> None:
    with pytest.raises(ComparisonError, match=r"its own name, but got \['a', 'a'\]"):
        pair_runs([run_of("a", A), run_of("a", B)], "ssim", "paper8")


@pytest.mark.parametrize(
    ("digest", "part", "said"),
    [
        ("0th3r", "test", "same data set but 'a' has d1g35t and 'b' has 0th3r"),
        ("d1g35t", "validation", "same part but 'a' has test and 'b' has validation"),
    ],
)
def test_other_data_are_refused_with_both_values(digest: str, part: str, said: str) -> None:
    with pytest.raises(ComparisonError, match=said):
        pair_runs([run_of("a", A), run_of("b", B, digest, part)], "ssim", "paper8")


def test_a_table_without_the_protocol_is_refused_with_those_it_has() -> None:
    other = RunTable("b", slice_table(B, ["ldctbench", "full_float"]), "d1g35t", "test")
    said = "protocol 'paper8' but 'b' has only full_float, ldctbench"
    with pytest.raises(ComparisonError, match=said):
        pair_runs([run_of("a", A), other], "ssim", "paper8")


def test_disjoint_keys_are_refused() -> None:
    elsewhere = {("R", 0.0): 0.5}
    with pytest.raises(ComparisonError, match=r"slice in common but a, b have none.* 3, 1 slices"):
        pair_runs([run_of("a", A), run_of("b", elsewhere)], "ssim", "paper8")


def test_a_metric_without_a_direction_is_refused() -> None:
    with pytest.raises(ComparisonError, match=r"must be of ssim, .* but got 'bias_hu'"):
        pair_runs([run_of("a", A), run_of("b", B)], "bias_hu", "paper8")


def test_a_slice_that_is_there_twice_is_refused_by_its_key() -> None:
    table = slice_table(A)
    twice = RunTable("b", pd.concat([table, table.iloc[[1]]]), "d1g35t", "test")
    with pytest.raises(ComparisonError, match=r"in 'b' once but P/1mm/B30/\+1.00 is not"):
        pair_runs([run_of("a", A), twice], "ssim", "paper8")


def test_a_value_that_is_not_a_number_is_refused_by_its_key() -> None:
    broken = run_of("b", {**B, ("Q", 0.0): np.nan})
    with pytest.raises(ComparisonError, match=r"`ssim` .* of Q/1mm/B30/\+0.00 in 'b' it is nan\."):
        pair_runs([run_of("a", A), broken], "ssim", "paper8")


def test_infinite_psnr_is_refused_and_explained() -> None:
    perfect = run_of("b", {**B, ("P", 1.0): np.inf})
    said = r"of P/1mm/B30/\+1.00 in 'b' it is inf \(PSNR of identical slices is\)"
    with pytest.raises(ComparisonError, match=said):
        pair_runs([run_of("a", A), perfect], "psnr", "paper8")


def test_folds_become_one_table_of_all_patients() -> None:
    of_p = {key: value for key, value in A.items() if key[0] == "P"}
    of_q = {key: value for key, value in A.items() if key[0] == "Q"}
    joined = join_folds("a", [run_of("a/2", of_q, "d2"), run_of("a/1", of_p, "d1")])
    whole = run_of("a", A)
    pd.testing.assert_frame_equal(joined.slices, whole.slices)
    assert (joined.name, joined.part) == ("a", "test")
    again = join_folds("b", [run_of("b/1", of_p, "d1"), run_of("b/2", of_q, "d2")])
    assert joined.digest == again.digest
    other = join_folds("c", [run_of("c/1", of_p, "d1"), run_of("c/2", of_q, "d3")])
    assert joined.digest != other.digest


def test_folds_of_one_digest_keep_it() -> None:
    folds = [run_of("1", {("P", 0.0): 1.0}), run_of("2", {("Q", 0.0): 1.0})]
    assert join_folds("a", folds).digest == "d1g35t"


def test_a_patient_that_is_tested_twice_is_refused() -> None:
    folds = [run_of("1", {("P", 0.0): 1.0}), run_of("2", {("P", 1.0): 1.0})]
    with pytest.raises(ComparisonError, match="tested once but P is in the folds '1' and '2'"):
        join_folds("a", folds)


def test_a_slice_that_is_twice_in_a_fold_is_refused() -> None:
    table = pd.concat([slice_table(A)] * 2)
    with pytest.raises(EvaluationError, match="must be in the table once"):
        join_folds("a", [RunTable("1", table, "d", "test")])


def test_folds_that_were_measured_differently_are_refused() -> None:
    first = run_of("1", {("P", 0.0): 1.0})
    more = RunTable("2", slice_table({("Q", 0.0): 1.0}, ["ldctbench"]), "d1g35t", "test")
    with pytest.raises(ComparisonError, match="same protocols but '1' has paper8 and '2' has ldct"):
        join_folds("a", [first, more])
    low = RunTable("2", slice_table({("Q", 0.0): 1.0}, image="low_dose"), "d1g35t", "test")
    with pytest.raises(ComparisonError, match="same image but '1' has denoised and '2' has low_"):
        join_folds("a", [first, low])
    with pytest.raises(ComparisonError, match="same part"):
        join_folds("a", [first, run_of("2", {("Q", 0.0): 1.0}, part="validation")])
    with pytest.raises(ComparisonError, match="'a' must have at least one fold"):
        join_folds("a", [])
