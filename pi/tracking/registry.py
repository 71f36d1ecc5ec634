"""The model registry: contexts and denoisers as versions, and the champion, set on purpose alone.

A context is a version of a weight file, with what it was made of.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from pi.choices import EvaluatedPart
from pi.errors import is_path, quoted
from pi.evaluation.doing_nothing import of_training
from pi.evaluation.model_card import HEADING, Judged, model_card
from pi.evaluation.model_card import NAME as CARD
from pi.journal.entry import Known
from pi.places import file_digest
from pi.run_names import shortened
from pi.tracking.address import TrackingError, told
from pi.tracking.backend import LoggedModel, LoggedModelInput, Metric, MlflowClient, MlflowException
from pi.tracking.delivery import found_as
from pi.tracking.records import connect, fetch_artifact, newest_trainings, no_such_run
from pi.tracking.run import NOTE, Run

SERVICE = "denoiser_hu"
"""Name of the model that a training run logs as a service in HU."""

DENOISERS = "ldct-denoiser"
"""Name under which denoisers are registered unless something else is asked for."""


CONTEXT_FILE = "context/weights.h5"
"""Artifact in which a run of `pretrain` keeps the weights of the encoder."""

FILE_DIGEST = "pi.weight_file_sha256"
"""Tag of a run and of a version: sha256 of `CONTEXT_FILE`."""

ABOUT = "pi.context"
"""Tag of a run and of a version: what the encoder was pre-trained on."""

REGISTERED = "pi.registered"
"""Tag of a run of `pretrain`: the name that its context is registered under."""


def promote(run_id: str, name: str, alias: str, *, even_if_worse: bool = False) -> tuple[str, int]:
    """Give ``alias`` to what a run made: its denoiser, registered now, or its context.

    Args:
        run_id: of `train` or `pretrain`.
        name: of the registered model; empty: `DENOISERS`, or what a context is registered under.
        alias: that points at the version afterwards.
        even_if_worse: whether a denoiser may be worse than doing nothing by its training's
            validation SSIM; where a run does not tell that, it is not refused.

    Returns:
        Name and version.

    Raises:
        TrackingError: no such run, or it holds neither, or the registry refuses, or the denoiser
            is worse than doing nothing.
    """
    client = connect()
    _require_run(run_id)
    try:
        known = _tags(client, run_id)
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
            if not even_if_worse:
                _require_worth(client, run_id)
            version = _register_denoiser(client, run_id, name)
        client.set_registered_model_alias(name, alias, str(version))
    except MlflowException as error:
        raise TrackingError(
            f"run {quoted(run_id)} must exist and its model be accepted by the registry "
            f"but: {told(error)}"
        ) from error
    return name, version


def _require_run(run_id: str) -> None:
    if not run_id:
        raise TrackingError(
            "`run` must be the id of a run of `train` or `pretrain` but is empty"
            f"{newest_trainings()}."
        )


def _tags(client: MlflowClient, run_id: str) -> dict[str, str]:
    try:
        return dict(client.get_run(run_id).data.tags)
    except MlflowException as error:
        raise no_such_run(run_id) from error


def registered_there(client: MlflowClient) -> list[str]:
    """Return what the registry holds, as it is asked for: NAME@ALIAS, or NAME/VERSION, sorted."""
    found = client.search_registered_models()
    return sorted(
        f"models:/{model.name}{which}"
        for model in found
        for which in (
            [f"@{alias}" for alias in model.aliases]
            or [f"/{version.version}" for version in model.latest_versions or []]
        )
    )


def _require_worth(client: MlflowClient, run_id: str) -> None:
    beside = of_training(client.get_run(run_id).data.metrics)
    if beside.worse:
        raise TrackingError(
            f"run {quoted(run_id)} must be better than doing nothing to be promoted but its kept "
            f"epoch has a {beside.text()}; `even_if_worse` promotes it all the same."
        )


def _register_denoiser(client: MlflowClient, run_id: str, name: str) -> int:
    newest = _service_of(client, run_id)
    ensure_registered(client, name)
    created = client.create_model_version(
        name, newest.model_uri, run_id, model_id=newest.model_id,
        description=_card(client, run_id),
    )  # fmt: skip
    return int(created.version)


def _service_of(client: MlflowClient, run_id: str) -> LoggedModel:
    services = [model for model in models_of(client, run_id) if model.name == SERVICE]
    if not services:
        raise TrackingError(f"run {quoted(run_id)} must hold a model `{SERVICE}` but holds none.")
    return services[-1]


def require_promotable(run_id: str, *, even_if_worse: bool) -> str:
    """Return what a run is called, which `promote` would take.

    Raises:
        TrackingError: see `promote`.
    """
    client = connect()
    _require_run(run_id)
    known = _tags(client, run_id)
    if FILE_DIGEST not in known:
        _service_of(client, run_id)
        if not even_if_worse:
            _require_worth(client, run_id)
    return known.get("mlflow.runName", run_id)


def models_of(client: MlflowClient, run_id: str) -> list[LoggedModel]:
    """Return the models that a run logged, the newest last."""
    outputs = client.get_run(run_id).outputs
    ids = [output.model_id for output in outputs.model_outputs] if outputs else []
    return [client.get_logged_model(model_id) for model_id in ids]


def tell_model(run: Run, made_by: str, names: Iterable[str]) -> None:
    """Have what a run measured stand on the pages of the models that it measured, and of versions.

    Args:
        run: that measured; it is told which models.
        made_by: the run that logged the models, which may be the same.
        names: of its metrics.
    """
    if run.kept:
        run.journal.write(run.run_id, "told", {"by": made_by, "names": [*names]})


def show_on_models(client: MlflowClient, run_id: str, made_by: str, names: Iterable[str]) -> None:
    """Do what `tell_model` says, once the store has what the run logged before.

    The second time is as the first.
    """
    models = models_of(client, made_by)
    _measure(client, run_id, models, names)
    inputs = client.get_run(run_id).inputs
    there = {one.model_id for one in inputs.model_inputs} if inputs else set()
    new = [LoggedModelInput(one.model_id) for one in models if one.model_id not in there]
    if new and made_by != run_id:
        client.log_inputs(run_id, models=new)
    _describe(client, made_by)


def _measure(
    client: MlflowClient, run_id: str, models: Iterable[LoggedModel], names: Iterable[str]
) -> None:
    """Have newest values of a run stand on the pages of models; its own curves stay."""
    run = client.get_run(run_id)
    data = run.inputs.dataset_inputs if run.inputs else []
    name, digest = (data[0].dataset.name, data[0].dataset.digest) if data else (None, None)
    histories = (client.get_metric_history(run_id, key) for key in names)
    points = [history[-1] for history in histories if history]
    for model in models if points else ():
        of = (model.model_id, name, digest, run_id)
        of_model = [Metric(p.key, p.value, p.timestamp, p.step, *of) for p in points]
        client.log_batch(run_id, metrics=of_model)


def _describe(client: MlflowClient, run_id: str) -> None:
    """Renew the descriptions of a run's models, and of its versions that nobody has rewritten."""
    card = _card(client, run_id)
    for model in models_of(client, run_id):
        client.set_logged_model_tags(model.model_id, {NOTE: shortened(card, CARD)})
    for version in client.search_model_versions(f"run_id = '{run_id}'"):
        if (version.description or "").startswith(HEADING):
            client.update_model_version(version.name, version.version, card)


