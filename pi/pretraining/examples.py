"""Labelled images to learn from, drawn at random."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi.pretraining.tasks import POSITION, UNKNOWN, HeaderTasks, Task, TaskError
from pi.slices.intensity import normalise
from pi.slices.split import Part
from pi.slices.store import Store

BODY_HU = -500
"""What is below is air."""

BODY_SHARE = 0.5
"""Least share of a patch that is body: air outside tells no kernel and no anatomy."""

WHOLE_EVERY = 4
"""One image in so many is a whole slice, made small: where it lies in the body is seen from afar,
and how it was made from near."""

LEAST_SHOWN = 0.85
"""Least part of the sides of a whole slice that is shown."""

DRAWS = 20
"""Most places that are tried for one patch, of which the last is taken."""

Pixels = NDArray[np.int16]

Images = NDArray[np.float32]
"""(n, size, size, 1) in the network's range."""

Labels = NDArray[np.int32]
"""(n, tasks): class under each task, or `pi.pretraining.tasks.UNKNOWN`."""

Draw = Callable[[np.random.Generator, int], tuple[Images, Labels]]
"""Draws so many images with their labels."""


@dataclass(frozen=True)
class Examples:
    """What is learned from, and what is scored on.

    Attributes:
        tasks: what the labels mean; none where images are their own target.
        training: draws images to learn from, mirrored at random.
        held_out: draws images that are never learned from; of unseen patients where these are
            known.
        origin: whose they are, in words that name nobody.
    """

    tasks: tuple[Task, ...]
    training: Draw = field(repr=False)
    held_out: Draw = field(repr=False)
    origin: str


def header_examples(store: Store, headed: HeaderTasks, size: int) -> Examples:
    """Return patches and small whole slices of both doses with what their headers say.

    A patch is asked for dose, kernel and, of the normal dose, thickness; a whole slice, one in
    `WHOLE_EVERY`, for its position.

    Only training patients are learned from and only validation patients held out: the store may
    be one without its test patients. HU are left as they are, because they are calibrated, and what
    a patch tells by its level is what it would tell the perceptual loss.

    Args:
        store: the prepared volumes.
        headed: see `pi.pretraining.tasks.header_tasks`.
        size: side of a patch in pixels.

    Raises:
        TaskError: a part without patients, or a patch that is larger than a slice.
    """
    smallest = min(min(volume.rows, volume.columns) for volume in store.volumes)
    if size > smallest:
        raise TaskError(
            f"`patch_size` must be at most the slice's {smallest} pixels but got {size}."
        )
    return Examples(
        headed.tasks,
        drawing(store, headed, "train", size, mirror=True),
        drawing(store, headed, "validation", size, mirror=False),
        "patches and whole slices of both doses",
    )


def drawing(store: Store, headed: HeaderTasks, part: Part, size: int, *, mirror: bool) -> Draw:
    """Return what draws the images of one part's patients; see `header_examples`."""
    numbers = [n for n, volume in enumerate(store.volumes) if volume.split == part]
    if not numbers:
        raise TaskError(f"`data` must have patients in the split `{part}` but has none.")

    from_afar = np.array([task.name == POSITION for task in headed.tasks], bool)

    def draw(rng: np.random.Generator, count: int) -> tuple[Images, Labels]:
        pixels = np.empty((count, size, size), np.int16)
        labels = np.empty((count, len(headed.tasks)), np.int32)
        for k in range(count):
            number = numbers[rng.integers(len(numbers))]
            volume = store.volumes[number]
            index, dose = rng.integers(len(volume.positions)), rng.integers(2)
            image = store.pair(number, int(index))[dose]
            whole = k % WHOLE_EVERY == 0
            view = whole_slice(image, size, rng) if whole else body_patch(image, size, rng)
            pixels[k] = mirrored(view, rng) if mirror else view
            told = headed.labels(volume, int(index), int(dose))
            labels[k] = np.where(from_afar == whole, told, UNKNOWN)
        return normalise(pixels)[..., np.newaxis], labels

    return draw


def whole_slice(image: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """Return ``image`` made small by averaging, up to 15 % of its sides cut off at random."""
    shown = [round(length * rng.uniform(LEAST_SHOWN, 1)) for length in image.shape]
    row, column = (rng.integers(n - s + 1) for n, s in zip(image.shape, shown, strict=True))
    cut = image[row : row + shown[0], column : column + shown[1]].astype(np.float32)
    small = Image.fromarray(cut).resize((size, size), Image.Resampling.BOX)
    averaged: Pixels = np.rint(np.asarray(small)).astype(np.int16)
    return averaged


def body_patch(image: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """Return a random patch of which at least `BODY_SHARE` is body, or after `DRAWS` any."""
    rows, columns = (length - size + 1 for length in image.shape)
    for _ in range(DRAWS):
        row, column = rng.integers(rows), rng.integers(columns)
        patch = image[row : row + size, column : column + size]
        if (patch > BODY_HU).mean() >= BODY_SHARE:
            break
    return patch


Pixel = TypeVar("Pixel", np.int16, np.float32)


def mirrored(image: NDArray[Pixel], rng: np.random.Generator) -> NDArray[Pixel]:
    """Return ``image``, (rows, columns), as it is or left for right.

    Not upside down: that the spine is below is anatomy.
    """
    return image[:, ::-1] if rng.integers(2) else image
