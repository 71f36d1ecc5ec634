"""What the tracking store holds of a comparison."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from pi.comparison.board import board_table
from pi.comparison.compare import Comparison
from pi.evaluation.metrics import ranked_metrics
from pi.report.blocks import TextTable
from pi.report.comparison import Report, comparison_page
from pi.report.compose import compose
from pi.report.configuration import Configuration, DataFacts, Making
from pi.report.document import render
from pi.report.exhibits import gather
from pi.report.figures import FigureWithData
from pi.report.latex import latex
from pi.text_table import aligned, markdown
from pi.tracking.contrasts import log_contrasts
from pi.tracking.making import making
from pi.tracking.run import Run

COMPARED_BY = "pi.compared_by"
"""Tag of a compared run: the comparisons that it is in."""


def log_setup(
    run: Run,
    parameters: Mapping[str, str],
    configurations: Sequence[Configuration],
    facts: DataFacts,
) -> None:
    """Log what is compared, on which data; link both ways."""
    members = [member for one in configurations for member in one.members]
    table = configurations[0].group.table
    run.dataset(
        "simulated" if facts.simulated else "patients",
        table.digest,
        {"digest": table.digest, "simulated": facts.simulated, "part": table.part},
    )
    run.tags(
        {
            "mlflow.runName": f"compare {', '.join(one.name for one in configurations)}"[:250],
            "pi.compared_runs": " ".join(member.evaluation for member in members),
            "pi.data_digest": table.digest,
        }
    )
    for member in members:
        run.listed_by(member.evaluation, COMPARED_BY)
    named = {one.name: [member.evaluation for member in one.members] for one in configurations}
    run.json({"parameters": parameters, "runs": named}, "config.json")


def making_of(
    run: Run,
    parameters: Mapping[str, str],
    configurations: Sequence[Configuration],
    chosen: str,
) -> Making:
    """Return how a comparison is made; its command names the evaluations that were found.

    Args:
        run: of the comparison.
        parameters: as typed.
        configurations: what is compared.
        chosen: how the reference was chosen, in words.
    """
    ids = ",".join(member.evaluation for one in configurations for member in one.members)
    return making(run, "compare", {**parameters, "runs": ids}, chosen)


def log_comparison(
    run: Run,
    configurations: Sequence[Configuration],
    comparison: Comparison,
    facts: DataFacts,
    making: Making,
    slices: Sequence[FigureWithData],
) -> Report:
    """Log tables, figures, metrics, the report and the note; return the report.

    Args:
        run: of the comparison.
        configurations: what is compared.
        comparison: what was found.
        facts: of the data.
        making: how it was made.
        slices: figures with pixels, if there are any.
    """
    exhibits = gather(configurations, comparison, facts, slices)
    report = compose(configurations, comparison, facts, making, exhibits)
    answers = [answer.table for answer in report.answers if answer.table]
    for table in (*exhibits.tables, *answers, report.runs, report.weights):
        if table is not None:
            _log_table(run, table)
    run.text(exhibits.means.to_csv(index=False), "means.csv")
    log_contrasts(run, comparison)
    run.table(board_table(exhibits.cells), "reproduction.json")
    run.text(board_table(exhibits.cells).to_csv(index=False), "reproduction.csv")
    for figure in (*exhibits.figures, exhibits.influence):
        if figure is not None:
            run.figure(figure.figure, figure.name, figure.data)
    run.text(render(comparison_page(report)), "report.html")
    run.metrics(_metrics(comparison, exhibits.means))
    run.note(_note(report))
    return report


def verdict_text(report: Report) -> str:
    """Return the answer and Table 4 for a terminal."""
    table = next(one for one in report.results if one.name.startswith("table4"))
    return "\n".join(
        [report.title, "", *report.headline, "", aligned([table.columns, *table.rows]), ""]
    )


def _log_table(run: Run, table: TextTable) -> None:
    run.table(table.frame(), f"{table.name}.json")
    run.text(table.frame().to_csv(index=False), f"{table.name}.csv")
    run.text(latex(table), f"{table.name}.tex")


def _metrics(comparison: Comparison, means: pd.DataFrame) -> dict[str, float]:
    paired = next(iter(comparison.paired.values()))
    outcomes = Counter(verdict.outcome for verdict in comparison.verdicts)
    metrics = {
        "slices": len(paired.values),
        "patients": len(paired.patients),
        "comparisons": len(comparison.contrasts),
        **{f"outcome/{outcome.replace(' ', '_')}": n for outcome, n in outcomes.items()},
    }
    for row in means.to_dict("records"):
        metrics |= {f"{metric}_of/{row['experiment']}": row[metric] for metric in ranked_metrics()}
    friedmans = comparison.friedman.items()
    return metrics | {f"{metric}/friedman_log10_p": found.log10_p for metric, found in friedmans}


def _note(report: Report) -> str:
    """Return the answer as Markdown, for the run's page."""
    shown = [table for table in report.results if table.name != "seeds"][:2]
    return "\n\n".join(
        [
            f"**{report.title}** ({report.subtitle}) The whole of it: artifact `report.html`.",
            " ".join(report.headline),
            *(markdown([table.columns, *table.rows]) for table in shown),
        ]
    )
