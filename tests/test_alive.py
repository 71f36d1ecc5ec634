"""Who is gone: by its process here, by its silence elsewhere."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pi.alive import GONE_AFTER, HOST, LEFT_AFTER, PROCESS, SIGN, beating, is_gone, signs

ROOT = Path(__file__).parents[1]


def test_who_is_at_work_is_not_gone_and_a_dead_process_is() -> None:
    own = signs()
    assert not is_gone(own)
    assert own[PROCESS].startswith(f"{os.getpid()}:")
    said = subprocess.run(
        [sys.executable, "-c", "from pi.alive import *; print(signs()[PROCESS])"],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    long_ago = own | {SIGN: str(int(time.time() - LEFT_AFTER - 5))}
    assert not is_gone(long_ago)
    assert is_gone(long_ago | {PROCESS: said.stdout.strip()})
    assert is_gone(long_ago | {PROCESS: f"{os.getpid()}:1"})  # its number came again
    assert not is_gone(own | {PROCESS: f"{os.getpid()}:1"})  # another may be at the same run


@pytest.mark.parametrize(("silent", "gone"), [(GONE_AFTER + 60, True), (GONE_AFTER - 60, False)])
def test_of_another_machine_silence_tells(silent: int, gone: bool) -> None:
    sign = str(int(time.time()) - silent)
    assert is_gone({HOST: "another", PROCESS: "1:1", SIGN: sign}) is gone


def test_of_a_run_that_told_nothing_nothing_is_known() -> None:
    assert not is_gone({})
    assert not is_gone({HOST: "another", PROCESS: "x", SIGN: "yesterday"})


def test_signs_are_given_while_the_block_runs_and_no_longer() -> None:
    given: list[float] = []
    before = threading.active_count()
    with beating(lambda: given.append(time.monotonic()), every=0.01):
        while len(given) < 3:
            time.sleep(0.01)
    count = len(given)
    time.sleep(0.05)
    assert len(given) == count
    assert threading.active_count() == before
