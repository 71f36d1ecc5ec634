"""The main job, shrunk to seconds, from its command line to what MLflow holds; and its refusals."""

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ct_files import noise, write_stack
from mlflow import MlflowClient
from mlflow.entities import Run
from tracking.logged_figures import whole_figures

from entrypoints.calibrate import main
from pi.command_line import run
from pi.parameters import CalibrateParameters

ROOT = Path(__file__).parents[2]
TINY = (
    "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32", "--patch_step", "32",
    "--tolerance", "0.2",
)  # fmt: skip
SMALL = (*TINY, "--experiments", "vgg16:random:block1_conv2")


def calibrate(*arguments: str) -> int:
    return run(main, CalibrateParameters, "", arguments)


def runs_in(database: Path) -> dict[str, Run]:
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    return {r.info.run_name: r for r in client.search_runs(experiments)}


@pytest.fixture(scope="module")
def shrunk(
    tiny_cache: Path, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Run]:
    """Every run that the shrunk default leaves behind."""
    folder = tmp_path_factory.mktemp("shrunk")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(tiny_cache))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        code = calibrate(*TINY, "--experiments", "demo1,demo2", "--perceptual_weight", "0.1,1e-5")
    assert code == 0
    return runs_in(database) | {"": _holder(database)}


def _holder(database: Path) -> Run:
    (parent,) = [r for r in runs_in(database).values() if "mlflow.parentRunId" not in r.data.tags]
    return parent


CHILDREN = [f"demo{k} · {state}" for k in (1, 2) for state in ("identity", "untrained")]


def artifact(run_: Run, name: str) -> Path:
    return Path(run_.info.artifact_uri.removeprefix("file://")) / name


def test_it_leaves_a_parent_and_a_child_per_configuration_and_state(
    shrunk: dict[str, Run],
) -> None:
    parent = shrunk[""]
    assert set(shrunk) == {"", parent.info.run_name, *CHILDREN}
    assert {r.info.status for r in shrunk.values()} == {"FINISHED"}
    for name in CHILDREN:
        assert shrunk[name].data.tags["mlflow.parentRunId"] == parent.info.run_id


def test_the_parent_holds_the_parameters_as_typed(shrunk: dict[str, Run]) -> None:
    params = shrunk[""].data.params
    assert (params["experiments"], params["data"]) == ("demo1,demo2", "simulated:tiny")
    assert (params["tolerance"], params["target_psi"], params["seed"]) == ("0.2", "0.95", "5")
    assert (params["split"], params["medical_weights"]) == ("auto", "")


@pytest.mark.parametrize("name", CHILDREN)
def test_lambda_reaches_the_psi_asked_for_within_the_tolerance(
    shrunk: dict[str, Run], name: str
) -> None:
    metrics = shrunk[name].data.metrics
    assert metrics["psi"] == pytest.approx(0.95)
    assert metrics["lambda"] == pytest.approx(
        19 * metrics["image_loss"] / metrics["perceptual_loss"]
    )
    assert metrics["log10_lambda"] == pytest.approx(math.log10(metrics["lambda"]))
    assert metrics["lambda_low"] < metrics["lambda"] < metrics["lambda_high"]
    assert metrics["log_lambda_half_width"] <= math.log(1.2)
    assert 0.9 < metrics["psi_at/0.1"] < 1
    assert 120 <= metrics["patches"] < metrics["patches_in_training_set"] == 1792
    assert metrics["patches_degenerate"] == 0
    strata = [key for key in metrics if key.startswith("psi_in/")]
    assert set(strata) == {f"psi_in/{t}mm_{k}_25pct" for t in (1, 3) for k in ("B30", "D45")}


