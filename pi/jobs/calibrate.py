"""Algorithm 2 of the paper: the losses measured on random patches, and lambda set by them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pi.command_line import numbers, recorded
from pi.denoisers import find_denoiser
from pi.digits import number, percent
from pi.influence.calibration import ExperimentCalibration, calibrate_all
from pi.influence.psi import checked_weight
from pi.influence.sampling import Precision
from pi.influence.survey import PatchFacts
from pi.influence.table import row_text, summary_text
from pi.influence.weight_units import units_of, units_text
from pi.jobs.called import asked_name
from pi.jobs.opening import notes_of, open_asked
from pi.jobs.result import Kept, Result, joined
from pi.jobs.stretches import in_order, patches_needed, stretches
from pi.losses.context_spread import spread_caveat
from pi.losses.experiments import Experiment, chosen, find_experiments, require_influence
from pi.losses.input_convention import input_convention
from pi.parameters import CalibrateParameters
from pi.progress import counting
from pi.slices.parts import OF_ONE
from pi.slices.patches import PatchPopulation
from pi.states import find_states
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.influence.output_gradient import OutputInfluence
    from pi.network.bank import EncoderBank
    from pi.network.state import Denoiser, PatchOutputs


@dataclass(frozen=True, repr=False)
class CalibrationResult(Result):
    """What was measured.

    Attributes:
        calibrations: of each configuration in each state of the denoiser.
        gradients: influence by gradients of presets.
        literature: the table of presets, as text; empty without any.
        asked: lambdas whose Psi is told.
        units: what each lambda of the first state is valid for, and what it is in others' values.
        caveats: what is to be known of contexts that are fine-tuned.
        notes: what is to be known of the data.
        kept: where the run is.
    """

    calibrations: tuple[ExperimentCalibration, ...]
    gradients: "tuple[OutputInfluence, ...]"
    literature: str
    asked: tuple[float, ...]
    units: tuple[str, ...]
    caveats: tuple[str, ...]
    notes: tuple[str, ...]
    kept: Kept

    @property
    def headline(self) -> str:
        """Lambda of each configuration in the first state, which is the one recommended."""
        firsts = {c.experiment.name: c for c in reversed(self.calibrations)}
        said = [f"{name} lambda {number(firsts[name].weight)}" for name in reversed(firsts)]
        return ", ".join(said) or f"{len(self.gradients)} by gradients alone"

    def text(self) -> str:
        """Return the notes, the tables and where the run is."""
        summary = summary_text(self.calibrations, self.asked) if self.calibrations else ""
        return joined(
            *self.notes, summary, *self.units, *self.caveats, self.literature, self.kept.text()
        )


def calibrate(parameters: CalibrateParameters, tracker: Tracker = UNTRACKED) -> CalibrationResult:
    """Measure how much each loss would dominate training, and set lambda by it.

    Raises:
        PiError: something that was asked for cannot be had.
    """
    p = parameters
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    if not p.gradient_patches:
        require_influence(experiments)
    states, spec = find_states(p.states), find_denoiser(p.denoiser, p.patch_size)
    convention = input_convention(p.encoder_input)
    asked = checked_weight(numbers(p.perceptual_weight, "perceptual_weight")).tolist()
    store = open_asked(p, p.fold, "train")
    patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.influence.literature import literature_table, literature_text
    from pi.jobs.contexts import find_encoders
    from pi.network.state import prepare_denoiser
    from pi.subjects import fetch_subject, require_own_data
    from pi.subjects.in_patches import patch_outputs
    from pi.tracking.kept_denoiser import fetch_denoiser
    from pi.tracking.logged_calibration import log_calibrations, log_literature, log_setup
    from pi.tracking.saved_view import save_view
    from pi.training.machine import machine_notes, told_of_memory

    for note in machine_notes():
        tracker.say(note)
    encoders = find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)
    saved = {s.argument: fetch_denoiser(s.argument) for s in states if s.kind == "logged"}
    subjects = {s.argument: fetch_subject(s.argument) for s in states if s.kind == "subject"}
    for subject in subjects.values():
        require_own_data(subject, store)
        subject.check(store, "train", p.batch_size)
    typed = recorded(p)
    opened = tracker.open("calibrate", asked_name("calibrate", p.experiments, p.target_psi))
    with opened as run, told_of_memory(p.batch_size):
        run.params(typed)
        log_setup(run, typed, patches, experiments)
        if subjects:
            run.tags({"pi.model_sha256": " ".join(s.model or "-" for s in subjects.values())})
        denoisers: dict[str, Denoiser | PatchOutputs] = {}
        for state in states:  # each with batches of its own: no state depends on the others
            batches = patches.batches(16, np.random.default_rng(p.seed))
            denoisers[str(state)] = (
                patch_outputs(subjects[state.argument], patches)
                if state.kind == "subject"
                else prepare_denoiser(state, spec, p.seed, batches, saved.__getitem__)
            )
        measured: list[ExperimentCalibration] = []
        known = _known(p, experiments, denoisers, patches)
        bank = encoders.ready
        for some in stretches(experiments, encoders.waiting, tuple(denoisers)):
            if some.waits:
                bank = encoders.bank(tracker.say)
            own = {name: denoisers[name] for name in some.states}
            measured += _by_losses(p, some.experiments, bank, own, patches, known, tracker.say)
        calibrations = in_order(measured, experiments)
        by_gradients = [e for e in experiments if p.gradient_patches and (e.preset or e.refusal)]
        gradients = _by_gradients(p, by_gradients, bank, denoisers, patches)
        table = literature_table(calibrations, gradients, p.patch_size, p.target_psi)
        log_literature(run, table, gradients, bank, p.target_psi)
        if calibrations:
            log_calibrations(run, calibrations, bank, spec, denoisers, patches, asked, gradients)
        kept = Kept.of(run, save_view(run, "calibrate"))
    notes = [*notes_of(store)]
    notes += [f"warning: {OF_ONE}."] if len(patches.patients) == 1 else []
    literature = literature_text(table, by_gradients, p.target_psi) if gradients else ""
    firsts = [c for c in calibrations if c.state == str(states[0])]
    units = [
        f"{c.experiment.name}: "
        + units_text(
            c.weight, units_of(c.experiment, bank.input_of(c.experiment.encoder), p.patch_size)
        )
        for c in firsts
    ]
    contexts = dict.fromkeys(e.encoder.context for e in experiments)
    caveats = [f"note: {said}." for said in map(spread_caveat, contexts) if said]
    return CalibrationResult(
        tuple(calibrations), tuple(gradients), literature, tuple(asked), tuple(units),
        tuple(caveats), tuple(notes), kept,
    )  # fmt: skip


def _known(
    p: CalibrateParameters,
    experiments: Sequence[Experiment],
    denoisers: "Mapping[str, Denoiser | PatchOutputs]",
    patches: PatchPopulation,
) -> PatchFacts | None:
    """Return what every patch tells without a network; None where nobody asks for it."""
    from pi.influence.measure import patch_facts

    pixels = tuple(dict.fromkeys(e.pixel for e in experiments if not e.refusal))
    if p.exhaustive or not pixels:
        return None
    with counting("reading patches", "patch", len(patches)) as bar:
        return patch_facts(patches, pixels, denoisers, bar.advance)


def _by_losses(
    p: CalibrateParameters,
    experiments: Sequence[Experiment],
    bank: "EncoderBank",
    denoisers: "Mapping[str, Denoiser | PatchOutputs]",
    patches: PatchPopulation,
    known: PatchFacts | None,
    say: Callable[[str], object],
) -> list[ExperimentCalibration]:
    """Calibrate every experiment that has an influence by losses, in every state, and say it."""
    from pi.influence.measure import patch_measure

    found = [e for e in experiments if not e.refusal]
    own = bank.only(found)
    precision = Precision(p.target_psi, p.estimator, p.tolerance, p.exhaustive)
    if not found:
        return []
    about = ", ".join(e.name for e in found[:4]) + (" ..." if len(found) > 4 else "")
    with counting(f"measuring {about}", "patch") as bar:

        def looked(count: int, width: float) -> None:
            bar.expect(patches_needed(count, len(patches), width, precision))
            bar.note(f"lambda within {percent(float(np.expm1(width)))}")

        calibrated = calibrate_all(
            found, [own.reading(e, p.patch_size) for e in found], list(denoisers),
            patch_measure(patches, denoisers, own, p.batch_size, bar.advance), patches,
            precision, p.rounding, np.random.default_rng(p.seed), looked, known,
            lambda one: say(f"{row_text(one)} so far"),
        )  # fmt: skip
    for one in calibrated:
        say(row_text(one))
    return calibrated


def _by_gradients(
    p: CalibrateParameters,
    experiments: Sequence[Experiment],
    bank: "EncoderBank",
    denoisers: "Mapping[str, Denoiser | PatchOutputs]",
    patches: PatchPopulation,
) -> "list[OutputInfluence]":
    """Measure the influence by gradients of ``experiments`` in every state."""
    from pi.influence.output_gradient import output_influences

    drawn = np.random.default_rng(p.seed).permutation(len(patches))[: p.gradient_patches]
    with counting("measuring gradients", "patch", len(drawn)) as bar:
        return output_influences(
            experiments, bank.only(experiments), denoisers, patches, drawn, p.batch_size,
            bar.advance,
        )  # fmt: skip
