"""The saved view: what the UI would restore."""

import base64
import json
import zlib
from pathlib import Path

from mlflow import MlflowClient

from pi.tracking.saved_view import TAG, save_view, view_state
from pi.tracking.tracker import Tracked

DESCRIBED = json.loads((Path(__file__).parents[2] / "dashboards" / "calibrate.json").read_text())


def test_the_view_in_the_experiment_decodes_to_our_charts(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        key = save_view(run, "calibrate")
    client = MlflowClient(f"sqlite:///{database}")
    value = json.loads(client.get_experiment(run.experiment_id).tags[TAG + key])
    kind, _, packed = value["state"].partition(";")
    assert (kind, value["name"]) == ("deflate", DESCRIBED["name"])
    state = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert state == view_state(DESCRIBED, run.run_id)
    assert [c["displayName"] for c in state["compareRunCharts"]] == [
        c["displayName"] for c in DESCRIBED["charts"]
    ]
    assert run.run_id in state["searchFilter"]


def test_saving_it_again_replaces_it(database: Path) -> None:
    with Tracked().open("calibrate", "a") as run:
        save_view(run, "calibrate")
    with Tracked().open("calibrate", "b") as later:
        save_view(later, "calibrate")
    client = MlflowClient(f"sqlite:///{database}")
    tags = client.get_experiment(run.experiment_id).tags
    assert len([key for key in tags if key.startswith(TAG)]) == 1


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
