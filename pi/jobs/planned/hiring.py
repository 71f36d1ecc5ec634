"""Who does the steps: this process, or workers who are asked first whether they can."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING

from pi.algorithm1 import Step
from pi.command_line import recorded
from pi.jobs.planned.engine import Engine
from pi.jobs.planned.greeting import ClusterError, Greeting, greeting, require_agreement_of_all
from pi.jobs.planned.needed import require_resources, resources_needed
from pi.jobs.planned.steps import Take
from pi.jobs.planned.worker import Order
from pi.parameters import MainParameters
from pi.slices.store import Store
from pi.tracking.records import connect
from pi.tracking.tracker import Say

if TYPE_CHECKING:  # Dask, which is there where somebody asks for it
    from pi.jobs.planned.dask_workers import Crew

SCHEDULER = "DASK_SCHEDULER_ADDRESS"
"""Dask's own variable: the scheduler of whoever names none."""

KEPT_IN_ARTIFACTS = ("--checkpoint_to", "artifacts")


def workers_asked(workers: str) -> str:
    """Return the address or the number of the workers; empty for this process."""
    asked = workers or os.environ.get(SCHEDULER, "")
    return "" if asked.strip("0") == "" else asked


@dataclass(frozen=True)
class Hired:
    """Workers who agreed.

    Attributes:
        crew: the workers.
        parameters: of the job.
        greeting: what all have in common.
        say: told what happens.
    """

    crew: "Crew"
    parameters: MainParameters
    greeting: Greeting
    say: Say

    def engine(
        self, run_id: str, experiment_id: str, ticket: str, take: Take
    ) -> "AbstractContextManager[Engine]":
        """Return who does the steps of a run.

        Args:
            run_id: of the run.
            experiment_id: of its experiment.
            ticket: of this order, by which workers are known to whoever sent them.
            take: does the job of an entry point.
        """
        p = self.parameters
        typed, retries = recorded(p), p.step_retries
        order = Order(typed, run_id, experiment_id, ticket, retries, self.greeting)
        return self.crew.engine(order, take, resources_needed(p.step_resources), self.say)


@contextmanager
def hired(
    parameters: MainParameters,
    steps: Sequence[Step],
    store: Store,
    say: Say,
) -> Iterator[Hired | None]:
    """Yield workers that have all that the steps need; None where this process does them.

    Nobody works before all agree, and no run is open then.

    Args:
        parameters: of the job.
        steps: that are to be done.
        store: the data of the job, as they are here.
        say: told what happens.

    Raises:
        ClusterError: Dask is not installed, its scheduler does not answer, or a worker differs.
        TrackingError: the tracking store does not answer.
    """
    asked = workers_asked(parameters.workers)
    if not asked:
        yield None
        return
    if find_spec("distributed") is None:
        raise ClusterError(
            "Dask must be installed for `workers` but is not: "
            'pip install "perceptual-influence[cluster]".'
        )
    from pi.jobs.planned.dask_workers import connected

    needed = resources_needed(parameters.step_resources)
    offered = {name: n for own in needed.values() for name, n in own.items()}
    connect()  # a store that is to be new is made now, so that workers are asked for this one
    ours = greeting(parameters, store)
    if ours.complaint:
        raise ClusterError(ours.complaint)
    with connected(asked, offered) as crew:
        require_resources(needed, steps, crew.resources())
        greetings = crew.greetings(recorded(parameters))
        require_agreement_of_all(ours, greetings)
        trained = [step.arguments for step in steps if step.entry_point == "train"]
        if any(not _in_artifacts(words) for words in trained):
            crew.require_shared_checkpoints()
        hosts = ", ".join(sorted({one.host for one in greetings}))
        say(f"workers with the same data, code and tracking store: {len(greetings)} ({hosts})")
        yield Hired(crew, parameters, ours, say)


def _in_artifacts(words: Sequence[str]) -> bool:
    """Tell whether a training keeps its checkpoints where every machine finds them."""
    return KEPT_IN_ARTIFACTS in pairwise(words)
