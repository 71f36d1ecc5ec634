"""What the tracking store holds of a training, and what a training reads back from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pi.errors import PiError
from pi.experiments import Experiment
from pi.figures.training_influence import draw_history, influence_history
from pi.influence.calibration import Calibration
from pi.influence.gradient import GradientInfluence
from pi.network.bank import EncoderBank
from pi.progress import counting
from pi.tracking.earlier import DENOISER, best_trial, read_run
from pi.tracking.run import Run
from pi.training.checkpoint import Arrays, checkpoint_file, restore_checkpoint, save_checkpoint
from pi.training.fit import Listener, Trainer, fit
from pi.training.plan import StartingWeight, WeightSource
from pi.training.state import EpochRecord, TrainingState

WEIGHTS = "unet.weights.h5"
LAST = "last"
"""Folder of artifacts with the weights of the last epoch, whichever epoch was kept."""

_LAMBDA = {"calibration": "lambda", "trial": "lambda_start"}
"""By the stage of a run, the metric that holds the lambda a training begins with."""

MAY_DIFFER = ("resume", "checkpoint_minutes")
"""Parameters that change nothing in the result, so a resumed run may have others."""


class DisagreementError(PiError):
    """Two runs that belong together were not made of the same things."""


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A nested calibration run, or a trial of a search, read back.

    Attributes:
        run_id: of it.
        weight: lambda.
        target: Psi that it was calibrated for.
        made_of: what a training that uses it must be made of as well.
    """

    run_id: str
    weight: float
    target: float
    made_of: Mapping[str, str]


def read_calibration(run_id: str) -> CalibrationRecord:
    """Return what a nested run of `calibrate`, or a trial of a search, holds of its lambda.

    Of the run of a whole search it is the best trial's.

    Raises:
        TrackingError: there is no such run.
        DisagreementError: it is none of these.
    """
    record = read_run(run_id)
    stage = record.tags.get("pi.stage", "something else")
    if stage == "search":
        return read_calibration(best_trial(run_id))
    weight = record.metrics.get(_LAMBDA.get(stage, ""))
    if weight is None:
        raise DisagreementError(
            "`perceptual_weight` must be calibration:RUN with one nested run of `calibrate`, or "
            f"search:RUN, but {run_id!r} is a run of {stage}."
        )
    made_of = {
        "encoder": ":".join(record.params[k] for k in ("architecture", "context", "layers")),
        "encoder_input": record.params["encoder_input"],
        "weights of the encoder": record.tags["pi.weights_digest"],
        "data": record.tags["pi.data_digest"],
    }
    if "schedule" in record.params:
        made_of["schedule"] = record.params["schedule"]
    return CalibrationRecord(run_id, weight, float(record.params["target_psi"]), made_of)


def require_agreement(found: Mapping[str, str], wanted: Mapping[str, str], whose: str) -> None:
    """Refuse things that must be equal and are not, with both values of each.

    Args:
        found: here, by name.
        wanted: there, by name.
        whose: what there is called.

    Raises:
        DisagreementError: they differ.
    """
    different = [
        f"`{name}` must be {wanted[name]} but got {found[name]}"
        for name in wanted
        if name in found and not _equal(found[name], wanted[name])
    ]
    if different:
        raise DisagreementError(f"to agree with {whose}, {'; '.join(different)}.")


def require_resumable(run_id: str, parameters: Mapping[str, str], digest: str) -> None:
    """Refuse to resume a run with other parameters or other data; an empty id resumes none.

    Raises:
        TrackingError: there is no such run.
        DisagreementError: it is no training, its parameters differ or its data do.
    """
    if not run_id:
        return
    record = read_run(run_id)
    if record.tags.get("pi.stage") != "train":
        raise DisagreementError(f"`resume` must be a run of train but {run_id!r} is none.")
    wanted = {
        name: record.typed(name)
        for name in parameters
        if name in record.params and name not in MAY_DIFFER
    }
    require_agreement(parameters, wanted, f"run {run_id}")
    known = record.tags.get("pi.data_digest")
    if known:
        require_agreement({"data digest": digest}, {"data digest": known}, f"run {run_id}")


def starting_weight(
    run: Run,
    source: WeightSource,
    made_of: Mapping[str, str],
    calibrate: Callable[[float], Calibration],
) -> StartingWeight:
    """Return the first lambda, and log what it rests on.

    A calibration run and this one are tagged with each other's id. A lambda that is calibrated
    now is kept in full precision, so that a resumed run takes it from there.

    Args:
        run: of the training.
        source: where lambda comes from.
        made_of: what this training is made of, as `CalibrationRecord.made_of` names it.
        calibrate: calibrates for a Psi.

    Raises:
        TrackingError, DisagreementError: a calibration run that is not there or does not fit.
        InfluenceError: Psi is not defined, or the target not attainable.
    """
    if source.run:
        # Resumed, it stays with what it began with: a search may have found a better one since.
        found = read_calibration(run.tag("pi.calibration_run") or source.run)
        require_agreement(made_of, found.made_of, f"run {found.run_id}")
        run.tags({"pi.calibration_run": found.run_id})
        trained = read_run(found.run_id).tags.get("pi.training_runs", "").split()
        names = dict.fromkeys([*trained, run.run_id])
        run.tags_of(found.run_id, {"pi.training_runs": " ".join(names)})
        return StartingWeight(found.weight, found.target)
    if source.target is None:
        return StartingWeight(source.number or 0.0, None)
    known = read_run(run.run_id).metrics.get("lambda_start")
    if known is None:
        calibration = calibrate(source.target)
        low, high = calibration.interval
        known = calibration.weight
        run.metrics(
            {
                "lambda_start": known,
                "lambda_start_low": low,
                "lambda_start_high": high,
                "lambda_start_patches": calibration.losses.image.size,
            }
        )
    return StartingWeight(known, source.target)


