"""What many tests share: a tiny store, a tracking database, places that are nobody's."""

import functools
import gc
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from pi.journal import sender
from pi.slices.manifest import to_json
from pi.slices.store import Store
from pi.source import open_data

# Of every run, those of fixtures too: a test that wants to know how busy the machine is says so.
os.environ["MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"] = "false"


def pytest_collection_finish() -> None:
    """What is imported stays: the collector need not go through it again for every graph."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def nobodys_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep every test away from the user's cache, data and tracking store."""
    for name in [*os.environ]:
        ours = name.startswith("PI_") or name == "OPTUNA_STORAGE"
        if ours or name.startswith(("MLFLOW_RUN", "MLFLOW_EXP", "MLFLOW_TRACK")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    # What a test logs it may read at once, however busy the machine is.
    monkeypatch.setattr(sender, "PATIENCE", 60.0)
    handler = signal.getsignal(signal.SIGTERM)  # which `pi.command_line.run` replaces
    yield
    signal.signal(signal.SIGTERM, handler)


Make = Callable[[Path], object]


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Make], Path]:
    """What fills a new folder called so, once for all workers of this session; to be copied.

    Whoever comes first makes it, and the others wait for it; it appears whole or not at all.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "made-once"
    root.mkdir(exist_ok=True)

    def made(name: str, make: Make) -> Path:
        with FileLock(root / f"{name}.lock"):
            if not (root / name).exists():
                new = root / f"{name}.new"
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir()
                make(new)
                new.rename(root / name)
        return root / name

    return made


def _prepare_tiny(cache: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(cache))
        open_data("simulated:tiny", split="auto", split_seed=5, study_seed=5)


@pytest.fixture(scope="session")
def tiny_cache(
    tmp_path_factory: pytest.TempPathFactory, made_once: Callable[[str, Make], Path]
) -> Path:
    """A folder for PI_CACHE, this worker's own, that holds the tiny simulated study, prepared."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    shutil.copytree(made_once("tiny", _prepare_tiny), cache, dirs_exist_ok=True, symlinks=True)
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


def _make_database(folder: Path) -> None:
    from mlflow import MlflowClient

    MlflowClient(f"sqlite:///{folder / 'template.db'}").search_experiments()


@pytest.fixture(scope="session")
def newest_schema() -> Iterator[None]:
    """MLflow reads its 67 migrations once, and not for every database that is opened.

    SQLite waits for no disk: what a test writes need not outlive the machine's power.
    """
    from mlflow.store.db import utils
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")

    event.listen(Engine, "connect", hurry)
    with pytest.MonkeyPatch.context() as patch:
        newest = functools.cache(utils._get_latest_schema_revision)
        patch.setattr(utils, "_get_latest_schema_revision", newest)
        yield
    event.remove(Engine, "connect", hurry)


@pytest.fixture(scope="session")
def empty_database(made_once: Callable[[str, Make], Path], newest_schema: None) -> Path:
    """A tracking database without runs, whose making costs seconds: to be copied, not used."""
    return made_once("tracking", _make_database) / "template.db"


@pytest.fixture
def database(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tracking database of this test's own, in force; artifacts lie beside it.

    What MLflow keeps for the whole process, the address and the experiment that a test has set,
    is of this test too.
    """
    from mlflow.tracking import fluent
    from mlflow.tracking._tracking_service import utils

    monkeypatch.setattr(utils, "_tracking_uri", None)
    monkeypatch.setattr(fluent, "_active_experiment_id", None)
    folder = tmp_path / "tracked"
    folder.mkdir()
    file = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
    monkeypatch.chdir(folder)
    return file


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are empty files, and blank in a page: their drawing, which takes seconds, is tested
    elsewhere.
    """
    from matplotlib.figure import Figure

    save = Figure.savefig

    def savefig(_: Figure, file: object, **how: Any) -> None:
        if isinstance(file, str | Path):
            Path(file).touch()
        else:
            save(Figure(figsize=(1, 1)), file, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", savefig)


@contextmanager
def run_eagerly() -> Iterator[None]:
    """Run the operations of a graph one by one: its tracing costs seconds, a step of it far less.

    For what is around a graph; what a graph computes is tested as it is used, in a graph.
    """
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there

    import keras  # isort: skip
    import tensorflow as tf  # isort: skip

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.optimizers.Adam, "update_step", _adam_at_once)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(before)


def _adam_at_once(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
    """Adam's step of a variable as the one operation that TensorFlow has for it.

    Keras takes thirty, which one by one are most of an eager step.
    """
    import tensorflow as tf

    step, place = tf.cast(self.iterations + 1, tf.float32), self._get_variable_index(variable)
    momentum, velocity = (one[place].value for one in (self._momentums, self._velocities))
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=momentum.handle, v=velocity.handle,
        beta1_power=self.beta_1**step, beta2_power=self.beta_2**step, lr=learning_rate,
        beta1=self.beta_1, beta2=self.beta_2, epsilon=self.epsilon, grad=gradient,
    )  # fmt: skip


@pytest.fixture
def eager() -> Iterator[None]:
    """See `run_eagerly`."""
    with run_eagerly():
        yield


@pytest.fixture(scope="module")
def eager_module() -> Iterator[None]:
    """See `run_eagerly`; for all tests of a module."""
    with run_eagerly():
        yield
