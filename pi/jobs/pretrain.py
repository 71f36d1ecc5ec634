"""A medical context: an encoder that learns tasks on CT which nobody had to label."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pi.command_line import recorded
from pi.jobs.called import asked_name
from pi.jobs.opening import open_asked
from pi.jobs.result import Kept, Result, joined
from pi.parameters import PretrainParameters
from pi.progress import counting
from pi.tracking.tracker import UNTRACKED, Tracker

if TYPE_CHECKING:  # TensorFlow, which what is wrong with the parameters does not wait for
    from pi.pretraining.recipe import Context


@dataclass(frozen=True, repr=False)
class PretrainingResult(Result):
    """A context.

    Attributes:
        context: its weights, and how well each task is done.
        summary: the tasks, as text.
        version: how it is used, in words; empty where nothing is kept.
        kept: where the run is.
    """

    context: "Context" = field(repr=False)
    summary: str
    version: str
    kept: Kept

    @property
    def headline(self) -> str:
        """How it is used."""
        return self.version or "a context that is not registered"

    def text(self) -> str:
        """Return how well the tasks are done, and how the context is used."""
        return joined(self.summary, self.version, self.kept.text())


def pretrain(parameters: PretrainParameters, tracker: Tracker = UNTRACKED) -> PretrainingResult:
    """Pre-train, score on held-out patients, and register what came out.

    Raises:
        PiError: something that was asked for cannot be had.
    """
    p = parameters
    # Images of the user's own have no patients.
    with_patients = p.task != "supervised"
    store = open_asked(p, p.fold, "train", "validation") if with_patients else None

    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.pretraining.recipe import find_recipe, make_context
    from pi.pretraining.score_text import summary_text
    from pi.pretraining.sources import from_images, from_store
    from pi.tracking.logged_context import log_context, log_source, register
    from pi.tracking.saved_view import save_view
    from pi.training.machine import machine_notes, make_deterministic, told_of_memory

    recipe = find_recipe(vars(p))
    recipe.first_weights()  # which may be missing: it is told before anything is read or opened
    for note in machine_notes(p.precision):
        tracker.say(note)
    if p.deterministic:
        make_deterministic(p.seed)
    if store is None:
        source = from_images(p.data, p.seed, p.patch_size)
    else:
        source = from_store(store, recipe.task, p.patch_size)
    opened = tracker.open("pretrain", asked_name("pretrain", p.name or recipe.architecture))
    with opened as run, told_of_memory(p.batch_size):
        run.params(recorded(p))
        log_source(run, recipe, source)
        with counting("pre-training", "step", recipe.steps) as bar:
            context = make_context(recipe, source.examples, lambda losses: bar.advance(1))
        log_context(run, recipe, source, context)
        version = register(run, p.name, champion=p.champion) if run.kept else ""
        kept = Kept.of(run, save_view(run, "pretrain"))
    return PretrainingResult(context, summary_text(recipe, source, context), version, kept)
