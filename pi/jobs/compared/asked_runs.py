"""Which runs the parameter `runs` of an entry point names."""

import re

from pi.errors import quoted
from pi.tracking.address import TrackingError
from pi.tracking.records import FilterError, find_runs, newest_run

NEWEST = "main"
"""What stands for the newest finished run of `main`."""

FILTER = re.compile(r"[=<>]|\b(LIKE|ILIKE|IN|IS)\b", re.IGNORECASE)
"""What an MLflow filter has, and a list of run ids has not."""


def asked_runs(runs: str, *, finished: bool) -> list[str]:
    """Return the ids of the runs that are meant, which need not exist; at least one.

    Args:
        runs: comma-separated ids; an MLflow filter; or ``main``, the newest finished run of that.
        finished: whether a filter finds finished runs alone.

    Raises:
        TrackingError: a filter that MLflow does not understand, or nothing is meant.
    """
    if FILTER.search(runs):
        ids = filtered(f"{runs} and attributes.status = 'FINISHED'" if finished else runs, runs)
    else:
        words = [word.strip() for word in runs.split(",") if word.strip()]
        ids = [newest_run(NEWEST)[0] if word == NEWEST else word for word in words]
    if not ids:
        kind = "finished run" if finished else "run"
        raise TrackingError(f"`runs` must mean at least one {kind} but {quoted(runs)} means none.")
    return ids


def filtered(query: str, typed: str) -> list[str]:
    """Return the ids of the runs that a filter finds, the earliest first.

    Args:
        query: the filter.
        typed: what of it the user typed.

    Raises:
        TrackingError: MLflow does not understand it.
    """
    try:
        found = find_runs(query, order_by=["attributes.start_time ASC"])
    except FilterError as error:
        raise TrackingError(
            f"`runs` must be run ids or an MLflow filter but got {quoted(typed)}, of which "
            f"MLflow says: {str(error).rstrip('.')}."
        ) from None
    return [run.info.run_id for run in found]
