"""Work waits for no server that is away, and the end of a run for one that is there."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from journal.servers import FakeServer, Held

from pi.journal import sender as module
from pi.journal.book import Book
from pi.journal.entry import Entry, is_alias
from pi.journal.outbox import Receiver
from pi.journal.sender import Sender
from pi.journal.shelf import waits_on_disk

RUN = "ef" * 16


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "BACK_OFF", (0.01, 0.02))
    monkeypatch.setattr(module, "GRACE", 0.1)
    monkeypatch.setattr(module, "PATIENCE", 1.0)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(runs={RUN: Held()})


def sending(server: Receiver, said: list[str]) -> Sender:
    return Sender(Book.open(RUN, "store"), server, said.append)


def logged(sender: Sender, step: int) -> None:
    sender.write(RUN, "numbers", {"params": {}, "metrics": [("psi", step, 5, step / 3)]})


def await_that(condition: Callable[[], bool]) -> None:
    """Wait for at most some seconds."""
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError


def test_of_a_server_that_is_there_it_is_delivered_at_once(server: FakeServer) -> None:
    said: list[str] = []
    sender = sending(server, said)
    for step in range(20):
        logged(sender, step)
        assert len(server.runs[RUN].metrics) == step + 1
    child = sender.child("1", {"mlflow.parentRunId": RUN})
    assert not is_alias(child)
    assert sender.finish() == ""
    assert (said, waits_on_disk(RUN)) == ([], False)


def test_it_goes_on_without_one_and_all_is_sent_when_it_is_back(server: FakeServer) -> None:
    said: list[str] = []
    sender = sending(server, said)
    logged(sender, 0)
    server.away = True
    began = time.monotonic()
    for step in range(1, 50):
        logged(sender, step)
    child = sender.child("1", {})
    assert is_alias(child)
    sender.write(child, "tags", {"tags": {"of": RUN}})
    assert time.monotonic() - began < 5
    assert [one.partition(" (")[0] for one in said] == [
        "the tracking store does not take what is logged"
    ]
    assert len(server.runs[RUN].metrics) == 1
    server.away = False
    await_that(lambda: not waits_on_disk(RUN))
    assert [step for _, step, _, _ in server.runs[RUN].metrics] == [*range(50)]
    assert server.runs[server.aliases[child]].tags == [("of", RUN)]
    assert sender.finish() == ""
    assert len(said) == 2


def test_a_run_that_ends_without_one_leaves_what_waits_and_the_next_takes_it_up(
    server: FakeServer,
) -> None:
    server.away = True
    sender = sending(server, [])
    logged(sender, 1)
    assert sender.finish() == "gone"
    assert waits_on_disk(RUN)
    server.away = False
    again = sending(server, [])
    logged(again, 2)
    assert again.finish() == ""
    assert [step for _, step, _, _ in server.runs[RUN].metrics] == [1, 2]


def test_a_server_that_hangs_is_waited_for_once(server: FakeServer) -> None:
    class Hanging(FakeServer):
        def deliver(self, entry: Entry, place: Path | None, again: bool) -> str:
            time.sleep(2)
            return super().deliver(entry, place, again)

        def answers(self) -> str:
            return "hangs"

    sender = sending(Hanging(runs=server.runs), [])
    began = time.monotonic()
    for step in range(20):
        logged(sender, step)
    assert module.PATIENCE <= time.monotonic() - began < module.PATIENCE + 0.9
    assert sender.finish() == "it does not answer"


def test_what_is_refused_is_raised_once_and_the_rest_goes_on(server: FakeServer) -> None:
    server.refused = ("tags",)
    sender = sending(server, [])
    with pytest.raises(ValueError, match="tags"):
        sender.write(RUN, "tags", {"tags": {"a": "b"}})
    logged(sender, 1)
    assert sender.finish() == ""
    assert len(server.runs[RUN].metrics) == 1
