"""How far one slice is from its normal dose: every metric as one record, in one place.

Whoever lists metrics (tables, parameters, help, comparisons, reports) asks `METRICS` or one of its
views below. A new metric is a record here, with its function, and a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from pi.choices import MetricSet
from pi.digits import fixed, number
from pi.errors import quoted
from pi.protocol_names import metric_key

if TYPE_CHECKING:  # slow to import, and --help lists metrics
    from pi.evaluation.pair import ImagePair
    from pi.evaluation.protocol import Protocol

Better = Literal["high", "low", "zero"]
FEATURES = "features"
"""The distance by an encoder, and the parameter that names it."""

Asked = Literal["asked"]
"""Of a metric that no set measures, but a parameter of its own name."""

Own = Callable[["Protocol"], bool]


def every(_: "Protocol") -> bool:
    """Tell that a metric says something of its own under each protocol."""
    return True


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric.

    Attributes:
        name: as tables, parameters and the tracking store spell it.
        title: as people read it, without the unit.
        unit: ``dB``, ``HU``; empty of a number alone.
        decimals: of means that are shown; nothing else is rounded.
        better: its direction; ``zero`` is neither high nor low, so nothing is compared by it.
        protocols: under which it says something of its own; None: no protocol changes it.
        function: its value.
        infinite: of what an infinite value is the value, in words; empty: no value may be.
        ranked: whether it is a column of Table 3.
        measured: with which sets and those after them, or where it is asked for by name.
        undefined: of what it has no value, in words, and NaN stands for none; empty: it always has.
        least: rows and columns below which a slice has none.
    """

    name: str
    title: str
    unit: str
    decimals: int
    better: Better
    protocols: Own | None
    function: "Callable[[ImagePair], float]"
    infinite: str = ""
    ranked: bool = False
    measured: MetricSet | Asked = "basic"
    undefined: str = ""
    least: int = 0

    @property
    def heading(self) -> str:
        """Title and unit, such as ``PSNR (dB)``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def logged(self, protocol: str) -> str:
        """Return the name of its mean in the tracking store, such as ``paper8/ssim``."""
        return self.name if self.protocols is None else f"{metric_key(protocol)}/{self.name}"

    def nowhere(self, slices: int) -> str:
        """Return the sentence for none of some slices having a value."""
        return (
            f"a slice must have a value of {self.title} ({self.name}) but none of {slices} has: "
            f"each is {self.undefined}."
        )

    def speaks(self, protocol: str) -> bool:
        """Tell whether it says something of its own under a protocol; of another program's, yes."""
        from pi.evaluation.protocol import known_protocol

        known = known_protocol(protocol)
        return self.protocols is None or known is None or self.protocols(known)


