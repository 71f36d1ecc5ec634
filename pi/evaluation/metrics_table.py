"""One set of images under all protocols: why a PSNR does not match a paper's.

Nothing differs between the rows but the protocol: which HU are compared, what counts as the whole
range, how SSIM looks at them.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.choices import EvaluatedPart
from pi.digits import percent
from pi.evaluation.measure import volumes_of
from pi.evaluation.metrics import mean_text
from pi.evaluation.protocol import Protocol, Window
from pi.evaluation.table import DENOISED, LOW_DOSE
from pi.slices.store import Store
from pi.text_table import aligned

LOWEST = -(2**15)
"""HU of the first count of `hu_counts`."""

ERROR_HU = 10.0
"""The RMSE by which protocols are compared in words."""

SSIM_WINDOWS: Mapping[Window, str] = {
    "uniform": "uniform 7",
    "gaussian": "Gaussian 11",
    "gaussian_zero_padded": "Gaussian 11, zeros beyond",
}


def range_hu(protocol: Protocol) -> float:
    """Return L of SSIM and PSNR in HU."""
    return protocol.data_range * protocol.unit_hu


def decibels(rmse_hu: float, protocol: Protocol) -> float:
    """Return the PSNR of an error in HU that no cut and no grey level changes."""
    return 20 * math.log10(range_hu(protocol) / rmse_hu)


def hu_counts(store: Store, part: EvaluatedPart) -> NDArray[np.int64]:
    """Return how often the normal dose of a part has each HU from `LOWEST` on, (65536,)."""
    counts = np.zeros(2**16, np.int64)
    for number in volumes_of(store, part):
        for index in range(len(store.volumes[number].positions)):
            _, normal = store.pair(number, index)
            counts += np.bincount(normal.ravel().astype(np.int64) - LOWEST, minlength=2**16)
    return counts


def cut_share(counts: NDArray[np.int64], protocol: Protocol) -> float:
    """Return the share of pixels that a protocol cuts: there an error is not seen."""
    if protocol.clip_hu is None:
        return 0.0
    hu, (low, high) = np.arange(2**16) + LOWEST, protocol.clip_hu
    return float(counts[(hu < low) | (hu > high)].sum() / counts.sum())


def metrics_table(
    slices: pd.DataFrame, protocols: Sequence[Protocol], counts: NDArray[np.int64]
) -> pd.DataFrame:
    """Return what each protocol makes of the same slices, a row each.

    Args:
        slices: the slice table.
        protocols: which; those that it does not have are left out.
        counts: see `hu_counts`.

    Returns:
        ``protocol``, ``compared_hu``, ``cut`` (share of the target's pixels), ``range_hu``,
        ``of_10_hu`` (PSNR of an RMSE of 10 HU that is not cut), ``ssim_window`` and, for each
        image, ``IMAGE_ssim``, ``IMAGE_psnr`` (mean over slices, the infinite left out) and
        ``IMAGE_psnr_pooled`` (of the mean squared error of all slices).
    """
    rows = []
    told = set(slices["protocol"])  # somebody else's table may be of fewer
    for one in (one for one in protocols if one.name in told):
        of = slices[slices["protocol"] == one.name]
        clip = one.clip_hu
        row: dict[str, object] = {
            "protocol": one.name,
            "compared_hu": "all" if clip is None else f"{clip[0]:g} to {clip[1]:g}",
            "cut": cut_share(counts, one),
            "range_hu": range_hu(one),
            "of_10_hu": decibels(ERROR_HU, one),
            "ssim_window": SSIM_WINDOWS[one.window],
        }
        for image in (LOW_DOSE, DENOISED):
            own = of[of["image"] == image]
            if len(own):
                row |= {f"{image}_{name}": value for name, value in _means(own).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def metrics_table_text(table: pd.DataFrame) -> str:
    """Return the table for a terminal, below what is to be known of it."""
    images = [image for image in (LOW_DOSE, DENOISED) if f"{image}_psnr" in table]
    head = ["protocol", "HU compared", "cut", "range", "10 HU is", "SSIM window"]
    for image in images:
        said = image.replace("_", " ")
        head += [f"SSIM {said}", "PSNR", "of mean error"]
    rows = []
    for row in table.to_dict("records"):
        cells = [
            str(row["protocol"]), str(row["compared_hu"]), percent(row["cut"]),
            f"{row['range_hu']:g}", f"{mean_text(row['of_10_hu'], 'psnr')} dB",
            str(row["ssim_window"]),
        ]  # fmt: skip
        for image in images:
            cells += [
                mean_text(row[f"{image}_ssim"], "ssim"), mean_text(row[f"{image}_psnr"], "psnr"),
                mean_text(row[f"{image}_psnr_pooled"], "psnr"),
            ]  # fmt: skip
        rows.append(cells)
    return f"{_sentence(table, images[-1])}\n{aligned([head, *rows])}\n"


def _sentence(table: pd.DataFrame, image: str) -> str:
    ordered = table.sort_values(f"{image}_psnr")
    values = [mean_text(value, "psnr") for value in ordered[f"{image}_psnr"]]
    names = ordered["protocol"].tolist()
    return (
        f"The same slices, the same error: PSNR of the {image.replace('_', ' ')} slices is "
        f"{values[0]} dB under {names[0]} and {values[-1]} dB under {names[-1]}. Cut is the share "
        "of the target's pixels outside the HU compared; an RMSE of 10 HU that nothing cuts has "
        "the PSNR in the column beside the range; of mean error is the PSNR of the mean squared "
        "error, which is lower than the mean of PSNRs."
    )


def _means(rows: pd.DataFrame) -> dict[str, float]:
    missing = pd.Series(math.nan, rows.index)
    psnr = rows.get("psnr", missing).to_numpy(np.float64)
    finite = psnr[np.isfinite(psnr)]
    error = float(np.mean(10.0 ** (-psnr / 10)))
    return {
        "ssim": float(rows.get("ssim", missing).mean()),
        "psnr": float(finite.mean()) if finite.size else float(psnr.max()),
        "psnr_pooled": -10 * math.log10(error) if error else math.inf,
    }
