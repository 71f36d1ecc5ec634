"""How far long work is, without a terminal and with one; by a clock that the test moves."""

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import termios
import time

import pytest

from pi import progress as told
from pi.loudness import LOUDNESS
from pi.progress import PlainLines, counting, progress, spoken, time_left


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines(total: int | None, *, each: bool = False) -> tuple[PlainLines, Clock, list[str]]:
    written: list[str] = []
    clock = Clock()
    return PlainLines("training", "step", total, written.append, clock, each), clock, written


def test_a_line_tells_done_total_and_the_time_left() -> None:
    work, clock, written = lines(400)
    clock.now += 120
    work.advance(100)
    work.tell()
    assert written == ["training: 100/400 steps · 25 % · 6 min left"]  # 3 times 120 s
    clock.now += 60
    work.advance(100)
    work.note("Ψ 93 %")
    work.tell()
    assert written[1] == "training: 200/400 steps · 50 % · 3 min left · Ψ 93 %"


def test_before_anything_is_done_or_its_end_is_known_the_time_gone_by_is_told() -> None:
    work, clock, _ = lines(400)
    clock.now += 61
    assert work.line() == "training: 0/400 steps · 0 % · 1 min so far"
    work, clock, _ = lines(None)
    clock.now += 30
    work.advance(7)
    assert work.line() == "training: 7 steps · 30 s so far"
    work.expect(14)
    assert work.line() == "training: 7/14 steps · 50 % · 30 s left"


def test_what_an_earlier_process_did_does_not_count_for_the_pace() -> None:
    work, clock, _ = lines(400)
    work.start_at(300)
    clock.now += 60
    work.advance(50)
    assert work.line() == "training: 350/400 steps · 88 % · 1 min left"


def test_more_than_was_expected_is_no_negative_time() -> None:
    assert time_left(60, 12, 10) == 0
    work, clock, _ = lines(10)
    clock.now += 5
    work.advance(12)
    assert work.line() == "training: 12/10 steps · 100 % · 0 s left"


def test_what_is_asked_for_after_each_is_told_after_each() -> None:
    work, clock, written = lines(3, each=True)
    for _ in range(3):
        clock.now += 60
        work.advance(1)
    assert [line.partition(" · ")[0] for line in written] == [
        "training: 1/3 steps", "training: 2/3 steps", "training: 3/3 steps",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (725, "12 min"), (3599, "1 h 0 min"),
     (7500, "2 h 5 min")],
)  # fmt: skip
def test_a_time_as_one_says_it(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_without_a_terminal_there_is_never_silence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(told, "EVERY", 0.01)
    with counting("measuring", "patch", 8) as bar:
        bar.advance(2)
        until = time.monotonic() + 10
        seen = ""
        while not seen and time.monotonic() < until:  # nothing is counted meanwhile
            time.sleep(0.01)
            seen = capsys.readouterr().err
    assert seen.startswith("measuring: 2/8 patches · 25 % · ")
    assert seen.endswith(" left\n")


def test_short_work_says_nothing_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress([1, 2], "reading", total=2, unit="file")) == [1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar_and_who_is_quiet_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    list(progress([1, 2], "reading", total=2, unit="file"))
    assert "reading" in shown.getvalue()
    assert "2" in shown.getvalue()
    before = LOUDNESS.set("quiet")
    try:
        shown.truncate(0)
        list(progress([1, 2], "reading", total=2, unit="file"))
        assert shown.getvalue() == ""
    finally:
        LOUDNESS.reset(before)


def all_read(terminal: int) -> bytes:
    """Return what was written to a terminal that its writer has closed, and close it, too.

    One read gives what has come through so far, which may be less.
    """
    found = b""
    with contextlib.suppress(OSError):  # which says that there is no more
        while more := os.read(terminal, 10_000):
            found += more
    os.close(terminal)
    return found


def test_a_terminal_of_40_columns_shows_how_far_and_how_long_within_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("tqdm.std.time", clock)
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with os.fdopen(terminal, "w") as shown:
        monkeypatch.setattr("sys.stderr", shown)
        with counting("training", "step", 200) as bar:
            bar.note("M 1.1e-4 · λP 2.0e-3 · Ψ 93 %")
            for _ in range(2):
                clock.now += 60  # a bar is drawn ten times a second at most
                bar.advance(50)
    drawn = all_read(main).decode()
    frames = [frame for frame in re.split(r"[\r\n]+", drawn) if frame.strip()]
    assert frames
    assert max(map(len, frames)) <= 40
    assert any(re.match(r"training: 50 % <02:00 100/200, M", frame) for frame in frames)