_FLAT = "a slice without a flat region of soft tissue"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("ssim", "SSIM", "", 4, "high", every, lambda pair: pair.ssim(), ranked=True),
        Metric("psnr", "PSNR", "dB", 2, "high", every, lambda pair: pair.psnr(),
               infinite="identical slices", ranked=True),
        Metric("nrmse", "NRMSE", "", 4, "low", every, lambda pair: pair.nrmse(),
               infinite="a target of zeros", ranked=True),
        # Of grey levels 0 to 255, from the protocol's black to its white.
        Metric("vifp", "VIFp", "", 4, "high", every, lambda pair: pair.vifp(),
               measured="all", least=41,
               undefined="a slice of fewer than 41 rows or columns, or a target without structure"),
        Metric("ms_ssim", "MS-SSIM", "", 4, "high", every, lambda pair: pair.ms_ssim(),
               measured="all", least=176, undefined="a slice of fewer than 176 rows or columns"),
        Metric("gmsd", "GMSD", "", 4, "low", every, lambda pair: pair.gmsd(), measured="all"),
        Metric("haarpsi", "HaarPSI", "", 4, "high", every, lambda pair: pair.haarpsi(),
               measured="all", least=16, undefined="a slice of fewer than 16 rows or columns"),
        # Where a protocol cuts nothing it is the same as `rmse_hu`.
        Metric("rmse_clipped_hu", "RMSE of the protocol", "HU", 1, "low",
               lambda protocol: protocol.rmse_clip_hu is not None,
               lambda pair: pair.clipped_rmse()),
        Metric("rmse_hu", "RMSE", "HU", 1, "low", None, lambda pair: pair.hu.rmse_hu),
        Metric("mae_hu", "MAE", "HU", 1, "low", None, lambda pair: pair.hu.mae_hu),
        Metric("bias_hu", "bias", "HU", 2, "zero", None, lambda pair: pair.hu.bias_hu),
        Metric("noise_distance", "noise power distance", "", 3, "low", None,
               lambda pair: pair.hu.noise_distance, measured="texture", undefined=_FLAT),
        # A smoother image is below 0, a sharper one above it.
        Metric("frequency_shift", "mean noise frequency shift", "1/mm", 3, "zero", None,
               lambda pair: pair.hu.frequency_shift, measured="texture",
               undefined=f"{_FLAT}, or of unknown pixel spacing"),
        # Share of patches; noise alone gives the low dose some.
        Metric("hallucination", "hallucination rate", "", 4, "low", None,
               lambda pair: pair.hu.hallucination, measured="texture", least=16,
               undefined="a slice without a patch of soft tissue"),
        # Of an encoder, which pairs of slices do not have: `pi.evaluation.feature_distance`.
        Metric(FEATURES, "feature distance", "", 4, "low", None,
               lambda pair: float("nan"), measured="asked"),
    )
}  # fmt: skip
"""Every metric, in the order in which tables show them."""


def mean_text(value: float, metric: str) -> str:
    """Return a mean of a metric as it is read; of what is none of ours as any number."""
    return fixed(value, METRICS[metric].decimals) if metric in METRICS else number(value)


def measured_metrics(chosen: MetricSet) -> list[str]:
    """Return those that a set measures: its own, and those of the sets before it."""
    sets = get_args(MetricSet)
    below = sets[: sets.index(chosen) + 1]
    return [metric.name for metric in METRICS.values() if metric.measured in below]


def require_measured(name: str, chosen: MetricSet) -> None:
    """Refuse a metric that a set does not measure.

    Raises:
        EvaluationError: it is of a set after ``chosen``.
    """
    from pi.evaluation.protocol import EvaluationError

    measured = METRICS[name].measured
    if name not in measured_metrics(chosen):
        raise EvaluationError(
            f"`metric` must be one that is measured but got {name}, which `metrics` "
            f"{measured} measures and {chosen} does not."
        )


def similarities() -> list[str]:
    """Return those that depend on the protocol."""
    return [metric.name for metric in METRICS.values() if metric.protocols is not None]


def errors() -> list[str]:
    """Return those that are the same under every protocol."""
    return [metric.name for metric in METRICS.values() if metric.protocols is None]


def directed_metrics() -> list[str]:
    """Return those by which runs can be compared: the best bias is 0."""
    return [metric.name for metric in METRICS.values() if metric.better != "zero"]


def valuing_metrics() -> list[str]:
    """Return those by which any output can be valued: that have a direction and need no encoder."""
    return [name for name in directed_metrics() if METRICS[name].measured != "asked"]


def ranked_metrics() -> list[str]:
    """Return the columns of Table 3."""
    return [metric.name for metric in METRICS.values() if metric.ranked]


def higher_is_better(name: str) -> bool:
    """Return the direction of a metric that has one."""
    return METRICS[name].better == "high"


def find_metrics(text: str) -> list[str]:
    """Return the metrics that a comma-separated list means, each once.

    Raises:
        EvaluationError: one that has no direction, or an empty list.
    """
    from pi.evaluation.protocol import EvaluationError

    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    unknown = next((word for word in words if word not in directed_metrics()), None)
    if unknown is not None or not words:
        raise EvaluationError(
            f"`metrics` must be made of {', '.join(directed_metrics())} but got "
            f"{quoted(unknown or text, directed_metrics())}."
        )
    return words
