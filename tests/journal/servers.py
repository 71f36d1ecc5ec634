"""A server of the tests' own: it takes entries, fails as it is told, and says what it holds."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pi.journal.entry import Entry, Metric
from pi.journal.outbox import AwayError, NeverTakenError

Fault = Literal["none", "before", "half", "after"]
"""Nothing goes wrong; it is gone before it hears; it does half; it does all and nobody hears so."""


@dataclass
class Held:
    """What it holds of one run, in the order in which it took it."""

    metrics: list[Metric] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    ended: str = ""


@dataclass
class FakeServer:
    """Takes entries as MLflow does, but keeps every metric as often as it is told it.

    Attributes:
        faults: what happens to the next deliveries; then nothing goes wrong.
        runs: what it holds.
        away: whether it answers nobody.
        full: whether it takes no files.
    """

    faults: deque[Fault] = field(default_factory=deque)
    runs: dict[str, Held] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    away: bool = False
    full: bool = False
    refused: tuple[str, ...] = ()

    @classmethod
    def failing(cls, faults: Iterable[Fault]) -> "FakeServer":
        return cls(deque(faults))

    def answers(self) -> str:
        return "gone" if self.away else ""

    def find(self, alias: str) -> str:
        if self.away:
            raise AwayError("gone")
        return self.aliases.get(alias, "")

    def deliver(self, entry: Entry, place: Path | None, again: bool) -> str:
        fault = self.faults.popleft() if self.faults else "none"
        if self.away or fault == "before":
            raise AwayError("gone")
        if self.full and place is not None:
            raise AwayError("No space left on device")
        if entry.kind in self.refused:
            raise NeverTakenError(ValueError(entry.kind), entry.kind)
        opened = self._take(entry, place, again, half=fault == "half")
        if fault != "none":
            raise AwayError("gone")
        return opened

    def _take(self, entry: Entry, place: Path | None, again: bool, *, half: bool) -> str:
        if entry.kind == "open":
            alias = entry.body["alias"]
            if not (again and alias in self.aliases):
                self.aliases[alias] = f"id{len(self.runs)}"
                self.runs[self.aliases[alias]] = Held()
            return self.aliases[alias]
        held = self.runs[entry.run]
        if entry.kind == "numbers":
            new = [one for one in entry.metrics if not (again and one in held.metrics)]
            held.metrics += new[: len(new) // 2] if half else new
            held.params |= {} if half else entry.body["params"]
        elif entry.kind == "tags":
            held.tags += [one for one in entry.body["tags"].items()
                          if not (again and one in held.tags)]  # fmt: skip
        elif entry.kind == "file" and place is not None:
            text = place.read_bytes().decode()  # whatever ends its lines
            held.files[entry.body["path"]] = text[: len(text) // 2] if half else text
        elif entry.kind == "end" and not half:
            held.ended = entry.body["status"]
        return ""
