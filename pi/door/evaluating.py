"""Evaluate any denoiser that is a function of slices in HU: a table with a row a slice."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pi.choices import EvaluatedPart, MetricSet
from pi.door.extras import needing
from pi.evaluation.pair import HuErrors, measured
from pi.evaluation.protocol import EvaluationError, Protocol, find_protocols
from pi.evaluation.table import DENOISED, LOW_DOSE, checked
from pi.identity import UNKNOWN_DOSE, UNKNOWN_KERNEL, UNKNOWN_THICKNESS

Denoise = Callable[[NDArray[np.float32]], ArrayLike]
"""From low-dose slices (n, rows, columns) in HU to the same."""


def evaluate(
    denoise: Denoise | None,
    low: ArrayLike | None = None,
    normal: ArrayLike | None = None,
    *,
    store: str = "",
    part: EvaluatedPart = "validation",
    protocols: str = "usual",
    metrics: MetricSet = "basic",
    patients: Sequence[str] | None = None,
    pixel_spacing: float | None = None,
    batch_size: int = 4,
    seed: int = 5,
) -> pd.DataFrame:
    """Measure a denoiser on pairs of slices, or on a part of a store: a row a slice and protocol.

    >>> import numpy as np
    >>> import pi
    >>> rng = np.random.default_rng(5)
    >>> normal = np.full((2, 32, 32), 40.0)
    >>> low = normal + rng.normal(0, 25, normal.shape)
    >>> table = pi.evaluate(lambda hu: (hu + 40) / 2, low, normal, protocols="abdomen_redcnn")
    >>> table.groupby("image")["rmse_hu"].mean().round(1).to_dict()
    {'denoised': 12.2, 'low_dose': 24.5}

    Args:
        denoise: from low-dose slices (n, rows, columns) float32 HU to the same; None: the low dose
            alone is measured.
        low: (n, rows, columns) low dose in HU.
        normal: likewise, of the normal dose.
        store: instead of pairs: ``simulated:PRESET``, or the name of a store that `prepare` made.
        part: of the store: whose patients, ``validation`` or ``test``.
        protocols: names of `pi.PROTOCOLS` and ``window:LOW:HIGH`` after commas, ``usual`` (the
            first four) or ``all``.
        metrics: ``basic``, ``texture`` (the noise's spectrum, too) or ``all``. NaN where one has no
            value, such as MS-SSIM of a slice of fewer than 176 rows.
        patients: (n,) whose each pair is, for `compare`; None: one patient.
        pixel_spacing: of pairs, mm; None where it is unknown.
        batch_size: slices denoised at a time.
        seed: of the split of a store that is made now.

    Returns:
        `patient`, `thickness`, `kernel`, `dose`, `position`, `protocol`, `image` (``low_dose`` or
        ``denoised``) and every metric. Of pairs the position is their number.

    Raises:
        EvaluationError: neither pairs nor a store, or slices that cannot be measured.
        MissingExtraError: what reads stores is not installed.
    """
    chosen = find_protocols(protocols)
    if bool(store) == (low is not None or normal is not None):
        raise EvaluationError("`evaluate` must be given low and normal, or store, one of the two.")
    if store:
        return _of_store(store, part, denoise, chosen, batch_size, seed, metrics)
    a, b = np.asarray(low, np.float32), np.asarray(normal, np.float32)
    if a.ndim != 3 or a.shape != b.shape or not a.size:
        raise EvaluationError(
            "`low` and `normal` must be two arrays (slices, rows, columns) of one shape but are "
            f"{a.shape} and {b.shape}."
        )
    names = ["patient"] * len(a) if patients is None else [str(patient) for patient in patients]
    if len(names) != len(a):
        raise EvaluationError(
            f"`patients` must name {len(a)}, one a slice, but names {len(names)}."
        )
    rows = []
    for start in range(0, len(a), batch_size):
        outputs = _denoised(denoise, a[start : start + batch_size])
        for k, output in enumerate(outputs, start):
            images = {LOW_DOSE: a[k]} | ({} if output is None else {DENOISED: np.asarray(output)})
            pairs = {image: HuErrors(hu, b[k], pixel_spacing) for image, hu in images.items()}
            rows += _rows(names[k], k, pairs, chosen, metrics)
    return checked(pd.DataFrame(rows))


def _denoised(denoise: Denoise | None, low: NDArray[np.float32]) -> Sequence[object]:
    if denoise is None:
        return [None] * len(low)
    output = np.asarray(denoise(low), np.float32)
    if output.shape != low.shape:
        raise EvaluationError(f"`denoise` must keep the shape {low.shape} but gave {output.shape}.")
    return list(output)


def _rows(
    patient: str,
    number: int,
    pairs: Mapping[str, HuErrors],
    protocols: Sequence[Protocol],
    metrics: MetricSet,
) -> list[dict[str, object]]:
    key = {
        "patient": patient, "thickness": UNKNOWN_THICKNESS, "kernel": UNKNOWN_KERNEL,
        "dose": UNKNOWN_DOSE, "position": float(number),
    }  # fmt: skip
    return [
        {**key, "protocol": protocol, "image": image, **values}
        for image, pair in pairs.items()
        for protocol, values in measured(
            pair, protocols, predicted=image == DENOISED, metrics=metrics
        ).items()
    ]


def _of_store(
    store: str,
    part: EvaluatedPart,
    denoise: Denoise | None,
    protocols: Sequence[Protocol],
    batch_size: int,
    seed: int,
    metrics: MetricSet,
) -> pd.DataFrame:
    with needing("platform", "an evaluation on a store"):
        from pi.evaluation.denoising import of_pixels
        from pi.evaluation.measure import evaluate as measure
        from pi.source import open_data

        opened = open_data(store, split="auto", split_seed=seed, study_seed=seed)
        given = None
        if denoise is not None:
            given = of_pixels(lambda low: np.asarray(denoise(low.astype(np.float32)), np.float32))
        return measure(opened, part, given, protocols, batch_size, lambda _: None, metrics).slices
