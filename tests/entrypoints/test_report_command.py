"""`report` from its command line to the page that MLflow holds, over stores made by hand."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from report.compared import slice_table
from tracking.evaluations import DIGEST, TABLE, log_evaluation, log_training, training

from entrypoints import compare
from entrypoints.report import main
from pi.command_line import run
from pi.evaluation.metrics import ranked_metrics
from pi.parameters import CompareParameters, ReportParameters
from pi.tracking.address import tracking_uri
from pi.tracking.tracker import Tracked

RUDE = "<script>alert(1)</script> & $\\frac$"
"""A name that is HTML, and mathematics that does not parse."""


def report(*arguments: str) -> int:
    return run(main, ReportParameters, "", arguments)


def client_of(database: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{database}")


def page_of(database: Path) -> str:
    """Return the page of the newest report."""
    client = client_of(database)
    experiments = [e.experiment_id for e in client.search_experiments()]
    found: Sequence[Run] = client.search_runs(experiments, "tags.pi.stage = 'report'")
    assert found[0].info.status == "FINISHED"
    return Path(client.download_artifacts(found[0].info.run_id, "report.html")).read_text()


def log_calibration(name: str = "demo1", *, result: bool = True) -> str:
    """Log S_P / S_M = 100, of which lambda for .95 is .19; return the run of `calibrate`."""
    with Tracked().open("calibrate", f"calibrate {name}") as tracked:
        facts = {"digest": DIGEST, "simulated": False, "training_patients": 7,
                 "training_patches": 1792, "reconstructions": ["1mm B30", "1mm D45"]}  # fmt: skip
        tracked.dataset("patients", DIGEST, facts)
        tracked.tags({"pi.data_digest": DIGEST})
        with tracked.child(f"{name} · identity", "calibration") as child:
            child.params({"experiment": name, "architecture": "vgg16", "context": "random",
                          "layers": "block3_conv2", "state": "identity",
                          "target_psi": 0.95})  # fmt: skip
            child.tags({"pi.context": "weights of nobody", "pi.weights_digest": "e" * 64})
            if result:
                child.metrics(
                    {"lambda": 0.19, "lambda_low": 0.18, "lambda_high": 0.2, "image_loss": 0.01,
                     "perceptual_loss": 1.0, "patches": 500, "patches_in_training_set": 1792,
                     "psi_in/1mm_B30": 0.96, "lambda_in/1mm_B30": 0.15,
                     "psi_in/1mm_D45": 0.94, "lambda_in/1mm_D45": 0.25}
                )  # fmt: skip
        return tracked.run_id


def log_judged(name: str, gain: float, *, drift: float = -2.0) -> tuple[str, str]:
    """Log a training of two epochs and its evaluation, eight patients; return both runs."""
    trained = log_training(
        training(name, metrics={"kept/ssim": 0.9 + gain, "kept_epoch": 2, "psi_drift": drift})
    )
    table = slice_table(gain, patients=8, slices=6)
    evaluated = log_evaluation(table, trained)
    client = MlflowClient(tracking_uri())
    client.set_tag(evaluated, "pi.protocols", "paper8")
    for epoch, psi in ((1, 0.95), (2, 0.93)):
        client.log_metric(trained, "train/psi", psi, step=epoch)
        client.log_metric(trained, "train/image_loss", 1e-4, step=epoch)
        conflicts = epoch if name == "demo2" else 0
        client.log_metric(trained, "gradient/conflicts", conflicts, step=epoch)
        client.log_metric(trained, "gradient/measurements", 4, step=epoch)
    images = table.set_index("image")
    for metric in ranked_metrics():
        of = images.loc["denoised", metric]
        client.log_metric(evaluated, f"paper8/{metric}", of.mean())
        client.log_metric(evaluated, f"paper8/{metric}_sd", of.std(ddof=0))
        client.log_metric(
            evaluated, f"paper8/{metric}_low_dose", images.loc["low_dose", metric].mean()
        )
    client.log_metric(evaluated, "slices", 48)
    client.log_metric(evaluated, "patients", 8)
    return trained, evaluated


def log_search(note: str = "- The best is lambda = 1e-05 with demo1, a Psi of 23 %.") -> str:
    with Tracked().open("search", "a search") as tracked:
        tracked.params({"trials": 6, "objective": "val_ssim", "target_psi": 0.95,
                        "measured": "training", "tolerance": 0.02, "epochs": 2})  # fmt: skip
        tracked.tags({"optuna.study": "not there"})
        tracked.note(note)
        return tracked.run_id


@pytest.fixture(scope="module")
def whole(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a store that has a run of every stage."""
    folder = tmp_path_factory.mktemp("report")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        log_calibration()
        runs = [log_judged("demo1", 0.0)[1], log_judged("demo2", -0.01, drift=-3.5)[1]]
        arguments = ["--runs", ",".join(runs), "--metrics", "ssim", "--reference", "demo1"]
        assert run(compare.main, CompareParameters, "", arguments) == 0
        log_search()
        assert report() == 0
        return page_of(database)


