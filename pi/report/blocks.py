"""What a page is made of: words, tables, drawings, verdicts. Each is text that the page escapes.

``kind`` names the macro of ``blocks.html.j2`` that places a block.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd
from markupsafe import Markup

from pi.comparison.verdict import Outcome
from pi.text_table import aligned

_WORDS = re.compile(r"\s*[^\W\d_]{2}")
"""How a cell begins that is no number: with two letters."""


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs, one a sentence or two."""

    kind: ClassVar = "words"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, one sentence each."""

    kind: ClassVar = "bullets"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """What is not there, and why, or what would bring it."""

    kind: ClassVar = "absent"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as it is printed.

    Attributes:
        name: of its file, such as ``table3``.
        label: in front of its caption, such as ``Table 3``.
        caption: one sentence or two.
        columns: headings.
        rows: as many cells each; the first one names the row.
    """

    kind: ClassVar = "table"
    name: str
    label: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Return it for a terminal, with its caption."""
        return f"{self.label}:\n{aligned([self.columns, *self.rows])}\n{self.caption}\n"

    @property
    def words(self) -> frozenset[int]:
        """The columns of words, which begin at the left; numbers end at the right."""
        return frozenset(
            k
            for k, cells in enumerate(zip(*self.rows, strict=True))
            if any(_WORDS.match(cell) for cell in cells)
        )

    def frame(self) -> pd.DataFrame:
        """Return the table for CSV and for the tracking store."""
        return pd.DataFrame(self.rows, columns=list(self.columns), dtype=str)


@dataclass(frozen=True)
class Drawn:
    """A figure on the page: its name, its ``<svg>`` or ``<img>``, and its caption."""

    kind: ClassVar = "drawing"
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
class Verdicts:
    """Verdicts, one a comparison."""

    kind: ClassVar = "verdicts"
    each: tuple[Said, ...]


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

    kind: ClassVar = "board"
    summary: str
    rows: Mapping[str, tuple[BoardRow, ...]]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts by name."""

    kind: ClassVar = "facts"
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed to have it again, after a few words."""

    kind: ClassVar = "command"
    before: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a section under a heading of its own.

    Attributes:
        name: its anchor.
        title: its heading.
        after: what follows the heading in italics, such as a question.
        blocks: what it holds.
    """

    kind: ClassVar = "part"
    name: str
    title: str
    after: str
    blocks: "tuple[Block, ...]"


Block = Words | Bullets | Absent | TextTable | Drawn | Verdicts | Board | Facts | Command | Part
