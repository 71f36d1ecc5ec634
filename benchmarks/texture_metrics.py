"""How long the metrics of texture and perception take on one slice, against plain versions of them.

    python -m benchmarks.texture_metrics

VIFp, MS-SSIM, GMSD and HaarPSI of one 512 x 512 slice in grey levels, and the distance of noise
spectra and the rate of hallucination in HU: all that `--metrics all` adds. Plain versions are the
formulas: two-dimensional convolutions by `scipy.signal.convolve2d` for every window, and one FFT a
region or patch. Both are computed side by side and must agree. 150 ms for all of them were asked
for on two idle cores.

`--features` costs what its encoder does, which is told beside them by the clock, as it uses every
core: VGG-16 to the layer `LAYER` on the slice and its target, and the distance of their features.

A minute. No time is asserted.
"""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.signal import convolve2d

from pi.evaluation.gmsd import CONSTANT, gmsd
from pi.evaluation.haarpsi import ALPHA, SIDES, C, haarpsi
from pi.evaluation.multiscale_ssim import WEIGHTS, multiscale_ssim
from pi.evaluation.regions import Floats, region_side, regions_of
from pi.evaluation.ring_correlation import COARSE, PATCHES, THRESHOLD, WINDOW_HU, invention
from pi.evaluation.smoothing import gaussian_taps
from pi.evaluation.texture import ROUNDING, SOFT_TISSUE, flat_regions, noise_texture
from pi.evaluation.vif import NOISE, vif
from pi.evaluation.vif import SIDES as WINDOWS

ASKED_MS = 150.0
LAYER = "block3_conv3"
"""Of VGG-16, to which the encoder of `--features` goes here."""


def main() -> None:
    """Print the milliseconds of each, the ratio, and the sum."""
    target = phantom()
    image = target + np.random.default_rng(1).normal(0, 25, target.shape)
    a, b = (np.clip(hu + 160, 0, 400) / 400 * 255 for hu in (image, target))
    pairs: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        "VIFp": (lambda: vif(a, b), lambda: plain_vif(a, b)),
        "MS-SSIM": (
            lambda: multiscale_ssim(a, b, data_range=255.0),
            lambda: plain_multiscale_ssim(a, b),
        ),
        "GMSD": (lambda: gmsd(a, b), lambda: plain_gmsd(a, b)),
        "HaarPSI": (lambda: haarpsi(a, b), lambda: plain_haarpsi(a, b)),
        "noise power": (lambda: distance(image, target), lambda: plain_distance(image, target)),
        "hallucination": (lambda: rate(image, target), lambda: plain_rate(image, target)),
    }
    print(f"{'one 512 x 512 slice':<16}{'ms':>8}{'plain':>9}{'times':>8}{'apart':>10}")
    total = plainly = 0.0
    for name, (ours, plain) in pairs.items():
        mine, theirs = best(ours, 7), best(plain, 2)
        total, plainly = total + mine, plainly + theirs
        apart = abs(ours() - plain())
        print(f"{name:<16}{mine:8.1f}{theirs:9.1f}{theirs / mine:8.1f}{apart:10.1e}")
    print(f"{'all':<16}{total:8.1f}{plainly:9.1f}{plainly / total:8.1f}")
    print(f"{ASKED_MS:.0f} ms were asked for: {'kept' if total <= ASKED_MS else 'not kept'}")
    encoder, distance_of = features_ms(image, target)
    print(f"beside them, --features, VGG-16 to {LAYER}: {encoder:.0f} ms by the clock,")
    print(f"and {distance_of:.0f} ms the distance of what it returns")


def features_ms(image: Floats, target: Floats) -> tuple[float, float]:
    """Return the shortest of three times of the encoder, and of the distance of its features."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.evaluation.feature_distance import feature_distances
    from pi.jobs.judges import encode_with
    from pi.losses.experiments import find_experiments
    from pi.slices.intensity import normalise

    encode, _ = encode_with(find_experiments(f"vgg16:random:{LAYER}")[0], 0, print)
    pair = normalise(np.stack([target, image]).astype(np.float32))[..., np.newaxis]
    times = []
    for _ in range(4):
        start = time.perf_counter()
        maps = [pair, *encode(pair)]
        middle = time.perf_counter()
        feature_distances([one[1:] for one in maps], [one[:1] for one in maps])
        times.append((middle - start, time.perf_counter() - middle))
    whole, own = (1000 * min(one) for one in zip(*times[1:], strict=True))
    return whole, own


def phantom() -> Floats:
    """Return a body of soft tissue with vessels and noise in air, (512, 512) HU."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:512, :512] / 512 - 0.5
    hu = np.where(np.hypot(rows, columns * 0.8) < 0.38, 45.0, -1000.0)
    for _ in range(30):
        r, c, width = *rng.uniform(-0.25, 0.25, 2), rng.uniform(0.005, 0.04)
        hu[np.hypot(rows - r, columns - c) < width] = rng.uniform(-60, 180)
    return np.asarray(hu + rng.normal(0, 12, hu.shape))


def windowed(plane: Floats, kernel: Floats) -> Floats:
    """Return the weighted means of the windows inside a plane."""
    return np.asarray(convolve2d(plane, kernel, mode="valid"))


