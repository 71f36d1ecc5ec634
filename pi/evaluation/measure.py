"""A part's slices through the denoiser, and everything that is measured on them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.choices import EvaluatedPart, MetricSet
from pi.evaluation.denoising import DenoisedBatch, Denoising, Witness, batches_of
from pi.evaluation.noise_power import PowerSum, Spectrum, slice_power, spectrum
from pi.evaluation.pair import HuErrors, measured
from pi.evaluation.protocol import EvaluationError, Protocol
from pi.evaluation.regions import region_side, regions_of
from pi.evaluation.summary import undefined_note
from pi.evaluation.table import DENOISED, LOW_DOSE, RECONSTRUCTION, Image, checked
from pi.evaluation.tissue import TISSUES, Sums, tissue_sums
from pi.slices.store import Store, Volume

Hu = NDArray[np.int16] | NDArray[np.float32]
Names = dict[str, object]

VOLUME = ["patient", *RECONSTRUCTION, "image"]
NOISE = ["regions", "noise_hu", "peak_frequency", "mean_frequency"]
TISSUE = ["tissue", "low_hu", "high_hu", "pixels", "bias_hu", "rmse_hu"]
"""Columns of the companion tables."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        slices: the slice table, see `pi.evaluation.table`.
        noise_power: the noise power spectra: one row per patient, reconstruction, image and
            ``frequency`` (1/mm), with ``power`` (HU^2 mm^2).
        noise: their summaries: one row per patient, reconstruction and image, with ``regions``,
            ``noise_hu``, ``peak_frequency`` and ``mean_frequency`` (1/mm).
        tissues: errors by kind of tissue: one row per patient, reconstruction, image and
            ``tissue``, with its bounds, ``pixels``, ``bias_hu`` and ``rmse_hu``.
        unscaled: slices whose pixel spacing is unknown, which are in no spectrum.
    """

    slices: pd.DataFrame
    noise_power: pd.DataFrame
    noise: pd.DataFrame
    tissues: pd.DataFrame
    unscaled: int = 0

    @property
    def remark(self) -> str:
        """What could not be measured, in words; empty where everything was."""
        unscaled = (
            f"note: the pixel spacing of {self.unscaled} slices is unknown: no noise power "
            "spectrum of theirs can be given in 1/mm."
        )
        said = [unscaled if self.unscaled else "", undefined_note(self.slices)]
        return "\n".join(filter(None, said))


@dataclass(frozen=True)
class _Measured:
    """One slice: rows of the slice table, and what is summed over its volume, by image."""

    rows: list[dict[str, object]]
    power: dict[Image, PowerSum]
    tissues: dict[Image, Sums]


def volumes_of(store: Store, part: EvaluatedPart) -> list[int]:
    """Return the numbers of the part's volumes, by patient and reconstruction.

    Raises:
        EvaluationError: the part has no patients.
    """
    numbers = [number for number, volume in enumerate(store.volumes) if volume.split == part]
    if not numbers:
        raise EvaluationError(f"`data` must have patients in the part `{part}` but has none.")
    return sorted(numbers, key=lambda number: store.volumes[number].key(0))


def evaluate(
    store: Store,
    part: EvaluatedPart,
    denoising: Denoising | None,
    protocols: Sequence[Protocol],
    batch_size: int,
    advance: Callable[[int], object],
    metrics: MetricSet = "basic",
    witnesses: Sequence[Witness] = (),
) -> Evaluation:
    """Measure every slice of a part: the low dose as it is and, unless there is none, denoised.

    Args:
        store: the prepared volumes.
        part: whose patients.
        denoising: gives the denoised slices; None measures the low dose alone.
        protocols: how slices are compared.
        batch_size: slices denoised at a time.
        advance: told how many slices have just been measured.
        metrics: how much is measured of each.
        witnesses: who else sees every slice, which is denoised once.

    Raises:
        EvaluationError: the part has no patients, a slice is smaller than SSIM's window, or a
            denoised one is none.
        StoreError: a slice's pixels are not those that were stored.
    """
    rows: list[dict[str, object]] = []
    powers, noise, tissues = [], [], []
    numbers = volumes_of(store, part)
    volumes = [store.volumes[number] for number in numbers]
    for number, volume in zip(numbers, volumes, strict=True):
        slices = []
        for batch in batches_of(store, number, denoising, batch_size):
            for witness in witnesses:
                witness(batch)
            for index, images, target in _slices(batch):
                names = asdict(volume.key(index)) | volume.told(index)
                spacing = volume.pixel_spacing
                slices.append(_measure(names, images, target, spacing, protocols, metrics))
                advance(1)
        rows += [row for one in slices for row in one.rows]
        for image in slices[0].power:
            of = _names(volume) | {"image": image}
            tissues += _tissue_rows(of, np.sum([one.tissues[image] for one in slices], axis=0))
            total = reduce(add, (one.power[image] for one in slices))
            if total.regions and volume.pixel_spacing is not None:
                found = spectrum(total, volume.pixel_spacing)
                powers += _power_rows(of, found)
                noise.append(_noise_row(of, found, total.regions))
    return Evaluation(
        checked(pd.DataFrame(rows)),
        pd.DataFrame(powers, columns=[*VOLUME, "frequency", "power"]),
        pd.DataFrame(noise, columns=[*VOLUME, *NOISE]),
        pd.DataFrame(tissues, columns=[*VOLUME, *TISSUE]),
        sum(len(v.positions) for v in volumes if v.pixel_spacing is None),
    )


def _slices(batch: DenoisedBatch) -> Iterator[tuple[int, dict[Image, Hu], NDArray[np.int16]]]:
    """Yield number, images and normal dose of each slice."""
    for k, (index, (low, normal)) in enumerate(zip(batch.indices, batch.pairs, strict=True)):
        images: dict[Image, Hu] = {LOW_DOSE: low}
        if batch.denoised is not None:
            images[DENOISED] = batch.denoised[k]
        yield index, images, normal


def _measure(
    names: Names,
    images: dict[Image, Hu],
    target: NDArray[np.int16],
    spacing: float | None,
    protocols: Sequence[Protocol],
    metrics: MetricSet,
) -> _Measured:
    corners, side = regions_of(target), region_side(target.shape[0])
    found = _Measured([], {}, {})
    for image, hu in images.items():
        pair = HuErrors(hu, target, spacing)
        values = measured(pair, protocols, predicted=image == DENOISED, metrics=metrics)
        found.rows.extend(
            {**names, "protocol": protocol, "image": image, **of} for protocol, of in values.items()
        )
        error = hu.astype(np.float32) - target.astype(np.float32)
        # Summed in pixels where the spacing is unknown, and then left out.
        found.power[image] = slice_power(error, corners, side, spacing or 1.0)
        found.tissues[image] = tissue_sums(error, target)
    return found


def _names(volume: Volume) -> Names:
    return {"patient": volume.patient, **asdict(volume.reconstruction)}


def _power_rows(of: Names, found: Spectrum) -> list[dict[str, object]]:
    return [
        {**of, "frequency": frequency, "power": power}
        for frequency, power in zip(found.frequencies.tolist(), found.radial.tolist(), strict=True)
    ]


def _noise_row(of: Names, found: Spectrum, regions: int) -> dict[str, object]:
    values = (regions, found.noise_hu, found.peak, found.mean)
    return {**of, **dict(zip(NOISE, values, strict=True))}


def _tissue_rows(of: Names, sums: Sums) -> list[dict[str, object]]:
    """Return a row a class that has pixels."""
    rows = []
    for tissue, (pixels, total, squares) in zip(TISSUES, sums.tolist(), strict=True):
        if pixels:
            bounds = (tissue.name, tissue.low_hu, tissue.high_hu)
            values = (int(pixels), total / pixels, (squares / pixels) ** 0.5)
            rows.append({**of, **dict(zip(TISSUE, (*bounds, *values), strict=True))})
    return rows
