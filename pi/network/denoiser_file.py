"""The weights of a denoiser in a file, and beside it what they are of: spec and sha256.

The two are written together and checked whenever they are read. Before there was more than one
denoiser there was no second file, or one that spoke of ``channels``: these are read, unchecked.
"""

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

import keras

from pi.denoisers import PUBLISHED, DenoiserSpec, said
from pi.errors import PiError

P = TypeVar("P", bound=PurePath)

STEM = "denoiser"
"""What the names of both files begin with."""

ENDING = ".weights.h5"
OLD_NAMES = ("unet", "warmup")
"""What the name of a weight file began with that had nothing beside it."""


class DenoiserFileError(PiError):
    """Weights that are not those that were kept, or that do not fit their denoiser."""


@dataclass(frozen=True, slots=True)
class SavedDenoiser:
    """A denoiser in a file.

    Attributes:
        spec: what the weights are of.
        weights: the file, of which only arrays are read.
    """

    spec: DenoiserSpec
    weights: Path

    def load(self) -> keras.Model:
        """Return the network with its weights.

        Raises:
            DenoiserFileError: they do not fit.
        """
        network = self.spec.build(seed=0)
        restore_weights(network, self.weights, self.spec)
        return network


def save_denoiser(
    network: keras.Model, spec: DenoiserSpec, folder: Path, stem: str = STEM
) -> tuple[Path, Path]:
    """Write weights and facts of a denoiser into ``folder``; return both files."""
    weights = folder / f"{stem}{ENDING}"
    network.save_weights(weights)
    facts = facts_of(weights)
    facts.write_text(json.dumps({"denoiser": str(spec), "sha256": _digest(weights)}))
    return weights, facts


def facts_of(weights: P) -> P:
    """Return where the facts of a weight file are."""
    return weights.with_name(f"{weights.name.removesuffix(ENDING)}.json")


def has_facts(weights: Path) -> bool:
    """Return whether a weight file of that name must have its facts beside it."""
    return not weights.name.startswith(OLD_NAMES)


def open_denoiser(weights: Path, otherwise: DenoiserSpec | None = None) -> SavedDenoiser:
    """Return the denoiser in a weight file, after a look at what is beside it.

    Args:
        weights: the file; its facts lie in the same folder.
        otherwise: what it is of where nothing is beside it, as in older runs.

    Raises:
        DenoiserFileError: facts are missing or damaged, or the weights are not those they speak of.
        DenoiserError: they speak of a denoiser that this version does not know.
    """
    if not has_facts(weights):
        return SavedDenoiser(otherwise or PUBLISHED, weights)
    try:
        facts = json.loads(facts_of(weights).read_text())
        written, digest = str(facts["denoiser"]), facts["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DenoiserFileError(
            f"{weights.name} must have its {facts_of(weights).name} beside it, with `denoiser` and "
            "`sha256`, but it is missing or damaged."
        ) from error
    if _digest(weights) != digest:
        raise DenoiserFileError(
            f"{weights.name} must be the weights of {written} that were kept but has "
            "another sha256: it was changed, or is of another run."
        )
    return SavedDenoiser(DenoiserSpec.parse(written), weights)


def open_folder(folder: Path) -> SavedDenoiser:
    """Return the denoiser that `save_denoiser`, of this version or before, wrote into ``folder``.

    Raises:
        DenoiserFileError, DenoiserError: see `open_denoiser`.
    """
    weights = folder / f"{STEM}{ENDING}"
    old = folder / f"{OLD_NAMES[0]}{ENDING}"
    if weights.exists() or not old.exists():
        return open_denoiser(weights)
    return open_denoiser(old, said(json.loads((folder / f"{STEM}.json").read_text())))


def restore_weights(network: keras.Model, weights: Path, spec: DenoiserSpec) -> None:
    """Load the weights of a ``.weights.h5`` file into ``network``; only arrays are read.

    Raises:
        DenoiserFileError: the file holds no weights of ``spec``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras's remarks on the way to the error below
            network.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        raise DenoiserFileError(
            f"the logged denoiser must be {spec} but its weights do not fit."
        ) from error


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
