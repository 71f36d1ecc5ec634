"""A study as all its workers share it: what it searches, its run, its calibrations."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
from optuna import Study

from pi.errors import quoted
from pi.network.state import State, StateError, find_states, prepare_denoiser
from pi.search.objective import TRAINING
from pi.search.record import RUN
from pi.search.space import Balance
from pi.search.study import shared
from pi.tracking.earlier import run_status
from pi.tracking.model import fetch_denoiser
from pi.tracking.run import Run, open_run
from pi.training.build import calibrate_each
from pi.training.machine import choose_precision
from pi.training.repeated import Bench

STAGE = "search"
MAY_DIFFER = ("study", "trials", "data", "dose", "split", "medical_weights")
"""Parameters on which no value of a trial depends; data and weights are known by their digests."""


def signature(parameters: Mapping[str, str], bench: Bench) -> dict[str, str]:
    """Return everything on which the value of a trial depends, by name.

    Args:
        parameters: as they may be logged.
        bench: whose data and weights count, and not what they are called.
    """
    found = {name: value for name, value in parameters.items() if name not in MAY_DIFFER}
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


def begin(title: str) -> Callable[[Study], None]:
    """Return what makes a new study ready: it gives it its run, in which all workers meet."""

    def give_run(study: Study) -> None:
        with open_run(STAGE, title) as tracked:
            tracked.tags({"optuna.study": study.study_name})
        study.set_user_attr(RUN, tracked.run_id)

    return give_run


@contextmanager
def open_search(study: Study, title: str) -> Iterator[Run]:
    """Open the run of a study; a new one where the tracking store has lost it.

    Raises:
        TrackingError: the tracking store cannot be reached or refuses.
    """
    if not run_status(study.user_attrs.get(RUN, "")):
        begin(title)(study)
    with open_run(STAGE, title, study.user_attrs[RUN]) as tracked:
        yield tracked


def state_of(measured: str) -> State:
    """Return the state of the denoiser in which a search calibrates.

    It is the one in which Psi is measured, and identity where that is after training.

    Raises:
        StateError: it is misspelt, or there are several.
    """
    try:
        found = find_states("identity" if measured == TRAINING else measured)
    except StateError as error:
        raise StateError(f"`measured` may also be {TRAINING}; {error}") from error
    if len(found) != 1:
        raise StateError(f"`measured` must be {TRAINING} or one state but got {quoted(measured)}.")
    return found[0]


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
