"""A trained denoiser in the tracking store: as the network, and as a service in HU."""

import importlib.metadata
import tempfile
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
from numpy.typing import NDArray

from pi.evaluation import served
from pi.tracking.address import TrackingError, probe, tracking_uri
from pi.tracking.backend import (
    MlflowClient,
    MlflowException,
    Model,
    ModelSignature,
    Schema,
    TensorSpec,
    pyfunc,
    set_tracking_uri,
    tensorflow,
)
from pi.tracking.run import Run

NETWORK = "unet"
SERVICE = "denoiser"
PACKAGES = ("mlflow", "tensorflow", "keras", "numpy", "h5py")


def log_denoiser(
    run: Run, unet: keras.Model, channels: int, example: NDArray[np.int16] | None
) -> None:
    """Log a trained U-Net twice: the network in its own range, and the service in HU.

    The network is logged uncompiled, so that nobody needs our losses to load it, and takes any
    rows and columns that divide by 16; the service takes any.

    Args:
        run: the training run.
        unet: the trained network.
        channels: of its first level.
        example: (1, rows, columns) low-dose slice in HU of a *simulated* patient, shown beside
            the service as input example; None where the data are a patient's.
    """
    network = keras.Model(unet.inputs, unet.outputs, name=unet.name)
    _log(run, tensorflow, NETWORK, (-1, -1, -1, 1), model=network)
    with tempfile.TemporaryDirectory() as folder:
        served.save_denoiser(unet, channels, Path(folder))
        _log(
            run,
            pyfunc,
            SERVICE,
            (-1, -1, -1),
            loader_module=served.__name__,
            data_path=folder,
            code_paths=[str(Path(served.__file__).parents[1])],
            input_example=None if example is None else example.astype(np.float32),
        )


def promote(run_id: str, name: str, alias: str) -> int:
    """Register a run's service as a new version of ``name`` and give it ``alias``.

    Returns:
        The version.

    Raises:
        TrackingError: no such run, or it holds no denoiser, or the registry refuses.
    """
    uri = tracking_uri()
    probe(uri)
    client = MlflowClient(uri)
    try:
        outputs = client.get_run(run_id).outputs
        ids = [output.model_id for output in outputs.model_outputs] if outputs else []
        logged = [client.get_logged_model(model_id) for model_id in ids]
        services = [model for model in logged if model.name == SERVICE]
        if not services:
            raise TrackingError(f"run {run_id!r} must hold a model `{SERVICE}` but holds none.")
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        newest = services[-1]
        created = client.create_model_version(
            name, newest.model_uri, run_id, model_id=newest.model_id
        )
        client.set_registered_model_alias(name, alias, created.version)
    except MlflowException as error:
        raise TrackingError(
            f"run {run_id!r} must exist and its model be accepted by the registry but: {error}"
        ) from error
    return int(created.version)


def _log(
    run: Run, flavor: ModuleType, name: str, shape: tuple[int, ...], **contents: object
) -> None:
    # No names in the signature: one other than the Keras input's makes the model refuse its data.
    schema = Schema([TensorSpec(np.dtype(np.float32), shape)])
    set_tracking_uri(run.uri)
    Model.log(
        artifact_path=None,
        flavor=flavor,
        name=name,
        run_id=run.run_id,
        signature=ModelSignature(schema, schema),
        # Letting MLflow infer them takes 20 s and may be wrong.
        pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in PACKAGES],
        **contents,
    )
