"""The named ways in which papers compare two CT slices, as data. Nothing is inferred.

The same pair of slices scores .94 in one paper's SSIM and .99 in another's, because each maps
Hounsfield units in its own way before it compares. A protocol says which way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError, quoted
from pi.slices.intensity import DATA_RANGE_HU, HU_HIGH, HU_LOW, normalise

Window = Literal["uniform", "gaussian", "gaussian_zero_padded"]
Values = NDArray[np.float32] | NDArray[np.float64] | NDArray[np.uint8]


class EvaluationError(PiError):
    """Slices, protocols or tables that cannot be evaluated as asked."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to compare slices.

    A value is ``(HU - zero_hu) / unit_hu``, of HU that were cut to ``clip_hu`` first.

    Attributes:
        name: as the parameter `protocols` spells it.
        clip_hu: HU to which both slices are cut; None: they are not.
        zero_hu: HU whose value is 0.
        unit_hu: HU per unit of value.
        data_range: L of SSIM and PSNR, in units of value.
        window: of SSIM, see `pi.evaluation.ssim.ssim`.
        grey_levels: whether values are truncated to uint8, as the paper's code does.
        half_precision: whether slices read from disk (low and normal dose, never a prediction)
            pass through float16, as the paper's code reads them.
        rmse_clip_hu: HU to which slices are cut for ``rmse_clipped_hu``; None: they are not.
        source: where it is from.
        not_covered: what of that source it leaves out.
    """

    name: str
    clip_hu: tuple[float, float] | None
    zero_hu: float
    unit_hu: float
    data_range: float
    window: Window
    grey_levels: bool
    half_precision: bool
    rmse_clip_hu: tuple[float, float] | None
    source: str
    not_covered: str


PAPER8 = Protocol(
    name="paper8",
    clip_hu=(HU_LOW, HU_HIGH),
    zero_hu=HU_LOW,
    unit_hu=DATA_RANGE_HU / 255,
    data_range=255.0,
    window="uniform",
    grey_levels=True,
    half_precision=True,
    rmse_clip_hu=None,
    source="the code behind arXiv 2509.23025: [0, 1], times 255, truncated; skimage's defaults",
    not_covered="values are not rounded to 4 (SSIM, NRMSE) and 2 (PSNR) decimals; one channel "
    "instead of three equal ones, which give the same values",
)
"""One grey level is 16.06 HU. A perfect prediction scores about 62 dB on soft tissue, not
infinity: times 255 in float16 moves 4 % of the target's HU codes by a level."""

FULL_FLOAT = Protocol(
    name="full_float",
    clip_hu=None,
    zero_hu=HU_LOW,
    unit_hu=1.0,
    data_range=DATA_RANGE_HU,
    window="uniform",
    grey_levels=False,
    half_precision=False,
    rmse_clip_hu=None,
    source="the paper's range of 4096 HU without its 8 bits",
    not_covered="",
)

ABDOMEN_REDCNN = Protocol(
    name="abdomen_redcnn",
    clip_hu=(-160.0, 240.0),
    zero_hu=0.0,
    unit_hu=1.0,
    data_range=400.0,
    window="gaussian_zero_padded",
    grey_levels=False,
    half_precision=False,
    rmse_clip_hu=(-160.0, 240.0),
    source="SSinyu/RED-CNN, measure.py: PSNR, SSIM and RMSE of slices cut to [-160, 240] HU",
    not_covered="float64 here, float32 there",
)
"""SSIM is not shift-invariant; that code computes it on HU as they are, below zero too."""

LDCTBENCH = Protocol(
    name="ldctbench",
    clip_hu=(-150.0, 250.0),
    zero_hu=-150.0,
    unit_hu=400.0,
    data_range=1.0,
    window="uniform",
    grey_levels=False,
    half_precision=False,
    rmse_clip_hu=(-1024.0, 1900.0),
    source="eeulig/ldct-benchmark, evaluate/utils.py: abdomen (centre 50, width 400) in [0, 1]",
    not_covered="VIF and LDCT-IQA; its chest (-600/1500) and neuro (40/80) windows",
)

PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol for protocol in (PAPER8, FULL_FLOAT, ABDOMEN_REDCNN, LDCTBENCH)
}


def find_protocols(text: str) -> tuple[Protocol, ...]:
    """Return the protocols that a comma-separated list means; ``all`` means all.

    Raises:
        EvaluationError: an unknown protocol, or an empty list.
    """
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if words == ["all"]:
        return tuple(PROTOCOLS.values())
    unknown = next((word for word in words if word not in PROTOCOLS), None)
    if unknown is not None or not words:
        raise EvaluationError(
            f"`protocols` must be made of {', '.join(PROTOCOLS)}, or all, but got "
            f"{quoted(text if unknown is None else unknown)}."
        )
    return tuple(PROTOCOLS[word] for word in words)


def to_values(hu: NDArray[np.generic], protocol: Protocol, *, predicted: bool) -> Values:
    """Return what ``protocol`` compares.

    Args:
        hu: slices of any shape, HU.
        protocol: which way.
        predicted: whether they are a network's output, which never was on disk.

    Returns:
        The same shape: uint8 if the protocol has grey levels, else float64.
    """
    if protocol.grey_levels:
        return _grey_levels(hu, np.float16 if protocol.half_precision and not predicted else None)
    values = hu.astype(np.float64)
    if protocol.clip_hu is not None:
        np.clip(values, *protocol.clip_hu, out=values)
    values -= protocol.zero_hu
    values /= protocol.unit_hu
    return values


def to_hu(values: Values, protocol: Protocol) -> NDArray[np.float64]:
    """Return the HU of ``values``, float64: the inverse of `to_values` inside ``clip_hu``.

    Of a grey level it is the lowest HU, up to 16.06 HU (and float16's error) below the original.
    """
    return values.astype(np.float64) * protocol.unit_hu + protocol.zero_hu


def _grey_levels(hu: NDArray[np.generic], stored: type[np.float16] | None) -> NDArray[np.uint8]:
    """Method, rows 11 and 38: cut to [0, 1], times 255 in the dtype at hand, truncated."""
    unit = normalise(hu)
    if stored is None:
        return (np.clip(unit, 0, 1) * np.float32(255)).astype(np.uint8)
    return _LEVEL_OF_HALF[unit.astype(stored).view(np.uint16)]


def _level_of_half() -> NDArray[np.uint8]:
    """Return the grey level of each of the 65,536 float16, by its bits: numpy's own is slow."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = np.where(np.isnan(halves), np.float16(0), halves)
    return (np.clip(halves, 0, 1) * np.float16(255)).astype(np.uint8)


_LEVEL_OF_HALF = _level_of_half()
