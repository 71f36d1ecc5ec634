"""What runs now: how far it is, and when a page has news of it."""

from pathlib import Path

import pytest
from overview.runs_by_hand import listed_run

from pi.alive import PROGRESS, doing
from pi.overview.live import LiveRun, changes, live_runs
from pi.tracking.tracker import Tracked

LINE = "training: 41/100 steps · 41 % · 12 min left"


def live(**metrics: float) -> LiveRun:
    run = listed_run("a", "train", "RUNNING", metrics=metrics, tags={PROGRESS: LINE})
    return LiveRun(run, gone=False)


def test_how_far_it_is_and_how_long_it_takes_is_as_the_terminal_says() -> None:
    assert live().said == LINE
    assert live().share == pytest.approx(0.41)
    without = LiveRun(listed_run("a", "train", "RUNNING"), gone=False)
    assert without.share is None
    assert without.said.startswith("began ")


def test_a_page_has_news_when_a_number_is_another_and_not_of_the_machine() -> None:
    before = changes([live(**{"validation/ssim": 0.8})])
    assert changes([live(**{"validation/ssim": 0.9})]) != before
    assert changes([]) != before
    assert changes([live(**{"validation/ssim": 0.8, "system/cpu": 3.0})]) == before


def test_a_run_is_listed_while_it_is_open_with_its_progress(database: Path) -> None:
    with doing(lambda: LINE), Tracked().open("train", "demo1 · train") as run:
        (found,) = live_runs("train")
        assert (found.run.run_id, found.gone, found.said) == (run.run_id, False, LINE)
        assert live_runs("search") == []
    assert live_runs() == []
