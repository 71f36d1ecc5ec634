"""Which slices are shown: chosen by the metrics, never by hand, and read again by their key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.choices import EvaluatedPart
from pi.evaluation.denoising import Denoising, denoised_slices, find_slice
from pi.evaluation.measure import volumes_of
from pi.evaluation.metrics import METRICS
from pi.evaluation.pair import HuErrors, ImagePair
from pi.evaluation.protocol import PAPER8, EvaluationError
from pi.evaluation.table import DENOISED, KEY, LOW_DOSE, Image, evaluated_image, gains, slice_key
from pi.identity import SliceKey
from pi.slices.store import Store


@dataclass(frozen=True, slots=True)
class Choice:
    """One slice, and why it is shown.

    Attributes:
        rank: ``worst``, ``median`` or ``best`` by the gain in the metric (by its value where
            nothing was denoised), or ``reference``: the median by the low dose's metric, which is
            the same slice for every run on the same data.
        key: of the slice.
        scores: the metric of each image.
    """

    rank: str
    key: SliceKey
    scores: Mapping[Image, float]


@dataclass(frozen=True)
class ShownSlice:
    """A chosen slice with its pixels.

    Attributes:
        choice: which one, and why.
        images: low dose and, where there is one, denoised: (rows, columns) float32 HU.
        normal_dose: (rows, columns) float32 HU.
        errors: of each image, in HU.
        pixel_spacing: mm; None where it is unknown.
    """

    choice: Choice
    images: Mapping[Image, NDArray[np.float32]] = field(repr=False)
    normal_dose: NDArray[np.float32] = field(repr=False)
    errors: Mapping[Image, HuErrors]
    pixel_spacing: float | None


def require_some_value(
    store: Store, part: EvaluatedPart, metric: str, parameter: str = "metric"
) -> None:
    """Refuse a metric that no slice of a part can have a value of, before any work.

    Whether a slice has one follows from its normal dose: its size, its tissue, its flat parts.

    Args:
        store: the data.
        part: whose slices.
        metric: name of it.
        parameter: that asks for it.

    Raises:
        EvaluationError: no slice has, or the part has no patients.
    """
    known, numbers = METRICS[metric], volumes_of(store, part)
    shapes = [store.maps[number]["low"].shape[1:] for number in numbers]
    largest = max(min(shape) for shape in shapes)
    if largest < known.least:
        raise EvaluationError(
            f"`{parameter}` must have a value of some slice but {metric} has none of fewer than "
            f"{known.least} rows or columns, and the largest have {largest}."
        )
    if known.undefined and not any(_has_value(store, number, metric) for number in numbers):
        slices = sum(len(store.volumes[number].positions) for number in numbers)
        raise EvaluationError(
            f"`{parameter}` must have a value of some slice but {metric} has none of the {slices} "
            f"of the part {part}, each {known.undefined}."
        )


def _has_value(store: Store, number: int, metric: str) -> bool:
    """Tell whether a metric has a value of any slice of a volume."""
    volume = store.volumes[number]
    for index in range(len(volume.positions)):
        normal = store.pair(number, index)[1]
        pair = ImagePair(HuErrors(normal, normal, volume.pixel_spacing), PAPER8, predicted=False)
        if not np.isnan(METRICS[metric].function(pair)):
            return True
    return False


def choose_slices(table: pd.DataFrame, protocol: str, metric: str) -> tuple[Choice, ...]:
    """Return worst, median, best and reference slice of a slice table.

    Args:
        table: see `pi.evaluation.table`.
        protocol: whose metric.
        metric: one that has a direction, such as ``ssim``.

    Raises:
        EvaluationError: the table has no such protocol, or the metric no direction.
    """
    image = evaluated_image(table)
    gained = gains(table, protocol, metric)
    # Ties are broken by the key, so that the choice does not depend on the order of rows.
    by_gain = gained.sort_values(["gain" if image == DENOISED else LOW_DOSE, *KEY])
    by_low_dose = gained.sort_values([LOW_DOSE, *KEY])
    middle = (len(gained) - 1) // 2
    rows = {
        "worst": by_gain.iloc[0],
        "median": by_gain.iloc[middle],
        "best": by_gain.iloc[-1],
        "reference": by_low_dose.iloc[middle],
    }
    shown: tuple[Image, ...] = (LOW_DOSE, DENOISED) if image == DENOISED else (LOW_DOSE,)
    return tuple(
        Choice(rank, slice_key(row), {name: float(row[name]) for name in shown})
        for rank, row in rows.items()
    )


def read_choice(store: Store, choice: Choice, denoising: Denoising | None) -> ShownSlice:
    """Return a chosen slice with its pixels, denoised again.

    Raises:
        EvaluationError: the store has no such slice.
    """
    denoisers = {} if denoising is None else {str(DENOISED): denoising}
    read, normal, spacing = read_slice(store, choice.key, denoisers)
    names: tuple[Image, ...] = (LOW_DOSE, DENOISED)
    images = {name: read[name] for name in names if name in read}
    errors = {name: HuErrors(hu, normal) for name, hu in images.items()}
    return ShownSlice(choice, images, normal, errors, spacing)


def read_slice(
    store: Store, key: SliceKey, denoisers: Mapping[str, Denoising]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32], float | None]:
    """Return the low dose and what some denoisers make of it, the target, and the pixel spacing.

    Args:
        store: the data.
        key: of the slice.
        denoisers: by name, of which none is ``low_dose``.

    Returns:
        (rows, columns) float32 HU by name, the low dose first; the normal dose; mm, or None where
        the spacing is unknown.

    Raises:
        EvaluationError: the store has no such slice.
    """
    low, normal, spacing = read_pair(store, key)
    images = {str(LOW_DOSE): low.astype(np.float32)}
    number, index = find_slice(store, key)
    images |= {
        name: denoised_slices(denoising, store, number, [index])[0]
        for name, denoising in denoisers.items()
    }
    return images, normal, spacing


def read_pair(
    store: Store, key: SliceKey
) -> tuple[NDArray[np.int16], NDArray[np.float32], float | None]:
    """Return low dose (int16) and normal dose (float32) of a slice in HU, and its pixel spacing.

    Raises:
        EvaluationError: the store has no such slice.
    """
    number, index = find_slice(store, key)
    low, normal = store.pair(number, index)
    return low, normal.astype(np.float32), store.volumes[number].pixel_spacing
