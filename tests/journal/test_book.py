"""The entries of a run on disk: private, whole after a kill, one process's, and small."""

import errno
import os
import shutil
import stat
from functools import partial
from pathlib import Path

import pytest

from pi.journal.book import Book, JournalError
from pi.journal.entry import Entry, new_alias
from pi.journal.pages import ENTRIES, FILES, SENT, STORE
from pi.journal.shelf import books, has_some, is_for

RUN = "cd" * 16
NUMBERS = {"params": {}, "metrics": [("psi", 1, 5, 1 / 3)]}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))


def written(text: str) -> "partial[int]":
    return partial(Path.write_text, data=text)


def test_only_its_owner_may_read_it() -> None:
    before = os.umask(0)
    try:
        book = Book.open(RUN, "store")
        book.write(RUN, "file", {"path": "x/a.txt"}, written("a"))
    finally:
        os.umask(before)
    below = [book.folder, *book.folder.rglob("*")]
    modes = {stat.S_IMODE(one.stat().st_mode) for one in below if one.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(one.stat().st_mode) for one in below if one.is_file()} == {0o600}
    book.close()


def test_it_names_no_store_by_its_address() -> None:
    book = Book.open(RUN, "fingerprint")
    book.write(RUN, "numbers", dict(NUMBERS))
    assert is_for(book.folder, "fingerprint")
    assert not is_for(book.folder, "another")
    book.close()


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_half_a_line_of_a_killed_process_is_no_entry_and_spoils_none(cut: int) -> None:
    book = Book.open(RUN, "store")
    first = book.write(RUN, "numbers", dict(NUMBERS))
    book.write(RUN, "end", {"status": "FINISHED", "at": 12345678901234567890123})
    book.close()
    file = book.folder / ENTRIES
    content = file.read_bytes()
    file.write_bytes(content[:-cut])
    again = Book.open(RUN, "store")
    assert [one.line() for one in again.in_order()] == [first.line()]
    third = again.write(RUN, "tags", {"tags": {"a": "b"}})
    again.close()
    after = Book.open(RUN, "store")
    assert [one.line() for one in after.in_order()] == [first.line(), third.line()]
    after.close()


def test_of_two_processes_at_one_run_each_has_its_own() -> None:
    first, second = Book.open(RUN, "store"), Book.open(RUN, "store")
    assert first.folder != second.folder
    assert Book.left(first.folder) is None
    first.close()
    second.close()
    assert not list(books())


def test_half_a_number_of_what_is_done_is_no_other_number() -> None:
    book = Book.open(RUN, "store")
    for _ in range(12):
        book.write(RUN, "numbers", dict(NUMBERS))
    with (book.folder / SENT).open("ab") as sent:
        sent.write(b"\n1")  # of 10, as a full disk takes it
    book.done(book.pending[2])
    book.close()
    again = Book.open(RUN, "store")
    assert [*again.pending] == [1, *range(3, 13)]
    assert again.tried == set(again.pending)  # by a process that is gone, for all that is known
    again.close()


def test_whoever_comes_while_an_empty_book_is_removed_has_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, others = Book.open(RUN, "store"), []
    remove = shutil.rmtree

    def meanwhile(place: Path) -> None:
        others.append(Book.open(RUN, "store"))
        others[0].write(RUN, "numbers", dict(NUMBERS))
        remove(place)

    monkeypatch.setattr(shutil, "rmtree", meanwhile)
    first.close()
    others[0].close()
    (left,) = books()
    assert has_some(left)


def test_a_book_is_for_one_store_even_if_its_maker_was_killed_as_it_said_so() -> None:
    first = Book.open(RUN, "store")
    (first.folder / STORE).write_text("sto")
    first.close()
    again = Book.open(RUN, "store")
    assert is_for(again.folder, "store")
    again.write(RUN, "numbers", dict(NUMBERS))
    again.close()
    other = Book.open(RUN, "a copy of it, which has the same runs")
    assert (other.folder != again.folder, is_for(again.folder, "store")) == (True, True)
    other.close()


def test_a_book_that_is_closed_writes_in_no_file() -> None:
    book = Book.open(RUN, "store")
    book.close()
    with pytest.raises(JournalError):
        book.write(RUN, "numbers", dict(NUMBERS))


def test_a_full_disk_is_one_sentence_and_what_was_there_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Book.open(RUN, "store")
    book.write(RUN, "numbers", dict(NUMBERS))
    real, written_to = os.write, []

    def full(descriptor: int, content: bytes) -> int:
        if written_to:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written_to.append(descriptor)
        return real(descriptor, content[:5])  # half a line, as a full disk takes it

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(JournalError, match=r"PI_CACHE must take .*: No space left"):
            book.write(RUN, "tags", {"tags": {"a": "b"}})
        end = {"status": "FAILED", "at": 0}
        assert book.write(RUN, "end", end, even_unwritten=True) in book.in_order()
    last = book.write(RUN, "tags", {"tags": {"c": "d"}})
    book.close()
    again = Book.open(RUN, "store")
    assert [one.kind for one in again.in_order()] == ["numbers", "tags"]
    assert again.in_order()[-1].line() == last.line()
    again.close()


def test_a_file_that_does_not_fit_leaves_nothing_behind() -> None:
    def bring(path: Path) -> None:
        path.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    book = Book.open(RUN, "store")
    with pytest.raises(JournalError, match="and the folder for temporary files must take"):
        book.write(RUN, "file", {"path": "a.txt"}, bring)
    assert not list((book.folder / FILES).iterdir())
    book.close()


def test_of_a_file_that_is_written_again_and_again_one_waits() -> None:
    book = Book.open(RUN, "store")
    for number in range(5):
        book.write(RUN, "file", {"path": "checkpoint/even.npz"}, written(str(number)))
        book.write(RUN, "tags", {"tags": {"reached": str(number)}})
    assert [one.kind for one in book.in_order()].count("file") == 1
    waiting = book.waiting(RUN, "checkpoint/even.npz")
    assert waiting is not None
    assert waiting.read_text() == "4"
    assert len(list((book.folder / FILES).iterdir())) == 1
    book.close()


def test_an_alias_becomes_the_id_wherever_it_is_and_nothing_else_changes() -> None:
    alias = new_alias()
    entry = Entry(3, alias, "tags", {"tags": {"mlflow.parentRunId": alias, "x": f"of {alias}."}})
    assert entry.named({alias: RUN}.__getitem__) == Entry(
        3, RUN, "tags", {"tags": {"mlflow.parentRunId": RUN, "x": f"of {RUN}."}}
    )
    with pytest.raises(LookupError):
        entry.named(lambda alias: "")
