"""One set of versions: pyproject asks, the lock answers with hashes, conda.yaml repeats it."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA = yaml.safe_load((ROOT / "conda.yaml").read_text())

GPU_LOCK = (ROOT / "requirements-gpu.lock").read_text()


def entries(lock: str) -> list[str]:
    return [block for block in re.split(r"\n(?=\S)", lock.strip()) if not block.startswith("#")]


ENTRIES = entries(LOCK)
CUDA = [entry for entry in entries(GPU_LOCK) if entry not in set(ENTRIES)]


def locked() -> set[str]:
    """Every pin of the lock, with its marker, as one normalised line."""
    return {str(Requirement(entry.split("\\")[0].strip())) for entry in ENTRIES}


def conda() -> list[Requirement]:
    (pip,) = [item["pip"] for item in CONDA["dependencies"] if isinstance(item, dict)]
    return [Requirement(line) for line in pip]


def names(requirements: set[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def asked_for() -> list[Requirement]:
    project = PYPROJECT["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["platform"]]
    return [Requirement(line) for line in dict.fromkeys(lines)]


def test_every_pin_of_conda_is_a_pin_of_the_lock() -> None:
    # The lock has the developers' tools too, which may want everywhere what the platform wants on
    # one system: its pin then has no marker.
    pins = locked()
    other = [str(r) for r in conda() if not {str(r), f"{r.name}{r.specifier}"} & pins]
    assert other == []


@pytest.mark.parametrize("requirement", asked_for(), ids=str)
def test_every_dependency_is_pinned_within_its_bounds_in_both(requirement: Requirement) -> None:
    for pins in ([Requirement(line) for line in locked()], conda()):
        found = [
            p for p in pins if canonicalize_name(p.name) == canonicalize_name(requirement.name)
        ]
        assert found
        for pin in found:
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert requirement.specifier.contains(specifier.version)


def test_every_development_tool_is_locked() -> None:
    groups = PYPROJECT["dependency-groups"]
    included = [groups[e["include-group"]] for e in groups["dev"] if isinstance(e, dict)]
    own = [entry for entry in groups["dev"] if isinstance(entry, str)]
    extras = PYPROJECT["project"]["optional-dependencies"]
    included += [extras["dashboard"], extras["team"]]
    wanted = {canonicalize_name(Requirement(x).name) for x in sum(included, own)}
    assert wanted <= names(locked())
    assert not wanted & {canonicalize_name(r.name) for r in conda()} - {"pyyaml"}


def test_the_lock_of_gpus_is_the_other_and_the_libraries_of_cuda_12_for_linux() -> None:
    assert set(ENTRIES) <= set(entries(GPU_LOCK))
    found = [Requirement(entry.split("\\")[0].strip()) for entry in CUDA]
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= {one.name for one in found}
    for one in found:
        assert re.fullmatch(r"nvidia-[a-z]+(-[a-z]+)?-cu12", one.name)
        assert str(one.marker) == 'sys_platform == "linux"'


@pytest.mark.parametrize("entry", [*ENTRIES, *CUDA], ids=lambda e: e.split()[0])
def test_every_entry_of_the_lock_is_one_version_with_hashes(entry: str) -> None:
    assert re.match(r"[a-z0-9._-]+==\S+", entry)
    assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)


@pytest.mark.parametrize(
    "file",
    ["requirements.lock", "requirements-gpu.lock", "conda.yaml", "pyproject.toml", "MLproject"],
)
def test_no_address_of_any_index_or_machine_is_written_down(file: str) -> None:
    text = (ROOT / file).read_text()
    assert not re.search(r"\w+://|--(extra-)?index-url|--find-links|(^|\s)-[ife]\s", text)
    assert not re.search(r"/(home|root|work|usr|tmp)/", text)


@pytest.mark.parametrize("file", ["requirements.lock", "conda.yaml", "pyproject.toml"])
def test_tensorflow_has_no_second_copy_beside_it(file: str) -> None:
    assert not re.search(r"tensorflow[-_](cpu|gpu|intel)", (ROOT / file).read_text())
    assert re.search(r"\btensorflow\b", (ROOT / file).read_text())


def test_the_core_is_three_packages() -> None:
    core = {Requirement(line).name for line in PYPROJECT["project"]["dependencies"]}
    assert core == {"numpy", "scipy", "pandas"}


def test_both_bounds_of_python_are_told_alike() -> None:
    low, high = re.findall(r"3\.(\d+)", PYPROJECT["project"]["requires-python"])
    makefile = (ROOT / "Makefile").read_text()
    assert f"(3, {low}) <= sys.version_info < (3, {high})" in makefile
    assert f"Python 3.{low} to 3.{int(high) - 1} is needed" in makefile


def test_the_project_itself_is_nowhere_installed() -> None:
    assert "perceptual-influence" not in names(locked())
    assert "perceptual-influence" not in {canonicalize_name(r.name) for r in conda()}


def licences(name: str) -> str:
    about = importlib.metadata.metadata(name)
    classifiers = [c for c in about.get_all("Classifier", []) if c.startswith("License")]
    short = (about.get("License") or "").partition("\n")[0][:100]
    return " ".join([about.get("License-Expression") or "", short, *classifiers])


def test_no_locked_package_is_under_the_gpl() -> None:
    found = {}
    for line in locked():
        requirement = Requirement(line)
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate():
            found[requirement.name] = licences(requirement.name)
    strict = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public", re.IGNORECASE)
    assert len(found) > 100
    assert {name: text for name, text in found.items() if strict.search(text)} == {}
