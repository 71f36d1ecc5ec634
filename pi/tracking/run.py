"""A run that is open for writing; see `pi.tracking.tracker` for how it is opened.

It works on run ids through the client, never on MLflow's global "active run": a child is a child
in any thread, and a run started by ``mlflow run`` is adopted by its id alone.
"""

import getpass
import hashlib
import json
import math
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pi.errors import AGAIN, goes_on, reason
from pi.places import file_digest
from pi.run_names import shortened
from pi.tracking.backend import (
    Dataset,
    DatasetInput,
    LoggedModel,
    Metric,
    MlflowClient,
    MlflowException,
    Param,
    RunTag,
    get_artifact_repository,
)

DIGEST = "pi.sha256."
"""Beginning of a tag: sha256 of the artifact whose name follows."""

REASON = "pi.reason"
"""Tag of a run that did not finish: why."""

NOTE = "mlflow.note.content"
WHOLE_NOTE = "note.md"
_MARK = "**Ended as "

BATCH = 1000  # most metrics that one call may carry
Status = Literal["FINISHED", "FAILED", "KILLED"]


@dataclass(frozen=True)
class Run:
    """A run that is open for writing.

    Attributes:
        client: the tracking store.
        run_id: of this run; empty where nothing is kept.
        experiment_id: of its experiment; empty likewise.
        uri: of the tracking store; empty likewise.
        name: that we gave it; empty where somebody else did.
    """

    client: MlflowClient = field(repr=False)
    run_id: str
    experiment_id: str
    uri: str
    name: str = ""

    @property
    def kept(self) -> bool:
        """Whether anything is kept of it."""
        return bool(self.run_id)

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, but none that is there: `mlflow run` has logged its own already."""
        there = self.client.get_run(self.run_id).data.params
        new = [Param(key, str(value)) for key, value in values.items() if key not in there]
        self.client.log_batch(self.run_id, params=new)

    def begin(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Log what a new run starts from in one call: of many short runs, calls are the cost."""
        made = [Param(key, str(value)) for key, value in params.items()]
        points = _points({key: [(0, value)] for key, value in metrics.items()})
        self.client.log_batch(self.run_id, points, made)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log finite metrics; NaN and infinity, which a store would bend, are left out."""
        self.series({key: [(step, value)] for key, value in values.items()})

    def model_metrics(self, models: Sequence[LoggedModel], names: Iterable[str]) -> None:
        """Have newest values of this run stand on the pages of models; its own curves stay."""
        run = self.client.get_run(self.run_id)
        data = run.inputs.dataset_inputs if run.inputs else []
        name, digest = (data[0].dataset.name, data[0].dataset.digest) if data else (None, None)
        histories = (self.client.get_metric_history(self.run_id, key) for key in names)
        points = [history[-1] for history in histories if history]
        for model in models if points else ():
            of = (model.model_id, name, digest, self.run_id)
            of_model = [Metric(p.key, p.value, p.timestamp, p.step, *of) for p in points]
            self.client.log_batch(self.run_id, metrics=of_model)

    def series(self, values: Mapping[str, list[tuple[int, float]]]) -> None:
        """Log several points (step, value) of each metric."""
        metrics = _points(values)
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])

    def tag(self, key: str) -> str:
        """Return a tag of the run; empty where it has none."""
        return str(self.client.get_run(self.run_id).data.tags.get(key, ""))

    def metric(self, key: str) -> float | None:
        """Return the newest value of a metric of the run; None where it has none."""
        return self.client.get_run(self.run_id).data.metrics.get(key)

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self.client.log_batch(self.run_id, tags=[RunTag(k, v) for k, v in values.items()])

    def tags_of(self, run_id: str, values: Mapping[str, str]) -> None:
        """Set tags of another run, which then points at this one."""
        self.client.log_batch(run_id, tags=[RunTag(k, v) for k, v in values.items()])

    def listed_by(self, run_id: str, key: str) -> None:
        """Add this run's id to a tag of another run, which lists the runs that rest on it."""
        known = listed_ids(self.client.get_run(run_id).data.tags, key)
        self.tags_of(run_id, list_tags(key, [*known, self.run_id]))

    def rename(self, name: str) -> None:
        """Give the run a better name, with what was added to it, unless somebody else named it."""
        now = self.tag("mlflow.runName")
        if self.name and now.startswith(self.name):
            self.tags({"mlflow.runName": name + now[len(self.name) :]})

    def note(self, markdown: str) -> None:
        """Set the run's description; one that a tag cannot hold stands whole in an artifact."""
        short = shortened(markdown, WHOLE_NOTE)
        if short != markdown:
            self.text(markdown, WHOLE_NOTE)
        self.tags({NOTE: short})

    def dataset(self, name: str, digest: str, facts: Mapping[str, object]) -> None:
        """Log the data by their digest; where they lie on this machine is nobody's business."""
        source = json.dumps({"manifest": digest})
        # MLflow keeps 36 characters of a digest; the source holds it whole.
        dataset = Dataset(name, digest[:32], "manifest", source, profile=json.dumps(dict(facts)))
        self.client.log_inputs(self.run_id, [DatasetInput(dataset)])

    def json(self, values: Mapping[str, object], file: str) -> None:
        """Log a JSON artifact, and its digest."""
        text = json.dumps(values, indent=2, default=str)
        self.client.log_text(self.run_id, text, file)
        self.tags({DIGEST + file: hashlib.sha256(text.encode()).hexdigest()})

    def text(self, text: str, file: str) -> None:
        """Log a text artifact."""
        self.client.log_text(self.run_id, text, file)

    def table(self, table: pd.DataFrame, file: str) -> None:
        """Log a table that the UI shows (JSON); a second call of the same name would append."""
        self.client.log_table(self.run_id, table, file)

    def parquet(self, table: pd.DataFrame, file: str) -> None:
        """Log a table for machines (Parquet, full precision), and its digest."""

        def write(path: Path) -> None:
            table.to_parquet(path, index=False)
            self.tags({DIGEST + file: file_digest(path)})

        self._through_file(file, write)

    def figure(self, figure: Figure, name: str, data: pd.DataFrame) -> None:
        """Log a figure as ``name``.png and ``name``.svg, and what it shows as ``name``.csv."""
        for kind in ("png", "svg"):
            self._through_file(f"{name}.{kind}", lambda path: figure.savefig(path, dpi=150))
        self.text(data.to_csv(index=False), f"{name}.csv")

    def image(self, pixels: NDArray[np.uint8], key: str, step: int = 0) -> None:
        """Log an image, (rows, columns[, 3]), for the UI's grid of keys by runs.

        Only uint8: MLflow would stretch floating-point pixels image by image.
        """
        self.client.log_image(self.run_id, pixels, key=key, step=step, synchronous=True)

    def file(self, write: Callable[[Path], Any], file: str) -> None:
        """Log whatever ``write`` puts at the path that it is given."""
        self._through_file(file, write)

    def _through_file(self, file: str, write: Callable[[Path], Any]) -> None:
        if not self.kept:
            return
        folder, _, name = file.rpartition("/")
        with tempfile.TemporaryDirectory() as scratch:
            write(Path(scratch) / name)
            self.client.log_artifact(self.run_id, str(Path(scratch) / name), folder or None)

    def forget(self, folder: str) -> None:
        """Delete a folder of artifacts, where the store can."""
        with suppress(MlflowException, NotImplementedError, OSError):
            uri = self.client.get_run(self.run_id).info.artifact_uri
            repository: Any = get_artifact_repository(uri, self.uri)
            repository.delete_artifacts(folder)

    def experiment_tag(self, key: str, value: str) -> None:
        """Set a tag of the experiment."""
        self.client.set_experiment_tag(self.experiment_id, key, value)

    def end(self, run_id: str, status: Status) -> None:
        """End another run, whose process is gone."""
        self.client.set_terminated(run_id, status)

    @contextmanager
    def child(
        self, name: str, stage: str, more: Mapping[str, str] = MappingProxyType({})
    ) -> "Iterator[Run]":
        """Open a run nested in this one, with ``more`` tags; it ends with the block."""
        tags = {
            "mlflow.parentRunId": self.run_id,
            "mlflow.runName": name,
            "pi.stage": stage,
            **more,
        }
        created = self.client.create_run(self.experiment_id, tags=tags | provenance(stage))
        with ending(self.client, created.info.run_id):
            yield Run(self.client, created.info.run_id, self.experiment_id, self.uri)


