"""What came of a pre-training, in words and as numbers."""

from pi.digits import number
from pi.pretraining.held_out import TaskScore, score_share
from pi.pretraining.recipe import Context, Recipe
from pi.pretraining.sources import Source
from pi.text_table import aligned


def score_rows(scores: tuple[TaskScore, ...]) -> list[list[str]]:
    """Return a row for each task: its name, score, chance, and on how many images."""
    return [
        [one.task, *(score_share(n) for n in (one.score, one.chance)), str(one.images)]
        for one in scores
    ]


HEADINGS = ["task", "held out", "chance", "images"]


def summary_text(recipe: Recipe, source: Source, context: Context) -> str:
    """Return the result as it is printed."""
    first, last = context.history[0], context.history[-10:].mean(axis=0)
    losses = (
        f"summed loss {number(first.sum())} at first, {number(last.sum())} over the last 10 steps"
    )
    return "\n".join(
        [
            about(recipe, source) + f", in {context.precision}",
            aligned([HEADINGS, *score_rows(context.scores)]),
            losses,
        ]
    )


def about(recipe: Recipe, source: Source) -> str:
    """Return what an encoder was pre-trained on, as it is logged wherever it is used."""
    whose = "simulated" if source.facts["simulated"] else "medical"
    return (
        f"{recipe.initial}, then {recipe.steps} steps of {DONE[recipe.task]} ({whose} data, "
        f"{source.examples.origin})"
    )


DONE = {
    "headers": "header tasks",
    "supervised": "classes of images",
    "autoencoder": "reconstruction",
}


def metrics(scores: tuple[TaskScore, ...]) -> dict[str, float]:
    """Return the metrics that are logged: by task held-out score, chance, and their distance."""
    return {
        f"{kind}/{one.task}": value
        for one in scores
        for kind, value in (
            ("held_out", one.score),
            ("chance", one.chance),
            ("above_chance", one.score - one.chance),
        )
    }
