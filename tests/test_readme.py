"""README and documentation: short, whole, and as the code has it."""

import doctest
import re
from pathlib import Path

import pytest
import yaml

from docs.made import page_of, row_of
from pi.console.commands import command_names, declared_by
from pi.parameters import ENTRY_POINTS
from pi.version import __version__

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = sorted((ROOT / "docs").glob("*.md"))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        own = re.search(r"\{#([\w-]+)\}", heading)
        words = re.sub(r"[^\w\s-]", "", heading.partition(" {#")[0].lower())
        found.add(own[1] if own else words.strip().replace(" ", "-"))
    return found


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 12_000


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_a_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        file, _, anchor = link.partition("#")
        if "://" in link or file.startswith(("made/", "../made/")):
            continue
        target = (page.parent / file) if file else page
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    text = README + "".join(page.read_text() for page in PAGES)
    shown = set(re.findall(r"pictures/([\w]+\.png)\)", text))
    assert shown == {file.name for file in (ROOT / "dashboards" / "pictures").glob("*.png")}


@pytest.mark.parametrize("command", ENTRY_POINTS)
def test_a_command_has_a_page_with_every_parameter(command: str) -> None:
    page = page_of(command)
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    assert listed == [row_of(one) for one in declared_by(command)]
    for one in declared_by(command):
        assert one.help.replace("|", "\\|") in page


def test_the_contents_name_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    named = set(re.findall(r": ([\w/]+\.md)$", text, re.MULTILINE))
    assert named == {page.name for page in PAGES} | {f"made/{name}.md" for name in command_names()}
    assert yaml.safe_load(text)["theme"]["font"] is False  # whose fonts would come from elsewhere


def test_the_tutorial_runs() -> None:
    tried = doctest.testfile(str(ROOT / "docs" / "tutorial.md"), module_relative=False)
    assert tried.attempted > 5
    assert tried.failed == 0


def test_the_citation_has_the_version() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.slow
def test_the_pages_ask_no_network(tmp_path: Path) -> None:
    import subprocess
    import sys

    subprocess.run([sys.executable, "-m", "docs.made"], cwd=ROOT, check=True)
    build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|link|img)[^>]*(?:src|href)=.?https?:[^>]*>", page.read_text()
        )
        assert [one for one in loaded if "canonical" not in one] == [], page.name
