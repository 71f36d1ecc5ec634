"""What a process elsewhere does: says what it has, and does a step of a run that is open."""

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pi.algorithm1 import Plan, make_plan
from pi.command_line import parse
from pi.environment import put_back
from pi.errors import PiError, reason
from pi.jobs.planned.claims import Claimant
from pi.jobs.planned.engine import StepOutcome
from pi.jobs.planned.greeting import Greeting, greeting, require_agreement_of_all
from pi.jobs.planned.steps import Steps, Take, tag_of
from pi.jobs.planned.telling import told
from pi.parameters import MainParameters
from pi.places import checkpoints_folder
from pi.switches import switch_values
from pi.tracking.address import await_answer
from pi.tracking.records import SharedTags
from pi.tracking.tracker import Say, Tracked


@dataclass(frozen=True)
class Order:
    """What a worker is told of the job, beside the name of the step.

    Attributes:
        typed: parameters of the job, as they were typed.
        run_id: of the run of the whole job.
        experiment_id: of the experiment that it is in, and so are its steps.
        ticket: of this order, see `pi.jobs.planned.claims.Claimant`.
        retries: processes that may die at a step.
        greeting: of whoever gives the order: what a worker that came later must have, too.
    """

    typed: Mapping[str, str]
    run_id: str
    experiment_id: str
    ticket: str
    retries: int
    greeting: Greeting


def parameters_typed(typed: Mapping[str, str]) -> MainParameters:
    """Return the parameters of the job."""
    words = [word for name, value in typed.items() for word in (f"--{name}", value)]
    return parse(MainParameters, words, "", "entrypoints.main")


def plan_of(parameters: MainParameters) -> Plan:
    """Return the plan that the parameters of the job make."""
    p = parameters
    return make_plan(switch_values(p.practice, p.overrides), p.experiments, p.folds, vars(p))


def greet(typed: Mapping[str, str]) -> Greeting:
    """Return what this machine says of itself, or what it lacks."""
    return greeting(parameters_typed(typed))


def leave_mark(name: str) -> str:
    """Make an empty file in the folder of checkpoints; return why that cannot be done."""
    try:
        folder = checkpoints_folder()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    except OSError as error:
        return f"PI_CHECKPOINTS must name a folder that can be written but: {error.strerror}."
    except PiError as error:
        return str(error)
    return ""


def sees_mark(name: str) -> bool:
    """Tell whether the folder of checkpoints has that file here."""
    try:
        return (checkpoints_folder() / name).exists()
    except PiError:
        return False


def remove_mark(name: str) -> None:
    """Remove the file."""
    mark: Path = checkpoints_folder() / name
    mark.unlink(missing_ok=True)


def work(order: Order, take: Take, step: str, say: Say) -> StepOutcome:
    """Do a step in this process, in a run nested in that of the job; no error leaves this.

    Args:
        order: of the job.
        take: does the job of an entry point.
        step: its name.
        say: told what happens.
    """
    try:
        return (
            StepOutcome("done", run_id)
            if (run_id := _do(order, take, step, say))
            else StepOutcome("busy")
        )
    except Exception as error:  # noqa: BLE001  it is told to whoever gave the order
        if not isinstance(error, PiError):
            traceback.print_exc(file=sys.stderr)  # the log of this worker
        final = bool(getattr(error, "final", False))
        return StepOutcome("refused" if final else "failed", why=_why(error))


def _do(order: Order, take: Take, step: str, say: Say) -> str:
    p = parameters_typed(order.typed)
    _require_agreement_once(order, p)
    plan = plan_of(p)
    one = next(found for found in plan.steps if found.name == step)
    parent = SharedTags(order.run_id)
    await_answer(say)
    tags = parent.read()
    done = {name: tags[tag_of(name)] for name in one.needs}
    claimant = Claimant(f"{order.ticket}/{step}", order.retries)
    steps = Steps(parent, Tracked(say), take, claimant)
    with _in_experiment(order.experiment_id):
        return steps.do(one.name, one.entry_point, told(plan, one, done))


@contextmanager
def _in_experiment(experiment_id: str) -> Iterator[None]:
    """Open runs in the job's experiment for the block; no run of somebody's shell is a step's."""
    with put_back("MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"):
        os.environ.pop("MLFLOW_RUN_ID", None)
        os.environ["MLFLOW_EXPERIMENT_ID"] = experiment_id
        yield


_AGREED: set[str] = set()
"""Orders with whose giver this process was found to agree."""


def _require_agreement_once(order: Order, parameters: MainParameters) -> None:
    """Refuse to work with another code or other data, as one does who came later than the others.

    Raises:
        ClusterError: this process is not what it must be.
    """
    if order.ticket not in _AGREED:
        require_agreement_of_all(order.greeting, [greeting(parameters)])
        _AGREED.add(order.ticket)


def _why(error: Exception) -> str:
    told = reason(error)
    return told.replace("the terminal has the traceback", "the worker's log has the traceback")
