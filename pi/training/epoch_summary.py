"""A training as numbers by name, as tables and in words."""

import numpy as np
import pandas as pd

from pi.evaluation.doing_nothing import BesideNothing
from pi.influence.gradient_pair import GradientInfluence
from pi.text_table import markdown
from pi.training.state import EpochRecord, TrainingState


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
    return found | {"lambda_clips": record.clips}


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


def summary_text(state: TrainingState, target: float | None, low_dose: float) -> str:
    """Return the result for a terminal.

    Args:
        state: after the last epoch.
        target: the Psi asked for.
        low_dose: validation SSIM of the low dose itself.
    """
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    influence = last.training.metrics(())["psi"]
    asked = "" if target is None else f" (asked for: {100 * target:g} %)"
    return (
        f"kept epoch {kept.epoch} of {last.epoch}: {BesideNothing(kept.ssim, low_dose).text()}; "
        f"influence of the last epoch {100 * influence:.4g} %{asked}, lambda {last.weight:.4g}"
    )


def note(state: TrainingState, target: float | None, low_dose: float) -> str:
    """Return the result as Markdown, for the run's page; see `summary_text`."""
    asked = "" if target is None else f" (asked for: {100 * target:g} %)"
    head = ["epoch", "lambda", "image loss", "perceptual loss", "Ψ training", "Ψ validation",
            "validation SSIM"]  # fmt: skip
    rows = []
    for record in state.history:
        train, held_out = record.training.metrics(()), record.validation.metrics(())
        losses = (f"{train[name]:.4g}" for name in ("image_loss", "perceptual_loss"))
        shares = (f"{100 * sums['psi']:.4g} %" for sums in (train, held_out))
        row = [str(record.epoch), f"{record.weight:.4g}", *losses, *shares, f"{record.ssim:.5f}"]
        rows.append(row)
    beside = BesideNothing(state.history[state.best_epoch - 1].ssim, low_dose)
    kept = f"kept: epoch {state.best_epoch} of {len(state.history)}{asked}; {beside.text()}"
    return f"{kept}\n\n{markdown([head, *rows])}"
