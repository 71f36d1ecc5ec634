"""Saved views of an experiment in the MLflow UI: charts ready made, so nobody has to.

The format is internal to MLflow (experiment tags, since 3.15). It is written best-effort: a UI
that no longer understands it shows its own charts, and the run is none the worse. MLflow 3.17 heads
a chart of the runs by the keys of its metrics, whatever its ``displayName``: what they are stands
in the names of the sections.
"""

import base64
import json
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from pi.figures.colours import COLOURS, around, colour_of
from pi.places import program_folder
from pi.run_names import configuration, configuration_of
from pi.tracking.backend import MlflowClient, MlflowException, RunTag, StoredRun
from pi.tracking.run import Run

VIEWS = program_folder() / "dashboards"
TAG = "mlflow.sharedViewState."
COLOUR = "mlflow.runColor"
"""Tag by which the UI draws a run in a colour of its own."""

TABLE = "runs"
"""The view that is no stage's: all runs as a table, by the columns that matter."""

MOST = 200
"""Runs that are looked through: the newest of the experiment, and of a view."""


def save_view(run: Run, stage: str) -> str:
    """Put the view ``dashboards/<stage>.json`` into the run's experiment; return its key.

    A view of the children of a run is that run's own, and no later one takes its place. The runs
    that it shows are given colours that can be told apart. The key is empty where the store refuses
    it, or none is kept: no run fails over a view.
    """
    if not run.kept:
        return ""
    view = json.loads((VIEWS / f"{stage}.json").read_text())
    key, name = view_key(stage, run.run_id), view["name"]
    if "filter" not in view:
        name = f"{run.tag('mlflow.runName')}: {name}"
    try:
        state = view_state(view, run.run_id)
        none: list[StoredRun] = []
        shown = run.asked(partial(_seen, run, state["searchFilter"]), none)
        state["compareRunCharts"] = telling(state["compareRunCharts"], shown)
        _put(run, key, name, state)
        _put_table(run)
    except MlflowException:
        return ""
    return key


def first_section(stage: str) -> str:
    """Return the heading of the first section of a stage's view."""
    view = json.loads((VIEWS / f"{stage}.json").read_text())
    return str(view["sections"][0]["name"])


def view_key(stage: str, run_id: str) -> str:
    """Return by which key a page of the UI shows the view of a run: its own or its stage's."""
    view = json.loads((VIEWS / f"{stage}.json").read_text())
    return f"pi-{stage}" if "filter" in view else f"pi-{stage}-{run_id[:8]}"


def _put_table(run: Run) -> None:
    """Put the table of all runs, the best first: sorted by time the UI would fold children away."""
    view = json.loads((VIEWS / f"{TABLE}.json").read_text())
    state = view_state(view, run.run_id) | {"orderByAsc": False}
    _put(run, f"pi-{TABLE}", view["name"], state)


RUN_NAME = "attributes.`Run Name`"
"""What the UI calls the column of names, which are longer than it leaves room for."""


NARROW = 92
"""Pixels of any other column: ten of them fit beside the names, each with six digits."""


def _put(run: Run, key: str, name: str, state: Mapping[str, Any]) -> None:
    now = int(time.time() * 1000)
    packed = zlib.compress(json.dumps(state).encode())
    value = {
        "name": name,
        "createdAt": now,
        "updatedAt": now,
        "state": "deflate;" + base64.b64encode(packed).decode(),
    }
    run.experiment_tag(TAG + key, json.dumps(value))


def _seen(run: Run, query: str, client: MlflowClient) -> list[StoredRun]:
    """Return the runs that a view shows; they have colours then."""
    shown = _newest(client, run.experiment_id, query)
    own = client.get_run(run.run_id)  # which is not finished yet, and so not found
    others = [one for one in shown if one.info.run_id != run.run_id]
    _colour(client, run.experiment_id, [own, *others])
    return shown


def _newest(client: MlflowClient, experiment_id: str, query: str) -> list[StoredRun]:
    return list(client.search_runs([experiment_id], query, max_results=MOST))


def _colour(client: MlflowClient, experiment_id: str, shown: Sequence[StoredRun]) -> None:
    """Give a colour to the runs that have none: that of their configuration, as it is everywhere.

    Where another one of the view has it, as the same experiment in another state, it is the next.
    """
    coloured = _newest(client, experiment_id, f"tags.`{COLOUR}` LIKE '%'")
    known = {_label(one): one.data.tags[COLOUR] for one in coloured}
    beside = {one.data.tags[COLOUR] for one in shown if COLOUR in one.data.tags}
    for one in reversed(shown):  # the oldest first
        if COLOUR in one.data.tags:
            continue
        label = _label(one)
        if label not in known:
            own = colour_of(configuration_of(str(one.info.run_name), one.data.params))
            known[label] = next_colour([*known.values(), *beside]) if own in beside else own
        beside.add(known[label])
        client.log_batch(one.info.run_id, tags=[RunTag(COLOUR, known[label])])


