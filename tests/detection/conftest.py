"""A store with lesions in its test patients, as small as they can still be seen in."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pi.simulation.dataset import simulate
from pi.simulation.patient import StudySize
from pi.slices.manifest import to_json
from pi.slices.preparing import prepare
from pi.slices.store import MANIFEST, Store

TOY = StudySize("toy", pixels=128, views=90, slices=8, patients=3, with_lesions=(2, 3))


def make_store(folder: Path) -> None:
    """Prepare the toy: S001 trains, the two others, who have lesions, are tested."""
    study = simulate(TOY, folder / "study", seed=5, workers=1)
    store = prepare(study, folder / "store", split="auto", seed=5, secret=b"s").store
    volumes = tuple(
        replace(one, split="train" if one.patient == "S001" else "test") for one in store.volumes
    )
    (folder / "store" / MANIFEST).write_text(to_json(replace(store.manifest, volumes=volumes)))


@pytest.fixture(scope="session")
def lesion_folder(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return made_once("lesions", make_store) / "store"


@pytest.fixture
def lesion_store(lesion_folder: Path) -> Store:
    return Store.open(lesion_folder)
