"""The one module that imports mlflow: what of it is used, made quiet.

Everything else in this room takes its names from here, and nothing outside this room does.
"""

import importlib
import logging
from types import ModuleType
from typing import Literal

from mlflow import MlflowClient, set_experiment, set_tracking_uri
from mlflow.artifacts import download_artifacts
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag
from mlflow.entities import Run as StoredRun
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import Schema, TensorSpec

__all__ = [
    "Dataset",
    "DatasetInput",
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
    "download_artifacts",
    "flavor",
    "set_experiment",
    "set_tracking_uri",
]

# Migration notes of a new database say nothing to a researcher.
for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def flavor(name: Literal["pyfunc", "tensorflow"]) -> ModuleType:
    """Return one of MLflow's model flavors, which are slow to import and seldom needed."""
    return importlib.import_module(f"mlflow.{name}")
