"""What whoever meets a denoiser in the registry must know of it: a model card, as Markdown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pi.digits import apart
from pi.evaluation.doing_nothing import WORSE, of_training
from pi.evaluation.metrics import METRICS, higher_is_better, ranked_metrics
from pi.slices.intensity import HU_HIGH, HU_LOW

NAME = "README.md"
"""File of the card, beside the weights of a run and within the served model."""


HEADING = "# Low-dose CT denoiser"


@dataclass(frozen=True, slots=True)
class Judged:
    """An evaluation of a denoiser.

    Attributes:
        part: whose patients.
        protocol: the first.
        metrics: of the evaluation.
    """

    part: str
    protocol: str
    metrics: Mapping[str, float]

    def text(self) -> str:
        """Return how much was measured, and `means`."""
        head = f"On {self.metrics.get('slices', 0):.0f} slices of {self.part} patients"
        return f"{head} ({self.protocol}): {self.means()}"

    def means(self) -> str:
        """Return its means beside those of doing nothing, and what is worse than that."""
        found, worse = [], []
        for metric in (METRICS[name] for name in ranked_metrics()):
            name = metric.logged(self.protocol)
            output, nothing = (self.metrics.get(name + end, math.nan) for end in ("", "_low_dose"))
            values = apart((output, nothing), metric.decimals)
            if not math.isnan(output - nothing):
                found.append(f"{metric.heading} {' beside '.join(values)} of the low dose")
                if (output < nothing) == higher_is_better(metric.name) and output != nothing:
                    worse.append(metric.title)
        told = f" {WORSE.capitalize()}: {', '.join(worse)}." if worse else ""
        return f"{', '.join(found) or 'nothing is known'}.{told}"


def model_card(
    params: Mapping[str, str],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    data: str,
    judged: Sequence[Judged] = (),
) -> str:
    """Return the card of the denoiser that a training kept.

    Args:
        params: of the training, as it logged them.
        metrics: likewise; what it does not hold is said to be unknown.
        tags: likewise.
        data: ``simulated`` or ``patients``; empty where the run does not say.
        judged: its evaluations.
    """
    beside = of_training(metrics)
    warning = [f"**{WORSE.capitalize()}** by the SSIM of its validation slices."]
    return "\n\n".join(
        [
            f"{HEADING} {params.get('denoiser', '')}".rstrip(),
            *(warning if beside.worse else ()),
            "\n".join(f"- **{name}**: {said}." for name, said in _facts(params, tags, data)),
            f"Quality: {beside.text()} (kept epoch {_whole(metrics.get('kept_epoch'))}).",
            *(one.text() for one in judged),
            LICENCE,
            LIMITS,
        ]
    )


LICENCE = (
    "Licence of the weights: none comes with them. Whoever trained them decides, within the "
    "terms of the data that they were trained on and of the encoder's weights; the MIT licence of "
    "the program does not cover them. The encoder of the loss is not part of this model."
)

LIMITS = (
    "Not a medical device, and not tested as one. SSIM of a few slices says nothing about "
    "lesions; a network changes HU and the texture of noise, which `evaluate` measures."
)

RANGE = (
    f"(slices, rows, columns) in Hounsfield units, of any size, whole or floating-point numbers; "
    f"values are cut to {HU_LOW:g} to {HU_HIGH:g} HU before the network"
)


def _facts(params: Mapping[str, str], tags: Mapping[str, str], data: str) -> list[tuple[str, str]]:
    digest = tags.get("pi.data_digest", "")
    kind = {"simulated": "a simulated study, no patient", "patients": "patients"}.get(data, "")
    target = params.get("target_psi")
    asked = f", calibrated for Ψ = {target}" if target else ""
    encoder = ":".join(params[name] for name in ENCODER if name in params)
    loss = f"MSE + λ · perceptual loss of {encoder}" if encoder else "MSE alone"
    return [
        ("Input", RANGE),
        ("Output", "the same slices in Hounsfield units, float32"),
        ("Data", f"{kind or 'unknown'}; sha256 of the data set: {digest or 'unknown'}"),
        ("Loss", f"{loss}, λ = {params.get('lambda', 'unknown')}{asked}"),
        ("Context of the encoder", tags.get("pi.context") or "none"),
        ("Code", tags.get("mlflow.source.git.commit") or "unknown commit"),
    ]


ENCODER = ("architecture", "context", "layers")


def _whole(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.0f}"
