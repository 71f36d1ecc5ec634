"""The dashboard's pages without a browser: what they say of an empty store, and of runs by hand."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from filled_place import filled_place
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest
from tracking.logged_figures import KINDS, whole_figures

from dashboards.placing import plain
from pi.alive import doing
from pi.figures.ground import PAPER
from pi.influence.psi import weight_for_psi
from pi.tracking.address import tracking_uri
from pi.tracking.listing import holds_finished, list_artifacts, list_runs
from pi.tracking.tracker import Tracked

SCREENS = Path(__file__).parents[2] / "dashboards" / "screens"
NAMES = ["influence", "training", "slices", "comparison", "studies"]
RUDE = "<script>alert(1)</script> *$x$*"
IMAGE, PERCEPTUAL = [1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def screen(name: str) -> AppTest:
    return AppTest.from_file(str(SCREENS / f"{name}.py"), default_timeout=120).run()


def words(app: AppTest) -> str:
    return " ".join(str(one.value) for kind in ("info", "warning", "caption", "code")
                    for one in app.get(kind))  # fmt: skip


def log_calibration(experiment: str, *, patches: bool = True) -> str:
    """Log four patches of two reconstructions, of S_M = 8 and S_P = 8; return the run."""
    table = pd.DataFrame(
        {"patient": "S001", "thickness": 1.0, "kernel": ["B30", "B30", "D45", "D45"],
         "position": 0.0, "image_loss": IMAGE, "perceptual_loss/block1_conv1": PERCEPTUAL}
    )  # fmt: skip
    with Tracked().open("calibrate", "a") as run, run.child(experiment, "calibration") as child:
        child.params(
            {"experiment": experiment, "architecture": "vgg16", "context": "random",
             "layers": "block1_conv1", "state": "identity", "target_psi": 0.75,
             "estimator": "ratio_of_sums"}
        )  # fmt: skip
        child.metrics({"patches_in_training_set": 4})
        if patches:
            child.parquet(table, "patches.parquet")
    return child.run_id


@pytest.mark.parametrize("name", NAMES)
def test_of_an_empty_store_a_page_says_what_would_fill_it(database: Path, name: str) -> None:
    app = screen(name)
    assert not app.exception
    assert "holds no run of" in words(app).replace("\\", "")
    assert "entrypoints" in words(app) or "make calibrate" in words(app)


def test_without_a_store_a_page_says_so_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'none.db'}")
    app = screen("training")
    assert not app.exception
    assert "there is none yet" in words(app)
    assert not [*tmp_path.iterdir()]


def test_the_slider_moves_lambda_to_the_closed_form(database: Path) -> None:
    log_calibration("by hand")
    app = screen("influence")
    assert not app.exception
    assert app.slider(key="target").value == 75.0
    for target in (0.75, 0.5, 0.9):
        app = app.slider(key="target").set_value(100 * target).run()
        weight = weight_for_psi(8, 8, target)
        assert app.metric[0].value == f"λ = {weight:.3g}"
    assert app.metric[0].delta == "all patches measured"


def test_a_lambda_in_print_is_told_as_psi_on_these_data(database: Path) -> None:
    log_calibration("by hand")
    app = screen("influence")
    app = app.selectbox(key="paper").set_value("E2").run()  # 1e-2: 0.08 / 8.08
    assert "**0.99 %**" in words(app)


def test_a_run_deleted_while_it_is_shown_is_told_and_the_others_stay(database: Path) -> None:
    gone, stays = log_calibration("first"), log_calibration("second")
    app = screen("influence")
    app = app.multiselect(key="calibrations").set_value([gone, stays]).run()
    assert len(app.metric) == 2
    MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).delete_run(gone)
    st.cache_data.clear()  # what time does
    app = app.run()
    assert not app.exception
    assert f"No longer in the tracking store: {gone[:6]}" in words(app)
    assert [one.label for one in app.metric] == [plain("second, identity")]


@pytest.mark.parametrize(("name", "stage"), [("comparison", "compare"), ("studies", "search")])
def test_the_one_run_that_is_shown_is_told_when_it_is_deleted(
    database: Path, name: str, stage: str
) -> None:
    with Tracked().open(stage, "stays") as stays:
        pass
    with Tracked().open(stage, "goes") as goes:
        pass
    app = screen(name)
    assert app.selectbox[0].value == goes.run_id
    MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).delete_run(goes.run_id)
    st.cache_data.clear()
    app = app.run()
    assert not app.exception
    assert f"No longer in the tracking store: {goes.run_id[:6]}" in words(app)
    assert app.selectbox[0].value == stays.run_id


def test_a_run_that_is_half_logged_is_told_and_the_others_stay(database: Path) -> None:
    whole, half = log_calibration("whole"), log_calibration("half", patches=False)
    app = screen("influence")
    app = app.multiselect(key="calibrations").set_value([half, whole]).run()
    assert not app.exception
    assert "must hold patches.parquet" in words(app).replace("\\", "")
    assert len(app.metric) == 1


def test_a_calibration_of_an_older_version_is_told_and_the_others_stay(database: Path) -> None:
    whole, older = log_calibration("whole"), log_calibration("older", patches=False)
    with Tracked().open("calibration", "again", older) as again:
        again.parquet(pd.DataFrame({"loss": [1.0]}), "patches.parquet")
    app = screen("influence")
    app = app.multiselect(key="calibrations").set_value([older, whole]).run()
    assert not app.exception
    assert "must have the column" in words(app)
    assert len(app.metric) == 1


def test_a_rude_name_is_text(database: Path) -> None:
    log_calibration(RUDE)
    app = screen("influence")
    assert not app.exception
    assert app.metric[0].label == plain(f"{RUDE}, identity")
    assert plain("<b>*$") == r"\<b\>\*\$"


def test_a_training_shows_its_epochs_and_how_far_it_drifted(database: Path) -> None:
    with Tracked().open("train", "a") as run:
        run.params({"experiment": "demo1", "schedule": "fixed", "target_psi": 0.95})
        for epoch, psi in ((1, 0.95), (2, 0.9)):
            run.metrics({"train/psi": psi, "train/image_loss": 1.0, "lambda": 0.1}, epoch)
    with Tracked().open("train", "not begun"):
        pass
    app = screen("training")
    assert not app.exception
    drift = app.dataframe[0].value
    assert drift["epochs"].tolist() == [2]
    assert drift["drift (points)"].tolist() == pytest.approx([-5.0])
    assert "has not finished an epoch" in words(app)


@pytest.fixture(scope="module")
def filled(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with two runs of everything; read, not changed."""
    with filled_place(empty_database, tmp_path_factory.mktemp("filled")) as folder:
        return folder


