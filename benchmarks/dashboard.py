"""The dashboard over 200 runs of 3,780 slices, as a reader at a browser waits for it.

    python -m benchmarks.dashboard [runs]

In headless Chromium: the first useful paint of each page (its chart, picture or table is there), a
step of the slider of the target (its chart has moved), moving to another slice, and the memory of
the server. Beside them, in the same minute, a request that does nothing and the time until a page's
heading stands: on a busy machine all of them grow together. Lowest and median of several.

Two minutes. No number is asserted.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.filled_store import LARGE, fill
from benchmarks.processor import features
from dashboards.app import path_of
from dashboards.browsing import Server, browser_page, dashboard, find_chromium

TIMES = 5
WAIT = 60_000  # ms
CHART, IMAGE = "[data-testid=stVegaLiteChart] svg", "[data-testid=stImage] img"
USEFUL = {
    "overview": "[data-testid=stDataFrame] canvas",
    "influence": CHART,
    "training": CHART,
    "slices": IMAGE,
    "comparison": IMAGE,
    "studies": CHART,
}
"""Of each page what a reader came for."""

WATCH = """
window.begun = 0; window.drawn = 0;
const note = (kind, then) => document.addEventListener(kind, then, true);
note('keydown', () => { begun = performance.now(); drawn = 0 });
note('load', () => { drawn = performance.now() });
const seen = () => new MutationObserver(all => {
    if (all.some(one => one.target.closest?.('svg[class*=marks]'))) drawn = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true});
seen();
"""
"""Note when a key is pressed, and when the last picture was loaded or the last chart changed."""


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE.runs
    with filled(runs), dashboard() as server, browser_page(find_chromium()) as page:
        page.add_init_script(WATCH)
        print(features())
        print(f"{'ms':<44}{'lowest':>10}{'median':>10}{'asked':>10}")
        show("a request that does nothing", [idle(page, server) for _ in range(TIMES)], "")
        for name in USEFUL:
            both = [paint(page, server, name) for _ in range(TIMES)]
            show(f"first useful paint of {name}", [useful for _, useful in both], "1500")
            show("  of it until its heading stands", [head for head, _ in both], "")
        paint(page, server, "influence")
        steps = [step(page, "Target", "ArrowLeft") for _ in range(2 * TIMES)]
        show("a step of the target", steps, "150")
        paint(page, server, "slices")
        moves = [step(page, "Position", "ArrowRight") for _ in range(TIMES)]
        show("moving to the next slice", moves, "450")
        back = [step(page, "Position", "ArrowLeft") for _ in range(TIMES - 1)]
        show("moving back to a slice seen before", back, "450")
        print(f"memory of the server, GB: {memory(server):.2f} (asked: 1.4)")


@contextmanager
def filled(runs: int) -> Iterator[None]:
    """Put a filled store in force; FILLED names a folder that is kept and used again."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("FILLED", scratch))
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'mlflow.db'}"
        os.environ["PI_CACHE"] = str(folder / "cache")
        if not (folder / "mlflow.db").exists():
            begun = time.perf_counter()
            os.chdir(folder)
            fill(replace(LARGE, runs=runs))
            print(f"{runs} runs were written in {time.perf_counter() - begun:.0f} s")
        yield


def idle(page: Page, server: Server) -> float:
    """Return what a sign of life of the server takes."""
    begun = time.perf_counter()
    page.request.get(f"{server.address}/_stcore/health")
    return 1000 * (time.perf_counter() - begun)


def paint(page: Page, server: Server, name: str) -> tuple[float, float]:
    """Return how long a page takes from its address to its heading, and to what a reader came for.

    Until its first heading a page costs what Streamlit and Chromium cost.
    """
    page.goto("about:blank")
    begun = time.perf_counter()
    page.goto(f"{server.address}/{path_of(name)}")
    page.locator("h2").first.wait_for(timeout=WAIT)
    head = time.perf_counter()
    page.locator(USEFUL[name]).first.wait_for(timeout=WAIT)
    return 1000 * (head - begun), 1000 * (time.perf_counter() - begun)


def step(page: Page, label: str, key: str) -> float:
    """Return how long a press of ``key`` on a slider takes until the last figure is loaded."""
    slider = page.get_by_role("slider", name=label)
    slider.focus()
    page.wait_for_timeout(1500)  # what was under way is over
    page.keyboard.press(key)
    page.wait_for_function("drawn > begun && performance.now() - drawn > 700", timeout=WAIT)
    return float(page.evaluate("drawn - begun"))


def memory(server: Server) -> float:
    """Return the resident memory of the server in GB, as Linux tells it."""
    said = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(said.partition("VmRSS:")[2].split()[0]) / 2**20


def show(name: str, milliseconds: list[float], asked: str) -> None:
    """Print a row."""
    low, middle = min(milliseconds), statistics.median(milliseconds)
    print(f"{name:<44}{low:10.0f}{middle:10.0f}{asked:>10}", flush=True)


if __name__ == "__main__":
    main()