def _card(client: MlflowClient, run_id: str) -> str:
    run = found_as(client.get_run(run_id))
    parts = {part: run.tags.get(f"pi.evaluated_by.{part}") for part in get_args(EvaluatedPart)}
    return card_of(run, [_judged(client, part, by) for part, by in parts.items() if by])


def card_of(run: Known, judged: Sequence[Judged] = ()) -> str:
    """Return the model card of the denoiser of a run, as its metrics and evaluations tell today."""
    return model_card(run.params, run.metrics, run.tags, run.data, judged)


def _judged(client: MlflowClient, part: str, run_id: str) -> Judged:
    data = client.get_run(run_id).data
    return Judged(part, data.tags.get("pi.protocols", "").partition(",")[0], data.metrics)


def register_context(run_id: str, name: str) -> int:
    """Register the context of a run of `pretrain` as a new version of ``name``; return which.

    Raises:
        TrackingError: the registry refuses, or holds other models under that name.
    """
    client = connect()
    try:
        tags = client.get_run(run_id).data.tags
        kept = {key: tags[key] for key in (FILE_DIGEST, ABOUT, "pi.data_digest")}
        ensure_registered(client, name)
        for other in client.search_model_versions(f"name = '{name}'"):
            if FILE_DIGEST not in other.tags:
                raise TrackingError(
                    f"`name` must be that of contexts but {quoted(name)} holds models of "
                    "another kind."
                )
        source = f"{client.get_run(run_id).info.artifact_uri}/{CONTEXT_FILE}"
        created = client.create_model_version(
            name, source, run_id, tags=kept, description=f"Encoder weights: {tags[ABOUT]}."
        )
        client.set_tag(run_id, REGISTERED, name)
    except MlflowException as error:
        raise TrackingError(
            f"the registry must take the context as {quoted(name)} but says: {told(error)}"
        ) from error
    return int(created.version)


