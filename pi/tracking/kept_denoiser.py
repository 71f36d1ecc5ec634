"""A denoiser in the tracking store: its weights, its network, and a service in HU."""

import hashlib
import importlib.metadata
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from pi.denoisers import DenoiserSpec, said
from pi.errors import quoted
from pi.evaluation import served
from pi.evaluation.model_card import NAME
from pi.network.denoiser_file import (
    ENDING,
    STEM,
    SavedDenoiser,
    facts_of,
    open_denoiser,
    save_denoiser,
)
from pi.places import cache_folder, file_digest
from pi.slices.store import Store
from pi.tracking.address import TrackingError, tracking_uri
from pi.tracking.backend import (
    MlflowClient,
    MlflowException,
    Model,
    ModelSignature,
    Schema,
    TensorSpec,
    download_artifacts,
    flavor,
)
from pi.tracking.records import DENOISER, connect, connect_to, fetch_artifact, read_run
from pi.tracking.registry import SERVICE, card_of, registered_there, tell_model
from pi.tracking.run import Run

NETWORK = "denoiser_network"
PACKAGES = ("mlflow", "tensorflow", "keras", "numpy", "h5py")

SERVED = served.__name__
"""The module by which MLflow loads a service of ours, which takes and gives HU."""


def log_weights(
    run: Run, network: keras.Model, spec: DenoiserSpec, folder: str, stem: str = STEM
) -> None:
    """Log the weights of a denoiser below ``folder``, and beside them what they are of."""
    if not run.kept:
        return
    with scratch() as place:
        for file in save_denoiser(network, spec, place, stem):
            run.file(partial(shutil.copyfile, file), f"{folder}/{file.name}")


def fetch_denoiser(run_id: str) -> SavedDenoiser:
    """Return a local copy of the denoiser that an earlier run logged below `DENOISER`.

    Raises:
        TrackingError: no such run, or it holds no denoiser, or several.
        DenoiserFileError: its weights are not those that it logged.
    """
    client, run_id = connect_to(run_id)
    try:
        found = [file.path for file in client.list_artifacts(run_id, DENOISER)]
    except (MlflowException, OSError) as error:
        raise TrackingError(
            f"run {quoted(run_id)} must exist and be readable but is not."
        ) from error
    # A logged model of the same name is listed here too.
    files = [path for path in found if path.endswith(ENDING)]
    if len(files) != 1:
        raise TrackingError(f"run {quoted(run_id)} must hold one denoiser but holds {len(files)}.")
    weights = fetch_artifact(run_id, files[0])
    facts = str(facts_of(PurePosixPath(files[0])))
    if facts in found:
        shutil.move(fetch_artifact(run_id, facts), facts_of(weights))
    return open_denoiser(weights, said(read_run(run_id).params))


