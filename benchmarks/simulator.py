"""Does the simulated study look like the real one? The acceptance table of the simulator.

    python -m benchmarks.simulator --size small
    python -m benchmarks.simulator --size full --patients 4 --slices 6

Every patient's middle base slices are scanned anew (nothing is read from disk), and the
quarter dose is compared with the full dose as the literature does. Beside each row stand the
values of the reference simulation and of the real challenge data.
"""

import argparse
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import binary_erosion
from skimage.metrics import structural_similarity

from pi.simulation.patient import SIZES, StudySize, scan_patient, thick_slices
from pi.simulation.scanner import KERNELS, REFERENCE_SIZE, ScanSettings

Row = dict[str, float]
Images = NDArray[np.float32]

CALM = ScanSettings(photons=400 * ScanSettings().photons)
CONFIGURATIONS = ("3 mm B30", "3 mm D45", "1 mm B30", "1 mm D45")
# configuration -> measure -> (reference simulation, real data where known)
EXPECTED: dict[str, dict[str, tuple[str, str]]] = {
    "3 mm B30": {
        "windowed PSNR": ("27.67", "27.27"),
        "windowed SSIM": (".800", ".805"),
        "full PSNR": ("46.9", "45.2"),
        "full SSIM": (".981", ".971"),
        "full NRMSE": (".024", ".031"),
        "QD-FD sd, HU": ("27", "28-35"),
        "  in the middle": ("27", "28-35"),
        "FD sd, HU": ("16", "16-20"),
        "QD sd, HU": ("32", "32-40"),
        "NPS mean, 1/mm": (".33", ".32"),
    },
    "3 mm D45": {
        "windowed PSNR": ("20.86", "21.31"),
        "windowed SSIM": (".736", ".747"),
        "full PSNR": ("39.8", "38.9"),
        "full SSIM": (".919", ".891"),
        "full NRMSE": (".055", ".070"),
        "QD-FD sd, HU": ("63", "47-79"),
        "  in the middle": ("63", "47-79"),
        "FD sd, HU": ("37", "27-46"),
        "QD sd, HU": ("73", "55-91"),
        "NPS mean, 1/mm": (".46-.49", ".50-.56"),
    },
    "1 mm B30": {
        "windowed PSNR": ("23.1", ""),
        "windowed SSIM": (".748", ""),
        "full PSNR": ("42.2", ""),
        "full SSIM": (".949", ""),
        "full NRMSE": (".042", ""),
    },
    "1 mm D45": {
        "windowed PSNR": ("16.86", "17.02"),
        "windowed SSIM": (".701", ".673"),
        "full PSNR": ("35.1", ""),
        "full SSIM": (".831", ""),
        "full NRMSE": (".095", ""),
    },
}
EVERYWHERE = {
    "corr(FD, QD)": (".49", ".42-.51"),
    "QD / FD": ("2.06", "1.85-2.07"),
    "(QD-FD) / FD": ("1.80", "1.59-1.89"),
    "corr(FD, QD-FD)": ("~0", "-.09..-.05"),
    "QD bias, HU": ("1.3-1.6", ""),
}


