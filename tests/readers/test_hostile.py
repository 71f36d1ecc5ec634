"""A folder of hostile files costs little, and each file of it is one counted line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ct_files import write_patient
from hostile_files import write_hostile

from pi.readers.scan import scan

_COST = """
import json, sys
from pathlib import Path
from pi.readers.files import list_files
from pi.readers.reading import read_facts
from pi.readers.refusal import Refusal
from pi.slices.preparing import prepare  # all that a prepare has imported

def peak():
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024

folder, before = Path(sys.argv[1]), peak()
found = [read_facts(folder, file) for file in list_files(folder, [])]
print(json.dumps([peak() - before, [isinstance(one, Refusal) for one in found]]))
"""


def test_every_hostile_file_is_one_line_of_its_reason(tmp_path: Path) -> None:
    expected = write_hostile(tmp_path / "in" / "other")
    write_patient(tmp_path / "in")
    found = scan(tmp_path / "in")
    assert len(found.slices) == 6
    assert {Path(one.file).name: one.refusal.reason for one in found.refused} == expected
    assert found.files == 6 + len(expected) == 6 + len(found.refused)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is told by /proc")
def test_no_hostile_file_takes_200_mb(tmp_path: Path) -> None:
    write_hostile(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _COST, tmp_path],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=60,
    )
    cost, refused = json.loads(done.stdout)
    assert all(refused)
    assert cost < 200e6