def fetch_context(registered: str) -> tuple[Path, str]:
    """Return a local copy of the weights of a registered context.

    Args:
        registered: NAME@ALIAS or NAME@VERSION.

    Returns:
        The file, and what the encoder was pre-trained on.

    Raises:
        TrackingError: it is misspelt; there is no such model, alias or version, or it is no
            context; the file is not the one that was registered.
    """
    client = connect()
    name, alias, version = _parted(registered)
    try:
        if alias:
            found = client.get_model_version_by_alias(name, alias)
        else:
            found = client.get_model_version(name, version)
    except MlflowException as error:
        raise TrackingError(
            f"context `medical:{registered}` must be in the model registry but "
            f"{_there(client, name)}"
        ) from error
    if FILE_DIGEST not in found.tags or not found.run_id:
        raise TrackingError(
            f"context `medical:{registered}` must be one that `pretrain` made but "
            f"{quoted(name)} holds models of another kind."
        )
    file = fetch_artifact(found.run_id, CONTEXT_FILE)
    if file_digest(file) != found.tags[FILE_DIGEST]:
        raise TrackingError(
            f"weights of context `medical:{registered}` must be those that were registered but "
            "their sha256 differs."
        )
    return file, f"{found.tags[ABOUT]} ({name}, version {found.version})"


def version_of(client: MlflowClient, run_id: str, name: str) -> int:
    """Return the newest version of ``name`` that a run made; 0 where there is none."""
    versions = client.search_model_versions(f"name = '{name}'")
    return max((int(v.version) for v in versions if v.run_id == run_id), default=0)


def ensure_registered(client: MlflowClient, name: str) -> None:
    """Make the registered model ``name`` unless it is there."""
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)


def _parted(registered: str) -> tuple[str, str, str]:
    """Return name, alias and version; one of the latter is empty."""
    name, _, which = registered.partition("@")
    if not (name and which) or is_path(registered):
        raise TrackingError(
            "a context in the model registry must be medical:NAME@ALIAS or medical:NAME@VERSION "
            f"but got {quoted(f'medical:{registered}')}."
        )
    return (name, "", which) if which.isdecimal() else (name, which, "")


def _there(client: MlflowClient, name: str) -> str:
    """Return what of ``name`` there is instead, as the end of a sentence."""
    known = {model.name: model for model in client.search_registered_models()}
    if name not in known:
        contexts = sorted({v.name for v in client.search_model_versions() if FILE_DIGEST in v.tags})
        others = f" (contexts there: {', '.join(contexts)})" if contexts else ""
        return (
            f"no model is called {quoted(name, known)}{others}: `pretrain --name {name}` makes one."
        )
    aliases = ", ".join(sorted(known[name].aliases)) or "none"
    versions = sorted(int(v.version) for v in client.search_model_versions(f"name = '{name}'"))
    return (
        f"{quoted(name)} has the aliases {aliases} and the versions "
        f"{', '.join(map(str, versions)) or 'none'}; `promote` sets an alias."
    )
