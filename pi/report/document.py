"""The report as one HTML page: no network, no script, light and dark, on screen and on paper."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pi.comparison.verdict import Outcome
from pi.report.answers import Answer
from pi.report.latex import MINUS
from pi.report.tables import TextTable

HERE = Path(__file__).parent
KEPT = re.compile(r" (=|%)(?= |$|[,.;)\]])")


@dataclass(frozen=True)
class Drawn:
    """A figure on the page: its name, its ``<svg>`` or ``<img>``, and its caption."""

    name: str
    picture: Markup = field(repr=False)
    caption: str


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict on the page."""

    pair: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A statement of the paper on the page; ``note`` numbers its reason, from 1."""

    statement: str
    paper: str
    here: str
    status: str
    note: int


@dataclass(frozen=True)
class Board:
    """The reproduction board on the page.

    Attributes:
        summary: how many statements were reproduced, in words.
        rows: where it is printed -> one a statement.
        reasons: what `BoardRow.note` refers to.
    """

    summary: str
    rows: Mapping[str, Sequence[BoardRow]]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All that is on the page, as text; the template places and escapes it.

    Attributes:
        title: what is compared.
        subtitle: by which metrics, on what.
        headline: the answer.
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
        making: facts by name.
        command: that makes it again.
    """

    title: str
    subtitle: str
    headline: tuple[str, ...]
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
    making: Mapping[str, str]
    command: str


def render(report: Report) -> str:
    """Return the page; everything in ``report`` that is no `Markup` is escaped."""
    style = Markup((HERE / "comparison.css").read_text())
    return _environment().get_template("comparison.html.j2").render(report=report, style=style)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = typeset
    environment.filters["slug"] = lambda text: re.sub(r"\W+", "-", text).lower()
    return environment


def typeset(text: str) -> str:
    """Return text with a true minus, an apostrophe, and no break around ``=`` and before ``%``."""
    return KEPT.sub("\u00a0\\1", MINUS.sub("−", text).replace("'", "’")).replace("= ", "=\u00a0")