IDS = 200
"""Run ids of one tag: MLflow cuts off what is longer than 8,000 characters, within an id."""


def list_tags(key: str, run_ids: Iterable[str]) -> dict[str, str]:
    """Return the tags that list runs, each once: ``key``, and ``key.2`` and so on where needed."""
    ids = [*dict.fromkeys(run_ids)]
    parts = [ids[start : start + IDS] for start in range(0, max(len(ids), 1), IDS)]
    return {f"{key}.{n}" if n > 1 else key: " ".join(part) for n, part in enumerate(parts, 1)}


def listed_ids(tags: Mapping[str, str], key: str) -> list[str]:
    """Return the runs that `list_tags` listed."""
    found = tags.get(key, "").split()
    number = 2
    while f"{key}.{number}" in tags:
        found += tags[f"{key}.{number}"].split()
        number += 1
    return found


def _points(values: Mapping[str, list[tuple[int, float]]]) -> list[Metric]:
    now = int(time.time() * 1000)
    return [
        Metric(_metric_name(key), float(value), now, step)
        for key, points in values.items()
        for step, value in points
        if math.isfinite(value)
    ]


def _metric_name(key: str) -> str:
    """Return ``key`` without what MLflow refuses, such as in 1e+06 or in the kernel I30f\\3."""
    return re.sub(r"[^\w/.\- :]", "_", key.replace("e+", "e"))


