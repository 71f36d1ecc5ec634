"""Take pictures of all pages: `make screenshots`, after `make main`, `make search`, `make report`.

Needs a Chromium (Debian: `apt-get install chromium`; another one: CHROMIUM=/path/to/it). It opens
every page of the dashboard, the newest report and the MLflow UI's saved view of the newest
calibration, all over the tracking store of this folder, and writes them and that calibration's
figure into `dashboards/pictures`, each with as few colours as keep it small in a clone. What is to
be looked at before a release, every page whole at both widths on both grounds, goes to the folder
`screenshots`, which is in no clone.
"""

import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from dashboards.app import PAGES, path_of
from dashboards.browsing import browser_page, dashboard, find_chromium, mlflow_ui
from pi.tracking.address import pages, tracking_uri
from pi.tracking.records import fetch_artifact, newest_run
from pi.tracking.saved_view import first_section, view_key

PICTURES = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1280, 1280  # pixels: the narrowest screen that the pages are made for
DARK = "influence"
"""The page that is shown on dark ground, too."""

LOOKED_AT = Path("screenshots")
WIDTHS = (1440, 390)
"""Pixels of a desk and of a phone."""

WAIT = 120_000  # ms
LARGEST = 300_000  # bytes of a picture


def main() -> None:
    """Write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    chromium = find_chromium()
    with dashboard() as server:
        for dark in (False, True):
            with browser_page(chromium, WIDTH, HEIGHT, dark=dark) as page:
                for name, title, _ in PAGES:
                    if not dark or name == DARK:
                        page.goto(f"{server.address}/{path_of(name)}")
                        page.get_by_role("heading", name=title, exact=True).wait_for(timeout=WAIT)
                        _take(page, f"page_{name}_dark" if dark else f"page_{name}")
        take_all(server.address, chromium, LOOKED_AT)
    reported, _ = newest_run("report")
    with browser_page(chromium, WIDTH, HEIGHT) as page:
        page.goto(fetch_artifact(reported, "report.html").as_uri())
        _take(page, "report")
    run_id, experiment_id = newest_run("calibrate")
    shutil.copy(fetch_artifact(run_id, "influence.png"), PICTURES)
    with mlflow_ui(tracking_uri()) as address, browser_page(chromium) as page:
        _, curves_page = pages(address, experiment_id, run_id, view_key("calibrate", run_id))
        page.goto(curves_page)
        page.get_by_text(first_section("calibrate")).first.wait_for(timeout=WAIT)
        page.get_by_role("button", name="Close").last.click()  # the assistant's pane
        _take(page, "curves")


def take_all(address: str, chromium: str, folder: Path) -> None:
    """Write every page, whole, at each of `WIDTHS` on light and on dark ground."""
    folder.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for dark in (False, True):
            with browser_page(chromium, width, 1000, dark=dark) as page:
                for name, title, _ in PAGES:
                    page.goto(f"{address}/{path_of(name)}")
                    page.get_by_role("heading", name=title, exact=True).wait_for(timeout=WAIT)
                    _rest(page)
                    _grow(page, width)
                    file = folder / f"{name}_{width}_{'dark' if dark else 'light'}.png"
                    page.screenshot(path=file)
                    page.set_viewport_size({"width": width, "height": 1000})
                    print(f"written: {file}", flush=True)


def _grow(page: Page, width: int) -> None:
    """Make the window as high as the page, which scrolls within it."""
    asked = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
    page.set_viewport_size({"width": width, "height": min(int(page.evaluate(asked)) + 80, 8000)})
    page.wait_for_timeout(1_500)


def _rest(page: Page) -> None:
    page.wait_for_timeout(2_000)
    for busy in ("stStatusWidget", "stSkeleton"):
        page.locator(f"[data-testid={busy}]").first.wait_for(state="hidden", timeout=WAIT)
    page.wait_for_timeout(2_000)  # charts draw themselves after their data


def _take(page: Page, name: str) -> None:
    _rest(page)
    file = PICTURES / f"{name}.png"
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size < LARGEST:
            break
    print(f"written: dashboards/{PICTURES.name}/{name}.png", flush=True)


if __name__ == "__main__":
    main()
