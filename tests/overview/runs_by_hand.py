"""Runs as a store would list them, made by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pi.tracking.listing import ListedRun
from pi.tracking.records import Record


def listed_run(
    run_id: str,
    stage: str,
    status: str = "FINISHED",
    *,
    name: str = "",
    params: Mapping[str, str] = {},
    metrics: Mapping[str, float] = {},
    tags: Mapping[str, str] = {},
) -> ListedRun:
    record = Record(params, metrics, {"pi.stage": stage, **tags})
    begun = datetime(2026, 11, 29, 12, tzinfo=UTC)
    return ListedRun(run_id, name or f"{run_id} · {stage}", begun, status, "", "1", record)