def plain_vif(image: Floats, target: Floats) -> float:
    """Return VIFp as its formula stands."""
    kept = told = 0.0
    a, b = image, target
    for scale, side in enumerate(WINDOWS):
        kernel = np.outer(*[gaussian_taps(side, side / 5)] * 2)
        if scale:
            a, b = windowed(a, kernel)[::2, ::2], windowed(b, kernel)[::2, ::2]
        mean_a, mean_b = windowed(a, kernel), windowed(b, kernel)
        of_a, of_b = windowed(a * a, kernel) - mean_a**2, windowed(b * b, kernel) - mean_b**2
        both = windowed(a * b, kernel) - mean_a * mean_b
        gain = np.maximum(both / (of_b + 1e-10), 0)
        kept += np.log10(1 + gain**2 * of_b / (of_a - gain * both + NOISE)).sum()
        told += np.log10(1 + of_b / NOISE).sum()
    return float(kept / told)


def plain_multiscale_ssim(a: Floats, b: Floats) -> float:
    """Return MS-SSIM as its formula stands."""
    kernel = np.outer(*[gaussian_taps(11, 1.5)] * 2)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = 1.0
    for scale, weight in enumerate(WEIGHTS):
        if scale:
            a, b = convolve_halved(a), convolve_halved(b)
        mean_a, mean_b = windowed(a, kernel), windowed(b, kernel)
        of_a, of_b = windowed(a * a, kernel) - mean_a**2, windowed(b * b, kernel) - mean_b**2
        both = windowed(a * b, kernel) - mean_a * mean_b
        likeness = (2 * both + c2) / (of_a + of_b + c2)
        if scale == len(WEIGHTS) - 1:
            likeness *= (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
        found *= likeness.mean() ** weight
    return float(found)


def convolve_halved(plane: Floats) -> Floats:
    """Return the means of 2 x 2 pixels by a convolution."""
    return np.asarray(windowed(plane, np.full((2, 2), 0.25))[::2, ::2])


def plain_gmsd(a: Floats, b: Floats) -> float:
    """Return GMSD as its formula stands."""
    kernel = np.array([[1.0, 0, -1]] * 3) / 3
    x, y = (
        np.hypot(convolve2d(v, kernel, mode="same"), convolve2d(v, kernel.T, mode="same"))
        for v in (convolve_halved(a), convolve_halved(b))
    )
    return float(((2 * x * y + CONSTANT) / (x**2 + y**2 + CONSTANT)).std())


def plain_haarpsi(a: Floats, b: Floats) -> float:
    """Return HaarPSI as its formula stands."""
    alike = weights = 0.0
    for axis in (0, 1):
        found = []
        for side in SIDES:
            kernel = np.full((side, side), 1 / side)
            kernel[side // 2 :] *= -1
            haar = kernel if axis == 0 else kernel.T
            planes = (convolve_halved(a), convolve_halved(b))
            found.append([np.abs(convolve2d(v, haar, mode="same")) for v in planes])
        *fine, (x, y) = found
        weight = np.maximum(x, y)
        likeness = sum((2 * p * q + C) / (p**2 + q**2 + C) for p, q in fine) / len(fine)
        alike += (weight / (1 + np.exp(-ALPHA * likeness))).sum()
        weights += weight.sum()
    return float((np.log(alike / weights / (1 - alike / weights)) / ALPHA) ** 2)


def distance(image: Floats, target: Floats) -> float:
    """Return the distance of noise spectra."""
    found = noise_texture(image, target)
    return float("nan") if found is None else found.distance


def plain_distance(image: Floats, target: Floats) -> float:
    """Return the same with one plane fitted and one FFT a region."""
    side = region_side(target.shape[0], SOFT_TISSUE)
    corners = flat_regions(target, side)
    rows, columns = np.mgrid[:side, :side]
    terms = np.stack([np.ones(side**2), rows.ravel(), columns.ravel()], axis=1)
    radius = np.hypot(*np.meshgrid(*[np.fft.fftfreq(side, 1 / side)] * 2))
    octaves = []
    for hu in (image, target):
        power = np.zeros((side, side))
        for r, c in corners:
            region = hu[r : r + side, c : c + side].ravel()
            left = region - terms @ np.linalg.lstsq(terms, region, rcond=None)[0]
            power += np.abs(np.fft.fft2(left.reshape(side, side))) ** 2 / side**2 / len(corners)
        edges = [side / 2**k for k in range(1, 6)]
        octaves.append(
            [power[(radius > low) & (radius <= high)].mean() for high, low in pairwise(edges)]
        )  # fmt: skip
    ratio = np.log(np.array(octaves[0]) + ROUNDING) - np.log(np.array(octaves[1]) + ROUNDING)
    return float(np.sqrt(np.mean(ratio**2)))


def rate(image: Floats, target: Floats) -> float:
    """Return the share of patches that show something else."""
    found = invention(image, target)
    return float("nan") if found is None else found.rate


def plain_rate(image: Floats, target: Floats) -> float:
    """Return the same with the whole spectrum of every patch."""
    side = region_side(target.shape[0], PATCHES)
    window = np.outer(*[np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2] * 2)
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(side, 1 / side)] * 2)))
    flagged = []
    for r, c in regions_of(target, PATCHES, side):
        both = (np.clip(hu[r : r + side, c : c + side], *WINDOW_HU) for hu in (image, target))
        f, g = (np.fft.fft2((patch - patch.mean()) * window) for patch in both)
        lowest = min(
            (f * g.conj()).real[ring == k].sum()
            / np.sqrt((np.abs(f[ring == k]) ** 2).sum() * (np.abs(g[ring == k]) ** 2).sum())
            for k in range(1, COARSE + 1)
        )
        flagged.append(lowest < THRESHOLD)
    return float(np.mean(flagged))


def best(work: Callable[[], float], times: int) -> float:
    """Return the shortest of some times, in milliseconds of the processor."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return 1000 * min(found)


if __name__ == "__main__":
    main()