def log_start(
    run: Run,
    start: StartingWeight,
    experiments: Sequence[Experiment],
    bank: EncoderBank,
    precision: str,
) -> None:
    """Log what a training begins with: its lambda, its encoder, its number format.

    Args:
        run: of the training.
        start: the first lambda.
        experiments: the configuration, or none for MSE alone.
        bank: with its encoder.
        precision: of the convolutions.
    """
    run.params({"lambda": f"{start.weight:.6g}"})
    run.tags({"pi.precision": precision})
    if start.target is not None:
        run.params({"target_psi": start.target})
    for encoder in (experiment.encoder for experiment in experiments):
        run.params(
            {
                "architecture": encoder.architecture,
                "context": encoder.logged_context,
                "layers": "+".join(encoder.layers),
            }
        )
        weights = bank.weights_of(encoder)
        run.tags({"pi.context": weights.description, "pi.weights_digest": weights.digest})


def made_of(
    experiments: Sequence[Experiment], bank: EncoderBank, digest: str, schedule: str
) -> dict[str, str]:
    """Return what a training is made of, as `CalibrationRecord.made_of` names it."""
    found = {"data": digest, "encoder_input": bank.convention.name, "schedule": schedule}
    for encoder in (experiment.encoder for experiment in experiments):
        found["encoder"] = str(encoder)
        found["weights of the encoder"] = bank.weights_of(encoder).digest
    return found


def train_tracked(
    run: Run, trainer: Trainer, experiments: Sequence[Experiment], target: float | None
) -> TrainingState:
    """Train from where the run stands, log every epoch and the result, return the final state.

    Args:
        run: of the training; its checkpoint lies in a folder of its id.
        trainer: its parts.
        experiments: the configuration, or none for MSE alone.
        target: the Psi asked for.

    Raises:
        CheckpointError: see `restore_checkpoint`.
        DivergedError: see `fit`.
    """
    layers = experiments[0].encoder.layers if experiments else ()
    file = checkpoint_file(run.run_id)
    state, best = TrainingState(trainer.schedule.start()), Arrays()
    if file.exists():
        state, best = restore_checkpoint(file, trainer.networks)
    with counting("training", "step") as bar:
        listener = Listener(
            lambda state, best: save_checkpoint(file, trainer.networks, state, best),
            lambda losses: bar.advance(1),
            lambda record: log_epoch(run, record, layers),
        )
        state, best = fit(trainer, state, best, listener)
    log_result(run, trainer, state, best, target)
    return state


def log_epoch(run: Run, record: EpochRecord, layers: tuple[str, ...]) -> None:
    """Log one finished epoch; the step of every metric is the epoch, counted from 1."""
    run.metrics(epoch_metrics(record, layers), step=record.epoch)


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


def log_result(
    run: Run, trainer: Trainer, state: TrainingState, best: Arrays, target: float | None
) -> None:
    """Log what a training ends with: the weights kept and the last, figure, tables, note.

    Args:
        run: of the training.
        trainer: its parts.
        state: after the last epoch.
        best: the weights that are kept.
        target: the Psi asked for.
    """
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    final = {"kept_epoch": state.best_epoch, "kept/ssim": kept.ssim}
    if target is not None:
        drift = 100 * (last.training.metrics(())["psi"] - target)
        final |= {"psi_drift": drift, "psi_drift_abs": abs(drift)}
    run.metrics(final)
    if any(record.weight > 0 for record in state.history):  # MSE alone has no influence to draw
        history = influence_history(state.history, trainer.steps)
        run.figure(draw_history(history, target), "influence_over_epochs")
    run.table(gradient_table([g for r in state.history for g in r.gradients]), "gradients.json")
    run.note(note(state, target))
    for folder, weights in ((LAST, trainer.networks.arrays()[0]), (DENOISER, best)):
        trainer.judge.set_weights(weights)
        run.file(trainer.judge.save_weights, f"{folder}/{WEIGHTS}")


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


def summary_text(state: TrainingState, target: float | None) -> str:
    """Return the result for a terminal."""
    last, kept = state.history[-1], state.history[state.best_epoch - 1]
    influence = last.training.metrics(())["psi"]
    asked = "" if target is None else f" (asked for: {100 * target:g} %)"
    return (
        f"kept epoch {kept.epoch} of {last.epoch}: validation SSIM {kept.ssim:.5f}; influence of "
        f"the last epoch {100 * influence:.4g} %{asked}, lambda {last.weight:.4g}"
    )


def note(state: TrainingState, target: float | None) -> str:
    """Return the result as Markdown, for the run's page."""
    asked = "" if target is None else f" (asked for: {100 * target:g} %)"
    lines = [
        f"kept: epoch {state.best_epoch} of {len(state.history)}{asked}",
        "",
        "|epoch|lambda|image loss|perceptual loss|Ψ training|Ψ validation|validation SSIM|",
        "|---|---|---|---|---|---|---|",
    ]
    for record in state.history:
        train, held_out = record.training.metrics(()), record.validation.metrics(())
        lines.append(
            f"|{record.epoch}|{record.weight:.4g}|{train['image_loss']:.4g}|"
            f"{train['perceptual_loss']:.4g}|{100 * train['psi']:.4g} %|"
            f"{100 * held_out['psi']:.4g} %|{record.ssim:.5f}|"
        )
    return "\n".join(lines)


def _equal(a: str, b: str) -> bool:
    try:
        return a == b or float(a) == float(b)
    except ValueError:
        return False
