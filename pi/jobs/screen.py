"""Encoders, layers and distances side by side before any training: forward passes alone."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pi.command_line import recorded
from pi.digits import number
from pi.influence.expanded_percentile import TOO_NARROW_BELOW
from pi.influence.screening import QUANTITIES, screen_table, screen_text
from pi.jobs.called import asked_name
from pi.jobs.opening import notes_of, open_asked
from pi.jobs.result import Kept, Result, joined
from pi.losses.experiments import chosen, find_experiments, require_influence
from pi.losses.input_convention import input_convention
from pi.parameters import ScreenParameters
from pi.progress import counting
from pi.run_names import run_name
from pi.slices.parts import OF_ONE
from pi.slices.patches import PatchPopulation
from pi.text_table import aligned, markdown
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # MLflow, which what is wrong with the parameters does not wait for
    from pi.tracking.run import Run


@dataclass(frozen=True, repr=False)
class ScreenResult(Result):
    """What was found.

    Attributes:
        table: see `pi.influence.screening.screen_table`.
        notes: what is to be known of the data and of the intervals.
        kept: where the run is.
    """

    table: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...]
    kept: Kept

    @property
    def headline(self) -> str:
        """The loss that punishes blur most."""
        return headline_of(self.table)

    def text(self) -> str:
        """Return the notes, the table and where the run is."""
        return joined(*self.notes, aligned(screen_text(self.table)), self.kept.text())


def screen(parameters: ScreenParameters, tracker: Tracker = UNTRACKED) -> ScreenResult:
    """Tell what each loss makes of noise and of blur.

    Raises:
        PiError: something that was asked for cannot be had.
    """
    p = parameters
    experiments = chosen(find_experiments(p.experiments), p.stand_in, p.as_mse_plus)
    require_influence(experiments)
    convention = input_convention(p.encoder_input)
    store = open_asked(p, p.fold, "train")
    patches = PatchPopulation(store, "train", p.patch_size, p.patch_step, p.grid)

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.influence.screen_measure import screen_losses
    from pi.jobs.contexts import find_encoders
    from pi.tracking.logged_calibration import log_setup
    from pi.tracking.saved_view import save_view
    from pi.training.machine import machine_notes, told_of_memory

    for note in machine_notes():
        tracker.say(note)
    encoders = find_encoders(experiments, convention, p.seed, p.medical_weights, p.patch_size)
    rng = np.random.default_rng(p.seed)
    numbers, patients = drawn_patches(patches, p.patches, rng)
    opened = tracker.open("screen", asked_name("screen", p.experiments))
    with opened as run, told_of_memory(p.batch_size):
        run.params(recorded(p))
        log_setup(run, recorded(p), patches, experiments)
        bank = encoders.bank(tracker.say)
        with counting("screening", "patch", len(numbers)) as bar:
            losses = screen_losses(experiments, bank, patches, numbers, p.batch_size, bar.advance)
        table = screen_table(losses, patients, p.target_psi, rng)
        _log(run, table)
        kept = Kept.of(run, save_view(run, "screen"))
    blurred = int(np.isfinite(next(iter(losses.values())).blur).sum())
    notes = (*notes_of(store), *_remarks(len(set(patients)), blurred, len(numbers)))
    return ScreenResult(table, notes, kept)


def drawn_patches(
    patches: PatchPopulation, wanted: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Return random patches by number, of each patient as many as can be had, and whose each is."""
    pool = rng.permutation(len(patches))[: 8 * wanted]
    owners = np.array([patch.key.patient for patch in patches.describe(pool)])
    turn = np.zeros(len(pool), np.int64)
    for patient in np.unique(owners):
        own = owners == patient
        turn[own] = np.arange(own.sum())
    first = np.argsort(turn, kind="stable")[:wanted]
    return pool[first], owners[first]


def _log(run: "Run", table: pd.DataFrame) -> None:
    """Log the table, the figure and the note; each loss has a nested run, by which charts tell."""
    from pi.figures.loss_screen import draw_screen

    run.table(table, "screen.json")
    run.figure(draw_screen(table), "screen", table)
    head, *rows = screen_text(table)
    run.text(aligned([head, *rows]), "screen.txt")
    best = table.iloc[0]
    run.metrics({name: float(best[name]) for name in QUANTITIES})
    named = table.to_dict("records")
    for row in named:
        name = row["experiment"]
        own = {q: float(row[q]) for q in (*QUANTITIES, "rank", "milliseconds")}
        run.metrics({f"{quantity}_of/{name}": value for quantity, value in own.items()})
    # The UI lists the newest first, so the first is written last.
    for row in reversed(named):
        with run.child(run_name(str(row["experiment"]), "screened"), SCREENED) as child:
            child.params({"experiment": row["experiment"]})
            child.metrics({q: float(row[q]) for q in (*QUANTITIES, "rank", "milliseconds")})
    run.note(f"{headline_of(table)}\n\n{markdown([head, *rows])}\n\n{MEANT}")


SCREENED = "screened"
"""Stage of the nested run of a loss."""

MEANT = (
    "blur penalty: loss of a blur over that of noise of equal MSE, above 1 a blur costs more; dose "
    "order: share of patches whose loss rises whenever the dose falls; high share: loss of high "
    "grains over that of high and low ones. In brackets 95 % intervals over patients."
)


def headline_of(table: pd.DataFrame) -> str:
    """Return which loss punishes blur most."""
    first = table.iloc[0]
    if np.isnan(first["blur_penalty"]):
        return "no patch tells what a blur costs"
    penalty = number(first["blur_penalty"])
    return f"{first['experiment']} punishes blur most, {penalty} of its noise"


def _remarks(patients: int, blurred: int, patches: int) -> list[str]:
    found = []
    if patients == 1:
        found.append(f"warning: {OF_ONE}, so that nothing has an interval.")
    elif patients < TOO_NARROW_BELOW:
        found.append(f"note: with {patients} patients the intervals are too narrow.")
    if blurred < patches:
        found.append(
            f"note: {patches - blurred} of {patches} patches are flat: no blur of theirs has the "
            "MSE of their noise, and they are in no blur penalty."
        )
    return found
