"""What is logged, an entry at a time, as a line of JSON; and a run as its entries make it."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "open", "numbers", "data", "experiment", "close", "tags", "listed", "file", "model", "told",
    "forget", "end",
]  # fmt: skip
"""What is done to a run: a nested one opened; parameters and metrics, the data, a tag of its
experiment, another run closed; tags, an id added to those that a tag lists; a file, a model,
what models are told that it measured; a folder removed; its end."""

Lane = Literal["numbers", "files"]
"""Entries of one lane wait for one another. Numbers do not wait for a file that a full disk does
not take; a tag may speak of a file, and waits for those before it."""

NUMBERS: tuple[Kind, ...] = ("open", "numbers", "data", "experiment", "close")

Metric = tuple[str, int, int, float]
"""Key, step, milliseconds since 1970, value: two that are equal are one."""

_ALIAS = re.compile(r"waits[0-9a-f]{32}")


def new_alias() -> str:
    """Return the name of a nested run until a server gives it an id, and forever a way to find it.

    It is known beforehand, so that a run is opened once even if nobody heard the server's answer.
    """
    return f"waits{uuid.uuid4().hex}"


def is_alias(run_id: str) -> bool:
    """Tell whether the id of a run is one of those."""
    return _ALIAS.fullmatch(run_id) is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is logged.

    Attributes:
        number: in the order of a book, from 1.
        run: id of the run that it is done to, or its alias.
        kind: what is done.
        body: with what, as JSON has it.
    """

    number: int
    run: str
    kind: Kind
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        """Which entries it waits for."""
        return "numbers" if self.kind in NUMBERS else "files"

    @property
    def metrics(self) -> list[Metric]:
        """The metrics in it."""
        return [(key, step, at, value) for key, step, at, value in self.body.get("metrics", ())]

    def line(self) -> str:
        """Return it as a line; what has a NaN in it is no entry."""
        whole = [self.number, self.run, self.kind, self.body]
        return json.dumps(whole, allow_nan=False, separators=(",", ":"))

    @classmethod
    def of(cls, line: str | bytes) -> "Entry":
        """Return the entry of a line.

        Raises:
            ValueError: it is none, or half of one.
        """
        number, run, kind, body = json.loads(line)
        return cls(number, run, kind, body)

    def named(self, real: Callable[[str], str]) -> "Entry":
        """Return it with the ids of runs for their aliases, wherever its words have one.

        Args:
            real: from an alias to the id; empty where there is none yet.

        Raises:
            LookupError: the run has none yet.
        """
        if not _ALIAS.search(self.line()):
            return self
        if self.kind == "open":  # whose own alias stays
            line = json.dumps({k: v for k, v in self.body.items() if k != "alias"})
            body = json.loads(_ALIAS.sub(lambda found: _known(real, found[0]), line))
            return Entry(self.number, self.run, self.kind, {**body, "alias": self.body["alias"]})
        return Entry.of(_ALIAS.sub(lambda found: _known(real, found[0]), self.line()))


def _known(real: Callable[[str], str], alias: str) -> str:
    found = real(alias)
    if not found:
        raise LookupError(alias)
    return found


@dataclass
class Known:
    """What is known of a run without asking the server: as it was found, and what was logged since.

    Attributes:
        params: of it.
        metrics: the newest value of each.
        steps: of those values.
        tags: of it.
        data: name of its data; empty before there are any.
    """

    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data: str = ""

    def take(self, kind: Kind, body: Mapping[str, Any]) -> None:
        """Learn what an entry says."""
        match kind:
            case "numbers":
                self.params |= body["params"]
                for key, step, _, value in body["metrics"]:
                    if step >= self.steps.get(key, step):
                        self.metrics[key], self.steps[key] = value, step
            case "tags":
                self.tags |= body["tags"]
            case "data":
                self.data = body["name"]
