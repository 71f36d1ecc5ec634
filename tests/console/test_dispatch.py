"""The command: quick to answer, one name for every entry point, completed by a shell."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pi.console.commands import command_names, declared_by, module_of, summaries
from pi.console.dispatch import main
from pi.parameters import ENTRY_POINTS
from pi.places import program_folder
from pi.version import __version__

ROOT = Path(__file__).parents[2]


def test_every_entry_point_is_a_command_that_says_what_it_is_for() -> None:
    found = dict(summaries())
    assert set(found) == {*ENTRY_POINTS, "dashboard"}
    assert all(said.endswith(".") and "\n" not in said for said in found.values())
    files = {file.stem for file in (ROOT / "entrypoints").glob("*.py")} - {"__init__"}
    assert files == set(command_names()) == set(ENTRY_POINTS)
    assert program_folder() == ROOT
    assert module_of("calibrate") == "entrypoints.calibrate"


def test_help_is_told_in_a_fifth_of_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in command_names())
    asked = [sys.executable, "-m", "pi", "--help"]
    times = []
    for _ in range(3):
        start = time.process_time(), os.times().children_user + os.times().children_system
        subprocess.run(asked, cwd=ROOT, check=True, capture_output=True)
        times.append(os.times().children_user + os.times().children_system - start[1])
    assert min(times) < 0.2  # of the processor: other work on the machine is not ours


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"perceptual-influence {__version__}\n"


def test_a_command_runs_and_ends_with_its_code() -> None:
    def asked(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "pi", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    listed = asked("presets")
    assert listed.returncode == 0
    assert "yang2018_wgan_vgg" in listed.stdout
    refused = asked("presets", "--patch_size", "none")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: `patch_size` must be a whole number")
    unknown = asked("nothing")
    assert unknown.returncode == 2
    assert "invalid choice" in unknown.stderr


def test_what_is_declared_is_told_of_each_parameter() -> None:
    found = {one.name: one for one in declared_by("calibrate")}
    assert found["target_psi"].default == "0.95"
    assert found["estimator"].choices == ("ratio_of_sums", "mean_of_ratios")
    assert found["exhaustive"].choices == ("True", "False")
    assert found["target_psi"].rule == "in (0, 1)"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("perceptual-influence cali", {"calibrate"}),
     ("perceptual-influence calibrate --target", {"--target_psi"}),
     ("perceptual-influence calibrate --estimator ", {"ratio_of_sums", "mean_of_ratios"})],
)  # fmt: skip
def test_a_shell_completes_it(line: str, wanted: set[str], tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    there = os.environ | {
        "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "COMP_TYPE": "9",
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "pi"], cwd=ROOT, env=there, check=True)
    assert {word.strip() for word in answer.read_text().split("\n") if word.strip()} == wanted
