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
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from pi.errors import AGAIN, goes_on, reason
from pi.journal.entry import Kind, Known
from pi.journal.sender import Sender
from pi.places import file_digest
from pi.run_names import shortened
from pi.tracking.backend import (
    MlflowClient,
    MlflowException,
    compress_image_size,
    convert_to_pil_image,
)

DIGEST = "pi.sha256."
"""Beginning of a tag: sha256 of the artifact whose name follows."""

REASON = "pi.reason"
"""Tag of a run that did not finish: why."""

NOTE = "mlflow.note.content"
WHOLE_NOTE = "note.md"
_MARK = "**Ended as "

TABLES, IMAGES = "mlflow.loggedArtifacts", "mlflow.loggedImages"
"""Tags by which the UI finds tables and images."""

Status = Literal["FINISHED", "FAILED", "KILLED"]
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Run:
    """A run that is open for writing.

    What it is told is on this machine's disk when a method comes back, and in the tracking store
    as soon as that takes it, see `pi.journal`; what it is asked it knows itself.

    Attributes:
        journal: takes what is logged.
        run_id: of this run; empty where nothing is kept.
        experiment_id: of its experiment; empty likewise.
        uri: of the tracking store; empty likewise.
        known: of it.
        name: that we gave it; empty where somebody else did.
    """

    journal: Sender = field(repr=False)
    run_id: str
    experiment_id: str
    uri: str
    known: Known = field(default_factory=Known, repr=False)
    name: str = ""

    @property
    def kept(self) -> bool:
        """Whether anything is kept of it."""
        return bool(self.run_id)

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, but none that is there: `mlflow run` has logged its own already."""
        new = {key: str(value) for key, value in values.items() if key not in self.known.params}
        self._numbers(new, [])

    def begin(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Log what a new run starts from in one call: of many short runs, calls are the cost."""
        made = {key: str(value) for key, value in params.items()}
        self._numbers(made, _points({key: [(0, value)] for key, value in metrics.items()}))

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log finite metrics; NaN and infinity, which a store would bend, are left out."""
        self.series({key: [(step, value)] for key, value in values.items()})

    def series(self, values: Mapping[str, list[tuple[int, float]]]) -> None:
        """Log several points (step, value) of each metric."""
        self._numbers({}, _points(values))

    def tag(self, key: str) -> str:
        """Return a tag of the run; empty where it has none."""
        return self.known.tags.get(key, "")

    def metric(self, key: str) -> float | None:
        """Return the newest value of a metric of the run; None where it has none."""
        return self.known.metrics.get(key)

    def step_of(self, key: str) -> int:
        """Return the step of that value; 0 where it has none."""
        return self.known.steps.get(key, 0)

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._write("tags", {"tags": dict(values)})

    def tags_of(self, run_id: str, values: Mapping[str, str]) -> None:
        """Set tags of another run, which then points at this one."""
        self.journal.write(run_id, "tags", {"tags": dict(values)})

    def listed_by(self, run_id: str, key: str) -> None:
        """Add this run's id to a tag of another run, which lists the runs that rest on it."""
        self.journal.write(run_id, "listed", {"key": key, "id": self.run_id})

    def rename(self, name: str) -> None:
        """Give the run a better name, with what was added to it, unless somebody else named it."""
        key = "mlflow.runName"
        now = self.asked(lambda c: c.get_run(self.run_id).data.tags.get(key, ""), self.tag(key))
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
        profile = json.dumps(dict(facts))
        self._write("data", {"name": name, "digest": digest[:32], "source_type": "manifest",
                             "source": source, "profile": profile})  # fmt: skip

    def json(self, values: Mapping[str, object], file: str) -> None:
        """Log a JSON artifact, and its digest."""
        text = json.dumps(values, indent=2, default=str)
        self.text(text, file)
        self.tags({DIGEST + file: hashlib.sha256(text.encode()).hexdigest()})

    def text(self, text: str, file: str) -> None:
        """Log a text artifact."""
        self.file(lambda path: path.write_text(text, encoding="utf-8"), file)

    def table(self, table: pd.DataFrame, file: str) -> None:
        """Log a table that the UI shows (JSON), as MLflow writes one."""
        self.file(
            lambda path: table.to_json(path, orient="split", index=False, date_format="iso"), file
        )
        shown, this = json.loads(self.tag(TABLES) or "[]"), {"path": file, "type": "table"}
        if this not in shown:
            self.tags({TABLES: json.dumps([*shown, this])})

    def parquet(self, table: pd.DataFrame, file: str) -> None:
        """Log a table for machines (Parquet, full precision), and its digest."""
        digests: list[str] = []

        def write(path: Path) -> None:
            table.to_parquet(path, index=False)
            digests.append(file_digest(path))

        self.file(write, file)
        if self.kept:
            self.tags({DIGEST + file: digests[0]})

    def figure(self, figure: Figure, name: str, data: pd.DataFrame) -> None:
        """Log a figure as ``name``.png and ``name``.svg, and what it shows as ``name``.csv."""
        for kind in ("png", "svg"):
            self.file(lambda path: figure.savefig(path, dpi=150), f"{name}.{kind}")
        self.text(data.to_csv(index=False), f"{name}.csv")

    def image(self, pixels: NDArray[np.uint8], key: str, step: int = 0) -> None:
        """Log an image, (rows, columns[, 3]), for the UI's grid of keys by runs.

        Only uint8: MLflow would stretch floating-point pixels image by image. Its names are those
        of MLflow's `log_image`.
        """
        if not self.kept:
            return
        whole = convert_to_pil_image(pixels)
        words = [key.replace("/", "~"), "step", step, "timestamp", _now(), uuid.uuid4()]
        name = f"images/{'+'.join(map(str, words))}"
        self.file(whole.save, f"{name}.png")
        self.file(compress_image_size(whole).save, f"{name}+compressed.webp")
        if not self.tag(IMAGES):
            self.tags({IMAGES: "True"})

    def file(self, write: Callable[[Path], Any], file: str) -> None:
        """Log whatever ``write`` puts at the path that it is given."""
        if self.kept:
            self._write("file", {"path": file}, write)

    def model(self, write: Callable[[Path], Any], name: str) -> None:
        """Log the MLflow model that ``write`` saves at the path that it is given, under a name."""
        if self.kept:
            body = {"path": f"models/{name}", "name": name, "alias": uuid.uuid4().hex}
            self._write("model", body, write)

    def waiting(self, file: str) -> Path | None:
        """Return an artifact that is not in the store yet; None of one that is, or is none."""
        return self.journal.book.waiting(self.run_id, file) if self.kept else None

    def forget(self, folder: str) -> None:
        """Delete a folder of artifacts, where the store can."""
        self._write("forget", {"folder": folder})

    def experiment_tag(self, key: str, value: str) -> None:
        """Set a tag of the experiment."""
        experiment = self.experiment_id
        self._write("experiment", {"experiment": experiment, "key": key, "value": value})

    def close_gone(self, run_id: str) -> None:
        """End another run that seems to be at work, and whose process is gone."""
        self.journal.write(run_id, "close", {})

    def asked(self, question: Callable[[MlflowClient], _Answer], otherwise: _Answer) -> _Answer:
        """Return what the store answers to a question that no work depends on.

        Args:
            question: asks it, when it has all that was logged.
            otherwise: the answer where it is away, or refuses.
        """
        if not (self.kept and self.journal.caught_up()):
            return otherwise
        try:
            return question(MlflowClient(self.uri))
        except (MlflowException, SQLAlchemyError, OSError):
            return otherwise

    def _numbers(self, params: dict[str, str], metrics: list[tuple[str, int, int, float]]) -> None:
        if params or metrics:
            self._write("numbers", {"params": params, "metrics": metrics})

    def _write(
        self, kind: Kind, body: dict[str, Any], bring: Callable[[Path], Any] | None = None
    ) -> None:
        self.known.take(kind, body)
        self.journal.write(self.run_id, kind, body, bring)

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
        tags |= provenance(stage)
        child = Run(
            self.journal, self.journal.child(self.experiment_id, tags), self.experiment_id,
            self.uri, Known(tags=tags),
        )  # fmt: skip
        with ending(child):
            yield child


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


