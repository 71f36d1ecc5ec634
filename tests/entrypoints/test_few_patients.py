"""One patient, and parts that are nobody's: said before anything slow is imported or opened."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ct_files import write_patient

from pi.slices.preparing import prepare

ROOT = Path(__file__).parents[2]
ALL = """
import importlib, importlib.abc, sys
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "mlflow"):
            raise SystemExit(f"{name} is imported")
sys.meta_path.insert(0, Slow())
from pi import parameters
from pi.command_line import run
for data in sys.argv[1:]:
    for name in ("train", "evaluate", "search", "main", "pretrain"):
        main = importlib.import_module(f"entrypoints.{name}").main
        asked = ["--data", data]
        print(run(main, getattr(parameters, f"{name.capitalize()}Parameters"), "", asked))
"""


CASES = [
    (("Anton",), "auto", "has 1 patient in all: with 1 patient `calibrate` finds lambda"),
    (("L067", "L109", "L143"), "mayo2016", "and `folds` 3 tests each patient once"),
]


def test_whoever_needs_a_part_that_nobody_is_in_says_so_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    names = [f"few{number}" for number in range(len(CASES))]
    for name, (patients, split, _) in zip(names, CASES, strict=True):
        for patient in patients:
            write_patient(tmp_path / "in" / name, patient)
        store = tmp_path / "cache" / "stores" / name
        prepare(tmp_path / "in" / name, store, split=split, seed=0, secret=b"0" * 32)
    done = subprocess.run(
        [sys.executable, "-c", ALL, *names], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == ["2"] * 5 * len(CASES), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 5 * len(CASES)
    assert all("must have patients in the validation" in line for line in lines)
    for number, (_, _, said) in enumerate(CASES):
        assert all(said in line for line in lines[5 * number : 5 * number + 5])
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "in"}  # no tracking store
