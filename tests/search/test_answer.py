"""The answer: what is best, how flat it is, where habit and paper stand; told in words."""

from collections.abc import Sequence

import numpy as np
import pytest
from optuna.trial import TrialState
from scipy.stats import sem
from search.studies import BALANCES, EXPERIMENTS, SLICES, objective, space, study_of, worked_at

from pi.influence.psi import from_log_odds
from pi.search.answer import answer, importances
from pi.search.answer_text import answer_table, answer_text, onward_text, sentences, trial_table
from pi.search.pruning import HalvingOfPairs
from pi.search.record import records
from pi.search.space import Point
from pi.search.study import StudyError, enqueue, run_trials


def test_the_target_is_best_where_the_hill_has_its_top() -> None:
    _, found = worked_at(objective(), 3)
    assert found.best.label == "target"
    assert [own.trial.label for own in found.first] == ["target", "habit", "in print (E1)"]
    habit = found.first[1]
    difference = np.subtract(found.best.epochs[-1].ssims, habit.trial.epochs[-1].ssims)
    assert habit.behind == pytest.approx(difference.mean())
    assert habit.error == pytest.approx(sem(difference))
    assert not habit.level
    assert found.flat == (pytest.approx(0.95), pytest.approx(0.95))


def test_whoever_was_stopped_is_compared_where_it_stood() -> None:
    _, found = worked_at(objective(epochs=9), 3, pruner=HalvingOfPairs(3, 0.0))
    habit = found.first[1]
    assert (habit.trial.state, len(habit.trial.epochs)) == ("stopped", 1)
    assert habit.behind == pytest.approx(
        np.mean(found.best.epochs[0].ssims) - np.mean(habit.trial.epochs[0].ssims)
    )


def test_what_is_level_with_the_best_makes_the_flat_range() -> None:
    rng = np.random.default_rng(3)
    noise: dict[Point, np.ndarray] = {}

    def plateau(point: Point, epoch: int) -> tuple[Sequence[float], float]:
        own = noise.setdefault(point, rng.normal(0, 1e-4, 4))
        return (SLICES + own - 0.01 * (point.psi > 0.97)).tolist(), point.log_odds

    _, found = worked_at(objective(epochs=1), 25, plateau)
    expected = []
    for trial in found.trials:
        difference = np.subtract(found.best.epochs[0].ssims, trial.epochs[0].ssims)
        if trial.point.experiment == found.best.point.experiment and (
            trial is found.best or difference.mean() <= sem(difference)
        ):
            expected.append(trial.point.psi)
    assert len(expected) > 1
    assert found.flat == (min(expected), max(expected))
    assert found.flat[1] < 0.97
    (said,) = [sentence for sentence in sentences(found) if sentence.startswith("Within one")]
    others = sum(trial.point.alike(found.best.point) for trial in found.trials) - 1
    assert f": {len(expected) - 1} of {others} others trained to the end (Psi " in said


def test_the_front_is_what_no_trial_beats_in_both() -> None:
    _, found = worked_at(objective("both"), 20)
    values = [trial.values for trial in found.trials]
    unbeaten = [
        v for v in values if not any(o[0] >= v[0] and o[1] <= v[1] and o != v for o in values)
    ]
    assert sorted(trial.values for trial in found.front) == sorted(unbeaten)
    assert len(found.front) > 1
    assert found.best is found.front[0]
    assert found.best.ssim == max(trial.ssim for trial in found.trials)


def test_a_psi_target_is_answered_by_the_nearest_measured() -> None:
    _, found = worked_at(objective("psi_target"), 15)
    measured = [trial.measured for trial in found.trials]
    assert found.best.measured == min(measured, key=lambda m: abs(m - np.log(19)))
    assert found.best.measured_psi == pytest.approx(
        float(from_log_odds(found.best.point.log_odds - np.log(2)))
    )
    assert found.interval is None
    assert "comes nearest to a Psi of 95 %" in sentences(found)[0]
    assert not any("standard error" in sentence for sentence in sentences(found))