@contextmanager
def ending(
    client: MlflowClient, run_id: str, last: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """End a run with the block: FINISHED, FAILED by an error, KILLED by Ctrl-C or SIGTERM.

    It goes on where this process is not the ``last`` one that is at it. Why it did not finish is
    kept as the tag `REASON` and before its description.
    """
    status: Status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except BaseException as error:
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        with suppress(MlflowException):  # a server that went away: the error itself is told
            _keep_reason(client, run_id, status, error)
        raise
    finally:
        if last():
            client.set_terminated(run_id, status)


def forget_reason(client: MlflowClient, run_id: str) -> None:
    """Take the reason of an earlier end away from a run that is gone on with."""
    tags = client.get_run(run_id).data.tags
    if REASON in tags:
        client.delete_tag(run_id, REASON)
        client.set_tag(run_id, NOTE, _without_reason(tags.get(NOTE, "")))


def _keep_reason(client: MlflowClient, run_id: str, status: Status, error: BaseException) -> None:
    why, how = reason(error), goes_on(error)
    before = _without_reason(client.get_run(run_id).data.tags.get(NOTE, ""))
    command = f" Go on with `{how}`." if how and how != AGAIN else ""
    told = f"{_MARK}{status}**: {why}{command}\n\n{before}".strip()
    client.log_batch(run_id, tags=[RunTag(REASON, why), RunTag(NOTE, told)])


def _without_reason(note: str) -> str:
    return note.partition("\n\n")[2] if note.startswith(_MARK) else note


def provenance(stage: str) -> dict[str, str]:
    """Return the tags that say which entry point of which commit made a run, and for whom."""
    source = {"mlflow.source.name": f"entrypoints.{stage}", "mlflow.source.type": "PROJECT"}
    return source | _owner() | _git()


def _owner() -> dict[str, str]:
    """Return the tag that says whose run it is: PI_OWNER, the server's login, or this machine's.

    Where PI_OWNER is set and empty, nobody is named.
    """
    try:
        name = os.environ.get("PI_OWNER")
        if name is None:
            name = os.environ.get("MLFLOW_TRACKING_USERNAME") or getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        name = ""
    return {"mlflow.user": name} if name else {}


@cache
def _git() -> dict[str, str]:
    commit = _answer("rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _answer("status", "--porcelain", "--untracked-files=no")
    return {"mlflow.source.git.commit": commit, "pi.git.dirty": str(bool(changed))}


def _answer(*question: str) -> str:
    try:
        done = subprocess.run(
            ["git", *question],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine: then there is no commit to name
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
