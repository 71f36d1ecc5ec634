"""Per-image losses of pairs of arrays: any denoiser, any features, one image loss of ours."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pi.errors import PiError
from pi.influence.psi import Floats, InvalidLossError
from pi.influence.weight_units import Units, Values
from pi.losses.loss import Norm, PixelKind

Images = NDArray[np.floating]
Features = Callable[[Images], ArrayLike | Sequence[ArrayLike]]
"""From images (n, rows, columns) to features (n, ...), or one such array a layer."""

Denoise = Callable[[Images], ArrayLike]
"""From low-dose images (n, rows, columns) to the same."""

FAR = 20.0
"""No value of a range [0, 1] or [-1, 1] is so far from it: 2,000 HU in a window of 100 are."""


class ImagePairError(PiError):
    """Pairs of arrays that are none, or not in the values that were told."""


def losses_of_pairs(
    low: ArrayLike,
    normal: ArrayLike,
    features: Features,
    denoise: Denoise | None,
    units: Units,
    batch_size: int,
) -> tuple[Floats, Floats]:
    """Return the image loss and the perceptual loss of every pair, each (n,).

    Args:
        low: (n, rows, columns) low dose, in the values of ``units``.
        normal: likewise, of the normal dose.
        features: see `Features`.
        denoise: see `Denoise`; None is the identity, whose output is the low dose.
        units: which losses, over which values.
        batch_size: images at a time.

    Raises:
        ImagePairError: no pairs, of unlike shape, NaN, or in other values than were told.
        InvalidLossError: features that are no finite numbers, or not one an image.
    """
    low, normal = _checked(low, normal, units)
    found = []
    for start in range(0, len(low), batch_size):
        noisy, wanted = low[start : start + batch_size], normal[start : start + batch_size]
        output = noisy if denoise is None else np.asarray(denoise(noisy), np.float32)
        if output.shape != noisy.shape:
            raise ImagePairError(
                f"`denoise` must keep the shape {noisy.shape} but gave {output.shape}."
            )
        pair = _layers(features, output), _layers(features, wanted)
        found.append((_image_loss(output, wanted, units), _feature_loss(*pair, units)))
    image, perceptual = zip(*found, strict=True)
    return np.concatenate(image), np.concatenate(perceptual)


def _checked(low: ArrayLike, normal: ArrayLike, units: Units) -> tuple[Images, Images]:
    a, b = np.asarray(low, np.float32), np.asarray(normal, np.float32)
    if a.ndim != 3 or a.shape != b.shape or not a.size:
        raise ImagePairError(
            "`low` and `normal` must be two arrays (images, rows, columns) of one shape but are "
            f"{a.shape} and {b.shape}."
        )
    for name, images in (("low", a), ("normal", b)):
        if not np.isfinite(images).all():
            raise ImagePairError(f"`{name}` must be finite but is NaN or infinite somewhere.")
    # Unit values far outside their range are HU that nobody told of, and lambda would be off by
    # the square of the range. Bone and metal may lie somewhat beyond a window.
    farthest = float(np.abs(a).max())
    if units.values.startswith(("unit:", "signed:")) and farthest > FAR:
        raise ImagePairError(
            f"`low` must be in {Values(units.values)} but goes as far as {farthest:g}: tell its "
            "values by units=pi.Units(values=...)."
        )
    return a, b


def _layers(features: Features, images: Images) -> list[Floats]:
    found = features(images)
    layers = list(found) if isinstance(found, list | tuple) else [found]
    arrays = [np.asarray(layer, np.float64) for layer in layers]
    if not arrays or any(layer.ndim < 1 or len(layer) != len(images) for layer in arrays):
        raise InvalidLossError(
            f"`features` must give an array of {len(images)} rows, one an image, but gave "
            f"{[layer.shape for layer in arrays]}."
        )
    return [layer.reshape(len(images), -1) for layer in arrays]


def _feature_loss(output: list[Floats], wanted: list[Floats], units: Units) -> Floats:
    total = np.zeros(len(output[0]))
    for a, b in zip(output, wanted, strict=True):
        total += _reduced(_OF_FEATURES[units.norm](a - b), units.feature_reduction)
    return total


def _image_loss(output: Images, wanted: Images, units: Units) -> Floats:
    term = units.term
    difference = (output.astype(np.float64) - wanted).reshape(len(output), -1)
    of_pixels = _OF_PIXELS[term.kind](difference, term.scale)
    return term.weight * _reduced(of_pixels, units.image_reduction)


def _reduced(values: Floats, reduction: str) -> Floats:
    """Reduce (n, values) to (n,)."""
    if reduction == "mean":
        return np.asarray(values.mean(axis=1))
    return np.asarray(values.sum(axis=1) * (0.5 if reduction == "sum_half" else 1.0))


def _huber(difference: Floats, delta: float) -> Floats:
    size = np.abs(difference)
    within = np.minimum(size, delta)
    return np.asarray(within * (size - within / 2))


_OF_FEATURES: Mapping[Norm, Callable[[Floats], Floats]] = {
    "squared": np.square,
    "absolute": np.abs,
}

_OF_PIXELS: Mapping[PixelKind, Callable[[Floats, float], Floats]] = {
    "squared": lambda difference, _: np.square(difference),
    "absolute": lambda difference, _: np.abs(difference),
    "huber": _huber,
    "charbonnier": lambda difference, epsilon: np.sqrt(np.square(difference) + epsilon**2),
}
"""As `pi.influence.components.pixel_loss`, without TensorFlow."""