def test_the_closed_form_is_told_as_exact_with_its_interval() -> None:
    sought = objective("psi_target", measured="identity")
    study = study_of(sought)
    enqueue(study, space().first_trials(EXPERIMENTS[:1], BALANCES, 0.95))
    run_trials(
        study,
        lambda trial: sought.evaluate(trial, space().suggest(trial, BALANCES), lambda *_: 1 / 0),
        30,
        enough=sought.enough,
    )
    found = answer(study, sought, BALANCES)
    assert [trial.label for trial in found.trials] == ["target", "habit", "in print (E1)"]
    assert found.best.point.weight == pytest.approx(19 / 20_000)
    assert found.interval == pytest.approx((19 / 20_000 / np.exp(0.1), 19 / 20_000 * np.exp(0.1)))
    assert "this is exact, in closed form, and nothing was searched" in answer_text(found)
    assert "habit: lambda = 0.1 (Psi 99.95 %) gives a Psi of 99.95 % there." in sentences(found)


def test_the_text_says_where_habit_and_paper_fall() -> None:
    _, found = worked_at(objective(epochs=9), 12, pruner=HalvingOfPairs(3, 0.01), fails=[7])
    text = answer_text(found)
    assert text.startswith("12 trials: ")
    assert "1 failed (the loss must be finite but is not.)" in text
    (habit,) = [sentence for sentence in sentences(found) if sentence.startswith("habit:")]
    assert "lambda = 0.1 (Psi 99.95 %) is worse than the best, behind by 0.0" in habit
    assert "stopped after 1 of 9 epochs" in habit
    assert any(sentence.startswith("in print (E1):") for sentence in sentences(found))
    assert "others stopped early, where they stood" in text
    assert "best (target)" in answer_table(found)
    table = trial_table(found.trials)
    assert list(table["trial"]) == list(range(12))
    assert table.loc[7, "reason"] == "the loss must be finite but is not."
    assert table.loc[1, "lambda"] == pytest.approx(0.1)


def test_no_finished_trial_is_an_error_with_the_last_reason() -> None:
    with pytest.raises(StudyError, match=r"none of 4 was; the last one failed because the loss m"):
        worked_at(objective(), 4, fails=range(4))
    with pytest.raises(StudyError, match="none of 0 was"):
        answer(study_of(objective()), objective(), BALANCES)


def test_importance_tells_what_matters_and_needs_something_to_tell_apart() -> None:
    study, _ = worked_at(objective(epochs=1), 25)
    shares = importances(study)
    assert set(shares) == {"experiment", "log_odds_psi"}
    assert sum(shares.values()) == pytest.approx(1)
    few, _ = worked_at(objective(epochs=1), 3)
    assert importances(few) == {}


def test_trials_that_are_not_over_are_no_records() -> None:
    study, _ = worked_at(objective(), 3)
    study.ask()
    assert study.trials[-1].state == TrialState.RUNNING
    assert len(records(study)) == 3


def test_the_way_on_is_a_command_without_a_password() -> None:
    text = onward_text("one", "postgresql://me:geheim@host/db", {"experiment": "demo1"})
    assert "python -m entrypoints.train --experiment demo1" in text
    assert "geheim" not in text


def test_a_command_that_is_printed_has_every_parameter_and_is_quoted_for_a_shell() -> None:
    train = {"stand_in": "natural=own:a b", "experiment": "demo1"}
    text = onward_text("one", "journal:///shared/studies.log", train)
    assert "entrypoints.train --stand_in 'natural=own:a b' --experiment demo1\n" in text
    assert text.endswith("optuna-dashboard /shared/studies.log")


def test_one_validation_slice_gives_no_verdict() -> None:
    def alone(point: Point, epoch: int) -> tuple[Sequence[float], float]:
        return [0.9 - 0.01 * abs(point.log_odds - np.log(19))], point.log_odds

    _, found = worked_at(objective(epochs=1), 6, alone)
    assert np.isnan(found.flat).all()
    said = " ".join(sentences(found))
    assert "one slice gives no verdict" in said
    assert "With one validation slice there is no standard error" in said
    assert "nan" not in answer_text(found)
    assert "worse than" not in said