@pytest.mark.parametrize(
    "section", ["data", "calibrated", "trained", "evaluated", "compared", "searched", "making"]
)
def test_every_stage_has_its_section_and_a_link_to_it(whole: str, section: str) -> None:
    assert whole.count(f'<section id="{section}">') == 1
    assert f'<a href="#{section}">' in whole


@pytest.mark.parametrize(
    "said",
    [
        "λ = 0.19 makes Ψ = 95 % with demo1",
        "<td>0.18 to 0.2</td>",
        "<td>90.91\u00a0%</td>",  # lambda .1: 10 of 11
        "<td>500 of 1,792</td>",
        "weights of nobody",
        "<td>0.15 (96\u00a0%)</td>",
        "7 patients, 1,792 patches",
        "test: 8 patients, 48 slices",
        "Ψ moved −3.50 percentage points",
        "<td>−2.00</td>",
        "in conflict (cosine below 0) in 3 of 8 measurements",
        "agreed whenever they were measured in demo1",
        "demo1, Ψ = 95 % has the best mean SSIM",
        "demo2 against demo1",
        '<span class="outcome worse">worse</span>',
        "The best is λ\u00a0=\u00a01e-05 with demo1, a Ψ of 23\u00a0%.",
        "dddddddddddd",
    ],
)
def test_what_was_found_is_told(whole: str, said: str) -> None:
    assert said in whole or said.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%") in whole


def test_the_figures_are_those_of_every_stage(whole: str) -> None:
    for name in ("influence", "by_reconstruction", "influence_over_epochs", "losses_over_epochs",
                 "paired_differences", "patient_gains", "effects"):  # fmt: skip
        assert f'<figure class="drawing" id="{name}">' in whole
    numbers = [f"<b>Figure {k}.</b>" for k in range(1, whole.count("<svg") + 1)]
    assert [whole.count(number) for number in numbers] == [1] * len(numbers)


def test_no_patient_is_on_it_and_nothing_is_fetched(whole: str) -> None:
    assert "S000" not in whole
    assert whole.count("<script") == 1  # our own
    assert 'src="http' not in whole
    assert "@import" not in whole


def test_what_cannot_be_read_is_told(whole: str) -> None:
    # The evaluations have no texture, and the study's database is not there.
    assert '<section id="missing">' in whole
    assert "must hold noise.json but it cannot be read" in whole
    assert "not there" in whole


def test_of_an_empty_store_the_page_says_what_would_fill_it(database: Path) -> None:
    assert report() == 0
    page = page_of(database)
    assert "There is no run to report yet" in page
    for command in ("make calibrate", "make main", "make compare", "make search"):
        assert f"{command} would" in page
    assert "<svg" not in page


def test_names_from_the_store_are_text(database: Path) -> None:
    log_calibration(RUDE)
    first, second = log_judged(RUDE, 0.0)[1], log_judged("demo2", -0.01)[1]
    client_of(database).set_tag(first, "mlflow.runName", RUDE)
    arguments = ["--runs", f"{first},{second}", "--metrics", "ssim", "--reference", first]
    assert run(compare.main, CompareParameters, "", arguments) == 0
    log_search(f"- {RUDE}")
    assert report("--runs", "all") == 0
    page = page_of(database)
    assert page.count("<script") == 1  # our own
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $\\frac$" in page


