"""Every look at every lesion of a part's patients: one row each, from which all else follows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.detection.inserted import choose_places, insert_lesions
from pi.detection.look import ANSWERS, CHANNELS, look_at
from pi.evaluation.denoising import DenoisedBatch, Denoising, SliceDenoiser, denoised_slices
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE
from pi.simulation.lesion import Lesion
from pi.slices.store import Store

NORMAL_DOSE = "normal_dose"

KIND = ["contrast_hu", "radius_mm"]
COLUMNS = [*KEY, "place", *KIND, "present", "image", *ANSWERS]
"""Of a table of looks; ``place`` numbers the lesions of a patient."""

Images = Mapping[str, NDArray[np.generic]]
Place = tuple[int, tuple[float, float], float, float]
"""Number, centre in mm, contrast in HU and radius in mm of a lesion."""


@dataclass(frozen=True)
class OwnLesions:
    """Looks at the lesions that the data have, where slices show them and where they do not.

    Attributes:
        rows: the looks so far.
    """

    rows: list[dict[str, object]] = field(default_factory=list, repr=False)

    def __call__(self, batch: DenoisedBatch) -> None:
        """Look at a batch."""
        patient = batch.store.volumes[batch.volume].patient
        own = [one for one in batch.store.manifest.lesions if one.patient == patient]
        for k, index in enumerate(batch.indices if own else ()):
            images = _images(batch.pairs[k], batch.denoised, k)
            self.rows.extend(_own_rows(batch.store, (batch.volume, index), own, images))

    def table(self) -> pd.DataFrame:
        """Return all looks, `COLUMNS`."""
        return pd.DataFrame(self.rows, columns=COLUMNS)


@dataclass(frozen=True)
class InsertedLesions:
    """Looks at lesions put into both doses before the denoiser, and at the same places without.

    Attributes:
        denoise: the denoiser; None: the low dose alone is looked at.
        seed: with a slice's own pixels it decides where its lesions are.
        rows: the looks so far.
    """

    denoise: SliceDenoiser | None = field(repr=False)
    seed: int
    rows: list[dict[str, object]] = field(default_factory=list, repr=False)

    def __call__(self, batch: DenoisedBatch) -> None:
        """Look at a batch.

        Raises:
            EvaluationError: the denoiser gives something else than finite slices.
        """
        volume = batch.store.volumes[batch.volume]
        pixel, checksums = volume.pixel_spacing or 1.0, volume.checksums["normal"]
        chosen = []
        for index, (_, normal) in zip(batch.indices, batch.pairs, strict=True):
            rng = np.random.default_rng([self.seed, checksums[index]])
            chosen.append(choose_places(normal, pixel, index, rng))
        with_lesions = [
            (insert_lesions(low, of, pixel), insert_lesions(normal, of, pixel))
            for (low, normal), of in zip(batch.pairs, chosen, strict=True)
        ]
        denoised = None
        if self.denoise is not None:
            given = _given(self.denoise, np.stack([low for low, _ in with_lesions]))
            denoised = denoised_slices(given, batch.store, batch.volume, batch.indices)
        for present, pairs, outputs in (
            (False, batch.pairs, batch.denoised),
            (True, with_lesions, denoised),
        ):
            for k, index in enumerate(batch.indices):
                images = _images(pairs[k], outputs, k)
                names = asdict(volume.key(index))
                for turn, one in enumerate(chosen[k]):
                    # No two reconstructions share a number.
                    name = (batch.volume * 10_000 + index) * 10 + turn
                    place = (name, one.centre, one.contrast_hu, one.radius_mm)
                    self.rows.extend(_rows(names, place, images, pixel, present=present))

    def table(self) -> pd.DataFrame:
        """Return all looks, `COLUMNS`."""
        return pd.DataFrame(self.rows, columns=COLUMNS)


def _images(
    pair: tuple[NDArray[np.int16], NDArray[np.int16]],
    denoised: NDArray[np.float32] | None,
    k: int,
) -> dict[str, NDArray[np.generic]]:
    images: dict[str, NDArray[np.generic]] = {LOW_DOSE: pair[0], NORMAL_DOSE: pair[1]}
    if denoised is not None:
        images[DENOISED] = denoised[k]
    return images


def _given(denoise: SliceDenoiser, low_doses: NDArray[np.int16]) -> Denoising:
    """Return what denoises these slices, whichever it is asked for."""

    def denoising(store: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
        return denoise(low_doses)

    return denoising


def _own_rows(
    store: Store, where: tuple[int, int], lesions: Sequence[Lesion], images: Images
) -> list[dict[str, object]]:
    number, index = where
    volume = store.volumes[number]
    rows: list[dict[str, object]] = []
    for place, one in enumerate(lesions):
        shown = one.is_in(volume.positions[index], volume.thickness)
        if shown is not None:
            of = (place, (one.x_mm, one.y_mm), one.contrast_hu, one.radius_mm)
            names = asdict(volume.key(index))
            rows += _rows(names, of, images, volume.pixel_spacing or 1.0, present=shown)
    return rows


def _rows(
    names: Mapping[str, object], place: Place, images: Images, pixel: float, *, present: bool
) -> list[dict[str, object]]:
    number, centre, contrast, radius = place
    shape = next(iter(images.values())).shape
    look = look_at(shape, pixel, centre, radius)
    if look is None:
        return []
    of = {"place": number, "contrast_hu": contrast, "radius_mm": radius, "present": present}
    # The eye looks for the lesion as it is: dark ones are found where it is darker.
    sign = np.append(np.ones(len(CHANNELS)), np.sign(contrast))
    return [
        {**names, **of, "image": image, **dict(zip(ANSWERS, sign * look.answers(hu), strict=True))}
        for image, hu in images.items()
    ]
