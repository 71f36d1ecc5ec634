"""The run of the whole job, from its opening to Table 3, by whoever does its steps."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field

import pandas as pd

from pi.algorithm1 import Plan, Step
from pi.errors import PiError
from pi.evaluation.ranking import rank_runs
from pi.jobs.planned.beside import beside_table
from pi.jobs.planned.carrying_out import carry_out, evaluated_in, learned_of, slice_table
from pi.jobs.planned.claims import Claimant
from pi.jobs.planned.engine import Engine, Here
from pi.jobs.planned.hiring import Hired
from pi.jobs.planned.steps import TAG, Steps, Take, tag_of
from pi.jobs.planned.telling import done_in, told
from pi.report.blocks import TextTable
from pi.tracking.logged_data import FOLDS
from pi.tracking.logged_evaluation import log_board
from pi.tracking.records import SharedTags
from pi.tracking.run import Run
from pi.tracking.saved_view import save_view
from pi.tracking.tracker import Tracker

TABLE3 = "pi.table3"
"""Tag of the run of the whole job: Table 3 is logged."""

END = "end"
"""What one process at a time does with all that the steps left."""


@dataclass(frozen=True)
class JobStanding:
    """How far the whole job is.

    Attributes:
        run: of it.
        board: Table 3; None where an evaluation is not done.
        beside: texture, detection and invention; None likewise, or where none was measured.
        done: runs of the steps that are done, by their names.
        view: saved view of its curves.
    """

    run: Run
    board: pd.DataFrame | None
    beside: TextTable | None
    done: dict[str, str]
    view: str


@dataclass
class Job:
    """What is done of a plan, by this process or by workers.

    Attributes:
        plan: all steps.
        steps: those that are asked for.
        tracker: keeps the run.
        take: does the job of an entry point.
        switches: rows of the board of switches.
        hired: workers; None where this process does the steps.
        retries: times that workers are given a step again.
    """

    plan: Plan
    steps: Sequence[Step]
    tracker: Tracker
    take: Take
    switches: list[dict[str, str]]
    hired: Hired | None = None
    retries: int = 0
    claimant: Claimant = field(default_factory=lambda: Claimant(uuid.uuid4().hex))
    _parent: SharedTags | None = None
    _waits: bool = False

    def go_on(self, title: str, resumed: str, begin: Callable[[Run], None]) -> JobStanding:
        """Open the run, do the steps in it, and end it as far as that went.

        Args:
            title: of the run.
            resumed: id of an earlier run to be continued instead.
            begin: logs what the run is of.

        Raises:
            StepsFailedError: see `carry_out`.
            TrackingError: the tracking store cannot be reached or refuses.
        """
        with self.tracker.open("main", title, resumed, self._is_last) as run:
            self._parent = parent = SharedTags(run.run_id)
            begin(run)
            if self.plan.folds:
                run.tags({FOLDS: str(self.plan.folds)})
            with self._engine(run) as engine:
                done = self._carry_out(engine, run, lambda step: step != self.plan.compare)
                board, beside = self._ranked(run, done)
                done = self._carry_out(engine, run, lambda step: step == self.plan.compare)
            with self._alone(parent):
                done = done_in(self.plan, parent)
                if len(done) < len(self.plan.steps):
                    self._wait(parent)
            view = save_view(run, "main")
        return JobStanding(run, board, beside, done, view)

    def clear_up(self) -> None:
        """End the runs of steps whose workers ended before them, as with this process."""
        with suppress(PiError):  # what ended the job is told already
            if parent := self._parent:
                tags = parent.read()
                for step in self.claimant.left_behind(parent):
                    parent.close_gone(tags.get(f"{TAG}{step}", ""))

    def _carry_out(
        self, engine: Engine, run: Run, wanted: Callable[[Step], bool]
    ) -> dict[str, str]:
        steps = [step for step in self.steps if wanted(step)]
        done = done_in(self.plan, SharedTags(run.run_id))
        return carry_out(steps, engine, done, self.tracker.say, self.retries)

    def _engine(self, run: Run) -> AbstractContextManager[Engine]:
        if self.hired:
            return self.hired.engine(run.run_id, run.experiment_id, self.claimant.ticket, self.take)
        parent = SharedTags(run.run_id)
        steps = Steps(parent, self.tracker, self.take, self.claimant)

        def do(step: Step) -> str:
            tags = parent.read()
            needed = {name: tags[tag_of(name)] for name in step.needs}
            return steps.do(step.name, step.entry_point, told(self.plan, step, needed))

        return nullcontext(Here(do))

    def _ranked(
        self, run: Run, done: dict[str, str]
    ) -> tuple[pd.DataFrame | None, TextTable | None]:
        """Return Table 3 and its block once every evaluation is done; log them unless they are."""
        if not all(name in done for names in self.plan.evaluations.values() for name in names):
            return None, None
        evaluated = evaluated_in(self.plan, done)
        tables = {name: slice_table(run_ids) for name, run_ids in evaluated.items()}
        board, beside = rank_runs(tables, self.plan.protocol), beside_table(evaluated)
        parent = SharedTags(run.run_id)
        with self._alone(parent):
            if TABLE3 not in parent.read():
                learned = {name: learned_of(run_ids) for name, run_ids in evaluated.items()}
                log_board(run, board, self.switches, self.plan.evaluated_on, learned, beside)
                parent.write(TABLE3, "logged")
        return board, beside

    def _is_last(self) -> bool:
        """Tell whether the run ends with this process: it is whole, and no other is at it."""
        if self._waits:
            return False
        try:
            return not self._parent or not self.claimant.others(self._parent)
        except PiError:  # the store is out of reach, and so for the others
            return True

    def _wait(self, parent: SharedTags) -> None:
        """Leave a run that is not whole to those who are at it, or to whoever comes."""
        self._waits = True
        if not self.claimant.others(parent):
            parent.lie_waiting()

    @contextmanager
    def _alone(self, parent: SharedTags) -> Iterator[None]:
        while True:
            with self.claimant.holding(parent, END) as mine:
                if mine:
                    yield
                    return
            time.sleep(1.0)
