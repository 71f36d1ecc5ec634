"""The dashboard in headless Chromium, for tests: a page by its link, and when it is at rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from dashboards.app import PAGES
from dashboards.browsing import Server, browser_page, dashboard, find_chromium

WAIT = 180_000  # ms: the machine may be busy
STEP = 200  # ms
STILL = 4  # steps in which nothing may move
NAMES = [name for name, _, _ in PAGES]
IMAGE = "[data-testid=stImage] img, [data-testid=stImageContainer] img"
FIGURE = f"{IMAGE}, [data-testid=stVegaLiteChart] svg, [data-testid=stDataFrame] canvas"


@contextmanager
def looking(*, dark: bool = False) -> Iterator[tuple[Page, list[str]]]:
    """A page of a browser, and the errors of its console so far."""
    errors: list[str] = []
    with browser_page(find_chromium(), 1280, dark=dark) as page:
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page, errors  # a request to another machine would be an error, too


@contextmanager
def opened() -> Iterator[tuple[Page, Server, list[str]]]:
    """The dashboard, a page of a browser, and the errors of its console so far."""
    with dashboard() as server, looking() as (page, errors):
        yield page, server, errors


def visit(page: Page, server: Server, name: str) -> None:
    """Go to a page by its link: at the address of a page Streamlit asks for what is not there."""
    title = {name: title for name, title, _ in PAGES}[name]
    if page.url == "about:blank":
        page.goto(server.address)
    page.get_by_role("link", name=title).click(timeout=WAIT)
    page.get_by_role("heading", name=title, exact=True).wait_for(timeout=WAIT)


def still(page: Page, script: str) -> Any:
    """Return what a script measures of a page once it says the same for a while.

    A chart is drawn after its data have come, and moves while what is around it grows: places that
    are measured as soon as the page has run to its end may be others a moment later.
    """
    before, same = page.evaluate(script), 0
    for _ in range(WAIT // STEP):
        page.wait_for_timeout(STEP)
        now = page.evaluate(script)
        before, same = now, same + 1 if now == before else 0
        if same == STILL:
            return now
    raise AssertionError(f"the page moves still: {before}")


def rest(page: Page) -> None:
    """Wait until the page has run to its end, and hold that nothing went wrong in it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    assert page.locator("[data-testid=stException]").count() == 0
