"""A study worked at until it has its trials, each in a run of its own."""

from collections.abc import Mapping
from dataclasses import replace

from optuna import Study

from pi.jobs.searched.shared_study import balances, mse_metrics
from pi.jobs.searched.trial import tracked_trial
from pi.progress import counting
from pi.search.answer import SearchAnswer, answer
from pi.search.objective import Objective
from pi.search.space import Space
from pi.search.study import StudyError, counted, enqueue, run_trials
from pi.states import State
from pi.tracking.logged_search import log_study
from pi.tracking.run import Run
from pi.training.repeated import Bench


def search_kept(
    run: Run,
    study: Study,
    bench: Bench,
    space: Space,
    objective: Objective,
    state: State,
    trials: int,
    setting: Mapping[str, str],
) -> SearchAnswer:
    """Work at a study until it has its trials, log what it found and return it.

    Args:
        run: of the study.
        study: the study.
        bench: where trainings are run.
        space: where it looks.
        objective: what it seeks.
        state: of the denoiser in which lambda is calibrated.
        trials: of the whole study.
        setting: see `pi.search.answer_text.train_arguments`.

    Raises:
        StudyError: fewer trials than are tried first, or none was finished.
        InfluenceError: Psi is not defined.
        StateError, TrackingError: a state of the denoiser that cannot be had.
    """
    known = balances(study, bench, state)
    first = space.first_trials(bench.experiments, known, objective.target)
    if trials < len(first):
        raise StudyError(
            f"`trials` must be at least {len(first)}, which every study tries first "
            f"({', '.join(dict.fromkeys(one.label for one in first))}), but got {trials}."
        )
    objective = replace(objective, mse=mse_metrics(study, bench, objective))
    enqueue(study, first)
    evaluate = tracked_trial(run, study.study_name, bench, space, known, objective)
    with counting("searching", "trial", trials, each=True) as bar:
        bar.start_at(counted(study))
        run_trials(study, evaluate, trials, enough=objective.enough, done=lambda _: bar.advance(1))
    found = answer(study, objective, known)
    log_study(run, study, found, setting)
    return found
