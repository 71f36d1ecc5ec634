"""A comparison and what is known of its runs, put into words and places: the report."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pi.comparison.board import Cell
from pi.comparison.comparison import Comparison
from pi.comparison.verdict import counted
from pi.digits import NOTHING, percent
from pi.figures.paired_differences import pair_label
from pi.report.answers import influence_answer
from pi.report.blocks import Board, BoardRow, Said, TextTable
from pi.report.comparison_page import Report
from pi.report.configuration import (
    Configuration,
    DataFacts,
    Making,
    recorded_influences,
)
from pi.report.exhibits import Exhibits
from pi.report.figures import drawn
from pi.report.headline import headline
from pi.report.limits import all_limits
from pi.report.realised import unequal_influence
from pi.report.recommendation import at_equal_influence, quality_answer, recommendation
from pi.report.setting import data, method, question, subtitle, title
from pi.report.tables import weights_table
from pi.report.text import DIGITS


def compose(
    configurations: Sequence[Configuration],
    comparison: Comparison,
    facts: DataFacts,
    making: Making,
    exhibits: Exhibits,
) -> Report:
    """Return the report.

    Args:
        configurations: what is compared.
        comparison: what was found.
        facts: of the data.
        making: how it was made.
        exhibits: its tables and figures.
    """
    equal = at_equal_influence(configurations, comparison)
    return Report(
        title=title(comparison),
        subtitle=subtitle(comparison, making),
        headline=tuple(headline(comparison, exhibits.low_dose)),
        beyond=exhibits.beyond,
        warnings=unequal_influence(equal),
        question=tuple(question(comparison, making)),
        data=tuple(data(configurations, comparison, facts)),
        method=tuple(method(comparison)),
        results=exhibits.tables,
        verdicts=_verdicts(comparison),
        figures=tuple(map(drawn, exhibits.figures)),
        answers=(
            influence_answer(recorded_influences(configurations)),
            quality_answer(equal, comparison),
            recommendation(equal, comparison),
        ),
        influence=drawn(exhibits.influence) if exhibits.influence else None,
        limits=tuple(all_limits(configurations, comparison, facts)),
        board=_board(exhibits.cells),
        runs=run_table(configurations),
        weights=weights_table(
            [(c.encoder, c.weights, c.weights_digest, c.name) for c in configurations if c.encoder]
        ),
        making=_facts(comparison, making),
        command=making.command,
    )


def run_table(configurations: Sequence[Configuration]) -> TextTable:
    """Return which runs stand behind each configuration."""
    rows = [
        (
            one.name,
            one.encoder or NOTHING,
            member.seed or NOTHING,
            member.fold or NOTHING,
            percent(member.psi),
            member.evaluation,
            member.training or NOTHING,
            (member.commit[:DIGITS] or NOTHING) + (" (changed)" if member.dirty else ""),
        )
        for one in configurations
        for member in one.members
    ]
    columns = ("Run", "Encoder", "Seed", "Fold", "Ψ at the end", "Evaluation", "Training", "Commit")
    caption = "Ψ at the end: the share of the last epoch's training loss. Ids are of MLflow."
    return TextTable("runs", "Runs", caption, columns, tuple(rows))


def _verdicts(comparison: Comparison) -> tuple[Said, ...]:
    metric = next(iter(comparison.paired))
    return tuple(
        Said(pair_label(one), verdict.outcome, verdict.sentence)
        for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True)
        if one.metric == metric
    )


def _board(cells: Sequence[Cell]) -> Board:
    reasons = list(dict.fromkeys(cell.reason for cell in cells))
    rows: dict[str, list[BoardRow]] = {}
    for cell in cells:
        statement = f"{cell.row}, {cell.column}" if cell.column else cell.row
        note = reasons.index(cell.reason) + 1
        row = BoardRow(statement, cell.paper, cell.here, cell.status, note)
        rows.setdefault(cell.place, []).append(row)
    counts = Counter(cell.status for cell in cells)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    return Board(
        f"Of {counted(len(cells), 'statement')} in print: {summary}.",
        {place: tuple(of) for place, of in rows.items()},
        tuple(reasons),
    )


def _facts(comparison: Comparison, making: Making) -> Mapping[str, str]:
    paired = next(iter(comparison.paired.values()))
    commit = making.commit or "unknown"
    return {
        "Comparison": making.run_id,
        "Made": making.made,
        "Code": commit + (", with changes that no commit holds" if making.dirty else ""),
        "Data set": paired.digest,
        "Libraries": ", ".join(f"{name} {version}" for name, version in making.versions.items()),
    }
