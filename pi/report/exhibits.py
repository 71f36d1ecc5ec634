"""What a report shows beside its words, and what is kept of a comparison as files."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pi.comparison.board import Cell
from pi.comparison.comparison import Comparison
from pi.comparison.reproduction import reproduction_board
from pi.report.beyond import beyond_similarity
from pi.report.blocks import TextTable
from pi.report.board import given
from pi.report.configuration import Configuration, DataFacts, recorded_influences
from pi.report.figures import FigureWithData, comparison_figures, influence_figure
from pi.report.realised import realised_table
from pi.report.tables import board_of, breakdown, low_dose_mean, seed_table, table_3, tables_4


@dataclass(frozen=True)
class Exhibits:
    """Tables and figures.

    Attributes:
        means: Table 3's numbers, see `pi.evaluation.ranking.rank_runs`.
        low_dose: mean of the first metric of doing nothing, on the compared slices.
        tables: of the results, in their order.
        cells: of the reproduction board.
        figures: of the results, in their order.
        influence: the figure of RQ1; None where no run links to a calibration.
        beyond: what similarity does not tell, in words.
    """

    means: pd.DataFrame = field(repr=False)
    low_dose: float
    tables: tuple[TextTable, ...]
    cells: tuple[Cell, ...] = field(repr=False)
    figures: tuple[FigureWithData, ...]
    influence: FigureWithData | None
    beyond: tuple[str, ...] = ()


def gather(
    configurations: Sequence[Configuration],
    comparison: Comparison,
    facts: DataFacts,
    slices: Sequence[FigureWithData],
) -> Exhibits:
    """Return the tables and figures of a comparison.

    Args:
        configurations: what is compared.
        comparison: what was found.
        facts: of the data.
        slices: figures with pixels, if there are any.
    """
    paired = next(iter(comparison.paired.values()))
    means = board_of(configurations, paired)
    seeds = seed_table(configurations, comparison)
    beyond = beyond_similarity(configurations, comparison)
    tables = [table_3(means, comparison.protocol), *beyond.tables, seeds, *tables_4(comparison)]
    tables += [breakdown(comparison), realised_table(configurations)]
    return Exhibits(
        means=means,
        low_dose=low_dose_mean(configurations, paired),
        tables=tuple(table for table in tables if table is not None),
        cells=reproduction_board(given(configurations, comparison, facts)),
        figures=(*comparison_figures(comparison), *slices),
        influence=influence_figure(recorded_influences(configurations)),
        beyond=beyond.sentences,
    )
