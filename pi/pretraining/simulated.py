"""The medical context that needs nobody's file: made on first use, kept in the cache.

It stands where the paper has a medical VGG-19 that was never published. It is not that network:
its CT is simulated. It is made of a study of its own, whatever the user's data are, so that it is
the same for everyone and never of a patient who is tested.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from pi.errors import PiError
from pi.losses.context_spread import SIMULATED
from pi.network.weight_file import write_convolutions
from pi.places import cache_folder, file_digest
from pi.pretraining.examples import header_examples
from pi.pretraining.held_out import score_share
from pi.pretraining.near import NearRecipe, make_near
from pi.pretraining.recipe import Context
from pi.pretraining.tasks import header_tasks
from pi.progress import counting
from pi.slices.store import Store
from pi.source import open_data

NAME = SIMULATED

DATA = "simulated:some:2509"
"""Its study: 24 patients of three slices, in which as many images are drawn as are looked at; a
seed of its own, because two studies of one seed show the same patients."""

RECIPE = NearRecipe()

WEIGHTS, RECORD = "weights.h5", "record.json"


class SimulatedContextError(PiError):
    """The context cannot be made here."""


def require_architecture(architecture: str) -> None:
    """Refuse the context for any other architecture than the recipe's.

    Raises:
        SimulatedContextError: it is another.
    """
    if architecture != RECIPE.architecture:
        raise SimulatedContextError(
            f"context `{NAME}` must be used with {RECIPE.architecture} but got {architecture}: it "
            "starts from the one network whose weights need no download. `pretrain` makes others."
        )


def simulated_context(architecture: str, say: Callable[[str], object]) -> Path:
    """Return the weight file of the context, made first where it is not in the cache.

    It is kept under a digest of recipe and data, put into place when whole, and made again where
    its bytes are not those that were written.

    Args:
        architecture: that it is wanted for.
        say: told what happens, where that takes time.

    Raises:
        SimulatedContextError: another architecture than the recipe's, or no room on the disk.
    """
    require_architecture(architecture)
    store = open_data(DATA, split="auto", split_seed=RECIPE.seed, study_seed=RECIPE.seed)
    digest = RECIPE.digest(store.digest)
    folder = cache_folder() / "contexts" / f"{NAME}-{digest[:16]}"
    if _whole(folder):
        return folder / WEIGHTS
    damaged = "it was damaged in the cache; " if folder.exists() else ""
    say(
        f"context {NAME}: {damaged}fine-tuning {architecture} on the header tasks of a simulated "
        "study, once (a minute; kept in the cache)"
    )
    context = _make(nobody_tested(store))
    say(f"context {NAME}: held-out accuracy (chance) " + _accuracies(context))
    _keep(context, folder)
    return folder / WEIGHTS


def nobody_tested(store: Store) -> Store:
    """Return the study with all who are not learned from held out: nobody is tested on it."""
    volumes = tuple(
        volume if volume.split == "train" else replace(volume, split="validation")
        for volume in store.volumes
    )
    return Store(replace(store.manifest, volumes=volumes), store.maps)


def _make(store: Store) -> Context:
    examples = header_examples(store, header_tasks(store.manifest), RECIPE.patch_size)
    with counting("pre-training", "step", RECIPE.work) as bar:
        return make_near(RECIPE, examples, lambda losses: bar.advance(1))


def _accuracies(context: Context) -> str:
    return ", ".join(
        f"{one.task} {score_share(one.score)} ({score_share(one.chance)})" for one in context.scores
    )


def _whole(folder: Path) -> bool:
    try:
        record = json.loads((folder / RECORD).read_text())
        return bool(record["sha256"] == file_digest(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _keep(context: Context, folder: Path) -> None:
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        write_convolutions(scratch / WEIGHTS, RECIPE.architecture, context.convolutions)
        record = {
            "sha256": file_digest(scratch / WEIGHTS),
            "data": DATA,
            "recipe": asdict(RECIPE),
            "precision": context.precision,
            "accuracy": {one.task: one.score for one in context.scores},
            "chance": {one.task: one.chance for one in context.scores},
        }
        (scratch / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        if not _whole(folder):  # nobody else has made it meanwhile
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
    except OSError as error:
        raise SimulatedContextError(
            f"PI_CACHE must have room for the context {NAME} and be writable but got: "
            f"{error.strerror or type(error).__name__}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
