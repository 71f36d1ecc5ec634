"""`import pi`: what is offered is there, told by examples that run, and loads nothing early."""

import doctest
import importlib.metadata
import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

import pi

ROOT = Path(__file__).parents[2]
LIGHT = """
import json, sys
import pi
before = sorted(sys.modules)
pi.psi, pi.calibrate, pi.Calibration, pi.compare, pi.evaluate, pi.PRESETS, pi.PROTOCOLS
pi.convert_weight, pi.Units, pi.weight_for_psi, pi.PiError, pi.__version__
print(json.dumps([before, sorted(sys.modules)]))
"""
HEAVY = {"tensorflow", "keras", "torch", "mlflow", "optuna", "matplotlib", "pydicom", "h5py",
         "skimage", "PIL", "tqdm", "nibabel"}  # fmt: skip


def packages(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.fixture(scope="module")
def loaded() -> tuple[set[str], set[str]]:
    done = subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, check=True, capture_output=True)
    before, after = json.loads(done.stdout)
    return packages(before), packages(after)


def test_import_loads_no_other_package(loaded: tuple[set[str], set[str]]) -> None:
    assert not loaded[0] & (HEAVY | {"numpy", "scipy", "pandas"})


def test_every_name_is_had_with_numpy_scipy_and_pandas_alone(
    loaded: tuple[set[str], set[str]],
) -> None:
    assert not loaded[1] & HEAVY
    assert {"numpy", "scipy", "pandas"} <= loaded[1]


def test_import_takes_less_than_a_third_of_a_second() -> None:
    said = "import time; t = time.perf_counter(); import pi; print(time.perf_counter() - t)"
    best = min(
        float(subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=True,
                             capture_output=True).stdout)
        for _ in range(3)
    )  # fmt: skip
    assert best < 0.3


@pytest.mark.parametrize("name", pi.__all__)
def test_every_name_offered_is_there(name: str) -> None:
    assert getattr(pi, name) is not None
    assert name in dir(pi)


def test_the_names_offered_are_those_that_have_a_home() -> None:
    assert sorted(pi.__all__) == sorted(pi._HOMES)


def test_a_name_that_is_not_there_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pi.nothing


@pytest.mark.parametrize("module", sorted({"pi", *pi._HOMES.values()}))
def test_its_examples_run(module: str) -> None:
    assert doctest.testmod(import_module(module)).failed == 0


@pytest.mark.parametrize("name", ["psi", "weight_for_psi", "calibrate", "Calibration", "compare",
                                  "evaluate", "convert_weight"])  # fmt: skip
def test_it_is_told_by_an_example(name: str) -> None:
    assert ">>>" in (getattr(pi, name).__doc__ or "")


def test_the_version_is_written_once() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert 'path = "pi/version.py"' in text
    assert pi.__version__ not in text
    try:
        installed = importlib.metadata.version("perceptual-influence")
    except importlib.metadata.PackageNotFoundError:
        return
    assert installed == pi.__version__


def test_the_clock_is_not_asked_twice() -> None:
    """A name once had is had at once: it is kept in the module."""
    _ = pi.psi
    start = time.perf_counter()
    for _ in range(1000):
        _ = pi.psi
    assert time.perf_counter() - start < 0.1
    assert "psi" in vars(pi)
