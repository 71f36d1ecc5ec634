"""The one module that imports mlflow: what of it is used, made quiet.

Everything else in this room takes its names from here, and nothing outside this room does.
"""

import importlib
import importlib.util
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Literal

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    LoggedModel,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.entities import Run as StoredRun
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.tracking.multimedia import compress_image_size, convert_to_pil_image
from mlflow.types.schema import Schema, TensorSpec
from mlflow.utils import name_utils

from pi.database import alone, sqlite_file
from pi.environment import put_back

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "LoggedModel",
    "LoggedModelInput",
    "LoggedModelOutput",
    "Metric",
    "MlflowClient",
    "MlflowException",
    "Model",
    "ModelSignature",
    "Param",
    "RunTag",
    "Schema",
    "StoredRun",
    "TensorSpec",
    "ViewType",
    "begin",
    "compress_image_size",
    "convert_to_pil_image",
    "download_artifacts",
    "flavor",
    "get_artifact_repository",
    "is_made_up",
    "measuring_machine",
]

# Migration notes of a new database say nothing to a researcher.
for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# A database that is locked, a server that is away: what is raised says it, without a traceback or a
# line for each retry.
for _name in ("mlflow.store.db.utils", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# At its end MLflow prints the page of every run, with the password that its address may hold.
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"


ROOT = "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""Variable by which MLflow's server tells its workers where artifacts lie."""


@cache
def begin(uri: str) -> None:
    """Have MLflow open a database for the first time in this process, and make its tables.

    One process after the other: of several at a new database MLflow lets all but one fail.
    """
    if uri.startswith("http"):
        return
    file = sqlite_file(uri)
    with put_back(ROOT), alone(uri):
        if file is not None:
            # MLflow would have artifacts lie in whichever folder a command is started.
            os.environ[ROOT] = str(file.parent / "mlruns")
        MlflowClient(uri).search_experiments(max_results=1)


def is_made_up(name: str) -> bool:
    """Tell whether MLflow made up the name of a run, because nobody gave it one."""
    predicate, _, rest = name.partition("-")
    return (
        predicate in name_utils._GENERATOR_PREDICATES
        and rest.partition("-")[0] in name_utils._GENERATOR_NOUNS
    )


def flavor(name: Literal["pyfunc", "tensorflow"]) -> ModuleType:
    """Return one of MLflow's model flavors, which are slow to import and seldom needed."""
    return importlib.import_module(f"mlflow.{name}")


@contextmanager
def measuring_machine(uri: str, run_id: str) -> Iterator[None]:
    """Log how busy processor, memory, disk, network and GPU are, every ten seconds meanwhile.

    Unless MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING says no; MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL is
    how often, in seconds. No run fails or waits for it.
    """
    wanted = os.environ.get("MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING", "true").lower()
    monitor = _monitor(uri, run_id) if wanted in ("true", "1") else None
    try:
        yield
    finally:
        if monitor is not None:  # whose last word a server that went away would hold up
            ending = threading.Thread(target=monitor.finish, daemon=True)
            ending.start()
            ending.join(timeout=5)


def _monitor(uri: str, run_id: str) -> Any | None:  # noqa: ANN401
    """Return a monitor at work; None without psutil, which MLflow does not bring."""
    if importlib.util.find_spec("psutil") is None:
        return None
    logging.getLogger("mlflow.system_metrics").setLevel(logging.ERROR)
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    start: Any = SystemMetricsMonitor
    monitor = start(run_id, resume_logging=True, tracking_uri=uri)
    monitor.start()
    return monitor
