"""Is the low dose that is made from a normal dose like the real one?

    python -m benchmarks.insertion [--size small] [--patients 2]
    PI_DATA=... python -m benchmarks.insertion --size small

1. The simulated study, whose low dose is known: noise and its spectrum by octave, with the
   kernel known by name and not.
2. Real pairs, where PI_DATA names a folder with PATIENT/full_3mm_sharp_sorted/*.IMA and
   PATIENT/quarter_3mm_sharp_sorted/*.IMA: the same, and the lambda of VGG-16's block3_conv2
   (natural-offline, identity state), with inserted noise over with the real quarter dose.
3. Seconds per 512 x 512 slice, beside `scanner.scan`.

All ratios are inserted over real. A quarter of an hour on two busy cores.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter

from pi.readers.dicom.pixels import read_hounsfield
from pi.simulation.calm_noise import ring_powers, tissue_squares
from pi.simulation.insertion import Setting, insert, slice_rng
from pi.simulation.insertion_setting import SIDE, estimate, known_kernel
from pi.simulation.patient import SIZES, StudySize, scan_patient, thick_slices
from pi.simulation.projector import Geometry
from pi.simulation.scanner import KERNELS, Kernel, ScanSettings, scan

Slices = Sequence[NDArray[np.floating]]
FRACTION, SEED = 0.25, 5
OCTAVES = ((1, 2), (2, 4), (4, 8))
"""Rings of 1/16 cycle per pixel: from 1/16 to the Nyquist frequency."""


def inserted(full: Slices, pixel: float, kernel: Kernel | None) -> list[NDArray[np.int16]]:
    """Return the low dose made of each slice, the setting estimated from all of them."""
    setting = estimate(full, pixel, kernel, np.random.default_rng(SEED))
    return [insert(hu, setting, FRACTION, slice_rng(hu, SEED, FRACTION)) for hu in full]


def print_comparison(label: str, full: Slices, low: Slices, made: Slices) -> None:
    """Print noise, octaves of the normalised spectrum and mean shift."""
    ours, theirs = ([x - f for x, f in zip(xs, full, strict=True)] for xs in (made, low))
    tissue = [_tissue(hu) for hu in full]
    sd = [[np.std(n[t]) for n, t in zip(ns, tissue, strict=True)] for ns in (ours, theirs)]
    each = np.divide(*sd)
    whole = np.sqrt(np.mean(np.square(sd[0])) / np.mean(np.square(sd[1])))
    mean = np.mean([n[t].mean() for n, t in zip(ours, tissue, strict=True)])
    octaves = np.divide(*(_octaves(ns, full) for ns in (ours, theirs)))
    print(
        f"  {label:24} noise {whole:.3f} ({each.min():.2f}-{each.max():.2f} a slice), octaves "
        f"{' '.join(f'{o:.2f}' for o in octaves)}, mean {mean:+.2f} HU"
    )


def _tissue(hu: NDArray[np.floating]) -> NDArray[np.bool_]:
    smooth = gaussian_filter(np.asarray(hu, dtype=np.float32), 2.0)
    result: NDArray[np.bool_] = binary_erosion((smooth > -20) & (smooth < 160), iterations=2)
    return result


def _octaves(noise: Slices, full: Slices) -> NDArray[np.float64]:
    powers = [
        ring_powers(n, tissue_squares(hu, SIDE).corners, SIDE)
        for n, hu in zip(noise, full, strict=True)
    ]
    rings = np.concatenate(powers).mean(axis=0)
    rings *= np.arange(rings.size)  # members of a ring
    return np.array([rings[a:b].sum() for a, b in OCTAVES]) / rings.sum()


def simulated(size: StudySize, patients: int) -> None:
    """Compare with the low dose that the simulated study has."""
    print(f"simulated, size {size.name}: inserted over true, octaves from 1/16 per pixel")
    for patient in range(1, patients + 1):
        thin, placement = scan_patient(size, patient, SEED)
        for thickness, images in ((1, thin), (3, thick_slices(thin))):
            for k, kernel in enumerate(KERNELS):
                full, low = np.rint(images[:, 0, k]), np.rint(images[:, 1, k])
                for named in (True, False):
                    known = known_kernel(kernel.name, size.pixels) if named else None
                    made = inserted(list(full), placement.pixel, known)
                    name = kernel.name if named else f"({kernel.name})"
                    print_comparison(f"{patient}: {thickness} mm {name}", full, low, made)


def real(root: Path) -> None:
    """Compare with the quarter dose of the challenge."""
    print("real pairs: inserted over real")
    pairs: list[tuple[Slices, Slices, Slices]] = []
    for number, folder in enumerate(sorted(root.glob("*/full_3mm_sharp_sorted")), start=1):
        files = sorted(folder.glob("*.IMA"))
        other = folder.with_name("quarter_3mm_sharp_sorted")
        full, low = ([_read(p / f.name) for f in files] for p in (folder, other))
        for kernel in (KERNELS[1], None):
            made = inserted([hu for hu, _ in full], full[0][1], kernel)
            images = [hu for hu, _ in full], [hu for hu, _ in low], made
            print_comparison(f"patient {number}, {'D45' if kernel else '(D45)'}", *images)
            if kernel:
                pairs.append(images)
    print_lambda(pairs)


def _read(file: Path) -> tuple[NDArray[np.float32], float]:
    import pydicom

    dataset = pydicom.dcmread(file, stop_before_pixels=True)
    return read_hounsfield(file).hu.astype(np.float32), float(dataset.PixelSpacing[0])


def print_lambda(pairs: Sequence[tuple[Slices, Slices, Slices]]) -> None:
    """Print sum of MSE over sum of feature losses, inserted over real."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.influence.components import loss_components
    from pi.jobs.contexts import find_contexts
    from pi.losses.experiments import find_experiments
    from pi.losses.input_convention import RAW255
    from pi.network.bank import build_bank

    experiments = find_experiments("demo1")
    bank = build_bank(experiments, RAW255, seed=SEED, files=find_contexts(experiments, "", print))
    weights = []
    for which in (1, 2):
        sums = np.zeros(2)
        for images in pairs:
            for normal, low in zip(images[0], images[which], strict=True):
                x, y = (_patches(hu) for hu in (low, normal))
                image, features = loss_components([x], y, bank.encoders, bank.norms, bank.pixels)
                sums += np.sum(image), np.sum(features)
        weights.append(sums[0] / sums[1])
    print(f"  lambda of demo1 (block3_conv2): {weights[1] / weights[0]:.3f}")


