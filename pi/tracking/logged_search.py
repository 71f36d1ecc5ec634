"""What the tracking store holds of a search: a run for the study, one nested in it for each trial.

Either side finds the other: a trial of the study names its run, and the run its trial. These are
runs of our own, not Optuna's MlflowStorage or MLflowCallback, which are slow or on their way out.
"""

from collections.abc import Mapping, Sequence
from math import log10

from optuna import Study

from pi.figures.perception_distortion import draw_trade, perception_distortion
from pi.figures.search_front import draw_front, front_points, front_table
from pi.figures.search_history import draw_search, search_history
from pi.figures.search_importance import draw_importance, importance_table
from pi.figures.search_slice import draw_slices, search_slices
from pi.search.answer import SearchAnswer, importances
from pi.search.answer_text import sentences, train_arguments, trial_table
from pi.search.record import TrialRecord
from pi.tracking.records import BEST
from pi.tracking.run import Run


def log_study(run: Run, study: Study, found: SearchAnswer, setting: Mapping[str, str]) -> None:
    """Log what a study found: figures, table, best trial, note.

    Every worker does it at its end, and the last one's stays.

    Args:
        run: of the study.
        study: the study.
        found: by it.
        setting: see `pi.search.answer_text.train_arguments`.
    """
    trials, objective = found.trials, found.objective
    _close_the_dead(run, trials)
    table = trial_table(trials)
    run.figure(draw_search(search_history(trials, objective)), "history", table)
    run.figure(draw_slices(search_slices(trials, objective, found.flat)), "slice", table)
    if found.front:
        points = front_points(found)
        run.figure(draw_front(points), "front", front_table(points))
    if trade := perception_distortion(trials):
        run.figure(draw_trade(trade), "perception_distortion", trade.table)
    if shares := importances(study):
        run.figure(draw_importance(shares), "importance", importance_table(shares))
    run.text(table.to_csv(index=False), "trials.csv")
    run.parquet(table, "trials.parquet")
    run.json(best_configuration(run.run_id, study.study_name, found, setting), BEST)
    run.metrics(_study_metrics(found))
    run.note("\n".join(f"- {sentence}" for sentence in sentences(found)))


def best_configuration(
    run_id: str, study: str, found: SearchAnswer, setting: Mapping[str, str]
) -> dict[str, object]:
    """Return what `train` needs to train the best trial to the end.

    ``run`` is the best trial's; `search:RUN` as `perceptual_weight` reads it from here.
    """
    best = found.best
    return {
        "study": study,
        "trial": best.number,
        "run": best.run_id,
        "lambda": best.point.weight,
        "psi": best.point.psi,
        "train": train_arguments(run_id, found, setting),
    }


def _study_metrics(found: SearchAnswer) -> dict[str, float]:
    best = found.best
    low, high = found.flat
    return {
        "trials/finished": found.of_state("finished"),
        "trials/stopped": found.of_state("stopped"),
        "trials/failed": found.of_state("failed"),
        "best/trial": best.number,
        "best/ssim": best.ssim,
        "best/lambda": best.point.weight,
        "best/log10_lambda": log10(best.point.weight),
        "best/psi": best.point.psi,
        "best/psi_measured": best.measured_psi,
        "flat/psi_low": low,
        "flat/psi_high": high,
        **{f"limit/psi_{one.constraint.metric}": one.psi for one in found.limits},
    }


def _close_the_dead(run: Run, trials: Sequence[TrialRecord]) -> None:
    """End the runs of trials whose process died once too often to be tried again."""
    for trial in trials:
        if trial.state == "failed" and trial.run_id:
            run.close_gone(trial.run_id)
