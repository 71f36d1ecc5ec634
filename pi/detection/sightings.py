"""Every look at every lesion of a part's patients: one row each, from which all else follows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.choices import EvaluatedPart
from pi.detection.inserted import choose_places, insert_lesions
from pi.detection.look import ANSWERS, CHANNELS, look_at
from pi.evaluation.denoising import Denoising, SliceDenoiser, denoised_slices
from pi.evaluation.measure import volumes_of
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


def own_sightings(
    store: Store,
    part: EvaluatedPart,
    denoising: Denoising | None,
    batch_size: int,
    advance: Callable[[int], object],
) -> pd.DataFrame:
    """Look at the lesions that the data have, where slices show them and where they do not.

    Args:
        store: the data.
        part: whose patients.
        denoising: gives the denoised slices; None: the low dose alone is looked at.
        batch_size: slices denoised at a time.
        advance: told how many slices have just been looked at.
    """
    rows: list[dict[str, object]] = []
    for number, batch in _batches(store, part, batch_size):
        volume = store.volumes[number]
        own = [one for one in store.manifest.lesions if one.patient == volume.patient]
        if own:
            denoised = denoised_slices(denoising, store, number, batch) if denoising else None
            for k, index in enumerate(batch):
                low, normal = store.pair(number, index)
                images: dict[str, NDArray[np.generic]] = {LOW_DOSE: low, NORMAL_DOSE: normal}
                if denoised is not None:
                    images[DENOISED] = denoised[k]
                rows += _own_rows(store, (number, index), own, images)
        advance(len(batch))
    return pd.DataFrame(rows, columns=COLUMNS)


def inserted_sightings(
    store: Store,
    part: EvaluatedPart,
    denoise: SliceDenoiser | None,
    batch_size: int,
    seed: int,
    advance: Callable[[int], object],
) -> pd.DataFrame:
    """Look at lesions put into both doses before the denoiser, and at the same places without.

    Args:
        store: the data.
        part: whose patients.
        denoise: the denoiser; None: the low dose alone is looked at.
        batch_size: slices denoised at a time.
        seed: with a slice's own pixels it decides where its lesions are.
        advance: told how many slices have just been looked at.

    Raises:
        EvaluationError: the denoiser gives something else than finite slices.
    """
    rows: list[dict[str, object]] = []
    for number, batch in _batches(store, part, batch_size):
        volume = store.volumes[number]
        pixel = volume.pixel_spacing or 1.0
        pairs = [store.pair(number, index) for index in batch]
        chosen = []
        for index, (_, normal) in zip(batch, pairs, strict=True):
            rng = np.random.default_rng([seed, volume.checksums["normal"][index]])
            chosen.append(choose_places(normal, pixel, index, rng))
        for present in (False, True):
            both = [
                [insert_lesions(hu, of, pixel) if present else hu for hu in pair]
                for pair, of in zip(pairs, chosen, strict=True)
            ]
            denoised = None
            if denoise is not None:
                low_doses = np.stack([low for low, _ in both])
                given = _given(denoise, low_doses)
                denoised = denoised_slices(given, store, number, batch)
            for k, index in enumerate(batch):
                images: dict[str, NDArray[np.generic]] = {
                    LOW_DOSE: both[k][0], NORMAL_DOSE: both[k][1]
                }  # fmt: skip
                if denoised is not None:
                    images[DENOISED] = denoised[k]
                names = asdict(volume.key(index))
                for turn, one in enumerate(chosen[k]):
                    name = (number * 10_000 + index) * 10 + turn  # no two reconstructions share one
                    place = (name, one.centre, one.contrast_hu, one.radius_mm)
                    rows += _rows(names, place, images, pixel, present=present)
        advance(len(batch))
    return pd.DataFrame(rows, columns=COLUMNS)


def _given(denoise: SliceDenoiser, low_doses: NDArray[np.int16]) -> Denoising:
    """Return what denoises these slices, whichever it is asked for."""

    def denoising(store: Store, volume: int, indices: Sequence[int], /) -> NDArray[np.float32]:
        return denoise(low_doses)

    return denoising


def _batches(
    store: Store, part: EvaluatedPart, batch_size: int
) -> Iterator[tuple[int, Sequence[int]]]:
    for number in volumes_of(store, part):
        count = len(store.volumes[number].positions)
        for start in range(0, count, batch_size):
            yield number, range(start, min(start + batch_size, count))


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
