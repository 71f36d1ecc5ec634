"""A study made by several processes from a script without a ``__main__`` guard."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pi.simulation import workers
from pi.simulation.dataset import SimulationError, simulate
from pi.simulation.patient import StudySize

TOY = StudySize("toy", pixels=48, views=60, slices=2, patients=3)
ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
sys.path.insert(0, {root!r})
print("imported once")
from pathlib import Path
from pi.simulation.patient import StudySize
from pi.simulation.dataset import simulate
toy = StudySize("toy", pixels=48, views=60, slices=2, patients=3)
print(len(list(simulate(toy, Path("made"), seed=5, workers=2).rglob("*.IMA"))))
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(root=str(ROOT)))
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["imported", "once", str(TOY.files)]


def test_a_process_that_is_killed_is_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = workers._start

    def doomed() -> "subprocess.Popen[bytes]":
        process = started()
        os.kill(process.pid, signal.SIGKILL)
        return process

    monkeypatch.setattr(workers, "_start", doomed)
    with pytest.raises(SimulationError, match="a worker was killed"):
        simulate(TOY, tmp_path / "study", seed=5, workers=2)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        list(workers.each_patient(TOY, tmp_path / "file", 5, 2))


def test_no_process_outlives_who_stops_asking(tmp_path: Path) -> None:
    asking = workers.each_patient(StudySize("toy", 48, 60, 2, 50), tmp_path, 5, 2)
    next(asking)
    asking.close()
    time.sleep(0.1)
    alive = [thread for thread in threading.enumerate() if thread.name.endswith("(_talk)")]
    assert alive == []
