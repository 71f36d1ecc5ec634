"""A study as all its workers share it: what it searches, its run, its calibrations."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
from optuna import Study
from optuna.exceptions import OptunaError
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from pi.network.state import prepare_denoiser
from pi.search.objective import Objective
from pi.search.record import RUN
from pi.search.space import Balance
from pi.search.study import shared
from pi.states import State
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.records import run_status
from pi.tracking.run import Run
from pi.tracking.tracker import Tracker, in_silence
from pi.training.build import calibrate_each
from pi.training.machine import choose_precision
from pi.training.plan import StartingWeight
from pi.training.repeated import Bench

STAGE = "search"
MAY_DIFFER = (
    "study", "trials", "data", "dose", "split", "medical_weights", "feature_cache",
    "feature_cache_gib",
)  # fmt: skip
"""Parameters on which no value of a trial depends; data and weights are known by their digests."""


def signature(parameters: Mapping[str, str], bench: Bench) -> dict[str, str]:
    """Return everything on which the value of a trial depends, by name.

    Args:
        parameters: as they may be logged.
        bench: whose data and weights count, and not what they are called.
    """
    found = {name: value for name, value in parameters.items() if name not in MAY_DIFFER}
    if not found.get("subject_to"):  # as studies of before there were constraints
        found.pop("subject_to", None)
    found |= {"data digest": bench.patches.store.digest}
    found |= {"precision": choose_precision(bench.precision)}
    for experiment in bench.experiments:
        weights = bench.bank.weights_of(experiment.encoder)
        found[f"weights of {experiment.name}"] = weights.digest
    return found


def name_of(searched: Mapping[str, str]) -> str:
    """Return the name of a study that was given none: equal searches are the same study."""
    text = json.dumps(dict(searched), sort_keys=True)
    return f"search-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def begin(tracker: Tracker, title: str) -> Callable[[Study], None]:
    """Return what makes a new study ready: it gives it its run, in which all workers meet."""

    def give_run(study: Study) -> None:
        with tracker.saying(in_silence).open(STAGE, title) as run:  # which says its page below
            run.tags({"optuna.study": study.study_name})
        study.set_user_attr(RUN, run.run_id)

    return give_run


@contextmanager
def open_search(tracker: Tracker, study: Study, title: str) -> Iterator[Run]:
    """Open the run of a study; a new one where the tracking store has lost it.

    Raises:
        TrackingError: the tracking store cannot be reached or refuses.
    """
    known = study.user_attrs.get(RUN, "")
    if tracker.kept and not (known and run_status(known)):
        begin(tracker, title)(study)
        known = study.user_attrs[RUN]
    with tracker.open(STAGE, title, known if tracker.kept else "", lambda: _last(study)) as run:
        yield run


def _last(study: Study) -> bool:
    """Tell whether nobody else is at work, so that the run of the study ends with this worker."""
    try:
        return not study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    except (OptunaError, SQLAlchemyError):  # the study is out of reach, and so for the others
        return True


def balances(study: Study, bench: Bench, state: State) -> dict[str, Balance]:
    """Return the two losses of each configuration, measured once for all workers of a study.

    Raises:
        InfluenceError: Psi is not defined.
        StateError, TrackingError: a state of the denoiser that cannot be had.
    """

    def measure() -> dict[str, dict[str, float]]:
        patches, settings = bench.patches, bench.settings
        batches = patches.batches(settings.batch_size, np.random.default_rng(settings.seed))
        denoiser = prepare_denoiser(state, bench.denoiser, settings.seed, batches, fetch_denoiser)
        # The target has no part in it: the losses are the same for every Psi.
        found = calibrate_each(
            bench.experiments, bench.bank, patches, settings, 0.5, state, denoiser
        )
        return {
            c.experiment.name: asdict(Balance(c.image, c.perceptual, c.half_width)) for c in found
        }

    return {name: Balance(**own) for name, own in shared(study, "balances", measure).items()}


def mse_metrics(study: Study, bench: Bench, objective: Objective) -> dict[str, float]:
    """Return what a training by MSE alone has of the metrics that constraints compare with it.

    It is trained once for all workers of a study, as long as a trial; nothing is where no
    constraint asks for it.
    """
    asked = [one.metric for one in objective.constraints if one.bound is None]
    if not asked:
        return {}

    def measure() -> dict[str, float]:
        experiment = bench.experiments[0].name
        bench.train(experiment, "fixed", StartingWeight(0.0, None), lambda record: None)
        return bench.measure(experiment, asked)

    return shared(study, "mse", measure)
