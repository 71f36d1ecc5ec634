"""What a step needs of the worker that does it: resources that workers say they have."""

from collections.abc import Iterable, Mapping

from pi.algorithm1 import Step
from pi.jobs.planned.greeting import ClusterError
from pi.parameters.rules import COMPUTING, RESOURCE

Resources = Mapping[str, float]


def resources_needed(text: str) -> dict[str, dict[str, float]]:
    """Return what the steps of each entry point need.

    Args:
        text: comma-separated ``NAME=NUMBER`` or ``ENTRY_POINT.NAME=NUMBER``.
    """
    found: dict[str, dict[str, float]] = {}
    for entry_point, name, number in RESOURCE.findall(text):
        for one in (entry_point,) if entry_point else COMPUTING:
            found.setdefault(one, {})[name] = float(number)
    return found


def require_resources(
    needed: Mapping[str, Resources], steps: Iterable[Step], workers: Iterable[Resources]
) -> None:
    """Refuse steps that no worker can ever do, for which one would wait forever.

    Raises:
        ClusterError: there are such.
    """
    have = [*workers]
    for entry_point in dict.fromkeys(step.entry_point for step in steps):
        wanted = needed.get(entry_point, {})
        if not any(all(one.get(name, 0) >= n for name, n in wanted.items()) for one in have):
            told = ",".join(f"{name}={number:g}" for name, number in wanted.items())
            raise ClusterError(
                f"a worker must have {told}, which {entry_point} needs by `step_resources`, but "
                "none has: `dask worker ADDRESS --resources GPU=1` says what one has."
            )
