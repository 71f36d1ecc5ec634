"""The model registry: which denoiser is the champion, set on purpose and nowhere else."""

from pi.tracking.address import TrackingError
from pi.tracking.backend import MlflowException
from pi.tracking.earlier import connect

SERVICE = "denoiser_hu"
"""Name of the model that a training run logs as a service in HU."""


def promote(run_id: str, name: str, alias: str) -> int:
    """Register a run's service as a new version of ``name`` and give it ``alias``.

    Returns:
        The version.

    Raises:
        TrackingError: no such run, or it holds no denoiser, or the registry refuses.
    """
    client = connect()
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
