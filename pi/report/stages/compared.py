"""What was compared: the newest comparison's answer, with its tables, verdicts and figures."""

from pi.report.blocks import Block, Bullets, Part, Verdicts, Words
from pi.report.comparison_page import Report
from pi.report.document import Section
from pi.report.stages.found import Found

MOST = 12
"""Other comparisons that are named."""


def compared_section(found: Found) -> Section | None:
    """Return the section; None where nothing was compared, or it cannot be made again."""
    report, run = found.comparison, found.compared
    if report is None or run is None:
        return None
    others = [one for one in found.runs if one.stage == "compare" and one.run_id != run.run_id]
    said = [
        f"{report.title}. {report.subtitle}",
        *report.answer,
        f"This is comparison {run.short}, made again from the evaluations it is of. Its own page, "
        "with the paper beside these runs, is the artifact report.html of that run.",
    ]
    if others:
        said.append(
            f"Other comparisons, which have pages of their own: "
            f"{', '.join(f'{one.name} ({one.short})' for one in others[:MOST])}."
        )
    blocks: tuple[Block, ...] = (
        Words(tuple(said)),
        Verdicts(report.verdicts),
        *(table for table in report.results if table.name != "table3"),
        *report.figures,
        *_answers(report),
        Part("limits", "Limits", "", (Bullets(report.limits),)),
    )
    return Section("compared", "Comparison", blocks)


def _answers(report: Report) -> list[Part]:
    """Return the research questions; what RQ1 rests on stands under the calibrations."""
    return [
        Part(one.name, f"{one.name}.", one.question, (Words(one.sentences),))
        for one in report.answers
    ]
