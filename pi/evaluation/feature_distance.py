"""How far a slice is from its normal dose to the eyes of an encoder that was not trained with.

Structure and texture of features as in DISTS (Ding et al., Image quality assessment: unifying
structure and texture similarity, TPAMI 44(5), 2022): in each channel of the image itself and of
each layer,

    l = (2 m_x m_y + c) / (m_x^2 + m_y^2 + c)      of the means over the slice: its texture
    s = (2 v_xy + c) / (v_x + v_y + c)             of variances and covariance: its structure

and the distance is 1 less the mean of both over channels, then over layers. Its weights are equal,
where DISTS learns them from opinions on photographs, so its numbers are not DISTS's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pi.choices import EvaluatedPart
from pi.evaluation.denoising import DenoisedBatch
from pi.evaluation.measure import Evaluation, volumes_of
from pi.evaluation.metrics import FEATURES
from pi.evaluation.protocol import EvaluationError
from pi.evaluation.table import DENOISED, LOW_DOSE, checked, slice_keys
from pi.identity import SliceKey
from pi.losses.architecture import OWN, EncoderSpec, find_architecture
from pi.slices.intensity import normalise
from pi.slices.store import Store

Maps = Sequence[NDArray[np.float32]]
"""Features of n slices, (n, rows, columns, channels), one a layer."""

Encode = Callable[[NDArray[np.float32]], Maps]
"""From (n, rows, columns, 1) in the network's range to features."""

_STABLE = 1e-6


def feature_distances(images: Maps, target: Maps) -> NDArray[np.float64]:
    """Return the distance of each of n images to one target, (n,): 0 of the same, below 2.

    Args:
        images: features of n slices.
        target: of one.
    """
    layers = [_similarities(x, y) for x, y in zip(images, target, strict=True)]
    return np.asarray(1 - np.mean(layers, axis=0))


def _similarities(images: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of both terms over the channels of one layer, (n,)."""
    mean_y, of_y = _centred(target[0])
    power_y = np.square(of_y).mean(axis=0, dtype=np.float64)
    found = []
    for image in images:
        mean_x, of_x = _centred(image)
        power = np.square(of_x).mean(axis=0, dtype=np.float64) + power_y
        both = (of_x * of_y).mean(axis=0, dtype=np.float64)
        texture = (2 * mean_x * mean_y + _STABLE) / (mean_x**2 + mean_y**2 + _STABLE)
        found.append(((texture + (2 * both + _STABLE) / (power + _STABLE)) / 2).mean())
    return np.array(found)


def _centred(maps: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the mean of each channel, (channels,), and its pixels about it, (pixels, channels)."""
    pixels = maps.reshape(-1, maps.shape[-1])
    means = pixels.mean(axis=0, dtype=np.float64)
    return means, pixels - means.astype(np.float32)


def require_features(store: Store, part: EvaluatedPart, encoder: EncoderSpec) -> None:
    """Refuse slices that are smaller than what a layer sees, of which it has no features.

    Raises:
        EvaluationError: some are.
    """
    if encoder.architecture == OWN:
        return
    network = find_architecture(encoder.architecture)
    for volume in (store.volumes[number] for number in volumes_of(store, part)):
        for layer in encoder.layers:
            if not network.feature_count(layer, volume.rows // 2, volume.columns // 2):
                raise EvaluationError(
                    f"`features` must name layers that see less than a slice but {layer} of "
                    f"{encoder.architecture} halves {volume.rows} x {volume.columns} pixels away."
                )


@dataclass(frozen=True)
class FeatureWitness:
    """Measures the distance of every slice of an evaluation.

    Attributes:
        encode: the encoder.
        found: the distances so far, by slice and image.
    """

    encode: Encode = field(repr=False)
    found: dict[tuple[SliceKey, str], float] = field(default_factory=dict, repr=False)

    def __call__(self, batch: DenoisedBatch) -> None:
        """Measure a batch."""
        volume = batch.store.volumes[batch.volume]
        for k, (index, (low, normal)) in enumerate(zip(batch.indices, batch.pairs, strict=True)):
            images = {str(LOW_DOSE): low.astype(np.float32)}
            if batch.denoised is not None:
                images[DENOISED] = batch.denoised[k]
            values = _of_slice([*images.values()], normal, self.encode)
            for image, value in zip(images, values, strict=True):
                self.found[volume.key(index), image] = float(value)

    def added_to(self, evaluation: Evaluation) -> Evaluation:
        """Return the evaluation that was seen, whose slices have the distance as a metric."""
        table = evaluation.slices
        keys = zip(slice_keys(table), table["image"], strict=True)
        slices = checked(table.assign(**{FEATURES: [self.found[one] for one in keys]}))
        return replace(evaluation, slices=slices)


def _of_slice(
    images: Sequence[NDArray[np.float32]], target: NDArray[np.int16], encode: Encode
) -> NDArray[np.float64]:
    together = normalise(np.stack([target.astype(np.float32), *images]))[..., np.newaxis]
    maps = [together, *encode(together)]
    return feature_distances([one[1:] for one in maps], [one[:1] for one in maps])
