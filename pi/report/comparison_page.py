"""A comparison in words and places, and the page that is made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pi.report.answers import Answer
from pi.report.blocks import (
    Block,
    Board,
    Bullets,
    Command,
    Drawn,
    Facts,
    Part,
    Said,
    TextTable,
    Verdicts,
    Words,
)
from pi.report.document import Link, Page, Section


@dataclass(frozen=True)
class Report:
    """All that is said of a comparison, as text.

    Attributes:
        title: what is compared.
        subtitle: by which metrics, on what.
        headline: the answer.
        beyond: what similarity does not tell of it, a sentence a pair.
        warnings: what keeps it from meaning what it seems to.
        question: what was asked, and how the reference was chosen.
        data: what the slices are of.
        method: how the comparison is done.
        results: Table 3, spread over seeds, Tables 4.
        verdicts: one a comparison, by the first metric.
        figures: of the results.
        answers: to the research questions.
        influence: the figure of RQ1.
        limits: what is not supported.
        board: the paper beside these runs.
        runs: which runs.
        weights: of the encoders.
        making: facts by name.
        command: that makes it again.
    """

    title: str
    subtitle: str
    headline: tuple[str, ...]
    beyond: tuple[str, ...]
    warnings: tuple[str, ...]
    question: tuple[str, ...]
    data: tuple[str, ...]
    method: tuple[str, ...]
    results: tuple[TextTable, ...]
    verdicts: tuple[Said, ...]
    figures: tuple[Drawn, ...]
    answers: tuple[Answer, ...]
    influence: Drawn | None
    limits: tuple[str, ...]
    board: Board
    runs: TextTable
    weights: TextTable | None
    making: Mapping[str, str]
    command: str

    @property
    def answer(self) -> tuple[str, ...]:
        """All that is said first."""
        return (*self.headline, *self.beyond, *self.warnings)


CONTENTS = (
    Link("question", "Question"),
    Link("data", "Data and method"),
    Link("results", "Results"),
    Link("verdicts", "Verdicts"),
    Link("figures", "Figures"),
    Link("rq1", "RQ1"),
    Link("rq2", "RQ2"),
    Link("rq3", "RQ3"),
    Link("limits", "Limits"),
    Link("reproduction", "Reproduction"),
    Link("making", "How it was made"),
)


def comparison_page(report: Report) -> Page:
    """Return the page of a comparison."""
    weights = (report.weights,) if report.weights else ()
    sections = (
        Section("question", "Question", (Words(report.question),)),
        Section("data", "Data and method", (Words(report.data), Words(report.method))),
        Section("results", "Results", report.results),
        Section("verdicts", "Verdicts", (Verdicts(report.verdicts),)),
        Section("figures", "Figures", report.figures),
        Section(
            "questions",
            "The paper’s research questions, for these runs",
            tuple(_answers(report)),
        ),
        Section("limits", "Limits", (Bullets(report.limits),)),
        Section("reproduction", "The paper beside these runs", (report.board,)),
        Section(
            "making",
            "How it was made",
            (
                report.runs,
                *weights,
                Facts(report.making),
                Command("Made again by:", report.command),
            ),
        ),
    )
    return Page(
        "Comparison of denoisers", report.title, report.subtitle,
        report.answer, CONTENTS, sections,
    )  # fmt: skip


def _answers(report: Report) -> Iterator[Part]:
    for answer in report.answers:
        blocks: list[Block] = [Words(answer.sentences)]
        if answer.table:
            blocks.append(answer.table)
        if answer.name == "RQ1" and report.influence:
            blocks.append(report.influence)
        yield Part(answer.name, f"{answer.name}.", answer.question, tuple(blocks))
