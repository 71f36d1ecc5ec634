"""Who has a step: one process at most, however they interleave and whoever dies."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.alive import GONE_AFTER, HOST, SIGN
from pi.jobs.planned.claims import (
    CLAIM,
    SPACE,
    Claimant,
    Signs,
    WornOutError,
    is_process_gone,
    own_signs,
)

STEP = "fold1/train/demo1.x"


@dataclass
class Plain:
    """Tags in a dictionary."""

    tags: dict[str, str] = field(default_factory=dict)

    def read(self) -> Mapping[str, str]:
        return dict(self.tags)

    def write(self, key: str, value: str) -> None:
        self.tags[key] = value

    def remove(self, key: str) -> None:
        self.tags.pop(key, None)


class DiedError(BaseException):
    """A process is killed: nothing of it runs any more."""


class Process:
    """A thread that goes on by one operation on the tags whenever it is its turn.

    Attributes:
        dead: whether it was killed.
        over: whether it has nothing left to do.
        has: whether it is at the step.
    """

    def __init__(self, name: str, ticket: str, tags: Plain, gone: Callable[[Signs], bool]) -> None:
        self.name, self.tags = name, tags
        self.dead = self.over = self.has = False
        self._turn, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self.claimant = Claimant(
            ticket, 9, name, lambda: {"who": name}, gone, lambda seconds: self._stop()
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Let it do one operation."""
        self._turn.release()
        self._done.acquire()

    def read(self) -> Mapping[str, str]:
        self._stop()
        return self.tags.read()

    def write(self, key: str, value: str) -> None:
        self._stop()
        self.tags.write(key, value)

    def remove(self, key: str) -> None:
        self._stop()
        self.tags.remove(key)

    def _stop(self) -> None:
        if self.dead:
            raise DiedError
        self._done.release()
        self._turn.acquire()
        if self.dead:
            raise DiedError

    def _run(self) -> None:
        self._turn.acquire()
        with suppress(DiedError):
            for _ in range(2):
                if self.claimant.take(self, STEP):
                    self.has = True
                    self._stop()
                    self._stop()
                    self.has = False
                self.claimant.leave(self, STEP)
        self.over = True
        self._done.release()


@given(
    st.integers(2, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), max_size=150),
)
def test_of_processes_that_come_at_once_one_has_the_step_whoever_dies(
    count: int, moves: Sequence[tuple[int, int]]
) -> None:
    tags = Plain()
    processes: dict[str, Process] = {}

    def gone(told: Signs) -> bool:
        return processes[told["who"]].dead

    for number in range(count):
        processes[f"p{number}"] = Process(f"p{number}", "", tags, gone)
    alive = list(processes.values())
    ever = False
    for who, fate in [*moves, *[(n, 9) for n in range(count)] * 100]:
        one = alive[who % count]
        if one.over:
            continue
        one.dead = one.dead or (fate == 0 and sum(not p.dead for p in alive) > 1)
        one.step()
        holding = [p.name for p in alive if p.has and not p.dead]
        assert len(holding) <= 1
        ever = ever or bool(holding)
    assert all(p.over for p in alive)
    assert ever
    left = [key for key in tags.tags if not processes[key.split(".")[2]].dead]
    assert left == []  # who lives has taken back what it said


def claimant(name: str, ticket: str = "", *, gone: bool = False, tries: int = 2) -> Claimant:
    return Claimant(ticket, tries, name, lambda: {"who": name}, lambda told: gone, lambda s: None)


def test_who_comes_later_has_it_not_and_says_nothing_more() -> None:
    tags = Plain()
    with claimant("a").holding(tags, STEP) as first, claimant("b").holding(tags, STEP) as second:
        assert (first, second) == (True, False)
    assert tags.tags == {}
    with claimant("b").holding(tags, STEP) as now:
        assert now


def test_a_claim_is_taken_over_of_whoever_is_gone() -> None:
    tags = Plain()
    claimant("a").take(tags, STEP)
    assert not claimant("b").take(tags, STEP)
    claimant("b").leave(tags, STEP)
    assert claimant("b", gone=True).take(tags, STEP)
    assert [*tags.tags] == [f"{CLAIM}b.{STEP}"]


def test_the_same_order_says_that_who_had_it_is_gone_and_is_not_given_forever() -> None:
    tags = Plain()
    assert claimant("a", "order").take(tags, STEP)
    assert claimant("b", "order").take(tags, STEP)["tries"] == 1
    assert claimant("c", "order").take(tags, STEP)["tries"] == 2
    with pytest.raises(WornOutError, match="3 died at it"):
        claimant("d", "order").take(tags, STEP)
    claimant("d", "order").leave(tags, STEP)
    assert claimant("e", "another order").take(tags, STEP)["tries"] == 0


def test_what_its_own_workers_do_is_nothing_that_others_are_at() -> None:
    tags = Plain()
    claimant("worker", "order/one").take(tags, "one")
    claimant("stranger").take(tags, "two")
    assert claimant("driver", "order").others(tags) == {"two"}
    assert claimant("driver", "another").others(tags) == {"one", "two"}
    assert claimant("driver", "order", gone=True).left_behind(tags) == {"one"}
    assert [*tags.tags] == [f"{CLAIM}stranger.two"]


def test_a_claim_says_that_its_process_lives_while_it_lasts() -> None:
    tags, signs = Plain(), iter(range(10**6))
    beats = threading.Semaphore(0)

    def sign() -> Signs:
        beats.release()
        return {"sign": next(signs)}

    one = Claimant(name="a", signs=sign)
    with one.holding(tags, STEP, every=0.01):
        for _ in range(5):
            assert beats.acquire(timeout=5)
    assert tags.tags == {}


def test_a_claim_that_was_taken_away_does_not_come_back() -> None:
    tags = Plain()
    with claimant("a").holding(tags, STEP, every=0.01):
        tags.remove(f"{CLAIM}a.{STEP}")
        threading.Event().wait(0.05)
        assert tags.tags == {}


def test_this_process_is_there_and_one_elsewhere_is_gone_after_a_long_silence() -> None:
    told = own_signs()
    assert not is_process_gone(told)
    assert is_process_gone(told | {"pi.process": "1:0"})  # here it is known at once
    silent = str(int(told[SIGN]) - GONE_AFTER - 5)
    for elsewhere in ({HOST: "another"}, {SPACE: "pid:[1]"}):
        assert not is_process_gone(told | elsewhere)
        assert is_process_gone(told | elsewhere | {SIGN: silent})
