"""A scanner: line integrals, photons at two doses, reconstruction with two kernels.

Quarter dose is made as for the real data: noise is added to the full-dose measurement, so
the two doses share a quarter of their photons and their noise is correlated (about 0.5).
The beam is of one energy and there is no scatter.

References:
    McCollough et al., Low-dose CT for the detection and classification of metastatic liver
    lesions, Med Phys 44 (2017) e339, section 2.B: noise insertion for the quarter dose.
    Zeng et al., A simple low-dose x-ray CT simulation from high-dose scan, IEEE TNS 62
    (2015) 2226: Poisson counts plus electronic noise of variance 10 to 11.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pi.simulation.projector import Geometry, back_project, project

WATER = 0.0192
"""Attenuation of water in 1/mm; most public code for the challenge data uses this value."""

REFERENCE_SIZE = 512
REFERENCE_VIEWS = 720
REFERENCE_PIXEL = 0.7
REFERENCE_DEPTH = 5.6

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A reconstruction kernel as a radial MTF, exp(-(f/a)^p).

    Attributes:
        name: ConvolutionKernel (0018,1210) without its suffix.
        f50: where the MTF falls to one half, 1/mm.
        f10: where it falls to one tenth, 1/mm.
    """

    name: str
    f50: float
    f10: float

    def mtf(self, frequency: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the MTF at ``frequency`` (1/mm)."""
        p = math.log(math.log(10.0) / math.log(2.0)) / math.log(self.f10 / self.f50)
        a = self.f50 / math.log(2.0) ** (1 / p)
        result: NDArray[np.float64] = np.exp(-((np.asarray(frequency, dtype=np.float64) / a) ** p))
        return result

    def on(self, size: int) -> "Kernel":
        """Return the kernel as a scanner with a ``size`` x ``size`` matrix would have it.

        The small sizes are the same body seen by a detector two or four times coarser. Kept in
        1/mm, both kernels would lie beyond that detector's Nyquist frequency and be all but
        equal; kept in cycles per pixel, they differ as they do at 512.
        """
        scale = size / REFERENCE_SIZE
        return Kernel(self.name, self.f50 * scale, self.f10 * scale)


KERNELS = (Kernel("B30", 0.38, 0.64), Kernel("D45", 0.80, 1.20))


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How many photons are sent, and what the electronics add.

    Attributes:
        photons: per beam at the reference geometry (0.7 mm, 720 views) and patient size.
        electronic_variance: of the full-dose reading, in photons squared.
        dose: fraction of the full dose's photons kept in the low dose.
    """

    photons: float = 2.0e5
    electronic_variance: float = 10.0
    dose: float = 0.25

    def on(self, size: int) -> "ScanSettings":
        """Return the protocol that gives a ``size`` x ``size`` image the noise (HU) of a 512 one.

        The variance of a reconstruction goes as 1 / (views x photons per beam x pixel area).
        With pixels 1/s times as large and s times as many views, `sent_photons` gives a beam
        1/s^2 times the photons by itself; s^3 times fewer of them keep the variance. A beam then
        has s times as many photons, and so the electronic variance goes with s, which keeps its
        share of the noise.
        """
        s = size / REFERENCE_SIZE
        return replace(
            self,
            photons=self.photons * s**3,
            electronic_variance=self.electronic_variance * s,
        )


def attenuation(hu: NDArray[np.floating]) -> Image:
    """HU to 1/mm; the inverse of `hounsfield`."""
    result: Image = (np.float32(WATER) * (1 + np.asarray(hu) / np.float32(1000))).astype(np.float32)
    return result


def hounsfield(mu: NDArray[np.floating]) -> Image:
    """1/mm to HU; the inverse of `attenuation`."""
    result: Image = ((np.asarray(mu) / np.float32(WATER) - 1) * np.float32(1000)).astype(np.float32)
    return result


def photons_share(geometry: Geometry) -> float:
    """Return the photons that a beam is sent over those of the reference geometry.

    What is held constant over geometries is their number per mm of detector and half turn.
    """
    return geometry.pixel / REFERENCE_PIXEL * (REFERENCE_VIEWS / geometry.views)


def sent_photons(depth: float, geometry: Geometry, protocol: ScanSettings) -> NDArray[np.float64]:
    """Return the photons sent along each beam of a view, (bins,).

    Automatic exposure sends more through a thick patient (``depth`` is the 99th percentile of
    the line integrals); a bowtie filter sends fewer to the sides.
    """
    exposure = math.exp(0.5 * (depth - REFERENCE_DEPTH))
    bowtie: NDArray[np.float64] = np.exp(-0.9 * (geometry.bin_centres / 200.0) ** 2)
    return protocol.photons * photons_share(geometry) * exposure * bowtie


def expose(
    lines: NDArray[np.floating],
    sent: NDArray[np.float64],
    protocol: ScanSettings,
    rng: np.random.Generator,
) -> tuple[Image, Image]:
    """Return noisy line integrals at full and at low dose, both (views, bins) float32.

    Counts are Poisson at full dose and a binomial part of those at low dose. Electronic noise
    is the same reading's, scaled, plus a fresh share that keeps its variance.

    Args:
        lines: (views, bins) noise-free line integrals.
        sent: (bins,) photons per beam at full dose, from `sent_photons`.
        protocol: of the scan.
        rng: source of all randomness.
    """
    dose, deviation = protocol.dose, math.sqrt(protocol.electronic_variance)
    counts = rng.poisson(sent * np.exp(-lines.astype(np.float64)))
    kept = rng.binomial(counts, dose)
    reading = deviation * rng.standard_normal(lines.shape, dtype=np.float32)
    fresh = deviation * rng.standard_normal(lines.shape, dtype=np.float32)
    low_reading = dose * reading + math.sqrt(1 - dose**2) * fresh
    full = np.log(sent / np.maximum(counts + reading, 1.0))
    low = np.log(dose * sent / np.maximum(kept + low_reading, 1.0))
    return full.astype(np.float32), low.astype(np.float32)


def apply_kernel(image: Image, kernel: Kernel, pixel: float) -> Image:
    """Filter an image with a kernel's MTF; ``pixel`` in mm."""
    rows, columns = image.shape
    radius = np.hypot(fft.fftfreq(rows, pixel)[:, None], fft.rfftfreq(columns, pixel))
    spectrum = fft.rfft2(image) * kernel.mtf(radius).astype(np.float32)
    filtered: Image = fft.irfft2(spectrum, image.shape)
    return filtered


def scan(
    hu: Image, geometry: Geometry, protocol: ScanSettings, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Scan one slice and reconstruct it at both doses with both kernels.

    Args:
        hu: (size, size) float32, the object.
        geometry: of the scan.
        protocol: of the scan.
        rng: source of the noise.

    Returns:
        (2 doses, 2 kernels, size, size) float32, HU; full dose and `KERNELS`' order first.
    """
    lines = project(attenuation(hu), geometry)
    sent = sent_photons(float(np.percentile(lines, 99)), geometry, protocol)
    doses = back_project(*expose(lines, sent, protocol, rng), geometry)
    kernels = [kernel.on(geometry.size) for kernel in KERNELS]
    return np.stack(
        [
            np.stack([hounsfield(apply_kernel(mu, kernel, geometry.pixel)) for kernel in kernels])
            for mu in doses
        ]
    )
