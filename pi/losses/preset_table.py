"""The presets as a table for a terminal."""

from collections.abc import Sequence

from pi.losses.experiments import Experiment

TITLES = ["name", "encoder", "layers", "input", "tap", "norm", "reduction", "aggregation", "pixel",
          "lambda", "in means", "evidence"]  # fmt: skip


def preset_table(experiments: Sequence[Experiment], patch_size: int) -> list[list[str]]:
    """Return titles, then one row a preset; ``in means`` is lambda for a mean over features.

    Args:
        experiments: made of presets.
        patch_size: in pixels, on which a sum over features depends.
    """
    return [TITLES, *(_row(experiment, patch_size) for experiment in experiments)]


def _row(e: Experiment, patch_size: int) -> list[str]:
    published, distance = e.published, e.distance
    units = distance.mean_units(e.encoder, patch_size)
    weight = published.value if published else None
    return [
        e.name,
        f"{e.encoder.architecture}:{e.encoder.context}",
        "+".join(e.encoder.layers),
        e.encoder.input,
        e.encoder.tap,
        distance.norm,
        distance.reduction,
        distance.aggregation if len(e.encoder.layers) > 1 else "",
        e.adversarial or str(e.pixel),
        "a rule" if weight is None else f"{weight:g}",
        "" if weight is None else f"{weight * units:g}",
        e.preset.evidence if e.preset else "",
    ]
