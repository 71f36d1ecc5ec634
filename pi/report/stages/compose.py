"""What was found, put into words and places: the page of a whole experiment."""

from collections.abc import Iterator

from pi.comparison.verdict import counted
from pi.report.comparison_page import Report
from pi.report.configuration import Making
from pi.report.document import Link, Page, Section
from pi.report.stages.calibrated import calibrated_headline, calibrated_section
from pi.report.stages.compared import compared_section
from pi.report.stages.data import data_section
from pi.report.stages.evaluated import evaluated_headline, evaluated_section
from pi.report.stages.found import Found
from pi.report.stages.missing import missing_section
from pi.report.stages.runs import making_section
from pi.report.stages.searched import searched_headline, searched_section
from pi.report.stages.trained import trained_headline, trained_section

PAIRS = 3
"""Of a comparison that are told at once; the rest stand in its section."""


def experiment_page(found: Found, making: Making) -> Page:
    """Return the page: one section a stage that there is, and one of what is missing."""
    sections = [one for one in _stages(found) if one is not None]
    missing = missing_section(found, [one.name for one in sections])
    sections += [missing] if missing else []
    sections.append(making_section(found, making))
    return Page(
        kicker="Perceptual influence: a whole experiment",
        title=found.title,
        subtitle=_subtitle(found, making),
        headline=tuple(headline(found)),
        contents=tuple(Link(one.name, one.title) for one in sections),
        sections=tuple(sections),
    )


def headline(found: Found) -> list[str]:
    """Return the answer, a sentence or two a stage."""
    if not found.runs:
        return ["There is no run to report yet. Begin with: make calibrate."]
    said = [
        *calibrated_headline(found.calibrated),
        *trained_headline(found.trained),
        *evaluated_headline(found.evaluated),
        *(_compared(found.comparison) if found.comparison else ()),
        *searched_headline(found.searched),
    ]
    return said or ["None of these runs has come to a result yet."]


def _compared(report: Report) -> tuple[str, ...]:
    """Return the verdict, and what the nearest of the other runs does beside similarity."""
    return (*report.headline[-1:], *report.beyond[:PAIRS], *report.warnings)


def _stages(found: Found) -> Iterator[Section | None]:
    yield data_section(found)
    yield calibrated_section(found.calibrated)
    yield trained_section(found.trained)
    yield evaluated_section(found.evaluated, found.texture)
    yield compared_section(found)
    yield searched_section(found.searched)


def _subtitle(found: Found, making: Making) -> str:
    if not found.runs:
        return f"{making.made}."
    begun = [run.begun for run in found.runs]
    first, last = (f"{day.day} {day:%B %Y}" for day in (min(begun), max(begun)))
    when = first if first == last else f"{first} to {last}"
    return f"{counted(len(found.runs), 'run')}, begun {when}. Read on {making.made}."