def log_denoiser(run: Run, trained: keras.Model, spec: DenoiserSpec, store: Store) -> None:
    """Log a trained denoiser twice: the network in its own range, and the service in HU.

    The network is logged uncompiled, so that nobody needs our losses to load it, and takes the
    rows and columns of its design; the service takes any, and has a model card of what the run
    has logged so far. Its signature tells the output alone: see `pi.evaluation.served`.

    Args:
        run: the training run.
        trained: the network.
        spec: what it is.
        store: what it was trained on; a piece of a slice is shown beside the service as input
            example, but only of a simulated patient.
    """
    if not run.kept:
        return
    network = keras.Model(trained.input, trained.output, name=trained.name)
    _log(run, "tensorflow", NETWORK, (-1, -1, -1, 1), model=network)
    card = card_of(run.known)
    run.text(card, f"{DENOISER}/{NAME}")
    with scratch() as folder:
        save_denoiser(trained, spec, folder)
        (folder / NAME).write_text(card, encoding="utf-8")
        _log(
            run,
            "pyfunc",
            SERVICE,
            (-1, -1, -1),
            loader_module=served.__name__,
            data_path=str(folder),
            code_paths=[str(Path(served.__file__).parents[1])],
            input_example=_example(store),
        )
    tell_model(run, run.run_id, ())  # a model comes with what the run has logged so far


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder on the disk of the cache, which the journal is on, too; it is removed."""
    with tempfile.TemporaryDirectory(suffix=".new", dir=cache_folder()) as place:
        yield Path(place)


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
    taken = None if kind == "pyfunc" else schema

    def save(path: Path) -> None:
        flavor(kind).save_model(
            path=str(path),
            mlflow_model=Model(),
            signature=ModelSignature(taken, schema),
            # Letting MLflow infer them takes 20 s and may be wrong.
            pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in PACKAGES],
            **contents,
        )
        for compiled in [*path.rglob("__pycache__")]:
            shutil.rmtree(compiled)

    run.model(save, name)


@dataclass(frozen=True)
class KeptModel:
    """A local copy of a model of any flavour.

    Attributes:
        folder: where it is.
        loader: the module by which pyfunc loads it.
        flavors: of MLflow, that it has.
        tags: what model, version and run say of it, the first that says something.
        trained_id: run of `train` that made it; empty of anybody else's.
    """

    folder: Path = field(repr=False)
    loader: str
    flavors: tuple[str, ...]
    tags: Mapping[str, str] = field(repr=False)
    trained_id: str

    @property
    def digest(self) -> str:
        """Sha256 of its files, but for those in which MLflow describes it."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        inside = {file.relative_to(self.folder).as_posix(): file for file in files}
        held = [f"{name} {file_digest(inside[name])}" for name in sorted(inside) if "." in name]
        own = [line for line in held if not line.startswith(_DESCRIBING)]
        return hashlib.sha256("\n".join(own).encode()).hexdigest()

    def load(self) -> Callable[[NDArray[np.float32]], object]:
        """Return what predicts; runs the code that was logged with the model.

        Raises:
            TrackingError: a package that it needs is missing, MLflow refuses it, or its own code
                raises; or, later, it refuses its input.
        """
        try:
            model = flavor("pyfunc").load_model(str(self.folder))
        except ModuleNotFoundError as error:
            raise TrackingError(
                f"the package {error.name!r} must be installed for the model but is not."
            ) from None
        except MlflowException as error:
            raise TrackingError(
                f"MLflow must load the model but says: {_first_line(error)}"
            ) from error
        except Exception as error:  # whatever the code that was logged with it raises
            raise TrackingError(
                f"the code of the model must load it but raises {type(error).__name__}."
            ) from error

        def predict(values: NDArray[np.float32]) -> object:
            try:
                return model.predict(values)
            except MlflowException as error:
                raise TrackingError(
                    f"the model must take float32 of the shape {values.shape} but MLflow says: "
                    f"{_first_line(error)}"
                ) from error

        return predict


_DESCRIBING = ("MLmodel", "requirements.txt", "conda.yaml", "python_env.yaml")


def fetch_model(uri: str) -> KeptModel:
    """Return a local copy of a model, which is not loaded yet.

    Args:
        uri: ``models:/NAME@ALIAS``, ``models:/NAME@VERSION`` or ``runs:/ID/path``.

    Raises:
        TrackingError: it is not there, or is no model.
    """
    client = connect()
    name, _, which = uri.removeprefix("models:/").partition("@")
    asked = f"models:/{name}/{which}" if uri.startswith("models:") and which.isdecimal() else uri
    try:
        folder = Path(
            download_artifacts(
                artifact_uri=asked, dst_path=tempfile.mkdtemp(), tracking_uri=tracking_uri()
            )
        )
        model = Model.load(str(folder))
        tags = _version_tags(client, asked)
    except (MlflowException, OSError) as error:
        there = registered_there(client)
        raise TrackingError(
            f"the model {quoted(uri, there)} must be in the tracking store but is not there, or is "
            f"no model of MLflow; registered are {', '.join(there) or 'none'}."
        ) from error
    loader = str(model.flavors.get("python_function", {}).get("loader_module", ""))
    try:
        made = read_run(str(model.run_id)).tags if model.run_id else {}
    except TrackingError:  # a run that is gone leaves its model behind
        made = {}
    trained = str(model.run_id) if loader == SERVED and made.get("pi.stage") == "train" else ""
    said_of = {**made, **tags, **{k: str(v) for k, v in (model.metadata or {}).items()}}
    return KeptModel(folder, loader, tuple(sorted(model.flavors)), said_of, trained)


def _version_tags(client: MlflowClient, uri: str) -> dict[str, str]:
    """Return the tags of a registered model and of its version, the version's first."""
    named, _, alias = uri.removeprefix("models:/").partition("@")
    name, _, number = named.partition("/")
    if not uri.startswith("models:") or not (alias or number):
        return {}
    version = (
        client.get_model_version_by_alias(name, alias)
        if alias
        else client.get_model_version(name, number)
    )
    return {**client.get_registered_model(name).tags, **version.tags}


def _first_line(error: MlflowException) -> str:
    return str(error).partition("\n")[0]
