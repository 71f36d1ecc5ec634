"""The saved view: what the UI would restore."""

import base64
import json
import re
import zlib
from pathlib import Path

from mlflow import MlflowClient

from pi.run_names import STAGES
from pi.tracking.records import read_run
from pi.tracking.saved_view import (
    COLOUR,
    TAG,
    next_colour,
    save_view,
    telling,
    view_key,
    view_state,
)
from pi.tracking.tracker import Tracked

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
DESCRIBED = json.loads((DASHBOARDS / "calibrate.json").read_text())


def test_the_view_in_the_experiment_decodes_to_our_charts(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        key = save_view(run, "calibrate")
    client = MlflowClient(f"sqlite:///{database}")
    value = json.loads(client.get_experiment(run.experiment_id).tags[TAG + key])
    kind, _, packed = value["state"].partition(";")
    assert (kind, value["name"]) == ("deflate", f"a: {DESCRIBED['name']}")
    state = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert state == view_state(DESCRIBED, run.run_id)
    assert [c["displayName"] for c in state["compareRunCharts"]] == [
        c["displayName"] for c in DESCRIBED["charts"]
    ]
    assert run.run_id in state["searchFilter"]


def views(database: Path, experiment_id: str) -> set[str]:
    client = MlflowClient(f"sqlite:///{database}")
    tags = client.get_experiment(experiment_id).tags
    return {key.removeprefix(TAG) for key in tags if key.startswith(TAG)}


def test_a_view_of_children_is_its_runs_own_and_that_of_a_stage_is_shared(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        save_view(run, "calibrate")
        save_view(run, "calibrate")
        save_view(run, "train")
    with Tracked().open("calibrate", "b") as later:
        key = save_view(later, "calibrate")
        save_view(later, "train")
    assert key == view_key("calibrate", later.run_id)
    own = {f"pi-calibrate-{one.run_id[:8]}" for one in (run, later)}
    assert views(database, run.experiment_id) == own | {"pi-train", "pi-runs"}


def test_runs_of_a_view_have_colours_by_configuration(database: Path) -> None:
    names = [f"x{number} · train" for number in range(9)] + ["x3 · evaluate · test"]
    found = {}
    for name in names:
        with Tracked().open("train", name) as run:
            save_view(run, "train")
        found[name] = read_run(run.run_id).tags[COLOUR]
    assert len({found[name] for name in names[:9]}) == 9
    assert found["x3 · evaluate · test"] == found["x3 · train"]


def test_a_colour_is_none_of_those_in_use() -> None:
    used: list[str] = []
    for _ in range(40):
        used.append(next_colour(used))
    assert len(set(used)) == 40
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in used)


def test_only_what_tells_something_of_the_runs_is_drawn(database: Path) -> None:
    charts = [
        {"type": "LINE", "metricKey": "a", "selectedMetricKeys": ["a", "b"]},
        {"type": "BAR", "metricKey": "c"},
        {"type": "PARALLEL", "selectedParams": ["p", "q"], "selectedMetrics": ["b"]},
    ]
    client = MlflowClient(f"sqlite:///{database}")
    assert telling(charts, []) == charts
    shown = []
    for number in range(2):
        with Tracked().open("train", "x") as run:
            run.params({"p": number, "q": "same"})
            run.metrics({"b": number})
        shown.append(client.get_run(run.run_id))
    assert telling(charts, shown) == [
        {"type": "LINE", "metricKey": "b", "selectedMetricKeys": ["b"]},
        {"type": "PARALLEL", "selectedParams": ["p"], "selectedMetrics": ["b"]},
    ]
    assert telling(charts[2:], shown[:1]) == []


def test_the_table_has_ten_columns_and_the_experiment_says_where_to_begin(database: Path) -> None:
    view = json.loads((DASHBOARDS / "runs.json").read_text())
    assert len(view["columns"]) == 10
    with Tracked().open("train", "x") as run:
        pass
    client = MlflowClient(f"sqlite:///{database}")
    tags = client.get_experiment(run.experiment_id).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert "Begin here" in tags["mlflow.note.content"]
    client.set_experiment_tag(run.experiment_id, "mlflow.note.content", "ours")
    with Tracked().open("train", "x"):
        pass
    assert client.get_experiment(run.experiment_id).tags["mlflow.note.content"] == "ours"


def test_every_stage_with_curves_has_a_view() -> None:
    described = {file.stem for file in DASHBOARDS.glob("*.json")}
    assert described == STAGES - {"report"} | {"runs"}
    for stage in described:
        view = json.loads((DASHBOARDS / f"{stage}.json").read_text())
        state = view_state(view, "abc")
        sections = {section["uuid"] for section in state["compareRunSections"]}
        assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} <= sections


def test_a_section_has_a_name_that_is_not_cut() -> None:
    for file in DASHBOARDS.glob("*.json"):
        names = [section["name"] for section in json.loads(file.read_text()).get("sections", [])]
        assert all(len(name) <= 55 for name in names), file.name  # of a window of 1600 pixels


def test_every_chart_is_in_a_section_that_is_there() -> None:
    state = view_state(DESCRIBED, "abc")
    sections = [section["uuid"] for section in state["compareRunSections"]]
    assert len(sections) == len(set(sections))
    assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} == set(sections)
    charts = [chart["uuid"] for chart in state["compareRunCharts"]]
    assert len(charts) == len(set(charts))


def test_the_filter_finds_the_children_and_no_others(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run, run.child("b", "calibration") as child:
        pass
    with Tracked().open("calibrate", "c") as other, other.child("d", "calibration"):
        pass
    client = MlflowClient(f"sqlite:///{database}")
    found = client.search_runs(
        [run.experiment_id], view_state(DESCRIBED, run.run_id)["searchFilter"]
    )
    assert [r.info.run_id for r in found] == [child.run_id]
