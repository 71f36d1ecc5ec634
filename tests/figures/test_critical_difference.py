"""Critical-difference diagrams: where runs and bars stand."""

from io import BytesIO

import pytest
from report.compared import compared

from pi.comparison.friedman import Friedman
from pi.figures.critical_difference import Bar, bars, draw_critical_differences, ranked_runs

FOUND = Friedman(
    patients=8, runs=("a", "b", "c", "d", "e"), mean_ranks=(1.0, 2.5, 2.5, 4.0, 5.0),
    statistic=30.0, p=1e-6, log10_p=-6.0, critical_difference=2.16,
    groups=(("a", "b", "c"), ("b", "c", "d"), ("d", "e")),
)  # fmt: skip


def test_the_better_half_stands_left_and_the_outermost_stand_highest() -> None:
    runs = ranked_runs(FOUND)
    assert [run.name for run in runs if run.left] == ["a", "b", "c"]
    assert [run.depth for run in runs] == [0, 1, 2, 1, 0]


def test_a_bar_goes_from_the_first_to_the_last_rank_of_a_group() -> None:
    assert bars(FOUND) == [Bar(1.0, 2.5, 0), Bar(2.5, 4.0, 1), Bar(4.0, 5.0, 2)]


@pytest.mark.parametrize("patients", [2, 8])
def test_it_can_be_drawn_even_where_the_critical_difference_exceeds_the_axis(patients: int) -> None:
    found = compared({"E1": 0.0, "E2": -0.01, "E3": -0.05}, patients).friedman
    figure = draw_critical_differences(found)
    styles = {line.get_linestyle() for axes in figure.axes for line in axes.lines}
    assert (":" in styles) == (patients == 2)
    figure.savefig(BytesIO(), format="svg")
