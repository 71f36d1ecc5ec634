"""What the code cites of the method is there: "(method, 2.3)" leads to docs/method.md."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CITED = re.compile(r"\bmethod(?:\.md)?,?\s+(?:section\s+)?(\d(?:\.\d)?)\b", re.IGNORECASE)
HEADINGS = set(
    re.findall(r"^#+ (\d(?:\.\d)?)", (ROOT / "docs" / "method.md").read_text(), re.MULTILINE)
)
FINDINGS = {"0.4"}
"""Cited by the number of a finding in section 0."""


def citations() -> list[tuple[str, str]]:
    return [
        (str(file.relative_to(ROOT)), section)
        for folder in ("pi", "entrypoints", "dashboards", "benchmarks", "tests")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file != Path(__file__)
        for section in CITED.findall(" ".join(file.read_text().split()))
    ]


def test_the_method_is_cited() -> None:
    assert len(citations()) > 20


@pytest.mark.parametrize(("file", "section"), sorted(set(citations())))
def test_a_citation_leads_to_a_heading(file: str, section: str) -> None:
    assert section in HEADINGS | FINDINGS
