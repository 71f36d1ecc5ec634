"""A training as numbers by name, as tables and in words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pi.digits import number, percent
from pi.evaluation.doing_nothing import WORSE, BesideNothing, ssims_apart
from pi.influence.adaptive_rules import AdaptiveRule
from pi.influence.gradient_pair import GradientInfluence
from pi.influence.gradient_rules import ConstantPsiGradient, GradientRule
from pi.influence.schedule import Schedule
from pi.progress import spoken
from pi.text_table import markdown
from pi.training.state import EpochRecord, TrainingState
from pi.training.sums import InfluenceSums


def epoch_metrics(record: EpochRecord, layers: tuple[str, ...]) -> dict[str, float]:
    """Return the metrics of one epoch by name; NaN where one is not defined."""
    found = {"lambda": record.weight, "validation/ssim": record.ssim}
    if record.weight > 0:
        found["log10_lambda"] = float(np.log10(record.weight))
    for patients, sums in (("train", record.training), ("validation", record.validation)):
        found |= {f"{patients}/{name}": v for name, v in sums.metrics(layers).items()}
    for place in ("parameters", "output"):
        pairs = [(getattr(gradient, place), gradient.weight) for gradient in record.gradients]
        image = sum(pair.image for pair, _ in pairs)
        weighted = sum(weight * pair.perceptual for pair, weight in pairs)
        if image + weighted > 0:
            found[f"gradient/psi_{place}"] = weighted / (image + weighted)
            cosines = np.array([pair.cosine for pair, _ in pairs])
            found[f"gradient/cosine_{place}"] = float(cosines.mean())
    if record.gradients:
        conflicts = [gradient.parameters.conflict for gradient in record.gradients]
        found["gradient/measurements"] = len(conflicts)
        found["gradient/conflicts"] = sum(conflicts)
    return found | {"lambda_clips": record.clips}


def epoch_line(record: EpochRecord, epochs: int, left: float | None, low_dose: float) -> str:
    """Return an epoch in a line: how far the training is, losses, Psi and what the output is worth.

    Args:
        record: of the epoch.
        epochs: of the whole training.
        left: seconds to its end; None where nobody knows.
        low_dose: validation SSIM of the low dose itself.
    """
    sums, beside = record.training, BesideNothing(record.ssim, low_dose)
    head = [f"epoch {record.epoch}/{epochs}", f"{100 * record.epoch / epochs:.0f} %"]
    if left is not None and record.epoch < epochs:
        head.append(f"{spoken(left)} left")
    ssim = f"SSIM {_bare(record.ssim)} (low dose {_bare(low_dose)})"
    worse = f": {WORSE}" if beside.worse else ""
    return " · ".join([*head, *losses_so_far(sums), ssim]) + worse


def losses_so_far(sums: InfluenceSums) -> list[str]:
    """Return M, lambda P and Psi of some patches in words; M alone where nothing is perceptual."""
    if not sums.patches:
        return []
    found = [f"M {_short(sums.image / sums.patches)}"]
    if sums.weighted > 0:
        found.append(f"λP {_short(sums.weighted / sums.patches)}")
        found.append(f"Ψ {100 * sums.weighted / (sums.image + sums.weighted):.0f} %")
    return found


def _short(number: float) -> str:
    """Return two digits of a number: ``1.1e-4``."""
    digits, _, power = f"{number:.1e}".partition("e")
    return f"{digits}e{int(power)}"


def _bare(ssim: float) -> str:
    """Return an SSIM as papers print it, without its 0: ``.871``."""
    return f"{ssim:.3f}".replace("0.", ".", 1) if abs(ssim) < 1 else f"{ssim:.3f}"


def conflict_text(history: Sequence[EpochRecord]) -> str:
    """Return in words whether the gradients of both losses agree, and what that says of lambda.

    Args:
        history: finished epochs, of a training with a perceptual loss.
    """
    measured = [
        (record.epoch, one.parameters, one.weight) for record in history for one in record.gradients
    ]
    if not measured:
        return (
            "Gradients were not measured (`gradient_every`), so that nobody knows whether the two "
            "losses are in conflict."
        )
    against = [(epoch, pair, weight) for epoch, pair, weight in measured if pair.conflict]
    if not against:
        return (
            f"The gradients of both losses agreed (cosine of 0 or more) in all {len(measured)} "
            "measurements: every lambda lowers both, and its choice is one of degree."
        )
    epochs = Counter(epoch for epoch, _, _ in against)
    worst, most = epochs.most_common(1)[0]
    rises = [pair.rises(weight) for _, pair, weight in against]
    image, perceptual = (sum(side) for side in zip(*rises, strict=True))
    return (
        f"The gradients of both losses were in conflict (cosine below 0) in {len(against)} of "
        f"{len(measured)} measurements, in {len(epochs)} of {len(history)} epochs, most in epoch "
        f"{worst} ({most}). There a small step along the lambda in force raised the image loss in "
        f"{image} and the perceptual loss in {perceptual}; a lambda between |g.p| / p.p and "
        "g.g / |g.p| raises neither, which `config` and `upgrad` keep to."
    )


def gradient_table(gradients: list[GradientInfluence]) -> pd.DataFrame:
    """Return the measurements of gradient influence: one row each.

    Columns: ``step`` of the whole training, ``lambda``, and for parameters and output ``psi``,
    ``cosine`` and the two lengths.
    """
    rows = []
    for gradient in gradients:
        row: dict[str, float] = {"step": gradient.step, "lambda": gradient.weight}
        for place, pair in (("parameters", gradient.parameters), ("output", gradient.output)):
            row |= {
                f"psi_{place}": pair.psi(gradient.weight),
                f"cosine_{place}": pair.cosine,
                f"image_{place}": pair.image,
                f"perceptual_{place}": pair.perceptual,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def asked_text(schedule: Schedule, target: float | None) -> str:
    """Return what Psi was asked for, in brackets; empty where lambda was given as a number.

    Args:
        schedule: which may aim at another one, or at none.
        target: the Psi asked for.
    """
    if target is None:
        return ""
    share = f"{100 * target:g} %"
    if isinstance(schedule, ConstantPsiGradient):
        return f" (of the gradient {share} was asked for)"
    if isinstance(schedule, AdaptiveRule | GradientRule):
        return f" (begun at {share}; the schedule aims at none)"
    return f" (asked for: {share})"


def summary_text(state: TrainingState, asked: str, low_dose: float) -> str:
    """Return the result for a terminal.

    Args:
        state: after the last epoch.
        asked: see `asked_text`.
        low_dose: validation SSIM of the low dose itself.
    """
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    influence = last.training.metrics(())["psi"]
    kept_one = (
        f"kept epoch {kept.epoch} of {last.epoch}: {BesideNothing(kept.ssim, low_dose).text()}; "
        f"influence of the last epoch {percent(influence)}{asked}, lambda {number(last.weight)}"
    )
    measured = any(record.gradients for record in state.history)
    return "\n".join([kept_one, conflict_of(state)] if measured else [kept_one]).strip()


def note(state: TrainingState, asked: str, low_dose: float) -> str:
    """Return the result as Markdown, for the run's page; see `summary_text`."""
    head = ["epoch", "lambda", "image loss", "perceptual loss", "Ψ training", "Ψ validation",
            "validation SSIM"]  # fmt: skip
    rows = []
    similar = ssims_apart(*(record.ssim for record in state.history))
    for record, ssim in zip(state.history, similar, strict=True):
        train, held_out = record.training.metrics(()), record.validation.metrics(())
        losses = (number(train[name]) for name in ("image_loss", "perceptual_loss"))
        shares = (percent(sums["psi"]) for sums in (train, held_out))
        row = [str(record.epoch), number(record.weight), *losses, *shares, ssim]
        rows.append(row)
    beside = BesideNothing(state.history[state.best_epoch - 1].ssim, low_dose)
    kept = f"kept: epoch {state.best_epoch} of {len(state.history)}{asked}; {beside.text()}"
    told = [f"{kept}\n\n{markdown([head, *rows])}", conflict_of(state)]
    return "\n\n".join(filter(None, told))


def conflict_of(state: TrainingState) -> str:
    """Return `conflict_text`; empty where nothing perceptual was weighed."""
    weighed = any(record.weight > 0 for record in state.history)
    return conflict_text(state.history) if weighed else ""
