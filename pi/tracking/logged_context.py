"""What the tracking store and the model registry hold of a pre-training."""

from dataclasses import asdict
from pathlib import Path

from pi.figures.pretraining import draw_pretraining, task_curves, task_table
from pi.network.weight_file import write_convolutions
from pi.network.weights import weights_digest
from pi.places import file_digest
from pi.pretraining.recipe import Context, Recipe
from pi.pretraining.score_text import HEADINGS, about, metrics, score_rows
from pi.pretraining.sources import Source
from pi.text_table import markdown
from pi.tracking.logged_data import log_data
from pi.tracking.loss_facts import DIGEST
from pi.tracking.registry import ABOUT, CONTEXT_FILE, FILE_DIGEST, promote, register_context
from pi.tracking.run import Run

CHAMPION = "champion"


def log_source(run: Run, recipe: Recipe, source: Source) -> None:
    """Log what is about to be learned from, by digest, and the effective recipe."""
    if source.store:
        facts = log_data(run, source.store, source.facts)
    else:
        facts = {"digest": source.digest, **source.facts}
        run.dataset("images", source.digest, facts)
        run.tags({"pi.data_digest": source.digest})
    run.json({"recipe": asdict(recipe), "data": facts}, "config.json")


def log_context(run: Run, recipe: Recipe, source: Source, context: Context) -> None:
    """Log the weights, their digests, how well each task is done, and the losses on the way."""
    run.metrics(metrics(context.scores))
    names = [one.task for one in context.scores]
    run.series({f"loss/{n}": list(enumerate(context.history[:, k])) for k, n in enumerate(names)})
    curves = task_curves(context.scores, context.history)
    run.figure(draw_pretraining(curves), "pretraining", task_table(curves))
    confusion = {one.task: one.confusion.tolist() for one in context.scores}
    run.json(confusion, "confusion.json")
    table = markdown([HEADINGS, *score_rows(context.scores)])
    run.note(f"{recipe.architecture}: {about(recipe, source)}\n\n{table}")
    digests: list[str] = []

    def write(path: Path) -> None:
        write_convolutions(path, recipe.architecture, context.convolutions)
        digests.append(file_digest(path))

    run.file(write, CONTEXT_FILE)
    if not run.kept:
        return
    run.tags(
        {
            FILE_DIGEST: digests[0],
            DIGEST: weights_digest(context.convolutions),
            ABOUT: about(recipe, source),
            "pi.architecture": recipe.architecture,
            "pi.precision": context.precision,
        }
    )


def register(run: Run, name: str, *, champion: bool) -> str:
    """Register the run's context as a version of ``name``; return how it is used, in words.

    Args:
        run: of `pretrain`.
        name: of the registered model.
        champion: whether the alias points at it from now on.

    Raises:
        TrackingError: the registry refuses.
    """
    version = register_context(run.run_id, name)
    if not champion:
        return (
            f"registered: context medical:{name}@{version}; make it medical:{name}@{CHAMPION} with "
            f"python -m entrypoints.promote --run {run.run_id}"
        )
    promote(run.run_id, name, CHAMPION)
    return f"registered: context medical:{name}@{version}, now medical:{name}@{CHAMPION}"
