"""A page as one HTML file: no network, light and dark, on screen and on paper.

It needs no script; the one it has makes its contents work within the MLflow UI.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pi.report.blocks import Block, Drawn, Part
from pi.report.text import typeset

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page.

    Attributes:
        name: its anchor.
        title: its heading.
        blocks: what it holds.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the page's contents: where it leads, and what it is called there."""

    name: str
    text: str


@dataclass(frozen=True)
class Page:
    """All that is on a page, as text; the template places and escapes it.

    Attributes:
        kicker: what kind of page it is.
        title: of what.
        subtitle: how, on what, when.
        headline: the answer.
        contents: where a reader may want to go.
        sections: in the order of the argument.
    """

    kicker: str
    title: str
    subtitle: str
    headline: tuple[str, ...]
    contents: tuple[Link, ...]
    sections: tuple[Section, ...]


def render(page: Page) -> str:
    """Return the page; everything in it that is no `Markup` is escaped."""
    style, script = (Markup((HERE / f"page.{kind}").read_text()) for kind in ("css", "js"))
    numbers = {one.name: k for k, one in enumerate(_drawings(page), 1)}
    template = _environment().get_template("page.html.j2")
    return template.render(
        page=page, style=style, script=script, number=lambda one: numbers[one.name]
    )


def _drawings(page: Page) -> Iterator[Drawn]:
    """Yield the figures of a page in the order in which they are read."""

    def within(blocks: Sequence[Block]) -> Iterator[Drawn]:
        for block in blocks:
            if isinstance(block, Drawn):
                yield block
            elif isinstance(block, Part):
                yield from within(block.blocks)

    for section in page.sections:
        yield from within(section.blocks)


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
