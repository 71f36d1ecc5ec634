"""Steps done by Dask's workers, on this machine or on many: the one module that knows Dask."""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, get_worker

from pi.algorithm1 import Step
from pi.jobs.planned.engine import StepOutcome
from pi.jobs.planned.greeting import ClusterError, Greeting
from pi.jobs.planned.needed import Resources
from pi.jobs.planned.steps import Take
from pi.jobs.planned.worker import Order, greet, leave_mark, remove_mark, sees_mark, work
from pi.tracking.address import tracking_uri
from pi.tracking.tracker import Say

ANSWER_WITHIN, WORKERS_WITHIN = 10, 60
"""Seconds in which a scheduler must answer, and in which it must have a worker."""

LOOPBACK = "127.0.0.1:0"
"""Where a scheduler may be asked for its health: no dashboard, on whichever port is free."""

CROWD = 1000
"""Steps that are given to Dask at once: it has an order of its own among them."""


@contextmanager
def connected(workers: str, offered: Resources) -> Iterator["Crew"]:
    """Yield the workers of a scheduler, or so many of this machine, which end with the block.

    Args:
        workers: address of a scheduler, or a number.
        offered: resources that each process of this machine then has.

    Raises:
        ClusterError: no scheduler answers, or it has no workers.
    """
    _silence()
    with ExitStack() as stack:
        address: str | LocalCluster = workers
        if workers.isdigit():
            # That a process died is for us to count: Dask would send the step on by itself.
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
            address = stack.enter_context(_local(int(workers), offered))
        try:
            client = Client(address, timeout=ANSWER_WITHIN, set_as_default=False)
            stack.enter_context(client)
        except (OSError, ValueError) as error:
            raise ClusterError(
                "the scheduler that `workers` names must answer but does not within "
                f"{ANSWER_WITHIN} seconds: is `dask scheduler` running there?"
            ) from error
        try:
            client.wait_for_workers(1, timeout=WORKERS_WITHIN)
        except TimeoutError as error:
            raise ClusterError(
                "the scheduler must have a worker but has had none for "
                f"{WORKERS_WITHIN} seconds: `dask worker ADDRESS --nthreads 1` starts one."
            ) from error
        yield Crew(client)


