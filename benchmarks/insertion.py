"""Is the low dose that is made from a normal dose like the real one?

    python -m benchmarks.insertion [--size small] [--patients 4] [--slices 4]
    PI_DATA=... python -m benchmarks.insertion --size small

1. The simulated study, whose low dose is known: noise and its spectrum by octave, with the
   kernel known by name and (in brackets) not, as a mean over patients with its standard error.
2. Real pairs, where PI_DATA names a folder with PATIENT/full_3mm_sharp_sorted/*.IMA and
   PATIENT/quarter_3mm_sharp_sorted/*.IMA: the same, and the lambda of VGG-16's block3_conv2
   (natural-offline, identity state), with inserted noise over with the real quarter dose.
3. Seconds per 512 x 512 slice, beside `scanner.scan`.

All ratios are inserted over real. Part 1 takes three minutes of the processor.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
from pi.slices.low_dose import sampled

Slices = Sequence[NDArray[np.floating]]
FRACTION, SEED = 0.25, 5
OCTAVES = ((1, 2), (2, 4), (4, 8))
"""Rings of 1/16 cycle per pixel: from 1/16 to the Nyquist frequency."""


def inserted(full: Slices, pixel: float, kernel: Kernel | None) -> list[NDArray[np.int16]]:
    """Return the low dose made of each slice, the setting estimated from all of them."""
    setting = estimate(full, pixel, kernel, np.random.default_rng(SEED))
    return [insert(hu, setting, FRACTION, slice_rng(hu, SEED, FRACTION)) for hu in full]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Inserted over real.

    Attributes:
        noise: standard deviation in soft tissue.
        octaves: share of each octave of the noise power spectrum, (3,).
        mean: shift of the mean by what was inserted, HU.
    """

    noise: float
    octaves: NDArray[np.float64]
    mean: float


def compared(full: Slices, low: Slices, made: Slices) -> Ratios:
    """Return noise, octaves of the normalised spectrum and mean shift."""
    ours, theirs = ([x - f for x, f in zip(xs, full, strict=True)] for xs in (made, low))
    tissue = [_tissue(hu) for hu in full]
    power = [
        np.mean([np.var(n[t]) for n, t in zip(ns, tissue, strict=True)]) for ns in (ours, theirs)
    ]
    mean = np.mean([n[t].mean() for n, t in zip(ours, tissue, strict=True)])
    octaves = np.divide(*(_octaves(ns, full) for ns in (ours, theirs)))
    return Ratios(float(np.sqrt(power[0] / power[1])), octaves, float(mean))


def print_ratios(label: str, found: Sequence[Ratios]) -> None:
    """Print the mean over patients; with several, its standard error after a slash."""
    noise = _told(np.array([one.noise for one in found]), 3)
    octaves = " ".join(
        _told(np.array([one.octaves[n] for one in found]), 2) for n in range(len(OCTAVES))
    )
    mean = np.mean([one.mean for one in found])
    print(f"  {label:24} noise {noise}, octaves {octaves}, mean {mean:+.2f} HU", flush=True)


def _told(values: NDArray[np.float64], digits: int) -> str:
    mean = f"{values.mean():.{digits}f}"
    if len(values) == 1:
        return mean
    return f"{mean}/{values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}"


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


def simulated(size: StudySize, patients: int, slices: int) -> None:
    """Compare with the low dose that the simulated study has, over ``patients`` of it."""
    print(
        f"simulated, size {size.name}: inserted over true, mean/standard error over "
        f"{patients} patients with up to {slices} slices each; octaves from 1/16 per pixel"
    )
    found: defaultdict[str, list[Ratios]] = defaultdict(list)
    for patient in range(1, patients + 1):
        thin, placement = scan_patient(size, patient, SEED)
        for thickness, images in ((1, thin), (3, thick_slices(thin))):
            chosen = images[sampled(len(images), slices)]
            for k, kernel in enumerate(KERNELS):
                full, low = np.rint(chosen[:, 0, k]), np.rint(chosen[:, 1, k])
                for named in (True, False):
                    known = known_kernel(kernel.name, size.pixels) if named else None
                    made = inserted(list(full), placement.pixel, known)
                    name = f"{thickness} mm {kernel.name if named else f'({kernel.name})'}"
                    found[name].append(compared(full, low, made))
    for name, ratios in found.items():
        print_ratios(name, ratios)


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
            print_ratios(f"patient {number}, {'D45' if kernel else '(D45)'}", [compared(*images)])
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
    bank = build_bank(experiments, RAW255, seed=SEED, files=find_contexts(experiments, ""))
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
    parser.add_argument("--patients", type=int, default=4, help="0: none")
    parser.add_argument("--slices", type=int, default=4, help="of each series")
    given = parser.parse_args()
    speed()
    folder = os.environ.get("PI_DATA", "")
    if folder:
        real(Path(folder))
    else:
        print("real pairs: not compared, for PI_DATA names no folder")
    simulated(SIZES[given.size], given.patients, given.slices)


if __name__ == "__main__":
    main()
