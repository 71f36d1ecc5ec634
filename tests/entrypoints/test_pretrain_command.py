"""pretrain from its command line to the registry, and from there into a calibration."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from tracking.logged_figures import whole_figures

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from entrypoints import calibrate, pretrain, promote
from pi.command_line import run
from pi.jobs.contexts import find_contexts
from pi.losses.experiments import find_experiments
from pi.network.weight_file import read_convolutions
from pi.network.weights import load_weights
from pi.parameters import CalibrateParameters, PretrainParameters, PromoteParameters
from pi.places import file_digest
from pi.pretraining import simulated
from pi.slices.store import Store
from pi.tracking.address import TrackingError
from pi.tracking.kept_denoiser import fetch_model
from pi.tracking.loss_facts import DIGEST
from pi.tracking.registry import CONTEXT_FILE, FILE_DIGEST, fetch_context

pytestmark = pytest.mark.usefixtures("eager_module")

SMALL = [
    "--data", "simulated:tiny", "--patch_size", "32", "--steps", "3", "--batch_size", "4",
    "--held_out", "16", "--precision", "float32", "--deterministic", "False", "--name", "heads",
    "--architecture", "autoencoder",
]  # fmt: skip
CALIBRATE = [
    "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32", "--patch_step", "32",
    "--tolerance", "0.5", "--states", "identity",
]  # fmt: skip


def pretrained(*arguments: str) -> int:
    return run(pretrain.main, PretrainParameters, "", [*SMALL, *arguments])


def calibrated(*arguments: str) -> int:
    return run(calibrate.main, CalibrateParameters, "", [*CALIBRATE, *arguments])


def client(database: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{database}")


def runs_of(database: Path, stage: str) -> list[Run]:
    found = client(database)
    ids = [e.experiment_id for e in found.search_experiments()]
    return [r for r in found.search_runs(ids) if r.data.tags["pi.stage"] == stage]


@pytest.fixture(scope="module")
def worked(
    eager_module: None,
    tiny_cache: Path,
    empty_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A context that was pre-trained: where, and whose pixels were read."""
    folder = tmp_path_factory.mktemp("pretrained")
    database = Path(shutil.copy(empty_database, folder / "mlflow.db"))
    read, pair = set(), Store.pair

    def reading(self: Store, volume: int, index: int) -> object:
        read.add(self.volumes[volume].split)
        return pair(self, volume, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PI_CACHE", str(tiny_cache))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        patch.chdir(folder)
        patch.setattr(Store, "pair", reading)
        code = pretrained()
    return {"code": code, "database": database, "read": read}


@pytest.fixture
def there(worked: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database in which the context is registered, in force."""
    database: Path = worked["database"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    monkeypatch.chdir(database.parent)
    return database


def test_the_run_holds_weights_digests_and_scores_and_no_test_patient_was_read(
    worked: Any, tiny_store: Store
) -> None:
    assert worked["code"] == 0
    assert worked["read"] == {"train", "validation"}
    (one,) = runs_of(worked["database"], "pretrain")
    assert one.info.status == "FINISHED"
    assert one.data.tags["pi.data_digest"] == tiny_store.digest
    file = Path(one.info.artifact_uri.removeprefix("file://")) / CONTEXT_FILE
    assert one.data.tags[FILE_DIGEST] == file_digest(file)
    for task in ("dose", "kernel", "thickness"):
        assert 0 <= one.data.metrics[f"held_out/{task}"] <= 1
        assert one.data.metrics[f"chance/{task}"] == 0.5
    config = json.loads((file.parents[1] / "config.json").read_text())
    assert config["recipe"]["initial"] == "random"
    assert config["data"]["tasks"]["kernel"] == ["B30", "D45"]
    assert whole_figures(one.name for one in file.parents[1].iterdir()) == {"pretraining"}


def test_the_weights_are_the_same_bit_for_bit_through_file_and_registry(there: Path) -> None:
    (one,) = runs_of(there, "pretrain")
    file = Path(one.info.artifact_uri.removeprefix("file://")) / CONTEXT_FILE
    fetched, about = fetch_context("heads@1")
    assert fetched.read_bytes() == file.read_bytes()
    assert about.startswith("random, then 3 steps of header tasks (simulated data")
    files = find_contexts(find_experiments("autoencoder:medical:heads@1:block1_conv1"), "")
    weights = load_weights("autoencoder", "medical:heads@1", seed=0, files=files)
    assert weights.digest == one.data.tags[DIGEST]
    for one_pair, other in zip(
        weights.convolutions, read_convolutions(file, "autoencoder", "x"), strict=True
    ):
        assert all(np.array_equal(a, b) for a, b in zip(one_pair, other, strict=True))


def test_no_alias_is_set_unless_someone_says_so_and_then_the_context_is_all_calibrate_needs(
    there: Path, tiny_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client(there).get_registered_model("heads").aliases == {}
    encoder = "autoencoder:medical:heads@champion:block1_conv2"
    assert calibrated("--experiments", encoder) == 2
    assert "'heads' has the aliases none and the versions 1" in capsys.readouterr().err
    (one,) = runs_of(there, "pretrain")
    arguments = ["--run", one.info.run_id]
    assert run(promote.main, PromoteParameters, "", arguments) == 0
    assert "models:/heads@champion is now version 1" in capsys.readouterr().out

    assert calibrated("--experiments", encoder) == 0
    (found,) = runs_of(there, "calibration")
    assert found.data.params["context"] == "medical:heads@champion"
    assert found.data.tags[DIGEST] == one.data.tags[DIGEST]
    assert "(heads, version 1)" in found.data.tags["pi.context"]

    # The context `medical` itself may be one of the registry, too.
    given = ("--medical_weights", "models:/heads@1")
    assert calibrated("--experiments", "autoencoder:medical:block1_conv2", *given) == 0


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ("nosuch@champion", "no model is called 'nosuch' (contexts there: heads)"),
        ("heads@nosuch", "the versions 1; `promote` sets an alias."),
        ("heads@7", "must be in the model registry but 'heads' has the aliases"),
        ("heads", "must be medical:NAME@ALIAS or medical:NAME@VERSION but got 'medical:heads'."),
        ("heads@", "must be medical:NAME@ALIAS"),
    ],
)
def test_what_the_registry_lacks_is_one_sentence(
    there: Path, tiny_cache: Path, capsys: pytest.CaptureFixture[str], context: str, sentence: str
) -> None:
    assert calibrated("--experiments", f"autoencoder:medical:{context}:block1_conv1") == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert printed.count("\n") == 1


def test_promote_without_a_run_or_of_one_that_is_not_there_lists_the_newest(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = runs_of(there, "pretrain")
    told = f"; the newest are {one.info.run_id} ({one.info.run_name})"
    assert run(promote.main, PromoteParameters, "", []) == 2
    said = "error: `run` must be the id of a run of `train` or `pretrain` but is empty"
    assert capsys.readouterr().err.startswith(said + told)
    assert run(promote.main, PromoteParameters, "", ["--run", one.info.run_id[:8]]) == 2
    guessed = f"'{one.info.run_id[:8]}' (did you mean {one.info.run_id}?) must exist"
    assert guessed in capsys.readouterr().err


def test_of_a_model_that_is_not_there_those_that_are_are_told(there: Path) -> None:
    with pytest.raises(TrackingError, match=r"did you mean models:/heads.*; registered are models"):
        fetch_model("models:/head@champion")


def test_a_context_of_another_architecture_is_refused(
    there: Path, tiny_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated("--experiments", "vgg16:medical:heads@1:block1_conv1") == 2
    assert "must hold vgg16's 13 3x3 convolutions but hold 8" in capsys.readouterr().err


def test_a_registered_file_that_was_changed_and_a_model_of_another_kind_are_refused(
    there: Path, tmp_path: Path
) -> None:
    known = client(there)
    (one,) = runs_of(there, "pretrain")
    known.create_registered_model("denoisers")
    known.create_model_version("denoisers", one.info.artifact_uri, one.info.run_id)
    with pytest.raises(TrackingError, match="one that `pretrain` made but 'denoisers' holds"):
        fetch_context("denoisers@1")
    file = Path(one.info.artifact_uri.removeprefix("file://")) / CONTEXT_FILE
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[:-1] + b"?")
        with pytest.raises(TrackingError, match="must be those that were registered but their sha"):
            fetch_context("heads@1")
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--task", "segmentation"), "`task` must be one of headers, supervised, autoencoder but"),
        (("--steps", "0"), "`steps` must be a whole number greater than 0 but got 0."),
        (("--patch_size", "50"), "`patch_size` must be a multiple of 16"),
        (("--name", "a/b"), "`name` must be no path, which the tracking store would keep"),
        (("--encoder_input", "raw"), "`encoder_input` must be one of raw255"),
        (("--architecture", "resnet50"), "`architecture` must be one of auto, vgg16, vgg19"),
        (
            ("--task", "autoencoder", "--architecture", "vgg16"),
            "`architecture` must be autoencoder",
        ),
        (("--task", "supervised"), "`data` must be folder for the task supervised"),
        (("--task", "supervised", "--data", "folder"), "PI_DATA must name your folder of images"),
        (("--patch_size", "144"), "`patch_size` must be at most the slice's 128 pixels"),
        (("--context", "natural-offline"), "must be used with vgg16 but got autoencoder"),
        (("--context", "imagenet"), "but got autoencoder, for which Keras publishes no weights."),
    ],
)
def test_bad_input_is_one_sentence(
    database: Path,
    tiny_cache: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert pretrained(*arguments) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert printed.count("\n") == 1
    assert client(database).search_registered_models() == []


def test_images_of_the_users_are_learned_from_and_no_name_of_a_class_is_kept(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    for number, name in enumerate(("Eichendorff", "Lubowitz")):
        (tmp_path / "ward 7" / name).mkdir(parents=True)
        for k in range(4):
            noise = np.random.default_rng(k).integers(0, 9 + 200 * number, (40, 32), np.uint8)
            Image.fromarray(noise).save(tmp_path / "ward 7" / name / f"{k}.png")
    monkeypatch.setenv("PI_DATA", str(tmp_path / "ward 7"))
    assert pretrained("--task", "supervised", "--data", "folder", "--champion", "True") == 0
    (one,) = runs_of(database, "pretrain")
    assert one.data.metrics["loss/class"] > 0
    kept = b"".join(f.read_bytes() for f in database.parent.rglob("*") if f.is_file())
    assert not [word for word in (b"Eichendorff", b"Lubowitz", b"ward 7") if word in kept]
    assert client(database).get_model_version_by_alias("heads", "champion").version == 1


def test_ctrl_c_marks_the_run_killed(
    database: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pi.pretraining import recipe

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "learn", interrupted)
    assert pretrained() == 130
    assert [r.info.status for r in runs_of(database, "pretrain")] == ["KILLED"]


def test_the_demo_has_a_medical_context_on_a_machine_that_has_none(
    database: Path,
    tiny_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(simulated, "DATA", "simulated:tiny")
    recipe = replace(simulated.RECIPE, patch_size=16, fitted=8, steps=1, batch_size=2, held_out=4)
    monkeypatch.setattr(simulated, "RECIPE", recipe)
    monkeypatch.setenv("PI_CACHE", str(tmp_path))
    for name in ("simulated", "stores"):
        (tmp_path / name).symlink_to(tiny_cache / name)
    assert calibrated("--experiments", "demo3,demo1,demo4") == 0
    printed = capsys.readouterr().out
    assert printed.count("fine-tuning vgg16 on the header tasks") == 1
    assert printed.index("demo1 ") < printed.index("fine-tuning") < printed.index("demo3 ")
    assert printed.count("note: context medical-simulated is fine-tuned") == 1
    found = [r for r in runs_of(database, "calibration") if r.data.params["experiment"] != "demo1"]
    assert {r.data.params["context"] for r in found} == {"medical-simulated"}
    assert len({r.data.tags[DIGEST] for r in found}) == 1
    assert "header tasks of simulated CT" in found[0].data.tags["pi.context"]
    assert all("fine-tuned" in r.data.tags["pi.context_spread"] for r in found)
