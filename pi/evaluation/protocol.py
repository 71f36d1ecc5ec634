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
from pi.protocol_names import GROUPS, WRITTEN_LIST, window_bounds, window_name
from pi.slices.intensity import DATA_RANGE_HU, HU_HIGH, HU_LOW

Window = Literal["uniform", "gaussian", "gaussian_zero_padded"]
Values = NDArray[np.float32] | NDArray[np.float64] | NDArray[np.uint8]


class EvaluationError(PiError):
    """Slices, protocols or tables that cannot be evaluated as asked."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to compare slices.

    A value is ``(HU - zero_hu) / unit_hu``, of HU that were cut to ``clip_hu`` first.

    Attributes:
        name: as the parameter `protocols` spells it; of a window its bounds are in it.
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


def windowed(
    name: str,
    clip_hu: tuple[float, float],
    source: str,
    *,
    rmse_clip_hu: tuple[float, float] | None = None,
    not_covered: str = "",
) -> Protocol:
    """Return the protocol that stretches a window of HU to [0, 1], with SSIM's uniform window.

    Args:
        name: of it.
        clip_hu: the window: HU of value 0 and of value 1.
        source: where it is from.
        rmse_clip_hu: HU to which slices are cut for ``rmse_clipped_hu``; None: to the window.
        not_covered: what of its source it leaves out.
    """
    low, high = clip_hu
    return Protocol(
        name, clip_hu, zero_hu=low, unit_hu=high - low, data_range=1.0, window="uniform",
        grey_levels=False, half_precision=False, rmse_clip_hu=rmse_clip_hu or clip_hu,
        source=source, not_covered=not_covered,
    )  # fmt: skip


def _of_ldctbench(name: str, centre: float, width: float, what: str) -> Protocol:
    """Return ldct-benchmark's protocol of one kind of exam.

    Its window is DICOM's (PS3.3, C.11.2.1.2.1): of centre 50 and width 400 the lowest value is
    -150 HU and the highest 249, so a unit has 399 HU.
    """
    low = centre - width / 2
    return windowed(
        name, (low, low + width - 1),
        f"eeulig/ldct-benchmark, evaluate/utils.py: {what} (centre {centre:g}, width {width:g}) in "
        "[0, 1]",
        rmse_clip_hu=(-1024.0, 1900.0), not_covered="VIF and LDCT-IQA",
    )  # fmt: skip


LDCTBENCH = _of_ldctbench("ldctbench", 50, 400, "abdomen")
LDCTBENCH_CHEST = _of_ldctbench("ldctbench_chest", -600, 1500, "chest")
LDCTBENCH_HEAD = _of_ldctbench("ldctbench_head", 40, 80, "neuro")

AIR = windowed("air", (-1024.0, -900.0), "no paper's: noise and streaks in what should be air")
BONE = windowed("bone", (-500.0, 1300.0), "no paper's: the usual window of bone")

PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        PAPER8, FULL_FLOAT, ABDOMEN_REDCNN, LDCTBENCH, LDCTBENCH_CHEST, LDCTBENCH_HEAD, AIR, BONE,
    )
}  # fmt: skip
"""Those that have a name. Any other window is ``window:LOW:HIGH``, see `known_protocol`."""


def known_protocol(name: str) -> Protocol | None:
    """Return the protocol of that name, or of that window; None of another program's."""
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    bounds = window_bounds(name)
    if bounds is None:
        return None
    return windowed(window_name(*bounds), bounds, "a window of the user's, stretched to [0, 1]")


def find_protocols(text: str) -> tuple[Protocol, ...]:
    """Return the protocols that a comma-separated list means, each once.

    ``usual`` means those of `pi.protocol_names.USUAL` and ``all`` every one with a name.

    Raises:
        EvaluationError: an unknown protocol, a window that is none, or an empty list.
    """
    found: dict[str, Protocol] = {}
    for word in (word.strip() for word in text.split(",") if word.strip()):
        for name in GROUPS.get(word, (word,)):
            protocol = known_protocol(name)
            if protocol is None:
                raise EvaluationError(f"`protocols` must be {WRITTEN_LIST} but got {quoted(word)}.")
            found[protocol.name] = protocol
    if not found:
        raise EvaluationError(f"`protocols` must be {WRITTEN_LIST} but got {quoted(text)}.")
    return tuple(found.values())
