"""Whatever is logged and however the server fails: in the end it holds that, in order, once."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal.servers import FakeServer, Fault, Held

from pi.journal.book import Book
from pi.journal.entry import new_alias
from pi.journal.outbox import NeverTakenError, Outbox
from pi.journal.shelf import books, has_some, waits_on_disk

RUN = "ab" * 16
KEYS = st.sampled_from(["psi", "loss"])
METRIC = st.tuples(KEYS, st.integers(0, 3), st.just(5), st.sampled_from([0.1, 1 / 3, 7.0]))
LOGGED = st.one_of(
    st.tuples(st.just("numbers"), st.lists(METRIC, min_size=1, max_size=4, unique=True)),
    st.tuples(st.just("tags"), st.sampled_from(["a", "b"]), st.integers(0, 99)),
    st.tuples(st.just("file"), st.sampled_from(["t.json", "x/t.csv"]), st.text(max_size=5)),
    st.tuples(st.just("child"), st.just(0)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("work"), st.just(0)),
)
FAULTS: st.SearchStrategy[Fault] = st.sampled_from(["none", "before", "half", "after"])


def emptied(outbox: Outbox) -> None:
    """Deliver until nothing waits, which it takes no longer than the faults."""
    for _ in range(200):
        if not outbox.book.pending:
            return
        for outcome in outbox.work():
            assert not isinstance(outcome, NeverTakenError)
    raise AssertionError(outbox.book.pending)


@settings(max_examples=150, deadline=None)
@given(logged=st.lists(LOGGED, max_size=14), faults=st.lists(FAULTS, max_size=14))
def test_the_server_holds_what_was_logged_in_order_and_once(
    logged: list[tuple[object, ...]], faults: list[Fault], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        cache = tmp_path_factory.mktemp("cache")
        patch.setenv("PI_CACHE", str(cache))
        server = FakeServer.failing(faults)
        server.runs[RUN] = Held()
        outbox = Outbox(Book.open(RUN, "store"), server)
        run, expected, seen = RUN, {RUN: Held()}, set()
        for kind, *values in logged:
            match kind:
                case "numbers":
                    # What is logged twice with the same time is one, as in MLflow's own tables.
                    points = [one for one in values[0] if (run, one) not in seen]  # type: ignore[attr-defined]
                    seen |= {(run, one) for one in points}
                    outbox.book.write(run, "numbers", {"params": {"p": "1"}, "metrics": points})
                    expected[run].metrics += points
                    expected[run].params["p"] = "1"
                case "tags":
                    pair = (str(values[0]), f"{values[1]}.{len(expected[run].tags)}")
                    outbox.book.write(run, "tags", {"tags": dict([pair])})
                    expected[run].tags.append(pair)
                case "file":
                    path, text = str(values[0]), str(values[1])
                    bring = partial(Path.write_bytes, data=text.encode())
                    outbox.book.write(run, "file", {"path": path}, bring)
                    expected[run].files[path] = text
                case "child":
                    run = new_alias()
                    body = {"alias": run, "experiment": "1", "tags": {}, "began": 0}
                    outbox.book.write("", "open", body)
                    expected[run] = Held()
                case "restart":  # of another process, which knows no more than is on the disk
                    outbox.book.close()
                    outbox = Outbox(Book.open(RUN, "store"), server)
                case _:
                    for outcome in outbox.work():
                        assert not isinstance(outcome, NeverTakenError)
        for number, name in enumerate(expected):
            outbox.book.write(name, "end", {"status": str(number), "at": 0})
            expected[name].ended = str(number)
        emptied(outbox)
        outbox.book.close()
        held = {name: server.runs[server.aliases.get(name, name)] for name in expected}
        assert held == expected
        assert len(server.runs) == len(expected)
        assert not list(books())
        shutil.rmtree(cache)


def test_numbers_do_not_wait_for_a_file_that_is_not_taken_and_the_end_does() -> None:
    server = FakeServer(full=True)
    server.runs[RUN] = Held()
    outbox = Outbox(Book.open(RUN, "store"), server)
    book = outbox.book
    book.write(RUN, "file", {"path": "a.txt"}, partial(Path.write_text, data="a"))
    book.write(RUN, "tags", {"tags": {"about": "a.txt"}})
    book.write(RUN, "numbers", {"params": {}, "metrics": [("psi", 1, 5, 0.95)]})
    book.write(RUN, "end", {"status": "FINISHED", "at": 0})
    assert len(list(outbox.work())) == 1
    assert server.runs[RUN] == Held(metrics=[("psi", 1, 5, 0.95)])
    assert outbox.why == "No space left on device"
    assert waits_on_disk(RUN)
    server.full = False
    emptied(outbox)
    assert server.runs[RUN].files == {"a.txt": "a"}
    assert (server.runs[RUN].tags, server.runs[RUN].ended) == ([("about", "a.txt")], "FINISHED")
    book.close()
    assert not waits_on_disk(RUN)


def test_a_run_of_another_process_that_was_never_opened_need_not_be_closed() -> None:
    outbox = Outbox(Book.open(RUN, "store"), FakeServer())
    outbox.book.write(new_alias(), "close", {})
    emptied(outbox)
    outbox.book.close()


def test_a_file_that_a_loss_of_power_took_keeps_nothing_back() -> None:
    server = FakeServer(runs={RUN: Held()})
    outbox = Outbox(Book.open(RUN, "store"), server)
    bring = partial(Path.write_text, data="a")
    lost = outbox.book.write(RUN, "file", {"path": "x/a.txt"}, bring)
    outbox.book.place(lost).unlink()
    outbox.book.write(RUN, "end", {"status": "FINISHED", "at": 0})
    refused, _ = outbox.work()
    assert str(refused) == "x/a.txt is not on this machine's disk any more"
    assert server.runs[RUN].ended == "FINISHED"
    outbox.book.forget_refused()
    outbox.book.close()


def test_what_is_refused_is_laid_aside_and_keeps_nothing_back() -> None:
    server = FakeServer(refused=("file",))
    server.runs[RUN] = Held()
    outbox = Outbox(Book.open(RUN, "store"), server)
    outbox.book.write(RUN, "file", {"path": "a.txt"}, partial(Path.write_text, data="a"))
    outbox.book.write(RUN, "end", {"status": "FINISHED", "at": 0})
    first, second = outbox.work()
    assert isinstance(first, NeverTakenError)
    assert not isinstance(second, NeverTakenError)
    assert server.runs[RUN].ended == "FINISHED"
    assert outbox.book.refused == ["file"]
    folder = outbox.book.folder
    assert not has_some(folder)
    outbox.book.forget_refused()
    outbox.book.close()
    assert not folder.exists()