@pytest.mark.parametrize("name", CHILDREN)
def test_the_curve_is_logged_point_by_point_and_as_a_table(
    shrunk: dict[str, Run], name: str
) -> None:
    store = Path(shrunk[name].info.artifact_uri.removeprefix("file://")).parents[3]
    client = MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
    psi, weights = (
        {m.step: m.value for m in client.get_metric_history(shrunk[name].info.run_id, key)}
        for key in ("curve/psi_pct", "curve/log10_lambda")
    )
    content = json.loads(artifact(shrunk[name], "curve.json").read_text())
    table = pd.DataFrame(content["data"], columns=content["columns"])
    assert [weights[k] for k in range(len(table))] == pytest.approx(table["log10_lambda"])
    assert [psi[k] for k in range(len(table))] == pytest.approx(100 * table["psi"])
    assert (np.diff(table["psi"]) >= 0).all()


@pytest.mark.parametrize("name", CHILDREN)
def test_the_patches_that_lambda_rests_on_are_kept(shrunk: dict[str, Run], name: str) -> None:
    table = pd.read_parquet(artifact(shrunk[name], "patches.parquet"))
    metrics = shrunk[name].data.metrics
    (layer,) = [c for c in table.columns if c.startswith("perceptual_loss/")]
    assert len(table) == metrics["patches"]
    image, features = (np.average(table[c], weights=table["weight"]) for c in ("image_loss", layer))
    weight = 19 * image / features
    assert table["weight"].sum() == pytest.approx(metrics["patches_in_training_set"])
    assert weight == pytest.approx(metrics["lambda"], rel=1e-12)
    assert not table.duplicated(
        ["patient", "thickness", "kernel", "position", "row", "column"]
    ).any()