def test_half_logged_runs_are_told_and_the_others_stay(database: Path, undrawn: None) -> None:
    half = log_calibration("demo3", result=False)
    log_calibration("demo1")
    log_evaluation(TABLE, log_training())
    with Tracked().open("train", "begun"), Tracked().open("compare", "nothing compared"):
        pass
    assert report() == 0
    page = page_of(database)
    assert "<td>0.18 to 0.2</td>" in page
    assert "must hold its result but does not" in page
    assert "Evaluations that hold no means: evaluate" in page
    assert "must say what it compared but does not" in page
    assert half in page


def test_a_deleted_run_is_told_and_the_comparison_of_it_cannot_be_made_again(
    database: Path, undrawn: None
) -> None:
    trained, first = log_judged("demo1", 0.0)
    second = log_judged("demo2", -0.01)[1]
    arguments = ["--runs", f"{first},{second}", "--metrics", "ssim", "--reference", "demo1"]
    assert run(compare.main, CompareParameters, "", arguments) == 0
    client_of(database).delete_run(trained)
    assert report() == 0
    page = page_of(database)
    assert f"Run {trained[:6]}, which another run names, is deleted" in page
    assert f"Run ’{trained}’ must not be deleted but is" in page.replace("&#39;", "’")
    assert '<section id="compared">' not in page
    assert '<section id="evaluated">' in page


def test_runs_that_failed_are_named(database: Path) -> None:
    with pytest.raises(RuntimeError), Tracked().open("train", "a bad one"):
        raise RuntimeError
    assert report() == 0
    assert "Runs that failed, 1 of train: a bad one (" in page_of(database)


def test_a_run_stands_for_what_it_rests_on_and_what_was_made_of_it(
    database: Path, undrawn: None
) -> None:
    trained, evaluated = log_judged("demo1", 0.0)
    other, _ = log_judged("demo2", -0.01)
    assert report("--runs", trained) == 0
    page = page_of(database)
    assert evaluated in page
    assert other not in page
    assert report("--runs", "tags.pi.stage = 'train'") == 0
    assert other in page_of(database)


def test_a_calibration_holds_its_nested_runs(database: Path, undrawn: None) -> None:
    asked = log_calibration("demo1")
    log_calibration("demo2")
    assert report("--runs", asked) == 0
    page = page_of(database)
    assert "demo1, identity" in page
    assert "demo2, identity" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--runs", "nope"), "run 'nope' must exist but does not"),
        (("--runs", "main"), "must hold a finished run of main but has none."),
        (("--runs", "params.x = "), "`runs` must be run ids or an MLflow filter"),
        (("--runs", "params.x = 'y'"), "`runs` must mean at least one run but"),
        (("--runs", " "), "`runs` must be not empty"),
        (("--to", "no/such/folder/page.html"), "`to` must be a folder, or a file in a folder"),
        (("--to", "/home/jdoe/Eichendorff^Josef/x.json"), "`to` must be a folder, or a file in a"),
        (("--run", "all"), "unrecognized arguments: --run (did you mean --runs?) all"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    database: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert report(*arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Eichendorff" not in error
    assert error.count("\n") == 1


def test_a_copy_is_written_where_it_is_asked_for(database: Path, tmp_path: Path) -> None:
    assert report("--to", str(tmp_path)) == 0
    assert (tmp_path / "report.html").read_text() == page_of(database)
    assert report("--to", str(tmp_path / "mine.html")) == 0
    assert (tmp_path / "mine.html").read_text() == page_of(database)


def test_where_the_copy_lies_is_not_logged(database: Path, tmp_path: Path) -> None:
    assert report("--to", str(tmp_path)) == 0
    assert str(tmp_path) not in page_of(database)
    (found,) = client_of(database).search_runs(["1"], "tags.pi.stage = 'report'")
    assert str(tmp_path) not in str(found.data.to_dictionary())


def test_damaged_tables_of_another_program_do_not_stop_it(database: Path, undrawn: None) -> None:
    _, evaluated = log_judged("demo1", 0.0)
    client = client_of(database)
    for name in ("noise_power.parquet", "tissues.parquet"):
        client.log_text(evaluated, "no table", name)
    client.log_table(evaluated, pd.DataFrame({"a": [1]}), "noise.json")
    assert report() == 0
    assert "must be readable but is not" in page_of(database)