def _now() -> int:
    return int(time.time() * 1000)


def _points(values: Mapping[str, list[tuple[int, float]]]) -> list[tuple[str, int, int, float]]:
    now = _now()
    return [
        (_metric_name(key), int(step), now, float(value))
        for key, points in values.items()
        for step, value in points
        if math.isfinite(value)
    ]


def _metric_name(key: str) -> str:
    """Return ``key`` without what MLflow refuses, such as in 1e+06 or in the kernel I30f\\3."""
    return re.sub(r"[^\w/.\- :]", "_", key.replace("e+", "e"))


@contextmanager
def ending(run: Run, last: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """End a run with the block: FINISHED, FAILED by an error, KILLED by Ctrl-C or SIGTERM.

    It goes on where this process is not the ``last`` one that is at it. Why it did not finish is
    kept as the tag `REASON` and before its description.
    """
    try:
        yield
        run.journal.complain()  # of what was refused while nobody waited for it
    except BaseException as error:
        status: Status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        with suppress(Exception):  # the error itself is told
            _end(run, last, status, _told_reason(run, status, error))
        raise
    _end(run, last, "FINISHED", {})


def _end(run: Run, last: Callable[[], bool], status: Status, tags: Mapping[str, str]) -> None:
    try:
        if tags:
            run.journal.write(run.run_id, "tags", {"tags": dict(tags)}, even_unwritten=True)
    finally:
        if last():
            end = {"status": status, "at": _now()}
            run.journal.write(run.run_id, "end", end, even_unwritten=True)


def forget_reason(client: MlflowClient, run_id: str) -> None:
    """Take the reason of an earlier end away from a run that is gone on with."""
    tags = client.get_run(run_id).data.tags
    if REASON in tags:
        client.delete_tag(run_id, REASON)
        client.set_tag(run_id, NOTE, _without_reason(tags.get(NOTE, "")))


def _told_reason(run: Run, status: Status, error: BaseException) -> dict[str, str]:
    why, how = reason(error), goes_on(error)
    before = _without_reason(run.tag(NOTE))
    command = f" Go on with `{how}`." if how and how != AGAIN else ""
    return {REASON: why, NOTE: f"{_MARK}{status}**: {why}{command}\n\n{before}".strip()}


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
