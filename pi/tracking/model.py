"""A trained denoiser in the tracking store: as the network, and as a service in HU."""

import importlib.metadata
import os
import tempfile
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from pi.evaluation import served
from pi.slices.store import Store
from pi.tracking.backend import (
    Model,
    ModelSignature,
    Schema,
    TensorSpec,
    flavor,
    set_experiment,
    set_tracking_uri,
)
from pi.tracking.registry import SERVICE
from pi.tracking.run import Run

NETWORK = "unet"
PACKAGES = ("mlflow", "tensorflow", "keras", "numpy", "h5py")


def log_denoiser(run: Run, unet: keras.Model, channels: int, store: Store) -> None:
    """Log a trained U-Net twice: the network in its own range, and the service in HU.

    The network is logged uncompiled, so that nobody needs our losses to load it, and takes any
    rows and columns that divide by 16; the service takes any.

    Args:
        run: the training run.
        unet: the trained network.
        channels: of its first level.
        store: what it was trained on; a piece of a slice is shown beside the service as input
            example, but only of a simulated patient.
    """
    network = keras.Model(unet.input, unet.output, name=unet.name)
    _log(run, "tensorflow", NETWORK, (-1, -1, -1, 1), model=network)
    with tempfile.TemporaryDirectory() as folder:
        served.save_denoiser(unet, channels, Path(folder))
        _log(
            run,
            "pyfunc",
            SERVICE,
            (-1, -1, -1),
            loader_module=served.__name__,
            data_path=folder,
            code_paths=[str(Path(served.__file__).parents[1])],
            input_example=_example(store),
        )


def _example(store: Store) -> NDArray[np.float32] | None:
    if not store.simulated:
        return None
    low_dose, _ = store.pair(0, 0)
    return low_dose[np.newaxis, :64, :64].astype(np.float32)


def _log(
    run: Run,
    kind: Literal["pyfunc", "tensorflow"],
    name: str,
    shape: tuple[int, ...],
    **contents: object,
) -> None:
    # No names in the signature: one other than the Keras input's makes the model refuse its data.
    schema = Schema([TensorSpec(np.dtype(np.float32), shape)])
    # A logged model goes to the experiment that is active in this process, not to its run's.
    set_tracking_uri(run.uri)
    before = os.environ.get("MLFLOW_EXPERIMENT_ID")
    set_experiment(experiment_id=run.experiment_id)
    try:
        Model.log(
            artifact_path=None,
            flavor=flavor(kind),
            name=name,
            run_id=run.run_id,
            signature=ModelSignature(schema, schema),
            # Letting MLflow infer them takes 20 s and may be wrong.
            pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in PACKAGES],
            **contents,
        )
    finally:
        # It was put into the environment too, where the runs opened next would find it.
        os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
        if before is not None:
            os.environ["MLFLOW_EXPERIMENT_ID"] = before
