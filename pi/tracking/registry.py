"""The model registry: what is the champion, set on purpose and nowhere else."""

from pi.errors import quoted
from pi.tracking.address import TrackingError
from pi.tracking.backend import MlflowClient, MlflowException
from pi.tracking.context_registry import (
    FILE_DIGEST,
    REGISTERED,
    ensure_registered,
    register_context,
    version_of,
)
from pi.tracking.earlier import connect

SERVICE = "denoiser_hu"
"""Name of the model that a training run logs as a service in HU."""

DENOISERS = "ldct-denoiser"
"""Name under which denoisers are registered unless something else is asked for."""


def promote(run_id: str, name: str, alias: str) -> tuple[str, int]:
    """Give ``alias`` to what a run made: its denoiser, registered now, or its context.

    Args:
        run_id: of `train` or `pretrain`.
        name: of the registered model; empty: `DENOISERS`, or what a context is registered under.
        alias: that points at the version afterwards.

    Returns:
        Name and version.

    Raises:
        TrackingError: no such run, or it holds neither, or the registry refuses.
    """
    client = connect()
    try:
        known = client.get_run(run_id).data.tags
        if FILE_DIGEST in known:
            name = name or known.get(REGISTERED, "")
            if not name:
                raise TrackingError(
                    f"`name` must say what the context of run {quoted(run_id)} is called "
                    "but is empty."
                )
            version = version_of(client, run_id, name) or register_context(run_id, name)
        else:
            name = name or DENOISERS
            version = _register_denoiser(client, run_id, name)
        client.set_registered_model_alias(name, alias, str(version))
    except MlflowException as error:
        raise TrackingError(
            f"run {quoted(run_id)} must exist and its model be accepted by the registry "
            f"but: {error}"
        ) from error
    return name, version


def _register_denoiser(client: MlflowClient, run_id: str, name: str) -> int:
    outputs = client.get_run(run_id).outputs
    ids = [output.model_id for output in outputs.model_outputs] if outputs else []
    logged = [client.get_logged_model(model_id) for model_id in ids]
    services = [model for model in logged if model.name == SERVICE]
    if not services:
        raise TrackingError(f"run {quoted(run_id)} must hold a model `{SERVICE}` but holds none.")
    ensure_registered(client, name)
    newest = services[-1]
    created = client.create_model_version(name, newest.model_uri, run_id, model_id=newest.model_id)
    return int(created.version)
