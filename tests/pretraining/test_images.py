"""The user's own images: folders and archives as people have them, and what is refused."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pi.pretraining.image_files import read_images
from pi.pretraining.images import ImagesError, ImageSet, grey, image_examples


class Trap:
    """What calls for attention when it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path("/nowhere/trapped").mkdir, ())


def folder_of(root: Path, names: tuple[str, ...], count: int = 5) -> Path:
    """A folder of images whose grey level, 40 * class + number, tells which one it is."""
    for number, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for k in range(count):
            pixels = np.full((20, 30), 40 * number + k, np.uint8)
            Image.fromarray(pixels).save(root / name / f"{k}.png")
    return root


def archive(file: Path, **other: object) -> Path:
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1) * np.ones((1, 28, 28), np.uint8)
    labels = np.array([[0], [1], [2], [0], [1], [2]], np.uint8)
    content = {"train_images": images, "train_labels": labels, "val_images": images[:3],
               "val_labels": labels[:3], "test_images": images, "test_labels": labels}  # fmt: skip
    np.savez(file, **{k: v for k, v in (content | other).items() if v is not None})
    return file


def test_a_folder_of_classes_is_divided_by_the_seed_and_each_image_has_its_class(
    tmp_path: Path,
) -> None:
    images = read_images(folder_of(tmp_path / "images", ("cyst", "healthy")), seed=1)
    assert (len(images.training.labels), len(images.held_out.labels), images.classes) == (8, 2, 2)
    levels = []
    for part in (images.training, images.held_out):
        for number, label in enumerate(part.labels):
            level = round(float(part.read(number)[0, 0]) * 255)
            assert level // 40 == label
            levels.append(level)
    assert sorted(levels) == [0, 1, 2, 3, 4, 40, 41, 42, 43, 44]
    again = read_images(tmp_path / "images", seed=1)
    assert (again.digest, [*again.training.labels]) == (images.digest, [*images.training.labels])


def test_folders_called_train_and_val_are_taken_as_they_are(tmp_path: Path) -> None:
    folder_of(tmp_path / "train", ("a", "b"), count=3)
    folder_of(tmp_path / "val", ("a", "b"), count=1)
    images = read_images(tmp_path, seed=1)
    assert (len(images.training.labels), len(images.held_out.labels)) == (6, 2)


def test_an_archive_is_read_as_medmnist_has_it(tmp_path: Path) -> None:
    images = read_images(archive(tmp_path / "m.npz"), seed=1)
    assert images.training.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert images.held_out.labels.tolist() == [0, 1, 2]
    assert images.classes == 3
    assert images.training.read(5).max() == np.float32(5 / 255)
    examples = image_examples(images, 32)
    drawn, labels = examples.training(np.random.default_rng(0), 7)
    assert drawn.shape == (7, 32, 32, 1)
    assert np.array_equal(np.rint(drawn[:, 0, 0, 0] * 255) % 3, labels[:, 0])


def test_colours_become_grey_and_bits_a_share_of_white() -> None:
    assert grey(np.array([[0, 255]], np.uint8)).tolist() == [[0, 1]]
    assert grey(np.array([[0, 65535]], np.uint16)).tolist() == [[0, 1]]
    assert grey(np.array([[[255, 0, 0, 9]]], np.uint8)) == pytest.approx(1 / 3)
    with pytest.raises(ImagesError, match="8 or 16 bits but is float64"):
        grey(np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"val_labels": None}, "lacks val_labels"),
        ({"train_labels": np.zeros((6, 14), np.uint8)}, r"must have one label.*\(6, 14\)"),
        ({"train_labels": np.zeros(6)}, "must have one label, a whole number from 0"),
        ({"train_images": np.zeros((5, 8, 8), np.uint8)}, r"\(5, 8, 8\) for 6 labels"),
        ({"train_images": np.zeros((6, 8, 8))}, "8 or 16 bits but is float64"),
        ({"train_labels": np.zeros(6, int), "val_labels": np.zeros(3, int)}, "two or more classes"),
        ({"val_images": np.array([Trap()] * 3, object)}, "Python objects, .* were not opened"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, other: dict[str, object], sentence: str) -> None:
    with pytest.raises(ImagesError, match=sentence):
        read_images(archive(tmp_path / "m.npz", **other), seed=1)


def test_what_is_no_archive_is_refused_and_not_executed(tmp_path: Path) -> None:
    whole = archive(tmp_path / "m.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Trap()))
    (tmp_path / "text.npz").write_text("Eichendorff")
    for name in ("cut", "pickle", "text"):
        with pytest.raises(
            ImagesError, match=r"must name a folder of images or an \.npz"
        ) as caught:
            read_images(tmp_path / f"{name}.npz", seed=1)
        assert "Eichendorff" not in str(caught.value)


def test_folders_that_are_refused(tmp_path: Path) -> None:
    folder_of(tmp_path / "one", ("a",))
    with pytest.raises(ImagesError, match="two or more classes but it has 1"):
        read_images(tmp_path / "one", seed=1)
    folder_of(tmp_path / "broken", ("a", "b"))
    (tmp_path / "broken" / "a" / "0.png").write_bytes(b"no image")
    images = read_images(tmp_path / "broken", seed=1)
    with pytest.raises(ImagesError, match="must be readable but one of them is not"):
        _read_all(images)


def _read_all(images: ImageSet) -> None:
    for part in (images.training, images.held_out):
        for number in range(len(part.labels)):
            part.read(number)
