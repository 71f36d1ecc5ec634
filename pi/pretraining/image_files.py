"""The user's own labelled images: a folder with one folder a class, or a MedMNIST-style .npz."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pi.pretraining.images import ImagesError, ImageSet, Labelled, grey
from pi.readers.dicom.pixels import read_hounsfield
from pi.readers.refusal import RefusedError
from pi.slices.intensity import normalise

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}
SCANS = {".dcm", ".ima"}
HELD_OUT = 0.2
"""Share of a folder's images that is held out where it has no folders `train` and `val`."""


def read_images(place: Path, seed: int) -> ImageSet:
    """Return the images in a folder or in an ``.npz`` file.

    Args:
        place: a folder with a folder of PNG, JPEG, TIFF, BMP or DICOM images for each class, or
            such folders under ``train`` and ``val``; or an ``.npz`` with ``train_images``,
            ``train_labels``, ``val_images`` and ``val_labels`` as MedMNIST has them.
        seed: draws the images that are held out where nothing says which.

    Raises:
        ImagesError: none of these, fewer than two classes, or images with several labels.
    """
    if place.is_dir():
        return _folder(place, seed)
    return _archive(place)


def _folder(place: Path, seed: int) -> ImageSet:
    divided = (place / "train").is_dir() and (place / "val").is_dir()
    names = _class_names(place / "train" if divided else place)
    if len(names) < 2:
        raise ImagesError(
            f"PI_DATA must name a folder with a folder of images for each of two or more classes "
            f"but it has {len(names)}."
        )
    digest = hashlib.sha256()
    parts = [
        _files(place / part, names, digest) for part in (("train", "val") if divided else ("",))
    ]
    if divided:
        training, held_out = parts
        origin = "images of the user's, held out as the folder divides them"
    else:
        training, held_out = _drawn(parts[0], seed)
        origin = "images of the user's, held out by image, for patients are not known"
    if not training or not held_out:
        raise ImagesError(
            f"the images must be enough to learn from and to hold out but are {len(training)} and "
            f"{len(held_out)}."
        )
    return ImageSet(
        _of_files(training), _of_files(held_out), len(names), digest.hexdigest(), origin
    )


def _class_names(folder: Path) -> list[str]:
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.is_dir() and any(_is_image(file) for file in entry.iterdir())
    )


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in PICTURES | SCANS


def _files(folder: Path, names: Sequence[str], digest: "hashlib._Hash") -> list[tuple[Path, int]]:
    found = []
    for number, name in enumerate(names):
        for file in sorted((folder / name).glob("*")):
            if _is_image(file):
                found.append((file, number))
                digest.update(f"{number}".encode() + hashlib.sha256(file.read_bytes()).digest())
    return found


def _drawn(
    files: list[tuple[Path, int]], seed: int
) -> tuple[list[tuple[Path, int]], list[tuple[Path, int]]]:
    order = np.random.default_rng(seed).permutation(len(files))
    held_out = max(1, round(HELD_OUT * len(files)))
    chosen = [files[k] for k in order]
    return chosen[held_out:], chosen[:held_out]


def _of_files(files: list[tuple[Path, int]]) -> Labelled:
    labels = np.array([number for _, number in files], np.int32)
    return Labelled(lambda k: _read(files[k][0]), labels)


def _read(file: Path) -> NDArray[np.float32]:
    if file.suffix.lower() in SCANS:
        try:
            return normalise(read_hounsfield(file).hu)
        except RefusedError as error:
            raise ImagesError(
                f"a DICOM image must be a CT slice but is refused: {error.refusal.reason}."
            ) from error
    try:
        with Image.open(file) as picture:
            return grey(np.asarray(picture))
    except (OSError, UnidentifiedImageError) as error:
        raise ImagesError("an image must be readable but one of them is not.") from error


def _archive(place: Path) -> ImageSet:
    arrays = {}
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as content:
            for part in ("train", "val"):
                for kind in ("images", "labels"):
                    arrays[f"{part}_{kind}"] = content[f"{part}_{kind}"]
    except KeyError as error:
        raise ImagesError(
            "an .npz of images must hold train_images, train_labels, val_images and val_labels but "
            f"lacks {error.args[0].split()[0]}."
        ) from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        held = (
            "Python objects, which may be code and were not opened"
            if "pickle" in str(error)
            else "something that cannot be read as one"
        )
        raise ImagesError(
            f"PI_DATA must name a folder of images or an .npz of arrays but it holds {held}."
        ) from error
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    training, held_out = (
        _of_arrays(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "val")
    )
    classes = int(max(training.labels.max(), held_out.labels.max())) + 1
    if classes < 2:
        raise ImagesError(f"the labels must tell two or more classes apart but tell {classes}.")
    origin = "images of the user's, held out as the file divides them"
    return ImageSet(training, held_out, classes, digest.hexdigest(), origin)


def _of_arrays(images: NDArray[Any], labels: NDArray[Any]) -> Labelled:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    whole = flat.ndim == 1 and np.issubdtype(flat.dtype, np.integer)
    if not whole or (flat.astype(np.int64) < 0).any():
        raise ImagesError(
            f"an image must have one label, a whole number from 0, but labels are {labels.shape} "
            f"{labels.dtype}."
        )
    if images.ndim not in (3, 4) or not len(images) or len(images) != len(flat):
        raise ImagesError(
            f"images must be (n, rows, columns[, channels]), one a label, but are {images.shape} "
            f"for {len(flat)} labels."
        )
    grey(images[0])  # of another type they are refused now
    return Labelled(lambda k: grey(images[k]), flat.astype(np.int32))
