"""What machines must have in common before they work at one job, and what each says of itself."""

import hashlib
import platform
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from os import environ
from pathlib import Path

from pi.errors import PiError
from pi.identity import fingerprint
from pi.jobs.opening import open_asked
from pi.parameters import MainParameters
from pi.places import file_digest, is_own, weights_file
from pi.secret import secret
from pi.slices.store import Store
from pi.tracking.records import store_identity

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-image", "mlflow", "pydicom")
"""Of other people's packages those of which another version may give another result."""


class ClusterError(PiError):
    """Machines that cannot work together, or are not there."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a machine says of itself: digests, in which nothing of anybody can be read.

    Attributes:
        host: its name.
        code: of this program's files.
        versions: of Python and the packages that results depend on.
        data: of the store that the job's data are there.
        secret: fingerprint of the secret that patients have their pseudonyms by; empty of simulated
            ones, who have none.
        weights: of the user's own weight file, if the job takes one.
        tracking: of the tracking store; empty where there is none.
        complaint: why it cannot say all that, in a sentence.
    """

    host: str
    code: str
    versions: str
    data: str = ""
    secret: str = ""
    weights: str = ""
    tracking: str = ""
    complaint: str = ""


def greeting(parameters: MainParameters, store: Store | None = None) -> Greeting:
    """Return what this machine says of itself.

    Args:
        parameters: of the job.
        store: its data, if they are open already.
    """
    found = Greeting(socket.gethostname(), _code(), _versions())
    weights = parameters.medical_weights
    try:
        store = open_asked(parameters, parameters.folds) if store is None else store
        shared = fingerprint(secret()) if environ.get("PI_SECRET_FILE") else ""
        return replace(
            found,
            data=store.digest,
            secret=shared or store.manifest.pseudonyms,
            weights=file_digest(weights_file(weights)) if is_own(weights) else "",
            tracking=store_identity(),
        )
    except PiError as error:
        return replace(found, complaint=str(error))


RULES: Mapping[str, str] = {
    "code": "have this version of the code but {} has another: bring its folder to the same commit "
    "and start it again",
    "versions": "have {ours} but {} has {theirs}: install requirements.lock there",
    "data": "have these data but {} has others, of another digest, under the same name: copy the "
    "store, or set PI_DATA and PI_SPLIT there as here",
    "secret": "make pseudonyms with the secret of this lab but {} has another one, so that no "
    "slice would pair: let PI_SECRET_FILE name one secret on every machine",
    "weights": "have these weights for `medical_weights` but {} has others: copy the file that "
    "PI_WEIGHTS names",
    "tracking": "log to this tracking store but {} has another one: set MLFLOW_TRACKING_URI there "
    "as here, to what every machine can reach",
}
"""By the fact that must be the same: what a worker must do, where it does not and what to do."""


def require_agreement_of_all(ours: Greeting, others: Sequence[Greeting]) -> None:
    """Refuse workers that are not what this process is.

    Raises:
        ClusterError: there is one.
    """
    for other in others:
        for name, rule in RULES.items():
            if other.complaint and name not in ("code", "versions"):
                raise ClusterError(
                    "every worker must have what the job needs but one on "
                    f"{other.host} says: {other.complaint}"
                )
            mine, theirs = getattr(ours, name), getattr(other, name)
            if mine != theirs:
                told = rule.format(f"one on {other.host}", ours=mine, theirs=theirs)
                raise ClusterError(f"every worker must {told}.")


@cache
def _code() -> str:
    root = Path(__file__).parents[2]
    told = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        told.update(f"{file.relative_to(root).as_posix()}\0".encode() + file.read_bytes())
    return told.hexdigest()[:16]


def _versions() -> str:
    return ", ".join([f"python {platform.python_version()}", *map(_named, PACKAGES)])


def _named(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"
