"""What the tracking store holds of a calibration, by losses and by gradients."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pi.denoisers import DenoiserSpec
from pi.digits import number, percent
from pi.figures.influence_curve import draw_influence, influence_curves, influence_table
from pi.influence.calibration import ExperimentCalibration
from pi.influence.numbers import calibration_metrics, curve_series
from pi.influence.output_gradient import OutputInfluence, gradient_metrics
from pi.influence.psi import Floats
from pi.influence.table import (
    curve_table,
    patch_table,
    stratum_table,
    summary_table,
    weight_grid,
)
from pi.influence.weight_units import units_of, units_text
from pi.losses.context_spread import spread_caveat
from pi.losses.experiments import Experiment
from pi.network.bank import EncoderBank
from pi.network.denoiser_file import STEM
from pi.network.state import Denoiser, PatchOutputs
from pi.slices.patches import PatchPopulation
from pi.text_table import markdown
from pi.tracking.kept_denoiser import log_weights
from pi.tracking.logged_data import log_data
from pi.tracking.loss_facts import loss_params, loss_tags
from pi.tracking.records import DENOISER
from pi.tracking.run import Run

UNITS = "pi.units"
"""Tag of a nested run: what its lambda is valid for."""

GRADIENTS = "gradients"
"""Stage of a nested run of an experiment without influence by losses, so without calibration."""


def log_setup(
    run: Run,
    parameters: Mapping[str, str],
    patches: PatchPopulation,
    experiments: Sequence[Experiment],
) -> None:
    """Log what a calibration is about to be made of: data by digest, effective configuration."""
    facts = _log_data(run, patches)
    named = {experiment.name: experiment.loss for experiment in experiments}
    run.json({"parameters": parameters, "data": facts, "experiments": named}, "config.json")


def _log_data(run: Run, patches: PatchPopulation) -> dict[str, object]:
    facts = {
        "training_patients": len(patches.patients),
        "training_patches": len(patches),
        "reconstructions": [str(r) for r in patches.reconstructions],
    }
    return log_data(run, patches.store, facts)


def log_calibrations(
    run: Run,
    calibrations: Sequence[ExperimentCalibration],
    bank: EncoderBank,
    spec: DenoiserSpec,
    denoisers: Mapping[str, Denoiser | PatchOutputs],
    patches: PatchPopulation,
    asked: Sequence[float],
    gradients: Sequence[OutputInfluence] = (),
) -> None:
    """Log a calibration of several configurations.

    The run itself gets the figure and the tables; each (configuration, state) gets a nested run
    of its own, since that pair is what has one lambda: so metric names are the same everywhere,
    the run table reads as the result, and another run can point at one of them.

    Args:
        run: the parent.
        calibrations: the results.
        bank: the encoders.
        spec: which denoiser.
        denoisers: in each state; a network that was warmed up is kept.
        patches: the training set.
        asked: lambdas whose Psi is reported.
        gradients: influence by gradients of some of them.
    """
    grid = weight_grid(calibrations)
    target = calibrations[0].precision.target_psi
    by_gradients = {(g.experiment.name, g.state): gradient_metrics(g, target) for g in gradients}
    curves = influence_curves(calibrations, grid)
    run.figure(draw_influence(curves, target, asked), "influence", influence_table(curves))
    run.table(summary_table(calibrations, asked), "summary.json")
    run.table(stratum_table(calibrations), "by_reconstruction.json")
    run.note(note(calibrations, asked))
    run.metrics(_answers(calibrations))
    for state, denoiser in denoisers.items():
        if state.startswith("warmup"):
            stem = f"{STEM}-{state.replace(':', '-')}"
            log_weights(run, denoiser, spec, DENOISER, stem)
    # The UI lists the newest first, so the first is written last.
    for calibration in reversed(calibrations):
        name = f"{calibration.experiment.name} · {calibration.state}"
        with run.child(name, "calibration") as child:
            _log_one(child, calibration, bank, patches, grid, asked)
            key = calibration.experiment.name, calibration.state
            child.metrics(by_gradients.get(key, {}))


def _answers(calibrations: Sequence[ExperimentCalibration]) -> dict[str, float]:
    """Return lambda of each configuration in its first state, under its own name where it is one.

    The table of runs then tells the answer in the line of the parent.
    """
    first = {one.experiment.name: one for one in reversed(calibrations)}
    found = {f"lambda_of/{name}": one.weight for name, one in first.items()}
    if len(first) == 1:
        (one,) = first.values()
        share = float(one.psi_of_sums(one.weight))
        found |= {"lambda": one.weight, "psi": share}
    return found


def note(calibrations: Sequence[ExperimentCalibration], asked: Sequence[float]) -> str:
    """Return the answer as Markdown, for the run's page."""
    columns = ["experiment", "encoder", "state", "lambda", "low", "high", "patches"]
    columns += [f"psi at {weight:g}" for weight in asked]
    table = summary_table(calibrations, asked)[columns]
    rows = [
        [_cell(name, value) for name, value in zip(columns, row, strict=True)]
        for row in table.itertuples(index=False)
    ]
    target = calibrations[0].precision.target_psi
    return f"lambda for Psi = {target:g}, with its 95 % interval\n\n{markdown([columns, *rows])}"