def _label(run: StoredRun) -> str:
    return configuration(str(run.info.run_name))


def next_colour(used: Iterable[str]) -> str:
    """Return a colour that is none of ``used``: Okabe and Ito's, then others around the circle."""
    taken = set(used)
    others = (around(number) for number in count())
    chosen = (colour for colour in COLOURS if colour != "#000000")  # no black on dark ground
    for colour in (*chosen, *(next(others) for _ in range(len(taken) + 1))):
        if colour not in taken:
            return colour
    raise AssertionError("more colours were made than are taken")


def telling(charts: Sequence[dict[str, Any]], shown: Sequence[StoredRun]) -> list[dict[str, Any]]:
    """Return the charts that tell something of the runs shown; all while nothing is known of them.

    What no run has is left out, and of parallel coordinates what is the same for every run.
    """
    metrics = {key for one in shown for key in one.data.metrics}
    if not metrics:
        return list(charts)
    found = (_narrowed(chart, metrics, shown) for chart in charts)
    return [chart for chart in found if chart is not None]


def _narrowed(
    chart: dict[str, Any], metrics: set[str], shown: Sequence[StoredRun]
) -> dict[str, Any] | None:
    """Return a chart without what none of the runs has; None where nothing is left of it."""
    match chart["type"]:
        case "LINE":
            there = [key for key in chart["selectedMetricKeys"] if key in metrics]
            return {**chart, "metricKey": there[0], "selectedMetricKeys": there} if there else None
        case "BAR":
            return chart if chart["metricKey"] in metrics else None
        case "SCATTER":
            return chart if {chart["xaxis"]["key"], chart["yaxis"]["key"]} <= metrics else None
        case "PARALLEL":
            return _unlike(chart, shown)
    return chart


def _unlike(chart: dict[str, Any], shown: Sequence[StoredRun]) -> dict[str, Any] | None:
    """Return parallel coordinates of what all runs have and differ in; None of less than two.

    The UI leaves a run out that lacks one of them.
    """
    params = _telling(chart["selectedParams"], [one.data.params for one in shown])
    numbers = _telling(chart["selectedMetrics"], [one.data.metrics for one in shown])
    if not numbers or len(params) + len(numbers) < 2:
        return None
    return {**chart, "selectedParams": params, "selectedMetrics": numbers}


def _telling(names: Iterable[str], held: Sequence[Mapping[str, object]]) -> list[str]:
    values = {name: [one[name] for one in held if name in one] for name in names}
    return [name for name, own in values.items() if len(own) == len(held) and len(set(own)) > 1]


KIND, ABOUT = "mlflow.experimentKind", "mlflow.note.content"
WHERE_TO_BEGIN = """\
**Press _Model training_ on the left, then choose _Begin here_ in the menu above the runs.**

That is a table of all runs by the ten columns that matter; in the same menu every stage has charts
of its own. One colour is one configuration.

These are denoisers of low-dose CT, and how much of their loss is perceptual:

- `calibrate`: the lambda at which a perceptual loss has the influence (Ψ) that was asked for.
- `train`: what Ψ becomes while the network learns; two validation slices by epoch as images.
- `evaluate`: each metric beside that of the low dose itself, which an output must surpass.
- `compare`: which differences between runs hold; its artifact `report.html` says it in words.
- `main`: all of these for several losses; its description is the ranking.
"""


def introduce(client: MlflowClient, experiment_id: str) -> None:
    """Have an experiment open as model training and say where to begin, unless it says its own."""
    known = client.get_experiment(experiment_id).tags
    for key, value in ((KIND, "custom_model_development"), (ABOUT, WHERE_TO_BEGIN)):
        if key not in known:
            client.set_experiment_tag(experiment_id, key, value)


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
            "columns": 2,
            # `columns` (2 unless told) and `cardHeight` (360 pixels)
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
        "autoRefreshEnabled": True,
        "hideEmptyCharts": True,
        "runsExpanded": {},
        "runsHidden": [],
        "runsHiddenMode": "FIRST_20_RUNS",
        "runsPinned": [],
        "selectedColumns": view["columns"],
        "columnOrder": [RUN_NAME],
        "columnWidths": {RUN_NAME: 300} | dict.fromkeys(view["columns"], NARROW),
    }
