"""Which process does a step: one at a time, told by tags of the run of the whole job.

A tracking store cannot be asked to set a tag if nobody else has, so this is Lamport's bakery:
whoever wants a step says so, draws a number above all that it sees, and has the step if no number
is lower. Whoever has not steps back and does not wait. Of two that come at once at most one has it,
whatever the order in which the store hears of them. A claim has the signs of life of its process;
that of a process that is gone counts for nothing. A process of another machine that was stopped for
longer than `pi.alive.GONE_AFTER` and then goes on is the one case that no claim can see.

Source: L. Lamport, A new solution of Dijkstra's concurrent programming problem, CACM 17 (8), 1974.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pi.alive import EVERY, HOST, beating, is_gone, signs
from pi.errors import PiError

CLAIM = "pi.claim."
"""Beginning of a tag: the process that wants or has the step whose name follows."""

CHOOSING = 0
"""The number of whoever has not drawn one yet."""

MOMENT, PATIENCE = 0.05, 600
"""Seconds between two looks at others who draw a number, and how many looks there are at most."""

SPACE = "pi.space"
NUMBER, TICKET, TRIES = "number", "ticket", "tries"

Signs = Mapping[str, Any]
"""What a claim says: who, when, with which number."""

NAME = uuid.uuid4().hex[:12]
"""Of this process."""


class WornOutError(PiError):
    """A step whose processes died as often as is allowed."""

    final = True


class Tags(Protocol):
    """Tags that several processes read and write, each at once."""

    def read(self) -> Mapping[str, str]:
        """Return all of them."""

    def write(self, key: str, value: str) -> None:
        """Set one."""

    def remove(self, key: str) -> None:
        """Take one away, if it is there."""


def own_signs() -> dict[str, str]:
    """Return the signs of life of this process, with the space in which its number is one.

    Two containers of one machine may have its name, and each processes of its own numbers.
    """
    return signs() | {SPACE: _space()}


def is_process_gone(told: Signs) -> bool:
    """Tell whether a process is gone: here at once, elsewhere after a long silence."""
    words = {name: str(value) for name, value in told.items()}
    if words.get(SPACE) != _space():
        words[HOST] = f"{words.get(HOST)}, elsewhere"
    return is_gone(words, patience=0)


@dataclass(frozen=True)
class Claimant:
    """A process that wants steps.

    Attributes:
        ticket: of the order that it carries out. Whoever comes with the same ticket was sent by
            someone who knows that the one before is gone; empty: nobody sent it.
        tries: processes that may die at a step under one ticket before it is given up.
        name: of the process alone, without a full stop.
        signs: what says that it is alive.
        gone: whether what such signs told of is gone.
        pause: waits so many seconds.
    """

    ticket: str = ""
    tries: int = 2
    name: str = NAME
    signs: Callable[[], Signs] = field(default=own_signs)
    gone: Callable[[Signs], bool] = field(default=is_process_gone)
    pause: Callable[[float], object] = field(default=time.sleep)

    @contextmanager
    def holding(self, tags: Tags, step: str, every: float = EVERY) -> Iterator[bool]:
        """Have a step for the block, with signs of life, unless another has it: tell whether so.

        Args:
            tags: of the run of the whole job.
            step: its name, as a tag has it.
            every: seconds between two signs.

        Raises:
            WornOutError: too many processes died at it under this ticket.
            PiError: the tags cannot be read or written.
        """
        try:
            mine = self.take(tags, step)
            with beating(lambda: self._beat(tags, step, mine), every):
                yield bool(mine)
        finally:
            self.leave(tags, step)

    def take(self, tags: Tags, step: str) -> Signs:
        """Take a step, and return what the claim on it says; nothing where another has it.

        Raises:
            WornOutError: see `holding`.
        """
        self._say(tags, step, {NUMBER: CHOOSING, TRIES: 0})
        there = self._others(tags, step)
        number = 1 + max((one[NUMBER] for one in there.values()), default=CHOOSING)
        tried = max((one[TRIES] + 1 for one in there.values() if self._before(one)), default=0)
        if tried > self.tries:
            for name in (name for name, one in there.items() if self._before(one)):
                tags.remove(_key(name, step))
            raise WornOutError(
                f"a step must not end its process but {tried} died at it, one after the other: "
                "their logs say why, which most often is memory."
            )
        mine = {NUMBER: number, TRIES: tried}
        self._say(tags, step, mine)
        return mine if self._is_first(tags, step, number) else {}

    def leave(self, tags: Tags, step: str) -> None:
        """Give a step up, or what was said of it; what cannot be said is told by the silence."""
        for _ in range(3):
            try:
                tags.remove(_key(self.name, step))
            except PiError:
                self.pause(1.0)
            else:
                break

    def others(self, tags: Tags) -> set[str]:
        """Return the steps that other processes are at, but those that were sent by this one."""
        return {
            step
            for name, step, told in _claims(tags)
            if name != self.name and not self._is_mine(told) and not self.gone(told)
        }

    def left_behind(self, tags: Tags) -> set[str]:
        """Return the steps whose processes were sent by this one and are gone; claims go, too."""
        steps = set()
        for name, step, told in list(_claims(tags)):
            if self._is_mine(told) and self.gone(told):
                tags.remove(_key(name, step))
                steps.add(step)
        return steps

    def _is_first(self, tags: Tags, step: str, number: int) -> bool:
        """Tell whether nobody else has a lower number, once all have drawn theirs."""
        for _ in range(PATIENCE):
            there = self._others(tags, step)
            lost = {name for name, one in there.items() if self._is_gone(one)}
            drawn = {name: one[NUMBER] for name, one in there.items() if name not in lost}
            if CHOOSING not in drawn.values():
                if any((other, name) < (number, self.name) for name, other in drawn.items()):
                    return False
                for name in lost:
                    tags.remove(_key(name, step))
                return True
            self.pause(MOMENT)
        return False

    def _beat(self, tags: Tags, step: str, mine: Signs) -> None:
        with suppress(PiError):  # a sign that gets lost is followed by another
            if mine and _key(self.name, step) in tags.read():
                self._say(tags, step, mine)

    def _say(self, tags: Tags, step: str, mine: Signs) -> None:
        told = {TICKET: self.ticket, **mine, **self.signs()}
        tags.write(_key(self.name, step), json.dumps(told, sort_keys=True))

    def _others(self, tags: Tags, step: str) -> dict[str, Signs]:
        return {name: told for name, of, told in _claims(tags) if of == step and name != self.name}

    def _before(self, other: Signs) -> bool:
        """Tell whether the other one had the same order, and so is gone."""
        return bool(self.ticket) and other[TICKET] == self.ticket

    def _is_mine(self, other: Signs) -> bool:
        """Tell whether the other one works on an order of this one: its ticket begins so."""
        return bool(self.ticket) and str(other[TICKET]).startswith(self.ticket)

    def _is_gone(self, other: Signs) -> bool:
        return self._before(other) or self.gone(other)


def _key(name: str, step: str) -> str:
    return f"{CLAIM}{name}.{step}"


def _claims(tags: Tags) -> Iterator[tuple[str, str, Signs]]:
    """Yield process, step and what is said, of every claim."""
    for key, text in tags.read().items():
        if key.startswith(CLAIM):
            name, _, step = key.removeprefix(CLAIM).partition(".")
            yield name, step, json.loads(text)


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
