"""The report and the saved views in headless Chromium: they draw, answer a click, write no error.

With an empty store, with one run and with 200.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import ConsoleMessage, FrameLocator, Page

from dashboards.browsing import browser_page, find_chromium, mlflow_ui
from entrypoints.report import main
from pi.command_line import run
from pi.parameters import ReportParameters
from pi.tracking.address import pages
from pi.tracking.saved_view import first_section, save_view
from pi.tracking.tracker import Tracked

pytestmark = pytest.mark.slow

WAIT = 240_000  # ms, on a busy machine
LATE = "ResizeObserver loop completed"
"""What a browser says where the MLflow UI lays out its charts in two steps."""

RUNS = {"empty": 0, "one": 1, "many": 200}


@pytest.fixture(scope="module", params=RUNS)
def store(
    request: pytest.FixtureRequest,
    empty_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, str, Path, str]]:
    """A store of so many runs, reported: its size, address, page and the report's run."""
    folder = tmp_path_factory.mktemp(request.param)
    file = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
        patch.setenv("PI_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        if runs := RUNS[request.param]:
            from benchmarks.filled_store import Size, fill

            fill(Size(runs=runs, patients=2, slices=2, pixels=32, denoiser="unet:8"))
        assert run(main, ReportParameters, "", ["--to", str(folder)]) == 0
        with Tracked().open("train", "for its view") as tracked:
            save_view(tracked, "train")
        yield request.param, f"sqlite:///{file}", folder / "report.html", tracked.experiment_id


@contextmanager
def watched(*, dark: bool = False) -> Iterator[tuple[Page, list[str]]]:
    """Open a page, and the list of what it writes as an error or asks of another machine."""
    said: list[str] = []
    with browser_page(find_chromium(), 1280, dark=dark) as page:
        page.on("console", lambda one: said.append(one.text) if _is_ours(one) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        ours = ("file:", "data:", "blob:", "http://127.0.0.1")
        page.on("request", lambda one: None if one.url.startswith(ours) else said.append(one.url))
        yield page, said


def _is_ours(message: ConsoleMessage) -> bool:
    """Return whether a message is an error, and not of MLflow's own: its layout, a user's name."""
    asks = message.location.get("url", "").endswith("/mlflow/users/current")
    return message.type == "error" and not asks and LATE not in message.text


def in_view(page: Page | FrameLocator, section: str) -> bool:
    """Return whether the heading of a section is within the window that shows it."""
    place = page.locator(f"#{section} h2").first
    top = place.evaluate("one => one.getBoundingClientRect().top / innerHeight")
    return -0.05 < float(top) < 1


def figures_of(size: str) -> int:
    """Return how many figures the page must have at least."""
    return {"empty": 0, "one": 4, "many": 8}[size]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_opens_from_disk(store: tuple[str, str, Path, str], dark: bool) -> None:
    size, _, file, _ = store
    with watched(dark=dark) as (page, said):
        page.goto(file.as_uri())
        assert (
            page.get_by_role("heading", level=1).inner_text() == "Experiment perceptual-influence"
        )
        assert page.locator("figure svg").count() >= figures_of(size)
        assert not in_view(page, "making") or size == "empty"
        page.get_by_role("link", name="How it was made").click()
        assert in_view(page, "making")
        ink = page.locator("h1").evaluate("one => getComputedStyle(one).color")
        assert (int(ink.removeprefix("rgb(").split(",")[0]) > 128) == dark
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0  # wide tables scroll by themselves
        assert said == []


def test_it_prints(store: tuple[str, str, Path, str]) -> None:
    _, _, file, _ = store
    with watched() as (page, said):
        page.goto(file.as_uri())
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert said == []


def test_the_page_and_the_saved_view_open_in_the_mlflow_ui(
    store: tuple[str, str, Path, str],
) -> None:
    size, uri, _, experiment = store
    (report,) = MlflowClient(uri).search_runs([experiment], "tags.pi.stage = 'report'")
    with mlflow_ui(uri) as address, watched() as (page, said):
        run_page, view_page = pages(address, experiment, report.info.run_id, "pi-train")
        page.goto(run_page.replace("?", "/artifacts/report.html?"))
        frame = page.frame_locator("iframe").first
        frame.get_by_role("heading", level=1).wait_for(timeout=WAIT)
        assert frame.locator("figure svg").count() >= figures_of(size)
        frame.get_by_role("link", name="How it was made").click()
        page.wait_for_timeout(500)
        assert in_view(frame, "making")
        assert said == []
        page.goto(view_page)
        section = page.get_by_text(first_section("train")).first
        page.get_by_text("You're viewing a shared view").wait_for(timeout=WAIT)
        if size != "empty":  # a view without values hides its charts
            section.wait_for(timeout=WAIT)
            charts = page.locator(".js-plotly-plot")
            charts.first.wait_for(timeout=WAIT)
            before = charts.count()
            section.click()
            page.wait_for_function(
                "n => document.querySelectorAll('.js-plotly-plot').length < n", arg=before
            )
        assert said == []