@pytest.fixture
def in_filled(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{filled / 'mlflow.db'}")
    monkeypatch.setenv("PI_CACHE", str(filled / "cache"))
    return filled


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_what_there_is_and_no_warning(in_filled: Path, name: str) -> None:
    app = screen(name)
    assert not app.exception
    assert not app.warning
    assert app.get("image") or app.get("vega_lite_chart")
    kinds = {one.proto.label for one in app.get("download_button")}
    assert {"SVG", "PNG", "CSV"} <= kinds


def test_a_jump_goes_to_the_slice_that_the_table_ranks_first(in_filled: Path) -> None:
    from pi.evaluation.browsing import ranked_slices
    from pi.tracking.records import read_slices

    app = screen("slices")
    tables = [read_slices(run_id) for run_id in app.multiselect(key="evaluations").value]
    app = app.button(key="jump worst").click().run()
    assert not app.exception
    worst = ranked_slices(tables, "paper8", "ssim").sort_values("gain").iloc[0]
    assert app.selectbox(key="patient").value == worst["patient"]
    assert app.select_slider(key="position").value == worst["position"]


def test_a_place_of_ones_own_is_enlarged(in_filled: Path) -> None:
    app = screen("slices")
    app = app.button_group(key="view").set_value("own").run()
    app = app.slider(key="zoom").set_value(4.0).run()
    assert not app.exception
    assert "RMSE here" in words(app)


@pytest.mark.parametrize(("name", "stage"), [("comparison", "compare"), ("studies", "search")])
def test_each_logged_figure_is_offered_with_its_data(
    in_filled: Path, name: str, stage: str
) -> None:
    figures = whole_figures(list_artifacts(list_runs(stage)[0].run_id))
    files = {f"{figure}.{kind}" for figure in figures for kind in KINDS}
    assert len(figures) > 1
    offered = [one.proto.help for one in screen(name).get("download_button")]
    assert {f"Save as {file}" for file in files} <= set(offered)


def test_a_comparison_says_its_verdict_in_words_before_its_figures(in_filled: Path) -> None:
    app = screen("comparison")
    assert "patients" in app.markdown[0].value
    assert not app.markdown[0].value.startswith("|")


def test_a_denoiser_that_is_gone_is_told_and_the_images_stay(in_filled: Path) -> None:
    app = screen("slices")
    images = len(app.get("image"))
    (first, _) = app.multiselect(key="evaluations").value
    trained = MlflowClient(tracking_uri()).get_run(first).data.tags["pi.evaluated_run"]
    (weights,) = in_filled.glob(f"mlruns/*/{trained}/artifacts/denoiser/*.h5")
    aside = weights.rename(weights.with_suffix(".aside"))
    st.cache_resource.clear()
    app = app.run()
    aside.rename(weights)
    assert not app.exception
    assert "must hold one denoiser but holds 0" in words(app).replace("\\", "")
    assert 0 < len(app.get("image")) < images


def test_a_study_whose_database_is_gone_is_told_and_none_is_made(in_filled: Path) -> None:
    database = in_filled / "optuna.db"
    aside = database.rename(in_filled / "aside.db")
    app = screen("studies")
    made = database.exists()
    aside.rename(database)
    assert not app.exception
    assert not made
    assert "is gone" in words(app)
    assert app.get("image")  # what the study logged at its end


def test_of_a_study_under_way_its_progress_is_shown(in_filled: Path) -> None:
    client = MlflowClient(tracking_uri())
    (run,) = client.search_runs(["1"], "tags.`pi.stage` = 'search'")
    client.update_run(run.info.run_id, "RUNNING")
    client.set_tag(run.info.run_id, "looked", "at")
    app = screen("studies")
    client.set_terminated(run.info.run_id, "FINISHED")
    assert not app.exception
    (progress,) = app.get("progress")
    assert "12 of 12 trials are over" in progress.proto.text
    assert len(app.dataframe[0].value) == 12


@pytest.mark.parametrize("name", NAMES)
def test_a_tracking_server_that_went_away_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # the port of `discard`
    app = screen(name)
    assert not app.exception
    assert "the tracking server must answer" in words(app).replace("\\", "")


@pytest.mark.parametrize("rude", ["[here](http://evil.example)", "<img src=x onerror=alert(1)>"])
def test_a_link_and_a_tag_in_a_name_are_text(database: Path, rude: str) -> None:
    log_calibration(rude)
    with Tracked().open("train", rude) as run:
        run.params({"experiment": rude})
        run.metrics({"train/psi": 0.9}, step=1)
    for name in ("influence", "training"):
        app = screen(name)
        assert not app.exception
        assert all("](http" not in one.value for one in [*app.markdown, *app.caption])
        assert not any(one.proto.allow_html for one in app.markdown)


def test_the_overview_says_what_is_next_and_shows_the_best(in_filled: Path) -> None:
    app = screen("overview")
    assert not app.exception
    assert "Nothing runs" in words(app)
    results, *best = (one.value for one in app.dataframe)  # the latter of trainings alone
    assert len(results) > 2
    assert all(one["validation SSIM"].is_monotonic_decreasing for one in best)
    assert app.code[0].value.startswith(("python -m entrypoints.", "make "))


def test_what_lies_beyond_the_newest_runs_is_not_said_to_be_missing(in_filled: Path) -> None:
    assert holds_finished("calibration")
    assert holds_finished("search")
    assert not holds_finished("pretrain")
    file = SCREENS / "overview.py"
    newest = file.read_text().replace("LOOKED_THROUGH = 200", "LOOKED_THROUGH = 2")
    app = AppTest.from_string(newest, default_timeout=120).run()
    assert not app.exception
    assert "No calibration" not in words(app)


def test_the_overview_of_an_empty_store_says_how_to_begin(database: Path) -> None:
    app = screen("overview")
    assert not app.exception
    assert app.code[0].value == "make main-quick"


@pytest.mark.parametrize("name", ["overview", "comparison"])
def test_what_is_under_way_is_told(database: Path, name: str) -> None:
    line = "comparing: 41/100 pairs · 41 % · 12 min left"
    with doing(lambda: line), Tracked().open("compare", "demo1, mse · compare") as run:
        app = screen(name)
        (progress,) = app.get("progress")
    assert not app.exception
    assert progress.proto.value == 41
    assert plain(line) in progress.proto.text
    assert run.run_id[:6] in progress.proto.text


@pytest.mark.parametrize("name", [*NAMES, "overview"])
def test_a_store_that_is_no_database_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "broken.db").write_bytes(b"\xff\xfe no database" * 99)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'broken.db'}")
    app = screen(name)
    assert not app.exception
    assert len(app.warning) >= 1


def test_artifacts_that_are_no_text_or_older_are_told_and_the_others_stay(in_filled: Path) -> None:
    (run,) = list_runs("compare")
    (folder,) = in_filled.glob(f"mlruns/*/{run.run_id}/artifacts")
    whole = len(screen("comparison").get("image"))
    (folder / "aaa.json").write_bytes(b"\xff\xfe{")
    (folder / "older.json").write_text('{"columns": ["a"], "data": [[1, 2], 3]}')
    (folder / "rows.json").write_text("[1, 2]")
    app = screen("comparison")
    for name in ("aaa", "older", "rows"):
        (folder / f"{name}.json").unlink()
    assert not app.exception
    assert len(app.warning) == 2
    assert len(app.get("image")) == whole


def test_the_server_answers_this_machine_alone_unless_told_otherwise() -> None:
    config = tomllib.loads((SCREENS.parents[1] / "dashboards" / "settings.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


def test_figures_have_the_ground_of_the_dark_page() -> None:
    config = tomllib.loads((SCREENS.parents[1] / "dashboards" / "settings.toml").read_text())
    assert config["theme"]["dark"]["backgroundColor"] == PAPER["#ffffff"]
