"""The wheel: built here, installed into an empty environment, used from another folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
MINORS = (11, 12, 13)
USE = """
import sys
import pi
assert "site-packages" in pi.__file__, pi.__file__
assert pi.__version__ == {version!r}
found = pi.calibrate(image=[2e-3, 3e-3], perceptual=[9.0, 11.0], target=0.95)
assert abs(float(found.psi_at(found.weight)) - 0.95) < 1e-12
assert pi.PRESETS and pi.PROTOCOLS
import doctest
from importlib import import_module
for home in sorted(set(pi._HOMES.values())):
    assert doctest.testmod(import_module(home)).failed == 0, home
try:
    pi.calibrate(store="simulated:tiny")
except pi.PiError as error:
    assert "perceptual-influence[platform]" in str(error), error
else:
    raise AssertionError("a store without the platform")
assert not {{"tensorflow", "mlflow", "torch"}} & set(sys.modules)
print("used")
"""


def pythons() -> list[Path]:
    """The interpreters of the versions that are asked for and at hand, those of pyenv too."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for minor in MINORS:
        own = sorted(versions.glob(f"3.{minor}.*/bin/python"))
        named = shutil.which(f"python3.{minor}")
        candidates = [*own, *([Path(named)] if named and "shims" not in named else [])]
        found += candidates[:1]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not UV.exists():
        pytest.skip("uv is not in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    build = [str(UV), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_holds_what_is_run_and_nothing_too_common(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "pi",
        "perceptual_influence",
    }
    for needed in (
        "pi/py.typed",
        "pi/_installed/entrypoints/calibrate.py",
        "pi/_installed/dashboards/screens/training.py",
        "pi/_installed/dashboards/train.json",
        "pi/report/page.html.j2",
        "pi/slices/splits/mayo2016.json",
    ):
        assert needed in names, needed
    assert not [name for name in names if name.endswith((".png", ".pyc"))]


def installed(python: Path, wheel: Path, folder: Path, *more: str) -> Path:
    """Return the programs of a new environment that has the wheel."""
    environment = folder / "environment"
    subprocess.run([str(UV), "venv", "--quiet", "--python", str(python), str(environment)],
                   check=True)  # fmt: skip
    subprocess.run([str(UV), "pip", "install", "--quiet", "--python", str(environment), str(wheel),
                    *more], check=True)  # fmt: skip
    return environment / "bin"


def use(programs: Path, folder: Path) -> None:
    """Use what is installed from a folder of its own, with nothing of this clone in reach."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    version = {"version": subprocess.run(
        [sys.executable, "-c", "import pi; print(pi.__version__)"], cwd=ROOT, check=True,
        capture_output=True, text=True).stdout.strip()}  # fmt: skip
    (folder / "use.py").write_text(USE.format(**version))
    done = subprocess.run(
        [programs / "python", "use.py"], cwd=folder, env=bare, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout == "used\n", done.stderr
    command = programs / "perceptual-influence"
    told = subprocess.run([command, "--version"], cwd=folder, env=bare, check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    assert told == f"perceptual-influence {version['version']}\n"
    asked = subprocess.run([command, "calibrate", "--help"], cwd=folder, env=bare, check=True,
                           capture_output=True, text=True).stdout  # fmt: skip
    assert "--target_psi" in asked
    refused = subprocess.run([command, "calibrate"], cwd=folder, env=bare, check=False,
                             capture_output=True, text=True)  # fmt: skip
    assert refused.returncode == 2
    assert "perceptual-influence[platform]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_is_used_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    use(installed(Path(sys.executable), wheel, tmp_path), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("python", pythons(), ids=lambda python: python.parents[1].name)
def test_it_is_used_with_every_python_at_hand(python: Path, wheel: Path, tmp_path: Path) -> None:
    use(installed(python, wheel, tmp_path), tmp_path)


@pytest.mark.slow
def test_its_oldest_dependencies_will_do(wheel: Path, tmp_path: Path) -> None:
    use(installed(Path(sys.executable), wheel, tmp_path, "--resolution", "lowest-direct"), tmp_path)


@pytest.mark.slow
def test_the_platform_is_brought_by_its_extra(wheel: Path, tmp_path: Path) -> None:
    programs = installed(Path(sys.executable), Path(f"{wheel}[platform]"), tmp_path)
    there = os.environ | {
        "PI_CACHE": str(tmp_path / "cache"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
    }
    done = subprocess.run(
        [programs / "perceptual-influence", "calibrate", "--data", "simulated:tiny",
         "--experiments", "vgg16:random:block1_conv1"],
        cwd=tmp_path, env=there, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "lambda for a perceptual influence of 95 %" in done.stdout
