"""One slice beside its normal dose, under a protocol and in Hounsfield units: what is measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pi.choices import MetricSet
from pi.evaluation.compared_values import to_values
from pi.evaluation.gmsd import gmsd
from pi.evaluation.haarpsi import haarpsi
from pi.evaluation.metrics import METRICS, errors, measured_metrics, similarities
from pi.evaluation.multiscale_ssim import multiscale_ssim
from pi.evaluation.protocol import Protocol, Values
from pi.evaluation.ring_correlation import Invention, invention
from pi.evaluation.smoothing import Plane
from pi.evaluation.ssim import ssim
from pi.evaluation.texture import NoiseTexture, noise_texture
from pi.evaluation.vif import vif

GREY_LEVELS = 255.0
"""White: the scale of the constants of VIFp, GMSD and HaarPSI."""

Rows = Mapping[str, Mapping[str, float]]
"""Every metric by its name, by the protocol's name."""


@dataclass(frozen=True)
class HuErrors:
    """Errors of a slice in HU, nothing cut, the same under every protocol.

    Attributes:
        image: (rows, columns), HU.
        target: the normal dose, of the same shape, HU.
        pixel_spacing: mm; None where it is unknown.
    """

    image: NDArray[np.generic] = field(repr=False)
    target: NDArray[np.generic] = field(repr=False)
    pixel_spacing: float | None = None

    @cached_property
    def rmse_hu(self) -> float:
        """Root of the mean squared difference."""
        return _root_mean_square(self._error)

    @cached_property
    def mae_hu(self) -> float:
        """Mean absolute difference."""
        return float(np.abs(self._error).mean())

    @cached_property
    def bias_hu(self) -> float:
        """Mean of image minus target: above 0 where the image is too bright."""
        return float(self._error.mean())

    @cached_property
    def texture(self) -> NoiseTexture | None:
        """The noise beside the target's; None without a flat region."""
        return noise_texture(self.image, self.target)

    @property
    def noise_distance(self) -> float:
        """Distance of the log spectra of both slices' noise; NaN without a flat region."""
        return float("nan") if self.texture is None else self.texture.distance

    @property
    def frequency_shift(self) -> float:
        """Shift of the noise's mean frequency, 1/mm; NaN without region or pixel spacing."""
        if self.texture is None or self.pixel_spacing is None:
            return float("nan")
        return self.texture.shift / self.pixel_spacing

    @cached_property
    def invention(self) -> Invention | None:
        """What the image shows that the target does not; None without a patch of soft tissue."""
        return invention(self.image, self.target)

    @property
    def hallucination(self) -> float:
        """Share of patches of soft tissue that show something else; NaN without any."""
        return float("nan") if self.invention is None else self.invention.rate

    @cached_property
    def _error(self) -> NDArray[np.float64]:
        return self.image.astype(np.float64) - self.target.astype(np.float64)


@dataclass(frozen=True)
class ImagePair:
    """A slice and its target under a protocol: what a metric is a function of.

    What several metrics need is kept, so that each of them is a line of `pi.evaluation.metrics`.

    Attributes:
        hu: both slices in HU, and their errors there.
        protocol: how they are compared.
        predicted: whether the image is a network's output, not one read from disk.
    """

    hu: HuErrors
    protocol: Protocol
    predicted: bool

    @cached_property
    def values(self) -> tuple[Values, Values]:
        """Image and target as the protocol compares them."""
        image = to_values(self.hu.image, self.protocol, predicted=self.predicted)
        return image, to_values(self.hu.target, self.protocol, predicted=False)

    @cached_property
    def grey(self) -> tuple[Plane, Plane]:
        """Both in grey levels: 0 is the protocol's black, 255 its white, its range above it."""
        protocol = self.protocol
        low = protocol.zero_hu if protocol.clip_hu is None else protocol.clip_hu[0]
        black = (low - protocol.zero_hu) / protocol.unit_hu
        image, target = (
            (values.astype(np.float64) - black) * (GREY_LEVELS / protocol.data_range)
            for values in self.values
        )
        return image, target

    @cached_property
    def rmse(self) -> float:
        """Root of the mean squared error of these values."""
        return _root_mean_square(np.subtract(*self.values, dtype=np.float64))

    def ssim(self) -> float:
        """Return the mean structural similarity, 1 for identical slices."""
        protocol = self.protocol
        return ssim(*self.values, data_range=protocol.data_range, window=protocol.window)

    def psnr(self) -> float:
        """Return the peak signal-to-noise ratio in dB, see `psnr`."""
        return psnr(self.rmse, data_range=self.protocol.data_range)

    def nrmse(self) -> float:
        """Return ||image - target|| / ||target|| of the protocol's values (its zero counts)."""
        return nrmse(self.rmse, self.values[1])

    def vifp(self) -> float:
        """Return the visual information fidelity, see `pi.evaluation.vif`."""
        return vif(*self.grey)

    def ms_ssim(self) -> float:
        """Return the similarity at five scales, see `pi.evaluation.multiscale_ssim`."""
        return multiscale_ssim(*self.grey, data_range=GREY_LEVELS)

    def gmsd(self) -> float:
        """Return the deviation of gradient similarity, see `pi.evaluation.gmsd`."""
        return gmsd(*self.grey)

    def haarpsi(self) -> float:
        """Return the similarity of Haar wavelets, see `pi.evaluation.haarpsi`."""
        return haarpsi(*self.grey)

    def clipped_rmse(self) -> float:
        """Return the RMSE in HU after both were cut to the protocol's ``rmse_clip_hu``."""
        clip = self.protocol.rmse_clip_hu
        if clip is None:
            return self.hu.rmse_hu
        a, b = (np.clip(v.astype(np.float64), *clip) for v in (self.hu.image, self.hu.target))
        return _root_mean_square(a - b)


def measured(
    hu: HuErrors,
    protocols: Sequence[Protocol],
    *,
    predicted: bool,
    metrics: MetricSet = "basic",
) -> Rows:
    """Return the metrics of a slice, by the protocol's name.

    Args:
        hu: image and target.
        protocols: how they are compared.
        predicted: whether the image is a network's output, not one read from disk.
        metrics: how much is measured.

    Returns:
        NaN is no value: `Metric.undefined` says of what.

    Raises:
        EvaluationError: shapes that differ, or slices smaller than the window of SSIM.
    """
    wanted = measured_metrics(metrics)
    rows: dict[str, Mapping[str, float]] = {}
    same: Mapping[str, float] = {}
    for protocol in protocols:
        pair = ImagePair(hu, protocol, predicted)
        same = same or {name: METRICS[name].function(pair) for name in errors() if name in wanted}
        own = {name: METRICS[name].function(pair) for name in similarities() if name in wanted}
        rows[protocol.name] = {name: {**own, **same}[name] for name in wanted}
    return rows


def psnr(root_mean_square_error: float, *, data_range: float) -> float:
    """Return the peak signal-to-noise ratio in dB, 20 log10(L / RMSE).

    Identical slices have an infinite one: the table keeps it, means leave it out and count it.
    """
    if root_mean_square_error == 0:
        return float("inf")
    return float(20 * np.log10(data_range / root_mean_square_error))


def nrmse(root_mean_square_error: float, target: Values) -> float:
    """Return the RMSE over the target's root mean square (skimage's ``euclidean``).

    A target that is 0 everywhere gives 0 if there is no error, else infinity.
    """
    if root_mean_square_error == 0:
        return 0.0
    norm = _root_mean_square(target.astype(np.float64))
    return root_mean_square_error / norm if norm else float("inf")


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))  # np.dot would wake BLAS's threads