def test_doses_that_are_calibrated_together_are_told_and_each_has_its_lambda(
    database: Path, undrawn: None, two_doses: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ("--data", two_doses, "--states", "identity")
    assert calibrate(*SMALL, *own) == 0
    said = capsys.readouterr().out
    assert "note: the training slices are of 2 doses, 10%" in said
    assert "1mm B30 10%" in said
    metrics = _child(database).data.metrics
    assert {name for name in metrics if name.startswith("lambda_in/")} == {
        f"lambda_in/{place}_{kernel}_{dose}"
        for place, dose in (("1mm", "10pct"), ("3mm", "25pct")) for kernel in ("B30", "D45")
    }  # fmt: skip
    table = pd.read_parquet(artifact(_child(database), "patches.parquet"))
    assert set(zip(table["thickness"], table["dose"], strict=True)) == {(1.0, 0.1), (3.0, 0.25)}
    assert calibrate(*SMALL, *own, "--dose", "10%") == 0
    assert "note:" not in capsys.readouterr().out


def _child(database: Path) -> Run:
    (child,) = [r for name, r in runs_in(database).items() if "identity" in name]
    return child


def test_the_parent_holds_the_figure_and_the_tables(shrunk: dict[str, Run]) -> None:
    assert whole_figures(one.name for one in artifact(shrunk[""], ".").iterdir()) == {"influence"}
    for name in ("influence.png", "influence.svg", "summary.json", "by_reconstruction.json"):
        assert artifact(shrunk[""], name).stat().st_size > 500
    config = json.loads(artifact(shrunk[""], "config.json").read_text())
    assert config["experiments"]["demo1"] == "vgg16:natural-offline:block3_conv2"
    assert config["data"]["training_patches"] == 1792
    assert "demo2" in shrunk[""].data.tags["mlflow.note.content"]


def test_contexts_are_logged_by_their_true_name(shrunk: dict[str, Run]) -> None:
    child = shrunk[CHILDREN[0]]
    assert child.data.params["context"] == "natural-offline"
    assert "BSDS500" in child.data.tags["pi.context"]
    assert len(child.data.tags["pi.weights_digest"]) == 64


def test_the_data_are_known_by_their_digest(shrunk: dict[str, Run], tiny_cache: Path) -> None:
    (used,) = shrunk[""].inputs.dataset_inputs
    digest = json.loads(used.dataset.source)["manifest"]
    assert digest.startswith(used.dataset.digest)
    assert shrunk[""].data.tags["pi.data_digest"] == digest


# Repeatable


def lambdas(database: Path) -> dict[str, float]:
    return {
        name: r.data.metrics["lambda_exact"]
        for name, r in runs_in(database).items()
        if "lambda_exact" in r.data.metrics
    }


@pytest.fixture
def here(
    tiny_cache: Path, database: Path, undrawn: None, eager: None, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The tiny study and a database of this test's own."""
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    return database


def test_the_same_seed_gives_the_same_lambdas_and_another_seed_others(
    here: Path, empty_database: Path
) -> None:
    found = []
    for seed in ("5", "5", "6"):
        assert calibrate(*SMALL, "--states", "identity", "--seed", seed) == 0
        found.append(lambdas(here))
        shutil.copy(empty_database, here)
    assert found[0] == found[1]
    assert all(found[0][name] != found[2][name] for name in found[0])


@pytest.mark.slow
def test_a_state_does_not_depend_on_the_states_beside_it(here: Path, empty_database: Path) -> None:
    found = []
    for states in ("warmup:2", "warmup:1,warmup:2"):
        # Every patch of a coarse grid, so that no sampling hides a difference.
        options = ("--states", states, "--exhaustive", "True", "--patch_step", "128")
        assert calibrate(*SMALL, *options) == 0
        found.append(lambdas(here)["vgg16:random:block1_conv2 · warmup:2"])
        shutil.copy(empty_database, here)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_a_warmed_up_network_can_be_calibrated_again_by_its_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(*SMALL, "--states", "warmup:2") == 0
    warm = lambdas(here)
    run_id = _holder(here).info.run_id
    assert calibrate(*SMALL, "--states", f"logged:{run_id}") == 0
    assert lambdas(here)[f"vgg16:random:block1_conv2 · logged:{run_id}"] == pytest.approx(
        warm["vgg16:random:block1_conv2 · warmup:2"], rel=1e-5
    )
    assert calibrate(*SMALL, "--states", f"logged:{run_id}", "--denoiser", "unet:4") == 2
    assert (
        f"`denoiser` must be unet:2, as run {run_id!r} has it, but got unet:4"
        in capsys.readouterr().err
    )


def test_what_is_printed_is_the_answer_and_where_to_see_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(*SMALL) == 0
    printed = capsys.readouterr()
    assert "lambda for a perceptual influence of 95 %:" in printed.out
    assert f"/runs/{_holder(here).info.run_id}?workflowType=machine_learning" in printed.out
    assert "mlflow ui --backend-store-uri sqlite:////" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize(
    "options",
    [
        ("--estimator", "mean_of_ratios", "--rounding", "nearest_decade_log10"),
        ("--exhaustive", "True", "--patch_step", "96", "--grid", "covering"),
        ("--perceptual_weight", "0,1e6,0.1", "--target_psi", "0.999999"),
        ("--encoder_input", "window:-160:240", "--rounding", "ceil_decade"),
    ],
)
def test_every_way_of_asking_is_answered(here: Path, options: tuple[str, ...]) -> None:
    assert calibrate(*SMALL, "--states", "identity", *options) == 0
    assert {r.info.status for r in runs_in(here).values()} == {"FINISHED"}


# Bad input: exit code 2, one line, the run FAILED where there is one, earlier results untouched

NO_RUN = [
    (("--nonsense", "1"), "unrecognized arguments: --nonsense 1"),
    (("--target_psi", "1.2"), "`target_psi` must be in (0, 1) but got 1.2."),
    (("--target_psi", "nan"), "`target_psi` must be in (0, 1) but got nan."),
    (
        ("--perceptual_weight", "-1"),
        "`perceptual_weight` must be finite and 0 or greater but got -1",
    ),
    (("--perceptual_weight", "x"), "`perceptual_weight` must be numbers separated by commas but"),
    (("--experiments", "E9"), "`experiments` must be made of paper, demo, literature, E1"),
    (
        ("--experiments", "vgg16:random:block9_conv1"),
        "but got 'block9_conv1' (did you mean block5_conv1?).",
    ),
    (("--encoder_input", "raw"), "`encoder_input` must be one of raw255"),
    (("--states", "trained"), "`states` must be made of identity"),
    (("--patch_size", "40"), "`patch_size` must be a multiple of 16, at least 16 but got 40."),
    (("--tolerance", "0"), "`tolerance` must be a finite number greater than 0 but got 0."),
    (("--data", "/ward/Eichendorff"), "`data` must be no path"),
]
NOT_TO_BE_HAD = [
    (("--data", "simulated:huge"), "`data` must be simulated:SIZE"),
    (("--data", "no-such-store"), "store 'no-such-store' must exist but does not"),
    (("--data", "folder"), "PI_DATA must name your folder of scans but is not set."),
    (("--patch_size", "160"), "`patch_size` must be at most the slice's 128 pixels but got 160."),
    (("--experiments", "E3"), "context `medical` must be given its weights"),
    (("--experiments", "vgg16:nature:block1_conv1"), "`context` must be one of imagenet"),
    (("--experiments", "vgg19:natural-offline:block1_conv1"), "must be used with vgg16"),
    (("--states", "logged:nothing"), "run 'nothing' must exist and be readable but is not."),
]  # fmt: skip


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert calibrate(*SMALL, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    reasons = printed.err.splitlines()[1:]
    assert all(re.match(r" +\d+  [a-z-]+: |every file with its reason: ", line) for line in reasons)
    return printed.err


@pytest.mark.parametrize(("arguments", "sentence"), NO_RUN)
def test_a_bad_parameter_is_one_sentence_before_any_run(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(capsys, *arguments)
    assert runs_in(here) == {}


@pytest.mark.parametrize(("arguments", "sentence"), NOT_TO_BE_HAD)
def test_what_cannot_be_had_is_one_sentence_before_any_run(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(capsys, *arguments)
    assert runs_in(here) == {}


@pytest.mark.parametrize("case", ["empty", "dicom-free", "one dose"])
def test_a_folder_that_holds_no_pairs_is_one_sentence(
    here: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    folder = tmp_path / "Eichendorff"
    folder.mkdir()
    if case == "dicom-free":
        (folder / "notes.txt").write_text("x")
    if case == "one dose":
        write_stack(folder / "full_3mm")
    monkeypatch.setenv("PI_DATA", str(folder))
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    assert "Eichendorff" not in refused(capsys, "--data", "folder")
    assert runs_in(here) == {}


def test_a_corrupt_store_is_one_sentence(
    here: Path,
    tmp_path: Path,
    tiny_cache: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "cache" / "stores" / "mine"
    shutil.copytree(tiny_cache / "stores" / "simulated-tiny-seed5-recipe2", store)
    for volume in (store / "volumes").glob("*.npy"):
        content = bytearray(volume.read_bytes())
        content[1000::999] = bytes(len(content[1000::999]))
        volume.write_bytes(content)
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    assert "must have the pixels that were written" in refused(capsys, "--data", "mine")
    (store / "manifest.json").write_text("{")
    refused(capsys, "--data", "mine")
    (store / "manifest.json").unlink()
    assert "must be complete but has no manifest" in refused(capsys, "--data", "mine")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "sqlite:////no/such/folder/mlflow.db"])
def test_a_tracking_store_that_is_not_there_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert f"{uri} does not" in refused(capsys)


def test_earlier_results_stay_as_they_were(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(*SMALL, "--states", "identity") == 0
    before = {name: r.to_dictionary() for name, r in runs_in(here).items()}
    capsys.readouterr()
    refused(capsys, "--data", "no-such-store")
    after = {name: r.to_dictionary() for name, r in runs_in(here).items()}
    assert {name: after[name] for name in before} == before


# Nobody is named

PATIENTS = ("Eichendorff", "Lubowitz", "Hedwig")
IDENTIFYING = (
    *PATIENTS, "MRN4711", "20150713", "19570826", "1.2.826", "ward 7", "ward%207", "scans of",
    "Eichendorff.h5", "secret weights",
)  # fmt: skip


def planted(folder: Path) -> Path:
    """A folder of one's own whose every name and header says who somebody is."""
    source = folder / "ward 7" / "scans of Eichendorff"
    for patient in PATIENTS:
        for dose, name, sd in (("FD", "full_3mm", 10), ("QD", "quarter_3mm", 20)):
            for number, z in enumerate((0.0, 2.0, 4.0)):
                write_stack(
                    source / patient / f"{name}", [z], patient=patient, dose=dose,
                    hu=noise(f"{patient}{dose}{number}", sd, 32), PatientID="MRN4711",
                    PatientBirthDate="19570826", ReferringPhysicianName="Lubowitz",
                )  # fmt: skip
                made = next((source / patient / name).glob("*.IMA"))
                made.rename(made.with_name(f"Eichendorff-{number}.dcm"))
    return source


def weight_file(folder: Path) -> Path:
    import h5py

    from pi.losses.architecture import layer_names
    from pi.network.weights import load_weights

    folder.mkdir(parents=True)
    with h5py.File(folder / "w.h5", "w") as file:
        arrays = load_weights("vgg16", "random", seed=1).convolutions
        for name, (kernel, bias) in zip(layer_names("vgg16"), arrays, strict=True):
            file[f"{name}/kernel"], file[f"{name}/bias"] = kernel, bias
    return folder / "w.h5"


def leaks(folder: Path) -> list[tuple[str, str]]:
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        text = path.relative_to(folder).as_posix().encode() + content
        found += [(path.name, t) for t in IDENTIFYING if t.lower().encode() in text.lower()]
    return found


def test_no_name_id_date_uid_or_folder_reaches_the_tracking_store(
    database: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PI_DATA", str(planted(tmp_path)))
    monkeypatch.setenv("PI_CACHE", str(tmp_path / "cache"))
    weights = weight_file(tmp_path / "secret weights of Eichendorff")
    split = tmp_path / "ward 7" / "Lubowitz.json"
    split.write_text(json.dumps({"train": PATIENTS[:2], "test": PATIENTS[2:]}))
    monkeypatch.setenv("PI_SPLIT", str(split))
    monkeypatch.setenv("PI_WEIGHTS", str(weights))
    code = calibrate(
        "--data", "folder", "--split", "own", "--denoiser", "unet:1", "--patch_size", "16",
        "--patch_step", "16", "--medical_weights", "own", "--states", "identity,untrained",
        "--experiments", "vgg16:medical:block1_conv1,vgg16:own:block1_conv2",
    )  # fmt: skip
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    assert len(runs_in(database)) == 5
    assert leaks(database.parent) == []
    assert not [t for t in IDENTIFYING if t.lower() in printed.out.lower()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data", "/ward 7/scans of Eichendorff"),
        ("--data", "folder", "--split", "/ward 7/Eichendorff.json"),
        ("--experiments", "vgg16:own:/ward 7/secret weights/w:block1_conv1"),
        ("--experiments", "E3", "--medical_weights", "/ward 7/Eichendorff.h5"),
    ],
)
def test_not_even_a_failure_writes_a_path_into_the_tracking_store(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    refused(capsys, *arguments)
    assert leaks(here.parent) == []


# As MLflow runs it


@pytest.mark.slow
def test_mlflow_run_calibrates_into_the_run_that_it_made(
    here: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    options = {
        "data": "simulated:tiny", "denoiser": "unet:2", "patch_size": "32", "patch_step": "32",
        "tolerance": "0.2", "experiments": "demo1,vgg16:random:block1_conv2",
    }  # fmt: skip
    words = [word for key, value in options.items() for word in ("-P", f"{key}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "mlflow", "run", str(ROOT), "-e", "calibrate", "--env-manager",
         "local", *words],
        capture_output=True, text=True, check=False, cwd=here.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = runs_in(here)
    assert len(found) == 5
    assert {r.info.status for r in found.values()} == {"FINISHED"}
    params = _holder(here).data.params
    assert {key: params[key] for key in options} == options
    assert params["seed"] == "5"
    assert params["medical_weights"] in ("", "''")
