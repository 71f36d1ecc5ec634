"""What processes that are gone left is sent once by whoever comes next, and to its own store."""

from pathlib import Path

import pytest
from journal.servers import FakeServer, Held

from pi.journal.book import Book
from pi.journal.shelf import books, waits_on_disk
from pi.journal.waiting import Outstanding, book_of, count_waiting, send_all, send_first

RUN, OTHER = "ab" * 16, "cd" * 16


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(runs={RUN: Held(), OTHER: Held()})


def written(run: str, step: int, store: str = "store") -> Book:
    """A book in which its process writes."""
    book = Book.open(run, store)
    book.write(run, "numbers", {"params": {}, "metrics": [("psi", step, 5, 0.5)]})
    return book


def steps(server: FakeServer, run: str) -> list[int]:
    return [step for _, step, _, _ in server.runs[run].metrics]


def test_several_processes_at_one_run_leave_a_book_each_and_all_are_sent(
    server: FakeServer,
) -> None:
    first, second = written(RUN, 1), written(RUN, 2)
    first.close()
    second.close()
    send_first(RUN, server, "another store")
    assert (steps(server, RUN), waits_on_disk(RUN)) == ([], True)
    send_first(RUN, server, "store")
    assert (steps(server, RUN), waits_on_disk(RUN)) == ([1, 2], False)
    assert not list(books())


def test_what_is_at_work_or_for_another_store_is_counted_and_left(server: FakeServer) -> None:
    at_work = written(RUN, 1)
    written(OTHER, 2).close()
    written(OTHER, 3, "another store").close()
    sent = send_all(server, "store")
    assert (sent.runs, sent.others, sent.at_work) == ((Outstanding(OTHER, 1),), 1, 1)
    assert (steps(server, RUN), steps(server, OTHER)) == ([], [2])
    at_work.close()
    assert send_all(server, "store").runs == (Outstanding(RUN, 1),)


def test_a_server_that_goes_away_meanwhile_is_waited_for_once(server: FakeServer) -> None:
    for run in (RUN, OTHER):
        written(run, 1).close()
    server.away = True
    waits = [Outstanding(run, 0, "gone") for run in (RUN, OTHER)]
    assert [*send_all(server, "store").runs] == waits
    server.away, server.full = False, True
    assert [one.sent for one in send_all(server, "store").runs] == [1, 1]


def test_a_run_that_is_gone_on_with_has_not_ended(server: FakeServer) -> None:
    book = written(RUN, 1)
    book.write(RUN, "end", {"status": "FAILED", "at": 0})
    book.close()
    again = book_of(RUN, server, "store", lambda entry: entry.kind == "end")
    assert (steps(server, RUN), server.runs[RUN].ended) == ([1], "")
    again.close()
    assert not list(books())


def test_what_waits_for_a_store_is_counted_and_stays(server: FakeServer) -> None:
    at_work = written(RUN, 1)
    at_work.write(RUN, "tags", {"tags": {"a": "b"}})
    written(OTHER, 2).close()
    written(OTHER, 3, "another store").close()
    assert (count_waiting("store"), count_waiting("another store"), count_waiting("")) == (3, 1, 0)
    at_work.close()
    assert [one.sent for one in send_all(server, "store").runs] == [2, 1]
    assert count_waiting("store") == 0
