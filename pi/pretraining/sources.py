"""What a context is made of: examples, and who they are by a digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pi.choices import TaskName
from pi.errors import PiError, quoted
from pi.places import data_place
from pi.pretraining.examples import Examples, header_examples
from pi.pretraining.image_files import read_images
from pi.pretraining.images import image_examples
from pi.pretraining.tasks import header_tasks
from pi.slices.store import Store


class ContextSourceError(PiError):
    """Data that do not go with the task."""


@dataclass(frozen=True)
class Source:
    """Examples with their identity.

    Attributes:
        examples: to learn from and to be scored on.
        digest: of the whole data set.
        facts: what may be logged of it.
        store: that they are from; None of the user's own images.
    """

    examples: Examples = field(repr=False)
    digest: str
    facts: Mapping[str, object]
    store: Store | None = field(default=None, repr=False)


def from_store(store: Store, task: TaskName, size: int) -> Source:
    """Return patches of a store, whose test patients' pixels are out of reach from here on.

    Args:
        store: the prepared volumes.
        task: ``headers``, or ``autoencoder``: then the images are their own target.
        size: side of a patch in pixels.

    Raises:
        TaskError: no patients to learn from or to hold out, or nothing that the headers tell apart.
    """
    reachable = store.without("test")
    headed = header_tasks(store.manifest)
    facts: dict[str, object] = {"simulated": store.simulated}
    facts |= {
        f"{part}_patients": len({v.patient for v in store.volumes if v.split == part})
        for part in ("train", "validation")
    }
    if task == "autoencoder":
        headed = replace(headed, tasks=())
    else:
        facts |= {"tasks": {task.name: task.classes for task in headed.tasks}}
        facts |= {"position_edges_mm": headed.edges}
    return Source(header_examples(reachable, headed, size), store.digest, facts, store)


def from_images(data: str, seed: int, size: int) -> Source:
    """Return the user's own images, where PI_DATA says they are.

    Raises:
        ContextSourceError: ``data`` names a store.
        ContextSourceError: see `pi.pretraining.image_files.read_images`.
        PlaceError: PI_DATA names nothing.
    """
    require_folder(data)
    images = read_images(data_place(), seed)
    facts = {
        "simulated": False,
        "classes": images.classes,
        "training_images": len(images.training.labels),
        "held_out_images": len(images.held_out.labels),
    }
    return Source(image_examples(images, size), images.digest, facts)


def require_folder(data: str) -> None:
    """Refuse data that are no images of the user's own.

    Raises:
        ContextSourceError: ``data`` names a store.
    """
    if data != "folder":
        raise ContextSourceError(
            "`data` must be folder for the task supervised, with PI_DATA naming a folder of "
            f"class-named folders of images or an .npz, but got {quoted(data)}."
        )
