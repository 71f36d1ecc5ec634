"""What many tests share: a tiny store, a tracking database, places that are nobody's."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pi.slices.manifest import to_json
from pi.slices.store import Store
from pi.source import open_data


@pytest.fixture(autouse=True)
def nobodys_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep every test away from the user's cache, data and tracking store."""
    for name in [*os.environ]:
        ours = name in ("PI_DATA", "PI_MAPPING", "PI_SPLIT", "PI_WEIGHTS", "OPTUNA_STORAGE")
        if ours or name.startswith(("MLFLOW_RUN", "MLFLOW_EXP", "MLFLOW_TRACK")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    handler = signal.getsignal(signal.SIGTERM)  # which `pi.command_line.run` replaces
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PI_CACHE that holds the tiny simulated study, prepared."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(cache))
        open_data("simulated:tiny", split="auto", split_seed=5, study_seed=5)
    return cache


@pytest.fixture
def tiny_store(tiny_cache: Path) -> Store:
    return Store.open(tiny_cache / "stores" / "simulated-tiny-seed5-recipe2")


@pytest.fixture
def two_doses(tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a store in force: the tiny study, its thin slices at 10 % and its thick ones at 25 %.

    Nobody knows the pixel spacing of the thin ones.
    """
    made = tiny_cache / "stores" / "simulated-tiny-seed5-recipe2"
    folder = tmp_path / "cache" / "stores" / "two"
    folder.mkdir(parents=True)
    (folder / "volumes").symlink_to(made / "volumes")
    manifest = Store.open(made).manifest
    volumes = tuple(
        replace(v, dose=0.1, pixel_spacing=None, content=f"10% {v.content}")
        if v.thickness == 1
        else replace(v, dose=0.25, content=f"25% {v.content}")
        for v in manifest.volumes
    )
    (folder / "manifest.json").write_text(to_json(replace(manifest, volumes=volumes)))
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    return "two"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking database without runs, whose making costs seconds: to be copied, not used."""
    from mlflow import MlflowClient

    file = tmp_path_factory.mktemp("tracking") / "template.db"
    MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def database(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tracking database of this test's own, in force; artifacts lie beside it."""
    folder = tmp_path / "tracked"
    folder.mkdir()
    file = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
    monkeypatch.chdir(folder)
    return file