def _cell(column: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return percent(value) if column.startswith("psi at ") else number(value)


def _log_one(
    run: Run,
    calibration: ExperimentCalibration,
    bank: EncoderBank,
    patches: PatchPopulation,
    grid: Floats,
    asked: Sequence[float],
) -> None:
    experiment = calibration.experiment
    run.params(
        {
            "experiment": experiment.name,
            **loss_params(experiment),
            "state": calibration.state,
            "target_psi": calibration.precision.target_psi,
            "estimator": calibration.precision.estimator,
            "lambda": f"{calibration.weight:.6g}",
            "encoder_input": bank.input_of(experiment.encoder),
        }
    )
    units = units_of(experiment, bank.input_of(experiment.encoder), patches.size)
    caveat = spread_caveat(experiment.encoder.context)
    run.tags(loss_tags(experiment, bank) | {UNITS: str(units)})
    _log_data(run, patches)
    run.note(
        f"lambda = {number(calibration.weight)} gives a perceptual influence of "
        f"{percent(float(calibration.psi_of_sums(calibration.weight)))} for {experiment.loss}, "
        f"measured in the state {calibration.state} on {calibration.losses.image.size} of "
        f"{calibration.population} training patches\n\n{units_text(calibration.weight, units)}"
        + (f"\n\n{caveat}" if caveat else "")
    )
    run.metrics(calibration_metrics(calibration, asked))
    curve = curve_table(calibration, grid)
    run.series(curve_series(curve))
    run.table(curve, "curve.json")
    run.parquet(patch_table(calibration, patches), "patches.parquet")
    run.table(stratum_table([calibration]), "by_reconstruction.json")


def log_literature(
    run: Run,
    table: pd.DataFrame,
    gradients: Sequence[OutputInfluence],
    bank: EncoderBank,
    target: float,
) -> None:
    """Log the table of presets, and a nested run for each that has no calibration to be in.

    Args:
        run: the parent.
        table: see `pi.influence.literature.literature_table`.
        gradients: the measurements; without any nothing is logged.
        bank: with the encoders.
        target: Psi_g asked for.
    """
    if not gradients:
        return
    run.table(table, "literature.json")
    for found in reversed(gradients):  # the UI lists the newest first
        experiment = found.experiment
        if not experiment.refusal:
            continue
        with run.child(f"{experiment.name} · {found.state}", GRADIENTS) as child:
            child.params(
                {
                    "experiment": experiment.name,
                    **loss_params(experiment),
                    "state": found.state,
                    "target_psi": target,
                    "encoder_input": bank.input_of(experiment.encoder),
                }
            )
            child.tags(loss_tags(experiment, bank) | {"pi.reason": experiment.refusal})
            child.metrics(gradient_metrics(found, target))
