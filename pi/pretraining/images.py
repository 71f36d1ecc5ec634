"""The user's own labelled images as examples."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi.errors import PiError
from pi.pretraining.examples import Draw, Examples, Images, Labels, mirrored
from pi.pretraining.tasks import Task

CLASS = "class"
"""The only task: class names may be names of patients, so classes are numbered."""


class ImagesError(PiError):
    """Images that cannot be learned from. The message names no file: it may name a patient."""


@dataclass(frozen=True)
class Labelled:
    """Images that are read when they are drawn.

    Attributes:
        read: returns an image, (rows, columns) float32 in [0, 1], by its number.
        labels: class of each.
    """

    read: Callable[[int], NDArray[np.float32]] = field(repr=False)
    labels: NDArray[np.int32] = field(repr=False)


@dataclass(frozen=True)
class ImageSet:
    """Images to learn from and images to score on.

    Attributes:
        training: learned from.
        held_out: never learned from.
        classes: how many.
        digest: sha256 over names of classes, sizes and contents.
        origin: how they were divided, in words.
    """

    training: Labelled
    held_out: Labelled
    classes: int
    digest: str
    origin: str


def image_examples(images: ImageSet, size: int) -> Examples:
    """Return the images as examples, each resized to ``size`` pixels a side."""
    task = Task(CLASS, tuple(str(number) for number in range(images.classes)))
    return Examples(
        (task,),
        _drawing(images.training, size, mirror=True),
        _drawing(images.held_out, size, mirror=False),
        images.origin,
    )


def _drawing(labelled: Labelled, size: int, *, mirror: bool) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> tuple[Images, Labels]:
        numbers = rng.integers(len(labelled.labels), size=count)
        images = [_resized(labelled.read(int(number)), size) for number in numbers]
        if mirror:
            images = [mirrored(image, rng) for image in images]
        return np.stack(images)[..., np.newaxis], labelled.labels[numbers, np.newaxis]

    return draw


def _resized(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    if image.shape == (size, size):
        return image
    resized = Image.fromarray(image, "F").resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def grey(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return 8- or 16-bit ``pixels``, (rows, columns[, channels]), as one channel in [0, 1].

    Raises:
        ImagesError: pixels of another type.
    """
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.int32:  # how Pillow gives 16 bits
        pixels = pixels.astype(np.uint16)
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim not in (2, 3):
        raise ImagesError(f"an image must have 8 or 16 bits but is {pixels.dtype}.")
    white = 255 if pixels.dtype == np.uint8 else 65535
    values: NDArray[np.float32] = pixels.astype(np.float32) / np.float32(white)
    return values if values.ndim == 2 else values[..., :3].mean(axis=-1, dtype=np.float32)
