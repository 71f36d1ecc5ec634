"""Tables 3 and 4 as text."""

import pytest
from report.compared import compared, configuration, configurations, slice_table

from pi.report.blocks import TextTable
from pi.report.tables import (
    board_of,
    low_dose_mean,
    matched,
    seed_table,
    table_3,
    tables_4,
)

TEN = compared(patients=10)


def test_table_3_prints_mean_deviation_and_ranks_with_doing_nothing() -> None:
    comparison = compared({"E1": 0.0, "E2": -0.01}, patients=8)
    board = board_of([configuration("E1"), configuration("E2", -0.01)], comparison.paired["ssim"])
    table = table_3(board, "paper8")
    values = comparison.paired["ssim"].values["E1"]
    assert [row[0] for row in table.rows] == ["E1", "E2", "low dose"]
    assert table.rows[0][1] == f"{values.mean():.4f} ({values.std(ddof=0):.4f})"
    assert table.rows[0][-2:] == ("1 / 1 / 1", "1.00")
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_table_3_is_of_the_slices_that_all_runs_have() -> None:
    comparison = compared({"E1": 0.0, "E2": -0.01}, patients=2)
    paired = comparison.paired["ssim"]
    left = matched(slice_table(0.0, patients=3), paired)
    assert sorted(left["patient"].unique()) == ["S000", "S001"]
    low = slice_table(0.0, patients=2)
    expected = low.loc[low["image"] == "low_dose", "ssim"].mean()
    assert low_dose_mean([configuration("E1", patients=3)], paired) == pytest.approx(expected)


def test_table_4_says_what_slices_and_patients_say_side_by_side() -> None:
    (table,) = tables_4(TEN)
    assert (table.name, table.label) == ("table4", "Table 4")
    row = dict(zip(table.columns, table.rows[1], strict=True))
    contrast = TEN.contrasts[1]
    assert row["Comparison"] == "E3 vs E1"
    assert row["SSIM"] == f"{contrast.other_mean:.4f} vs {contrast.reference_mean:.4f}"
    assert row["Cohen's d"] == f"{contrast.slices.effects.d_pooled:+.2f}"
    assert row["p of patients"] == "0.0078"
    assert (row["Agree"], row["Verdict"]) == ("10 of 10", "worse")
    assert "[" in row["Gain"]


def test_no_p_is_printed_where_so_few_patients_could_not_reject_and_no_interval_below_five() -> (
    None
):
    (table,) = tables_4(compared(patients=2))
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["p of patients"], row["Verdict"]) == ("–", "not attainable")
    assert row["p of slices"] not in ("–", "0")
    assert "[" not in row["Gain"] + row["Rank-biserial"]


def test_each_metric_has_a_table_of_its_own_and_one_explains_the_columns() -> None:
    tables = tables_4(compared(metrics=("ssim", "psnr")))
    assert [table.name for table in tables] == ["table4a", "table4b"]
    assert "Holm over all 8" in tables[0].caption
    assert tables[1].caption == "PSNR (dB): columns as of Table 4a."


def test_seeds_have_a_table_only_where_there_are_several() -> None:
    assert seed_table(configurations(), TEN) is None
    table = seed_table([configuration("E1"), configuration("E2", -0.01, seeds=3)], TEN)
    assert table is not None
    ((name, seeds, metric, mean, ends),) = table.rows
    assert (name, seeds, metric) == ("E2", "3", "SSIM")
    assert mean.endswith("(0.0000)")
    assert ends.split(" to ")[0] == ends.split(" to ")[1]


def test_columns_of_words_begin_at_the_left_and_numbers_end_at_the_right() -> None:
    rows = (("a", "0.9", "vgg16", "–"), ("b", "–", "–", "12 of 15"))
    assert TextTable("t", "T", "", ("run", "SSIM", "encoder", "n"), rows).words == {2}
