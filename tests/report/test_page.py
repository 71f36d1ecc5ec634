"""The page: whole, self-contained, escaped."""

import re
from dataclasses import replace

import pytest
from report.compared import MAKING, compared, configurations

from pi.comparison.comparison import Comparison
from pi.report.comparison_page import Report, comparison_page
from pi.report.compose import compose
from pi.report.configuration import DataFacts
from pi.report.document import render
from pi.report.exhibits import gather
from pi.report.text import typeset

FACTS = DataFacts(simulated=False)
SECTIONS = ["question", "data", "results", "verdicts", "figures", "rq1", "rq2", "rq3", "limits",
            "reproduction", "making"]  # fmt: skip


def report_of(comparison: Comparison, patients: int = 8) -> Report:
    runs = next(iter(comparison.paired.values())).runs
    known = [one for one in configurations(patients=patients) if one.name in runs]
    return compose(known, comparison, FACTS, MAKING, gather(known, comparison, FACTS, []))


@pytest.fixture(scope="module")
def report() -> Report:
    return report_of(compared(metrics=("ssim", "psnr")))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render(comparison_page(report))


def test_no_figure_is_called_as_a_table_for_both_are_files_of_one_run(report: Report) -> None:
    tables = [table.name for table in (*report.results, report.runs, report.weights) if table]
    tables += [answer.table.name for answer in report.answers if answer.table]
    figures = [figure.name for figure in (*report.figures, report.influence) if figure]
    assert len({*tables, *figures}) == len(tables) + len(figures) > len(tables) > 5


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_there_and_linked(page: str, section: str) -> None:
    assert page.count(f'<section id="{section}">') == 1
    assert f'href="#{section}"' in page


def test_nothing_is_fetched_from_anywhere(page: str) -> None:
    for attribute in ("src", "href", "action", "data"):
        for value in re.findall(rf'\b(?:xlink:)?{attribute}="([^"]*)"', page):
            assert value.startswith(("#", "data:")), value
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert page.count("<script") == 1  # our own, which names nothing of the store
    assert "fetch(" not in page
    assert "<link" not in page


def test_the_answer_the_tables_and_the_figures_are_on_it(page: str, report: Report) -> None:
    assert typeset(report.headline[0]) in page
    for label in ("Table 3", "Table 4a", "Table 4b", "Influence", "Runs"):
        assert f"<b>{label}.</b>" in page
    assert page.count("<svg") == len(report.figures) + 1 == 5
    assert page.count('<td class="not-verifiable-here">') == sum(
        len(rows) for rows in report.board.rows.values()
    )
    assert MAKING.command in page


def test_what_the_encoders_weights_are_is_told_once_each(page: str, report: Report) -> None:
    assert report.weights is not None
    encoders = [row[0] for row in report.weights.rows]
    assert len(encoders) == len(set(encoders)) == 4
    assert "f" * 12 in page
    assert "f" * 13 not in page
    assert report.weights.rows[1][-1] == "E2, baseline"


def test_everything_from_the_store_is_escaped(report: Report) -> None:
    evil = "<img src=x onerror=alert(1)>"
    row = (evil,) * len(report.runs.columns)
    spoilt = replace(
        report,
        title=evil,
        headline=(evil,),
        limits=(evil,),
        runs=replace(report.runs, rows=(row,)),
        making={evil: evil},
        command=evil,
        verdicts=(replace(report.verdicts[0], pair=evil, sentence=evil),),
    )
    page = render(comparison_page(spoilt))
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_how_the_reference_was_chosen_is_said_where_it_is_named() -> None:
    from pi.comparison.comparison import Reference

    chosen = report_of(compared(reference=Reference("E1", "test")))
    assert "best on these very slices, which favours it" in chosen.question[1]
    assert any("chosen as the best on the very slices" in one for one in chosen.limits)


def test_of_all_pairs_the_matrix_is_shown() -> None:
    report = report_of(compared(reference=None))
    assert [one.name for one in report.figures] == [
        "paired_differences", "patient_gains", "effects", "critical_difference", "pairs"
    ]  # fmt: skip
    assert report.title == "E1, E2, E3, E4 and baseline, pair by pair"
    assert len(report.verdicts) == 10


def test_two_runs_of_one_patient_make_a_page_without_ranks() -> None:
    report = report_of(compared({"E1": 0.0, "E2": -0.01}, patients=1), patients=1)
    assert [one.name for one in report.figures] == [
        "paired_differences", "patient_gains", "effects"
    ]  # fmt: skip
    assert "not attainable" in render(comparison_page(report))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-0.5 [-1, +2]", "−0.5 [−1, +2]"),
        ("p = 0.02 of 95 %, it's", "p\u00a0=\u00a00.02 of 95\u00a0%, it’s"),
        ("1e-05 demo-1", "1e-05 demo-1"),
    ],
)
def test_minus_apostrophe_and_breaks_are_set(text: str, expected: str) -> None:
    assert typeset(text) == expected