def measure(size: StudySize, patient: int, seed: int, count: int) -> dict[str, Row]:
    """Return each configuration's measures on ``count`` middle base slices of one patient.

    The noise is what is left after taking out a scan of the same slices at 400 times the
    photons; it is measured in soft tissue (0 to 150 HU there, eroded by two pixels). The notes
    behind the expected values do not say where in the body they were taken, and noise is lower
    toward the skin: so one row tells the middle alone.
    """
    start = max((size.slices - count) // 2, 0)
    slices = range(start, min(start + count, size.slices))
    thin, placement = scan_patient(size, patient, seed, slices)
    calm, _ = scan_patient(size, patient, seed, slices, CALM)
    rows = {}
    for thickness, noisy, clean in (
        (3, thick_slices(thin), thick_slices(calm)),
        (1, thin, calm),
    ):
        for k, kernel in enumerate(KERNELS):
            rows[f"{thickness} mm {kernel.name}"] = {
                **_quality(noisy[:, 0, k], noisy[:, 1, k]),
                **_noise(noisy[:, 0, k], noisy[:, 1, k], clean[:, 0, k], placement.pixel),
            }
    return rows


def _quality(full: Images, low: Images) -> Row:
    """PSNR, SSIM, NRMSE of the low dose against the full one, means over slices."""
    stored = [np.clip(np.rint(x), -1024, 3071) for x in (full, low)]
    window = [np.clip(x, -160, 240).astype(np.float64) for x in stored]
    unit = [(x.astype(np.float64) + 1024) / 4096 for x in stored]
    return {
        "windowed PSNR": _mean(map(partial(_psnr, data_range=400.0), *window)),
        "windowed SSIM": _mean(map(partial(structural_similarity, data_range=400.0), *window)),
        "full PSNR": _mean(map(partial(_psnr, data_range=1.0), *unit)),
        "full SSIM": _mean(map(partial(structural_similarity, data_range=1.0), *unit)),
        "full NRMSE": _mean(
            float(np.linalg.norm(f - q) / np.linalg.norm(f)) for f, q in zip(*unit, strict=True)
        ),
    }


def _noise(full: Images, low: Images, clean: Images, pixel: float) -> Row:
    tissue = _soft_tissue(clean)
    # Kernels are scaled with the matrix: told as at 512 pixels.
    scale = REFERENCE_SIZE / clean.shape[-1] / pixel
    f, q = (full - clean)[tissue], (low - clean)[tissue]
    return {
        "QD-FD sd, HU": float(np.std(q - f)),
        "  in the middle": float(np.std((low - full)[tissue & _middle(clean.shape[-1])])),
        "FD sd, HU": float(np.std(f)),
        "QD sd, HU": float(np.std(q)),
        "NPS mean, 1/mm": _mean(
            nps_mean_frequency(d, m) * scale for d, m in zip(low - full, tissue, strict=True)
        ),
        "corr(FD, QD)": float(np.corrcoef(f, q)[0, 1]),
        "QD / FD": float(np.std(q) / np.std(f)),
        "(QD-FD) / FD": float(np.std(q - f) / np.std(f)),
        "corr(FD, QD-FD)": float(np.corrcoef(f, q - f)[0, 1]),
        "QD bias, HU": float(np.mean(q - f)),
    }


def _soft_tissue(clean: Images) -> NDArray[np.bool_]:
    """Where a noise-free slice is 0 to 150 HU and its neighbours are too."""
    return np.stack([binary_erosion((x > 0) & (x < 150), iterations=2) for x in clean])


def _middle(size: int) -> NDArray[np.bool_]:
    """Within 0.22 of the field of view of its centre (about 77 mm): liver, spine, kidneys."""
    axis = np.arange(size) - (size - 1) / 2
    inside: NDArray[np.bool_] = np.hypot(axis, axis[:, None]) < 0.22 * size
    return inside


def nps_mean_frequency(noise: Images, tissue: NDArray[np.bool_]) -> float:
    """Return the mean frequency of the noise power spectrum, in cycles per pixel.

    Squares of 32 pixels that lie mostly in soft tissue are windowed (Hann) and transformed; each
    frequency of the plane below Nyquist counts with its power. NaN where no square fits.
    """
    side = 32
    power = np.zeros((side, side))
    hann = np.hanning(side)[:, None] * np.hanning(side)
    for row in range(0, noise.shape[0] - side + 1, side // 4):
        for column in range(0, noise.shape[1] - side + 1, side // 4):
            box = slice(row, row + side), slice(column, column + side)
            if tissue[box].mean() > 0.7:
                patch = (noise[box] - noise[box].mean()) * hann
                power += np.abs(fft.fft2(patch)) ** 2
    f = np.hypot(fft.fftfreq(side)[:, None], fft.fftfreq(side))
    power[f > 0.5] = 0.0
    return float(np.sum(f * power) / np.sum(power)) if power.any() else float("nan")


def _psnr(full: Images, low: Images, *, data_range: float) -> float:
    return float(10 * np.log10(data_range**2 / np.mean((full - low) ** 2)))


def _mean(values: Iterable[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def _print_table(per_patient: list[dict[str, Row]]) -> None:
    for configuration in CONFIGURATIONS:
        print(f"\n{configuration:18}{'here':>8}{'reference sim':>15}{'real':>12}")
        expected = {**EXPECTED[configuration], **EVERYWHERE}
        for name in per_patient[0][configuration]:
            here = _mean(rows[configuration][name] for rows in per_patient)
            reference, real = expected.get(name, ("", ""))
            print(f"  {name:16}{here:8.3f}{reference:>15}{real:>12}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--patients", type=int, default=0, help="0: all")
    parser.add_argument("--slices", type=int, default=0, help="middle base slices; 0: all")
    given = parser.parse_args()
    size = SIZES[given.size]
    patients = range(1, (given.patients or size.patients) + 1)
    count = given.slices or size.slices
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        work = partial(measure, size, seed=given.seed, count=count)
        per_patient = list(pool.map(work, patients))
    print(f"size {size.name}, seed {given.seed}, {len(patients)} patients, {count} slices each")
    _print_table(per_patient)


if __name__ == "__main__":
    main()