def _patches(hu: NDArray[np.generic]) -> NDArray[np.float32]:
    unit = ((hu.astype(np.float32) + 1024) / 4096)[:480, :480]
    return unit.reshape(5, 96, 5, 96).swapaxes(1, 2).reshape(25, 96, 96, 1)


def speed() -> None:
    """Print processor seconds of an insertion and of a scan."""
    pixel = 0.7
    y, x = np.indices((512, 512)) - 255.5
    body = np.where(np.hypot(x / 220, y / 160) < 1, 40.0, -1000.0).astype(np.float32)
    setting = Setting(pixel, False, 2e5, (0.0, 0.5, 1.0), (1.0, 0.5, 0.0))
    seconds = []
    for work in (
        lambda rng: insert(body, setting, FRACTION, rng),
        lambda rng: scan(body, Geometry(512, 720, pixel), ScanSettings(), rng),
    ):
        start = time.process_time()
        work(np.random.default_rng(SEED))
        seconds.append(time.process_time() - start)
    print(
        f"speed, 512 x 512: {seconds[0]:.2f} s of processor an insertion, {seconds[1]:.2f} s a "
        f"scan; ratio {seconds[0] / seconds[1]:.2f}"
    )


def main() -> None:
    """Run the three parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--patients", type=int, default=2, help="0: none")
    given = parser.parse_args()
    speed()
    folder = os.environ.get("PI_DATA", "")
    if folder:
        real(Path(folder))
    else:
        print("real pairs: not compared, for PI_DATA names no folder")
    simulated(SIZES[given.size], given.patients)


if __name__ == "__main__":
    main()
