"""Figures of a study: what is drawn, and that it can be drawn."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from search.studies import BALANCES, objective, worked_at

from pi.figures.colours import colour_of
from pi.figures.search_front import draw_front, front_points
from pi.figures.search_history import draw_search, search_history
from pi.figures.search_importance import draw_importance
from pi.figures.search_slice import draw_slices, search_slices
from pi.search.pruning import HalvingOfPairs


def written(figure: Figure) -> int:
    target = BytesIO()
    figure.savefig(target, format="png")
    return target.tell()


def test_the_history_shows_every_state_and_the_best_so_far() -> None:
    _, found = worked_at(objective(epochs=9), 12, pruner=HalvingOfPairs(3, 0.01), fails=[7])
    history = search_history(found.trials, found.objective)
    assert {s: v.size for s, v in history.numbers.items()}["failed"] == 0  # it reached nothing
    assert sum(v.size for v in history.numbers.values()) == 11
    finished = [trial for trial in found.trials if trial.state == "finished"]
    assert history.best.tolist() == np.maximum.accumulate([t.ssim for t in finished]).tolist()
    assert history.quantity == "validation SSIM"
    assert written(draw_search(history)) > 5000


def test_the_history_of_a_target_falls() -> None:
    _, found = worked_at(objective("psi_target"), 12)
    history = search_history(found.trials, found.objective)
    assert (np.diff(history.best) <= 0).all()
    assert history.best[-1] == pytest.approx(found.best.values[0])


def test_the_slices_are_the_trials_on_both_scales() -> None:
    _, found = worked_at(objective(epochs=9), 12, pruner=HalvingOfPairs(3, 0.01))
    slices = search_slices(found.trials, found.objective, found.flat)
    assert sorted(own.label for own in slices.each) == ["demo1", "demo2"]
    for own in slices.each:
        assert own.colour == colour_of(own.label)
        assert own.habit == pytest.approx(BALANCES[own.label].log_odds_at(0.1))
        expected = [BALANCES[own.label].log_odds_at(10**w) for w in own.log10_weights]
        assert own.log_odds == pytest.approx(expected)
    assert sum(own.finished.sum() for own in slices.each) == found.of_state("finished")
    assert written(draw_slices(slices)) > 5000


def test_the_front_rises_with_the_distance() -> None:
    _, found = worked_at(objective("both"), 20)
    points = front_points(found)
    assert (np.diff(points.front_distance) > 0).all()
    assert (np.diff(points.front_ssim) > 0).all()
    assert points.ssim.size == 20
    assert written(draw_front(points)) > 5000


def test_the_most_important_is_on_top() -> None:
    figure = draw_importance({"schedule": 0.1, "log_odds_psi": 0.9})
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["schedule", "log_odds_psi"]
    assert written(figure) > 3000
