"""What came of a pre-training, in words and as numbers."""

from pi.pretraining.judging import Judgement, percent
from pi.pretraining.recipe import Context, Recipe
from pi.pretraining.sources import Source
from pi.text_table import aligned


def judged_rows(judgements: tuple[Judgement, ...]) -> list[list[str]]:
    """Return a row for each task: its name, score, chance, and how many images judged it."""
    return [
        [judged.task, *(percent(n) for n in (judged.score, judged.chance)), str(judged.judged)]
        for judged in judgements
    ]


HEADINGS = ["task", "held out", "chance", "images"]


def summary_text(recipe: Recipe, source: Source, context: Context) -> str:
    """Return the result as it is printed."""
    first, last = context.history[0], context.history[-10:].mean(axis=0)
    losses = f"summed loss {first.sum():.3g} at first, {last.sum():.3g} over the last 10 steps"
    return "\n".join(
        [
            about(recipe, source) + f", in {context.precision}",
            aligned([HEADINGS, *judged_rows(context.judgements)]),
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


def metrics(judgements: tuple[Judgement, ...]) -> dict[str, float]:
    """Return the metrics that are logged: by task held-out score, chance, and their distance."""
    return {
        f"{kind}/{judged.task}": value
        for judged in judgements
        for kind, value in (
            ("held_out", judged.score),
            ("chance", judged.chance),
            ("above_chance", judged.score - judged.chance),
        )
    }
