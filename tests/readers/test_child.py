import os
import sys
import warnings
from collections.abc import Iterator

import pytest

from pi.readers import child, serving
from pi.readers.child import apart
from pi.readers.refusal import RefusedError


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    child.close_child()
    yield
    child.close_child()


def refusal_of(function: object, *arguments: object) -> str:
    with pytest.raises(RefusedError) as caught:
        apart(function, *arguments)  # type: ignore[arg-type]
    return caught.value.refusal.reason


def test_one_process_serves_many_calls() -> None:
    first, second = apart(os.getpid), apart(os.getpid)
    assert first == second != os.getpid()


def test_what_dies_hangs_or_grows_is_a_refusal_and_the_next_call_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "SECONDS", 0.2)
    assert refusal_of(os.abort) == "undecodable"
    assert refusal_of(sum, range(10**12)) == "takes-too-long"
    assert refusal_of(bytearray, 2 * serving.MEMORY) == "undecodable"
    assert apart(len, b"four") == 4


def test_what_raises_as_damaged_files_do_costs_no_new_process() -> None:
    before = apart(os.getpid)
    assert refusal_of(int, "x") == "undecodable"
    assert apart(os.getpid) == before


def test_where_no_process_can_be_started_the_refusal_says_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for broken in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", broken)
        assert refusal_of(len, b"") == "missing-codec"


def test_the_process_ends_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pid = apart(os.getpid)
        child.close_child()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
