"""Every page in headless Chromium: it draws, answers a click and writes no error."""

from pathlib import Path

import pytest
from in_browser import FIGURE, IMAGE, NAMES, WAIT, opened, rest, visit

from benchmarks.filled_store import Size, fill
from dashboards.app import PAGES, path_of
from dashboards.browsing import browser_page, dashboard, find_chromium


@pytest.mark.slow
def test_of_an_empty_store_every_page_says_what_would_fill_it(database: Path) -> None:
    with opened() as (page, server, errors):
        for name in NAMES:
            visit(page, server, name)
            said = "make main-quick" if name == "overview" else "holds no run of"
            page.get_by_text(said).first.wait_for(timeout=WAIT)
            rest(page)
        assert errors == []


@pytest.mark.slow
@pytest.mark.parametrize("runs", [1, 200])
def test_every_page_draws_and_answers(
    database: Path, runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    fill(Size(runs, patients=3, slices=4, pixels=32, denoiser="unet:2"))
    with opened() as (page, server, errors):
        for name in NAMES:
            visit(page, server, name)
            if runs == 1 and name == "comparison":  # which takes two
                page.get_by_text("holds no run of").wait_for(timeout=WAIT)
                continue
            page.locator(FIGURE).first.wait_for(timeout=WAIT)
            rest(page)
        visit(page, server, "influence")
        answer = page.get_by_test_id("stMetricValue").first
        answer.wait_for(timeout=WAIT)
        rest(page)
        before = answer.inner_text()
        page.get_by_role("slider", name="Target").press("ArrowLeft")  # usable by keyboard
        page.wait_for_function(
            "before => !document.querySelector('[data-testid=stMetricValue]')"
            ".innerText.includes(before)", arg=before, timeout=WAIT,
        )  # fmt: skip
        visit(page, server, "training")
        page.locator(FIGURE).first.wait_for(timeout=WAIT)
        visit(page, server, "slices")
        with page.expect_response(lambda one: "/media/" in one.url, timeout=WAIT) as sent:
            page.get_by_role("button", name="Worst").click(timeout=WAIT)
        assert sent.value.headers["content-type"] == "image/png"  # no JPEG of it
        rest(page)
        with page.expect_download(timeout=WAIT) as saved:
            page.get_by_role("button", name="SVG").click()
        assert "<svg" in Path(saved.value.path()).read_text()
        assert errors == []


@pytest.mark.slow
def test_on_dark_ground_figures_are_dark(database: Path) -> None:
    fill(Size(1, patients=3, slices=2, pixels=32, denoiser="unet:2"))
    with dashboard() as server, browser_page(find_chromium(), 1280, dark=True) as page:
        visit(page, server, "studies")
        page.locator(IMAGE).first.wait_for(timeout=WAIT)
        rest(page)
        corner = page.evaluate(
            """async selector => {
                const image = document.querySelector(selector); await image.decode();
                const canvas = new OffscreenCanvas(1, 1).getContext('2d');
                canvas.drawImage(image, 0, 0);
                return [...canvas.getImageData(0, 0, 1, 1).data] }""",
            IMAGE,
        )
        assert max(corner[:3]) < 60


@pytest.mark.slow
def test_on_a_phone_every_page_is_reached_and_nothing_asked_for_is_missing(database: Path) -> None:
    missing: list[str] = []
    with dashboard() as server, browser_page(find_chromium(), 390, 844) as page:
        page.on("response", lambda got: missing.append(got.url) if got.status == 404 else None)
        for name, title, _ in PAGES:
            page.goto(f"{server.address}/{path_of(name)}")
            page.get_by_role("heading", name=title, exact=True).wait_for(timeout=WAIT)
            assert all(
                page.get_by_role("link", name=title).last.is_visible() for _, title, _ in PAGES
            )
            wide = "() => document.documentElement.scrollWidth - window.innerWidth"
            assert page.evaluate(wide) <= 0
    assert missing == []
