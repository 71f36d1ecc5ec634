"""One trial of a search in a run of its own, nested in that of its study."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import log10

from optuna import Trial

from pi.errors import PiError
from pi.run_names import influence, run_name
from pi.search.objective import TRAINING, Objective, Told
from pi.search.record import RUN
from pi.search.space import Balance, Point, Space
from pi.search.study import Outcome
from pi.tracking.loss_facts import loss_params, loss_tags
from pi.tracking.run import Run
from pi.training.epoch_summary import epoch_metrics
from pi.training.plan import StartingWeight
from pi.training.repeated import Bench
from pi.training.state import EpochRecord


def tracked_trial(
    parent: Run,
    study: str,
    bench: Bench,
    space: Space,
    known: Mapping[str, Balance],
    objective: Objective,
) -> Callable[[Trial], Outcome]:
    """Return the function that does one trial of a study in a run of its own.

    Args:
        parent: run of the study.
        study: its name.
        bench: where trainings are run.
        space: where it looks.
        known: the two losses of each configuration.
        objective: what it seeks.
    """

    def evaluate(trial: Trial) -> Outcome:
        point = space.suggest(trial, known)
        layers = bench.find(point.experiment).encoder.layers
        tags = {"optuna.study": study, **_made_of(point.experiment, bench)}
        with _trial_run(parent, trial, point, tags) as child:
            child.begin(_params(point, bench, objective), _metrics(point))

            def train(point: Point, report: Told) -> None:
                def epoch_done(record: EpochRecord) -> None:
                    child.metrics(epoch_metrics(record, layers), step=record.epoch)
                    report(record.ssims, record.training.log_odds)

                start = StartingWeight(point.weight, point.psi)
                bench.train(point.experiment, point.schedule, start, epoch_done)

            def measure(point: Point) -> Mapping[str, float]:
                return bench.measure(point.experiment, objective.metrics)

            outcome = objective.evaluate(trial, point, train, measure)
            child.metrics(outcome.measures)
        return outcome

    return evaluate


@contextmanager
def _trial_run(parent: Run, trial: Trial, point: Point, tags: Mapping[str, str]) -> Iterator[Run]:
    """Open the run of a trial, and close that of its predecessor if that one died."""
    before = trial.user_attrs.get(RUN)
    if before:
        parent.close_gone(before)
    number = {"optuna.trial_number": str(trial.number)}
    name = run_name(point.experiment, influence(None, point.weight), f"trial {trial.number}")
    with parent.child(name, "trial", {**tags, **number}) as child:
        trial.set_user_attr(RUN, child.run_id)
        try:
            yield child
        except PiError as error:
            child.tags({"pi.reason": str(error)})
            raise


def _params(point: Point, bench: Bench, objective: Objective) -> dict[str, object]:
    experiment = bench.find(point.experiment)
    return {
        "experiment": point.experiment,
        **loss_params(experiment),
        "encoder_input": bench.bank.input_of(experiment.encoder),
        "schedule": point.schedule,
        "lambda": f"{point.weight:.6g}",
        "target_psi": repr(point.psi),
        "state": "identity" if objective.measured == TRAINING else objective.measured,
    }


def _metrics(point: Point) -> dict[str, float]:
    return {
        "lambda_start": point.weight,
        "log10_lambda_start": log10(point.weight),
        "psi_calibrated": point.psi,
        "log_odds_calibrated": point.log_odds,
    }


def _made_of(experiment: str, bench: Bench) -> dict[str, str]:
    tags = loss_tags(bench.find(experiment), bench.bank)
    return {**tags, "pi.data_digest": bench.patches.store.digest}
