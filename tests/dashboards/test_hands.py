"""The pages in Chromium by keyboard alone, by a dragging hand, on paper, and when things go.

What is gone while a page shows it is told, and the page stays.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from filled_place import filled_place
from in_browser import FIGURE, NAMES, WAIT, looking, rest, still, visit
from mlflow import MlflowClient
from playwright.sync_api import Page

from dashboards.browsing import Server, dashboard
from pi.tracking.address import tracking_uri
from pi.tracking.listing import list_runs

pytestmark = pytest.mark.slow

FOCUSED = """() => {
    const one = document.activeElement, seen = getComputedStyle(one);
    const box = one.closest('[data-baseweb], [data-testid]') ?? one;
    const around = getComputedStyle(box);
    return {
        name: one.getAttribute('aria-label') || one.innerText || one.getAttribute('role') || '',
        tag: one.tagName, type: one.type || '',
        ring: seen.outlineStyle !== 'none' || seen.boxShadow !== 'none'
            || around.boxShadow !== 'none',
    } }"""
"""What has the focus, and whether that is seen."""

OVERFLOW = "one => getComputedStyle(one).overflowY"
GROUND = "one => getComputedStyle(one).backgroundColor"

STAGES = {"influence": "calibration", "training": "train", "slices": "evaluate",
          "comparison": "compare", "studies": "search"}  # fmt: skip

POINTS = """() => {
    const marks = document.querySelector('[data-testid=stVegaLiteChart] svg')
        ?.querySelectorAll('g.mark-symbol') ?? [];
    const most = [...marks].sort((one, other) => other.children.length - one.children.length)[0];
    return [...most?.children ?? []].map(one => {
        const box = one.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2] }) }"""
"""Where the points of the curves are on the screen."""


@pytest.fixture(scope="module")
def folder(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a store with two runs of everything, in force."""
    with filled_place(empty_database, tmp_path_factory.mktemp("hands")) as place:
        yield place


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The dashboard over that store."""
    with dashboard() as running:
        yield running


def tabbed(page: Page, most: int, key: str = "Tab") -> Iterator[dict[str, object]]:
    """Press Tab, and yield what has the focus each time."""
    for _ in range(most):
        page.keyboard.press(key)
        yield page.evaluate(FOCUSED)


def test_by_keyboard_alone_a_page_is_chosen_and_its_target_moved(server: Server) -> None:
    with looking() as (page, errors):
        visit(page, server, "overview")
        rest(page)
        page.evaluate("() => document.activeElement.blur()")
        reached = [*tabbed(page, 12)]
        names = [str(one["name"]) for one in reached]
        assert all(any(title in name for name in names) for title in ("Influence", "Slices"))
        assert all(one["ring"] for one in reached if one["tag"] == "A"), reached
        back = (one for one in tabbed(page, 14, "Shift+Tab") if "Influence" in str(one["name"]))
        assert next(back)
        page.keyboard.press("Enter")
        answer = page.get_by_test_id("stMetricValue").first
        answer.wait_for(timeout=WAIT)
        rest(page)
        before = answer.inner_text()
        slider = next(one for one in tabbed(page, 40) if one["type"] == "range")
        assert slider["ring"], slider
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "before => !document.querySelector('[data-testid=stMetricValue]')"
            ".innerText.includes(before)", arg=before, timeout=WAIT,
        )  # fmt: skip
        assert errors == []


def test_the_target_is_dragged_along_a_curve(server: Server) -> None:
    with looking() as (page, errors):
        visit(page, server, "influence")
        page.get_by_test_id("stMetricValue").first.wait_for(timeout=WAIT)
        rest(page)
        slider = page.get_by_role("slider", name="Target")
        assert float(slider.input_value()) == 95
        points = still(page, POINTS)
        assert points
        lowest, highest = max(y for _, y in points), min(y for _, y in points)
        share = {(x, y): 100 * (lowest - y) / (lowest - highest) for x, y in points}
        start = min(share, key=lambda one: abs(share[one] - 80))
        end = min(share, key=lambda one: abs(share[one] - 30))
        page.mouse.move(start[0], start[1])
        page.mouse.down()
        page.mouse.move(end[0], end[1], steps=12)
        assert still(page, POINTS) == points  # what is dragged stays under the hand
        page.mouse.up()
        page.wait_for_function(
            "at => Math.abs(+document.querySelector('input[type=range]').value - at) < 3",
            arg=share[end],
            timeout=WAIT,
        )
        rest(page)
        assert errors == []


@pytest.mark.parametrize("dark", [False, True])
def test_on_paper_a_page_is_whole_and_has_nothing_to_press(server: Server, dark: bool) -> None:
    with looking(dark=dark) as (page, _):
        for name in NAMES:
            visit(page, server, name)
            page.locator(FIGURE).first.wait_for(timeout=WAIT)
            rest(page)
            page.emulate_media(media="print")
            for pressed in ("stDownloadButton", "stPageLink", "stTopNavLink"):
                assert not page.get_by_test_id(pressed).first.is_visible(), (name, pressed)
            cut = page.get_by_test_id("stMain").evaluate(OVERFLOW)
            assert cut == "visible", name  # on a screen it scrolls within
            paper = page.get_by_test_id("stApp").evaluate(GROUND)
            assert paper == "rgb(255, 255, 255)", name
            page.emulate_media(media="screen")


def test_a_run_deleted_while_its_page_is_open_is_told(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    client = MlflowClient(tracking_uri())
    with looking() as (page, errors):
        for name, stage in STAGES.items():
            visit(page, server, name)
            page.locator(FIGURE).first.wait_for(timeout=WAIT)
            rest(page)
            gone = list_runs(stage)[0].run_id
            client.delete_run(gone)
            page.wait_for_timeout(6000)  # what is remembered is asked for again
            page.keyboard.press("r")
            page.get_by_text(re.compile("No longer in|holds no run of")).first.wait_for(
                timeout=WAIT
            )
            rest(page)
            client.restore_run(gone)
        assert errors == []


def test_a_store_that_vanishes_is_told_and_not_made_anew(server: Server, folder: Path) -> None:
    with looking() as (page, errors):
        visit(page, server, "training")
        page.locator(FIGURE).first.wait_for(timeout=WAIT)
        rest(page)
        file = folder / "mlflow.db"
        aside = file.rename(folder / "aside.db")
        page.wait_for_timeout(6000)
        for name in NAMES:
            visit(page, server, name)
            page.get_by_text("there is none yet").first.wait_for(timeout=WAIT)
            rest(page)
        made = file.exists()
        file.unlink(missing_ok=True)
        aside.rename(file)
        assert not made
        assert errors == []
