"""A comparison and what is known of its runs, put into words and places: the report."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pi.comparison.compare import Comparison
from pi.comparison.reproduction import Cell
from pi.comparison.verdict import counted, heading
from pi.evaluation.protocol import PROTOCOLS
from pi.figures.paired_differences import pair_label
from pi.identity import Reconstruction
from pi.report.answers import influence_answer
from pi.report.configuration import (
    Configuration,
    DataFacts,
    Making,
    recorded_influences,
)
from pi.report.document import Board, BoardRow, Drawn, Report, Said
from pi.report.figures import CaptionedFigure
from pi.report.headline import CHOSEN, headline, limits
from pi.report.recommendation import at_equal_influence, quality_answer, recommendation
from pi.report.svg import inline_svg
from pi.report.tables import TextTable
from pi.report.text import NOTHING, listed, percent

HASH = 12
"""Digits of a digest or commit that are shown."""


def compose(
    configurations: Sequence[Configuration],
    comparison: Comparison,
    facts: DataFacts,
    making: Making,
    tables: Sequence[TextTable],
    cells: Sequence[Cell],
    figures: Sequence[CaptionedFigure],
    influence: CaptionedFigure | None,
) -> Report:
    """Return the report.

    Args:
        configurations: what is compared.
        comparison: what was found.
        facts: of the data.
        making: how it was made.
        tables: of the results, in their order.
        cells: of the reproduction board.
        figures: of the results, in their order.
        influence: the figure of RQ1.
    """
    equal = at_equal_influence(configurations, comparison)
    return Report(
        title=title(comparison),
        subtitle=_subtitle(comparison, making),
        headline=tuple(headline(comparison)),
        question=tuple(_question(comparison, making)),
        data=tuple(_data(configurations, comparison, facts)),
        method=tuple(_method(comparison)),
        results=tuple(tables),
        verdicts=_verdicts(comparison),
        figures=tuple(map(drawn, figures)),
        answers=(
            influence_answer(recorded_influences(configurations)),
            quality_answer(equal, comparison),
            recommendation(equal, comparison),
        ),
        influence=drawn(influence) if influence else None,
        limits=tuple(limits(configurations, comparison, facts)),
        board=_board(cells),
        runs=run_table(configurations),
        making=_facts(comparison, making),
        command=making.command,
    )


def title(comparison: Comparison) -> str:
    """Return what is compared, in one line."""
    runs = next(iter(comparison.paired.values())).runs
    if comparison.reference is None:
        return f"{listed(runs)}, pair by pair"
    others = [run for run in runs if run != comparison.reference.run]
    return f"{comparison.reference.run} against {listed(others)}"


def drawn(one: CaptionedFigure) -> Drawn:
    """Return a figure as it is placed on the page."""
    return Drawn(one.name, inline_svg(one.figure, one.name, one.caption), one.caption)


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
            (member.commit[:HASH] or NOTHING) + (" (changed)" if member.dirty else ""),
        )
        for one in configurations
        for member in one.members
    ]
    columns = ("Run", "Encoder", "Seed", "Fold", "Ψ at the end", "Evaluation", "Training", "Commit")
    caption = "Ψ at the end: the share of the last epoch's training loss. Ids are of MLflow."
    return TextTable("runs", "Runs", caption, columns, tuple(rows))


def _subtitle(comparison: Comparison, making: Making) -> str:
    paired = next(iter(comparison.paired.values()))
    metrics = listed([heading(metric) for metric in comparison.paired])
    return (
        f"{metrics} under {comparison.protocol} on {counted(len(paired.values), 'slice')} of "
        f"{counted(len(paired.patients), f'{paired.part} patient')}. {making.made}."
    )


def _question(comparison: Comparison, making: Making) -> list[str]:
    runs = next(iter(comparison.paired.values())).runs
    if comparison.reference is None:
        return [
            f"Do any two of {listed(runs)} differ on the same slices, by how much, and would they "
            "differ on other patients?"
        ]
    reference = comparison.reference
    chosen = f" ({making.chosen})" if making.chosen else ""
    return [
        f"Is any of the others better or worse than {reference.run} on the same slices, by how "
        "much, and would it be so on other patients?",
        f"{reference.run} is the reference, {CHOSEN[reference.chosen_by]}{chosen}.",
    ]


def _data(
    configurations: Sequence[Configuration], comparison: Comparison, facts: DataFacts
) -> list[str]:
    paired = next(iter(comparison.paired.values()))
    index = paired.values.index
    counts = Counter(index.get_level_values("patient"))
    pairs = zip(index.get_level_values("thickness"), index.get_level_values("kernel"), strict=True)
    places = listed([str(Reconstruction(t, k)) for t, k in sorted(set(pairs))])
    whose = "a simulated study" if facts.simulated else "patients, under pseudonyms"
    sentences = [
        f"The slices are of {whose}, part {paired.part}, data set {paired.digest[:HASH]}; "
        f"reconstructions: {places}. Slices of each patient: "
        + ", ".join(f"{patient} ({n:,})" for patient, n in sorted(counts.items()))
        + "."
    ]
    folds = list(dict.fromkeys(m.fold for one in configurations for m in one.members if m.fold))
    if folds:
        sentences.append(
            f"Cross-validation over patients: folds {listed(folds)} are joined, so that each "
            "patient was tested by a network that had not seen it."
        )
    return sentences


def _method(comparison: Comparison) -> list[str]:
    protocol = PROTOCOLS.get(comparison.protocol)
    test = comparison.contrasts[0].slices
    zeros = {"wilcox": "dropped", "pratt": "ranked and then dropped (Pratt)"}
    return [
        f"Metrics follow the protocol {comparison.protocol}"
        + (f" ({protocol.source})." if protocol else "."),
        "Runs are paired slice by slice by the slice's key. A gain is above 0 where the first run "
        "of a pair is better, whatever the direction of the metric. Differences of 0 are "
        f"{zeros[test.test.zero_rule]}. Two tests stand side by side: the paper's, Wilcoxon's "
        "signed rank over slices, and one that can be generalised, the sign flip of patients' mean "
        f"gains. Each is corrected after Holm over {counted(test.holm.family, 'comparison')}; the "
        "verdict rests on the second.",
    ]


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
        f"Of {counted(len(cells), 'statement')} in print: {summary}.", rows, tuple(reasons)
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
