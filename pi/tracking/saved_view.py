"""Saved views of an experiment in the MLflow UI: charts ready made, so nobody has to.

The format is internal to MLflow (experiment tags, since 3.15). It is written best-effort: a UI
that no longer understands it shows its own charts, and the run is none the worse.
"""

import base64
import json
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pi.tracking.backend import MlflowException
from pi.tracking.run import Run

VIEWS = Path(__file__).parents[2] / "dashboards"
TAG = "mlflow.sharedViewState."


def save_view(run: Run, stage: str) -> str:
    """Put the view ``dashboards/<stage>.json`` into the run's experiment; return its key.

    The key is empty where the store refuses it, or none is kept: no run fails over a view.
    """
    if not run.kept:
        return ""
    view = json.loads((VIEWS / f"{stage}.json").read_text())
    now = int(time.time() * 1000)
    state = zlib.compress(json.dumps(view_state(view, run.run_id)).encode())
    value = {
        "name": view["name"],
        "createdAt": now,
        "updatedAt": now,
        "state": "deflate;" + base64.b64encode(state).decode(),
    }
    key = f"pi-{stage}"
    try:
        run.experiment_tag(TAG + key, json.dumps(value))
    except MlflowException:
        return ""
    return key


def view_state(view: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Return the page state that MLflow's UI restores, from our short description of it.

    Args:
        view: content of a file in ``dashboards``.
        run_id: of the parent whose children are shown, unless the view has a ``filter`` of its
            own. They are found by a filter and sorted by a metric, because the UI draws no child
            of a folded parent.
    """
    sections = [
        {
            "uuid": section["id"],
            "name": section["name"],
            "display": True,
            "isReordered": False,
            "deleted": False,
            "isGenerated": False,
            # `columns` (3 unless told) and `cardHeight` (360 pixels)
            **{key: value for key, value in section.items() if key not in ("id", "name")},
        }
        for section in view["sections"]
    ]
    charts = [
        {
            "uuid": f"chart-{number}",
            "runsCountToCompare": 20,
            "metricSectionId": chart["section"],
            "deleted": False,
            "isGenerated": False,
            **{key: value for key, value in chart.items() if key != "section"},
        }
        for number, chart in enumerate(view["charts"])
    ]
    return {
        "searchFilter": view.get("filter", f"tags.mlflow.parentRunId = '{run_id}'"),
        "orderByKey": view["order"],
        "orderByAsc": True,
        "compareRunCharts": charts,
        "compareRunSections": sections,
        "isAccordionReordered": True,
        "autoRefreshEnabled": False,
        "hideEmptyCharts": True,
        "runsExpanded": {},
        "runsHidden": [],
        "runsHiddenMode": "FIRST_20_RUNS",
        "runsPinned": [],
        "selectedColumns": view["columns"],
    }
