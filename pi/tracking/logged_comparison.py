"""What the tracking store holds of a comparison."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pi.comparison.board import board_table
from pi.comparison.comparison import Comparison
from pi.comparison.contrast import Contrast
from pi.comparison.contrast_table import breakdown_table, contrast_table
from pi.comparison.verdict import Verdict
from pi.evaluation.metrics import ranked_metrics
from pi.figures.effect_forest import claimed
from pi.figures.paired_differences import pair_label
from pi.report.blocks import TextTable
from pi.report.comparison_page import Report, comparison_page
from pi.report.compose import compose
from pi.report.configuration import Configuration, DataFacts, Making
from pi.report.document import render
from pi.report.exhibits import gather
from pi.report.figures import FigureWithData
from pi.report.latex import latex
from pi.run_names import run_name
from pi.text_table import markdown
from pi.tracking.run import Run, list_tags

COMPARED_BY = "pi.compared_by"
"""Tag of a compared run: the comparisons that it is in."""

COMPARED = "pi.compared_runs"
"""Tag of a comparison: the runs that it compared."""


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
    run.rename(run_name(", ".join(one.name for one in configurations), "compare"))
    run.tags(
        {"pi.data_digest": table.digest}
        | list_tags(COMPARED, [member.evaluation for member in members])
    )
    for member in members:
        run.listed_by(member.evaluation, COMPARED_BY)
    named = {one.name: [member.evaluation for member in one.members] for one in configurations}
    run.json({"parameters": parameters, "runs": named}, "config.json")


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
    _log_contrasts(run, comparison)
    run.table(board_table(exhibits.cells), "reproduction.json")
    run.text(board_table(exhibits.cells).to_csv(index=False), "reproduction.csv")
    for figure in (*exhibits.figures, exhibits.influence):
        if figure is not None:
            run.figure(figure.figure, figure.name, figure.data)
    run.text(render(comparison_page(report)), "report.html")
    run.metrics(_metrics(comparison, exhibits.means))
    run.note(_note(report))
    return report


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


def _log_contrasts(run: Run, comparison: Comparison) -> None:
    """Log every number of every comparison; a pair has a nested run of its own.

    Metric names are then the same everywhere, and the UI's table of runs reads as Table 4.
    """
    table = contrast_table(comparison)
    run.parquet(table, "contrasts.parquet")
    run.text(table.to_csv(index=False), "contrasts.csv")
    run.table(table.replace([np.inf, -np.inf], np.nan), "contrasts.json")
    divided = breakdown_table(comparison)
    run.parquet(divided, "breakdown.parquet")
    run.text(divided.to_csv(index=False), "breakdown.csv")
    pairs: dict[str, list[tuple[Contrast, Verdict]]] = {}
    for one, verdict in zip(comparison.contrasts, comparison.verdicts, strict=True):
        pairs.setdefault(pair_label(one), []).append((one, verdict))
    # The UI lists the newest first, so the first is written last.
    for label, of in reversed(pairs.items()):
        with run.child(label, "contrast") as child:
            first, verdict = of[0]
            child.params({"run": first.other, "against": first.reference,
                          "outcome": verdict.outcome, "protocol": comparison.protocol})  # fmt: skip
            child.metrics(
                {f"{one.metric}/{k}": v for one, _ in of for k, v in _contrast_metrics(one).items()}
            )
            child.note("\n\n".join(verdict.sentence for _, verdict in of))


def _contrast_metrics(one: Contrast) -> dict[str, float]:
    """Return the few numbers of a comparison by which the UI's charts can order it."""
    slices, patients = one.slices, one.patients
    gain = claimed(patients.intervals.mean_gain, len(patients.gains))
    return {
        "gain": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
        "rank_biserial": slices.effects.rank_biserial.value,
        "d_z": slices.effects.d_z.value,
        "d_pooled": slices.effects.d_pooled,
        "log10_p_of_slices": slices.test.log10_p,
        "p_of_patients": patients.flip.p,
        "p_of_patients_holm": patients.flip_holm.p,
        "patients_agreeing": patients.agreeing,
    }


def _note(report: Report) -> str:
    """Return the answer as Markdown, for the run's page."""
    shown = [table for table in report.results if table.name != "seeds"][:2]
    return "\n\n".join(
        [
            f"**{report.title}** ({report.subtitle}) The whole of it: artifact `report.html`.",
            " ".join(report.answer),
            *(markdown([table.columns, *table.rows]) for table in shown),
        ]
    )
