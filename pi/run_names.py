"""How a run is called: what tells it from others first, then what was done.

Tables and legends of the MLflow UI cut a name off after some twenty characters, so that names which
begin alike cannot be told apart there.
"""

import re
from collections.abc import Mapping

from pi.digits import number

BETWEEN = " · "
LONGEST = 250
"""Characters of a name that every tracking store takes."""

LONGEST_NOTE = 7000
"""Characters of a description: a tag of MLflow holds 8,000, and why a run ended goes before it."""

STAGES = frozenset(
    ["calibrate", "compare", "evaluate", "main", "pretrain", "report", "screen", "search", "train"]
)
"""Words of a name that say what was done."""

_RUN_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


def run_name(*parts: str) -> str:
    """Return the name that is made of some parts, such as ``demo1 · Ψ 95 % · evaluate · test``.

    Args:
        parts: what differs first; empty ones are left out, and of the id of a run eight digits
            are left, since nobody reads more.
    """
    said = (_RUN_ID.sub(r"\1", part.strip()) for part in parts)
    name = BETWEEN.join(part for part in said if part)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def influence(psi: float | None, weight: float | None = None) -> str:
    """Return the Psi that was asked for, or lambda where none was: ``Ψ 95 %``, ``λ 0.1``.

    Empty where there is neither, as of MSE alone.
    """
    if psi is not None:
        return f"Ψ {100 * psi:.6g} %"
    return f"λ {number(weight)}" if weight else ""


def network(params: Mapping[str, object], usual: Mapping[str, object]) -> tuple[str, ...]:
    """Return in words how a training differs from the usual one, beside its loss.

    Args:
        params: of it: ``schedule``, ``denoiser`` and ``seed``.
        usual: the same at their defaults; of a denoiser its kind counts, not its width.
    """
    schedule, denoiser, seed = (str(params[name]) for name in ("schedule", "denoiser", "seed"))
    kind = str(usual["denoiser"]).partition(":")[0]
    return (
        schedule.replace("_", " ") if schedule != str(usual["schedule"]) else "",
        denoiser if denoiser.partition(":")[0] != kind else "",
        f"seed {seed}" if seed != str(usual["seed"]) else "",
    )


def shortened(markdown: str, whole: str) -> str:
    """Return a description that a tag can hold, ended between two lines where it is longer.

    Args:
        markdown: the description.
        whole: name of the artifact that holds all of it.
    """
    if len(markdown) <= LONGEST_NOTE:
        return markdown
    kept, _, _ = markdown[:LONGEST_NOTE].rpartition("\n")
    return f"{kept or markdown[:LONGEST_NOTE]}\n\nThe rest of it: artifact `{whole}`."


def configuration(name: str) -> str:
    """Return what a name says before the stage: what runs of one configuration have in common."""
    parts = name.split(BETWEEN)
    stages = [number for number, part in enumerate(parts) if part in STAGES]
    return BETWEEN.join(parts[: stages[0]] if stages else parts)


def configuration_of(name: str, params: Mapping[str, str]) -> str:
    """Return what runs of one configuration have in common, from the name of one of them.

    Where somebody else named it, or an older version, from its parameters; of neither its name.
    """
    if STAGES & set(name.split(BETWEEN)):
        return configuration(name)
    experiment = params.get("experiment", "")
    return run_name(experiment, _asked(params)) if experiment else name


def _asked(params: Mapping[str, str]) -> str:
    try:
        return influence(float(params["target_psi"]))
    except (KeyError, ValueError):
        return ""