def _silence() -> None:
    """Let Dask say nothing on this terminal: what matters we say ourselves."""
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _local(number: int, offered: Resources) -> LocalCluster:
    """Return so many processes of this machine, each of one thread, whom nobody else can reach."""
    threads = max(1, (os.cpu_count() or 1) // number)
    told = {
        "TF_NUM_INTRAOP_THREADS": os.environ.get("TF_NUM_INTRAOP_THREADS", str(threads)),
        "MLFLOW_TRACKING_URI": tracking_uri(),
    }
    return LocalCluster(
        n_workers=number,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls://",
        security=Security.temporary(),
        scheduler_kwargs={"dashboard": False, "dashboard_address": LOOPBACK},
        silence_logs=logging.CRITICAL,
        memory_limit=0,  # the limit of a process is the machine's, as without Dask
        env=told,
        resources=dict(offered),
    )


@dataclass(frozen=True)
class Crew:
    """Workers that are there.

    Attributes:
        client: of their scheduler.
    """

    client: Client

    def has(self) -> dict[str, Any]:
        """Return what the scheduler knows of each worker, by its address."""
        return dict(self.client.scheduler_info(n_workers=-1)["workers"])

    def resources(self) -> list[Resources]:
        """Return what each worker says it has."""
        return [one["resources"] for one in self.has().values()]

    def greetings(self, typed: Mapping[str, str]) -> list[Greeting]:
        """Return what each worker says of itself; of each machine one first, which makes its data.

        Raises:
            ClusterError: one has several threads, or not this code.
        """
        there = self.has()
        crowded = [one["host"] for one in there.values() if one["nthreads"] != 1]
        if crowded:
            raise ClusterError(
                "every worker must have one thread, for TensorFlow has one state in a process, but "
                f"one on {crowded[0]} has more: `dask worker ADDRESS --nthreads 1`."
            )
        first = {one["host"]: address for address, one in there.items()}
        rest = [address for address in there if address not in first.values()]
        return [*self._greet(typed, [*first.values()]), *self._greet(typed, rest)]

    def _greet(self, typed: Mapping[str, str], workers: list[str]) -> list[Greeting]:
        if not workers:
            return []
        answers = self.client.run(_greet_aside, typed, workers=workers, on_error="return")
        for answer in answers.values():
            if isinstance(answer, ModuleNotFoundError | AttributeError | TypeError):
                raise ClusterError(
                    "every worker must have this code but one has not: start `dask worker` in the "
                    "folder of this program, in its environment, at the same commit."
                ) from answer
            if isinstance(answer, BaseException):
                raise answer
        return [*answers.values()]

    def require_shared_checkpoints(self) -> None:
        """Refuse workers of which one would not find what another kept of a training.

        Raises:
            ClusterError: there are such.
        """
        there = [*self.has()]
        mark = f".{uuid.uuid4().hex}"
        complaint = self.client.run(leave_mark, mark, workers=there[:1])[there[0]]
        if complaint:
            raise ClusterError(f"every worker must keep checkpoints but on one {complaint}")
        try:
            seen = self.client.run(sees_mark, mark)
        finally:
            self.client.run(remove_mark, mark, workers=there[:1])
        if not all(seen.values()):
            raise ClusterError(
                "every worker must find the checkpoints of the others but one does not see their "
                "folder: let PI_CHECKPOINTS name one that all machines share, or add "
                "train.checkpoint_to=artifacts to `overrides`."
            )

    @contextmanager
    def engine(
        self, order: Order, take: Take, needed: Mapping[str, Resources], say: Say
    ) -> Iterator["OnWorkers"]:
        """Yield who does the steps of a job; what is not begun at the end of the block is not."""
        self.client.subscribe_topic(order.ticket, lambda event: say(event[1]))
        engine = OnWorkers(self.client, order, take, needed, say)
        try:
            yield engine
        finally:
            engine.stop()


async def _greet_aside(typed: Mapping[str, str]) -> Greeting:
    """Greet in a thread: opening the data may take a while, and the worker must go on answering."""
    return await asyncio.to_thread(greet, typed)


def do_step(order: Order, take: Take, step: str) -> StepOutcome:
    """Do a step on a worker; what it says goes to its own log and to whoever gave the order."""
    worker, host = get_worker(), socket.gethostname()

    def say(line: str) -> None:
        told = f"{line} ({host})" if line.startswith("== ") else f"{step} | {line}"
        worker.log_event(order.ticket, told)

    return work(order, take, step, say)


@dataclass
class OnWorkers:
    """Gives steps to Dask and hears how it went.

    Attributes:
        client: of the scheduler.
        order: of the job.
        take: does the job of an entry point.
        needed: resources that a step of each entry point needs.
        say: told what happens.
    """

    client: Client
    order: Order
    take: Take
    needed: Mapping[str, Resources]
    say: Say
    room: int = CROWD
    _given: dict[str, "Future[StepOutcome]"] = field(default_factory=dict)
    _ended: "SimpleQueue[str]" = field(default_factory=SimpleQueue)
    _told: bool = False

    def start(self, step: Step) -> None:
        """Give a step to whoever is free, those first that are first in the plan."""
        future = self.client.submit(
            do_step, self.order, self.take, step.name,
            key=f"{step.name}-{uuid.uuid4().hex[:8]}",
            pure=False, retries=0, fifo_timeout="1d",
            resources=dict(self.needed.get(step.entry_point, {})) or None,
        )  # fmt: skip
        self._given[step.name] = future
        future.add_done_callback(lambda _: self._ended.put(step.name))

    def wait(self, seconds: float) -> list[tuple[str, StepOutcome]]:
        """Return a step that ended, or none after so many seconds.

        Raises:
            ClusterError: the scheduler is gone.
        """
        try:
            name = self._ended.get(timeout=seconds)
        except Empty:
            self._look()
            return []
        outcome = _outcome(self._given.pop(name))
        if outcome.how == "lost":
            self._require_scheduler()  # what went with it was no worker's fault
        return [(name, outcome)]

    def stop(self) -> None:
        """Take back what nobody has begun."""
        if self._given and self.client.status == "running":
            self.client.cancel([*self._given.values()], force=True)

    def _look(self) -> None:
        """Say once that there is nobody left to wait for."""
        self._require_scheduler()
        alone = not self.client.scheduler_info(n_workers=-1)["workers"]
        if alone and not self._told:
            self.say("no worker is left; waiting for one")
        self._told = alone

    def _require_scheduler(self) -> None:
        """Wait a while for a scheduler that is away.

        Raises:
            ClusterError: it does not come back.
        """
        for _ in range(5 * 2 * ANSWER_WITHIN):
            if self.client.status == "running":
                return
            if self.client.status != "connecting":
                break
            time.sleep(0.2)
        raise ClusterError(
            "the scheduler must be there until the last step is done but has gone; its workers end "
            "with it, and what they did so far is kept."
        )


def _outcome(future: "Future[StepOutcome]") -> StepOutcome:
    """Return what became of a step, whatever became of its worker."""
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else None
    if error is None or isinstance(error, KilledWorker):
        return StepOutcome("lost", why="its worker died")
    return StepOutcome("failed", why=f"{type(error).__name__}, of Dask")
