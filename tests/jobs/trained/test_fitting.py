"""Training in the tracking store: what is logged, resumed, linked, and refused."""

import os
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from PIL import Image
from tracking.logged_figures import whole_figures

from entrypoints import recall
from entrypoints.train import main
from pi.command_line import run
from pi.denoisers import DenoiserSpec
from pi.errors import PiError
from pi.figures.training_influence import influence_history
from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.influence.named_schedules import find_schedule
from pi.influence.schedule import ScheduleState
from pi.jobs.agreement import require_agreement, require_resumable, require_same_data
from pi.jobs.trained.starting_weight import read_calibration, starting_weight
from pi.parameters import TrainParameters
from pi.slices.intensity import normalise
from pi.tracking.kept_denoiser import fetch_denoiser
from pi.tracking.logged_training import log_progress, log_result
from pi.tracking.opened import EXPERIMENT
from pi.tracking.tracker import Tracked
from pi.training.checkpoint import Arrays
from pi.training.epoch_summary import (
    asked_text,
    conflict_text,
    epoch_line,
    epoch_metrics,
    gradient_table,
    note,
    summary_text,
)
from pi.training.plan import StartingWeight, WeightSource
from pi.training.state import EpochRecord, TrainingState
from pi.training.sums import InfluenceSums

SMALL = [
    "--data", "simulated:tiny", "--denoiser", "unet:2", "--patch_size", "32", "--patch_step", "64",
    "--batch_size", "112", "--epochs", "1", "--gradient_every", "0", "--deterministic", "False",
    "--validation_slices", "1", "--validation_patches", "16", "--precision", "float32",
    "--experiment", "mse",
]  # fmt: skip
MADE_OF = {"data": "d1", "encoder_input": "raw255", "encoder": "vgg16:random:block1_conv1"}


def train(*arguments: str) -> int:
    return run(main, TrainParameters, "", [*SMALL, *arguments])


def resume(run_id: str, *arguments: str) -> int:
    """What is not typed is as the run had it."""
    return run(main, TrainParameters, "", ["--resume", run_id, *arguments], recall)


def client() -> MlflowClient:
    return MlflowClient(os.environ["MLFLOW_TRACKING_URI"])


def refuse(*arguments: object) -> None:
    raise AssertionError("nothing must be calibrated here")


def calibration(target: str = "0.9", weight: float = 1 / 3, digest: str = "d1") -> str:
    """The id of a nested calibration run made by hand."""
    opened = Tracked().open("calibrate", "by hand")
    with opened as parent, parent.child("one", "calibration") as child:
        child.params(
            {"architecture": "vgg16", "context": "random", "layers": "block1_conv1"}
            | {"encoder_input": "raw255", "target_psi": target}
        )
        child.tags({"pi.data_digest": digest, "pi.weights_digest": "w1"})
        child.metrics({"lambda": weight})
        return child.run_id


def test_a_run_holds_its_result_and_is_refused_where_it_differs(
    eager: None, tiny_cache: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--keep_checkpoints", "True") == 0
    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith("the low dose itself has a validation SSIM of 0.") for line in said)
    (epoch,) = (line for line in said if line.startswith("epoch 1/1 · 100 % · M "))
    assert " · SSIM " in epoch
    assert " (low dose ." in epoch
    assert any(line.startswith("kept epoch 1 of 1: validation SSIM ") for line in said)
    experiment = client().get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    (found,) = client().search_runs([experiment.experiment_id])
    run_id, metrics = found.info.run_id, found.data.metrics
    assert found.info.status == "FINISHED"
    assert metrics["train/psi"] == metrics["lambda"] == 0
    assert -1 < metrics["validation/ssim"] == metrics["kept/ssim"] < 1
    worse = metrics["kept/ssim"] < metrics["validation/ssim_low_dose"]
    assert epoch.endswith("worse than doing nothing") == worse
    assert metrics["train/total_loss"] == metrics["train/image_loss"] > 0
    assert client().get_metric_history(run_id, "validation/ssim")[0].step == 1
    files = {file.path for file in client().list_artifacts(run_id)}
    assert {"denoiser", "last", "config.json", "gradients.json"} <= files
    shown = {file.path for file in client().list_artifacts(run_id, "images")}
    assert {name.split("+")[0].rpartition("/")[2] for name in shown} == {"validation~slice1"}
    assert found.info.run_name == "mse · train"
    assert "influence_over_epochs.png" not in files  # MSE alone has none to draw
    assert fetch_denoiser(run_id).weights.name == "denoiser.weights.h5"
    assert found.data.tags["pi.precision"] == "float32"
    assert "resume" not in found.data.params

    for arguments, message in (
        (
            ["--denoiser", "unet:4"],
            f"to agree with run {run_id}, `denoiser` must be unet:2 but got unet:4.",
        ),
        (["--seed", "6"], "`seed` must be 5 but got 6"),
    ):
        assert resume(run_id, *arguments) == 2
        assert message in capsys.readouterr().err
    assert client().get_run(run_id).info.status == "FINISHED"  # a refusal changes nothing

    before = fetch_denoiser(run_id).weights.read_bytes()
    assert resume(run_id, "--checkpoint_minutes", "3") == 0  # over: logged again
    assert len(fetch_denoiser(run_id).weights.read_bytes()) == len(before)
    assert len(client().search_runs([experiment.experiment_id])) == 1


def test_a_validation_slice_is_one_image_on_a_window_that_does_not_change(database: Path) -> None:
    doses = [np.full((4, 6), hu, np.float32) for hu in (-160.0, 40.0, 240.0)]
    with Tracked().open("train", "x") as run:
        for epoch in (1, 2):
            low, middle, high = map(normalise, doses)
            log_progress(run, epoch, 2, (low, middle, high), (-160.0, 240.0))
    (shown, *_) = sorted(
        Path(client().download_artifacts(run.run_id, "images")).glob(
            "validation*slice2*step+2*.png"
        )
    )
    pixels = np.asarray(Image.open(shown))
    assert pixels.shape[:2] == (4, 18)
    grey = pixels.reshape(4, 18, -1)[..., 0]
    assert [set(part.ravel().tolist()) for part in np.split(grey, 3, axis=1)] == [{0}, {128}, {255}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--experiment", "demo3", "--perceptual_weight", "-1"], "must be finite and 0 or greater"),
        (
            ["--patch_size", "512"],
            "must be at most the slice's 128 pixels but got 512",
        ),
        (["--resume", "nothing"], "run 'nothing' must exist but does not"),
        (["--perceptual_weight", "psi:0.9"], "must be 0 with the experiment mse"),
        (["--epochs", "0"], "`epochs` must be"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_run(
    tiny_cache: Path,
    database: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert train(*arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert client().get_experiment_by_name(EXPERIMENT) is None


def test_other_data_are_refused(database: Path) -> None:
    with Tracked().open("train", "by hand") as tracked:
        tracked.tags({"pi.data_digest": "d1"})
        tracked.params({"learning_rate": "1e-3", "keep": "'last'", "resume": ""})
    require_resumable("train", tracked.run_id, {"learning_rate": "0.001", "keep": "last"})
    require_resumable("train", "", {"anything": "at all"})
    require_same_data(tracked.run_id, "d1")
    require_same_data("", "d2")
    with pytest.raises(PiError, match="`data digest` must be d1 but got d2"):
        require_same_data(tracked.run_id, "d2")
    with pytest.raises(PiError, match="`keep` must be last but got best"):
        require_resumable("train", tracked.run_id, {"keep": "best"})
    with Tracked().open("calibrate", "by hand") as other:
        pass
    with pytest.raises(PiError, match="`resume` must be a run of train"):
        require_resumable("train", other.run_id, {})


def test_a_calibration_gives_its_lambda_and_both_runs_name_each_other(database: Path) -> None:
    source = calibration()
    made_of = MADE_OF | {"weights of the encoder": "w1"}
    trained = []
    for name in ("one", "two"):
        with Tracked().open("train", name) as tracked:
            start = starting_weight(tracked, WeightSource(run=source), made_of, refuse)
            trained.append(tracked.run_id)
    assert start == StartingWeight(1 / 3, 0.9)
    assert client().get_run(trained[0]).data.tags["pi.calibration_run"] == source
    assert client().get_run(source).data.tags["pi.training_runs"] == " ".join(trained)


@pytest.mark.parametrize(
    ("name", "other"),
    [("data", "d2"), ("encoder_input", "keras_caffe"), ("weights of the encoder", "w2"),
     ("encoder", "vgg16:random:block5_conv3")],
)  # fmt: skip
def test_a_calibration_of_other_things_is_refused_with_both_values(
    database: Path, name: str, other: str
) -> None:
    source = calibration()
    made_of = MADE_OF | {"weights of the encoder": "w1"}
    with (
        Tracked().open("train", "one") as tracked,
        pytest.raises(PiError, match=f"`{name}` must be {made_of[name]} but got {other}"),
    ):
        starting_weight(tracked, WeightSource(run=source), made_of | {name: other}, refuse)


def test_a_run_that_is_no_calibration_of_one_thing_is_refused(database: Path) -> None:
    with Tracked().open("calibrate", "parent") as parent:
        pass
    with pytest.raises(PiError, match=r"or search:RUN, but .* is a run of calibrate"):
        read_calibration(parent.run_id)


def test_a_lambda_once_calibrated_is_not_calibrated_again(database: Path) -> None:
    with Tracked().open("train", "one") as tracked:
        tracked.metrics({"lambda_start": 1 / 7})
        start = starting_weight(tracked, WeightSource(target=0.95), {}, refuse)
    assert start == StartingWeight(1 / 7, 0.95)


def test_equal_things_agree_however_they_are_written() -> None:
    require_agreement({"a": "1e-3", "b": "x"}, {"a": "0.001"}, "run x")
    with pytest.raises(PiError, match="to agree with y, `a` must be 1 but got 2; `b` must be 3"):
        require_agreement({"a": "2", "b": "x"}, {"a": "1", "b": "3"}, "y")
    with pytest.raises(PiError, match="`a` must be empty but got 2; `b` must be 3 but got none"):
        require_agreement({"a": "2", "b": ""}, {"a": "", "b": "3"}, "y")


def test_gradient_influence_of_an_epoch_is_made_of_sums() -> None:
    pairs = [GradientPair(1.0, 1.0, 1.0), GradientPair(9.0, 1.0, 0.0)]
    gradients = tuple(GradientInfluence(k, 1.0, pair, pair) for k, pair in enumerate(pairs))
    sums = InfluenceSums().add(np.ones(2), np.ones((2, 1)), 1.0)
    found = epoch_metrics(EpochRecord(1, 1.0, 0, sums, sums, (0.5,), gradients), ())
    assert found["gradient/psi_parameters"] == found["gradient/psi_output"] == 2 / 12
    assert found["gradient/cosine_parameters"] == 0.5
    assert found["log10_lambda"] == 0
    table = gradient_table(list(gradients))
    assert table["psi_output"].tolist() == [0.5, 0.1]
    assert table["step"].tolist() == [0, 1]


def test_an_epoch_is_told_in_a_line() -> None:
    sums = InfluenceSums(image=2.2e-4, perceptual=(0.2,), weighted=4.0e-3, patches=2)
    record = EpochRecord(3, 0.02, 0, sums, sums, (0.871,), ())
    assert epoch_line(record, 10, 725, 0.906) == (
        "epoch 3/10 · 30 % · 12 min left · M 1.1e-4 · λP 2.0e-3 · Ψ 95 % · SSIM .871 (low dose "
        ".906): worse than doing nothing"
    )
    control = replace(record, epoch=10, training=InfluenceSums(image=1.0, patches=1))
    assert epoch_line(control, 10, 0.0, 0.5) == (
        "epoch 10/10 · 100 % · M 1.0e0 · SSIM .871 (low dose .500)"
    )


def epochs_of(*dots: float) -> list[EpochRecord]:
    """Two measurements an epoch at lambda 1, of |grad M|^2 = 4 and |grad P|^2 = 1."""
    sums = InfluenceSums().add(np.ones(2), np.ones((2, 1)), 1.0)
    pairs = [GradientPair(2.0, 1.0, dot) for dot in dots]
    found = [GradientInfluence(k, 1.0, pair, pair) for k, pair in enumerate(pairs)]
    return [
        EpochRecord(k + 1, 1.0, 0, sums, sums, (0.5,), tuple(found[2 * k : 2 * k + 2]))
        for k in range(len(dots) // 2)
    ]


def test_conflicts_are_counted_by_epoch_and_told_with_what_lambda_raised() -> None:
    history = epochs_of(0.5, -0.5, -1.5, -0.1, 1.0, 0.0)
    counts = [epoch_metrics(record, ())["gradient/conflicts"] for record in history]
    assert counts == [1, 2, 0]
    assert epoch_metrics(history[0], ())["gradient/measurements"] == 2
    said = conflict_text(history)
    assert "in 3 of 6 measurements, in 2 of 3 epochs, most in epoch 2 (2)" in said
    # lambda = 1 and g.g = 4, p.p = 1: at g.p = -1.5 a step raises P, at -.5 and -.1 neither.
    assert "raised the image loss in 0 and the perceptual loss in 1" in said
    assert "agreed (cosine of 0 or more) in all 2" in conflict_text(history[2:])
    unmeasured = conflict_text([replace(history[0], gradients=())])
    assert "nobody knows" in unmeasured
    drawn = influence_history(history, 2)
    assert drawn.conflict == "in conflict (below 0) in 3 of 6 measurements"
    state = TrainingState(ScheduleState(1.0), history=tuple(history), best_epoch=1)
    assert said in note(state, "", 0.4)
    assert said in summary_text(state, " (asked for: 90 %)", 0.4)
    assert "nobody" not in summary_text(
        replace(state, history=(replace(history[0], gradients=()),)), "", 0.4
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("fixed", " (asked for: 90 %)"), ("constant_psi", " (asked for: 90 %)"),
     ("constant_psi_gradient", " (of the gradient 90 % was asked for)"),
     ("config", " (begun at 90 %; the schedule aims at none)"),
     ("softadapt", " (begun at 90 %; the schedule aims at none)")],
)  # fmt: skip
def test_what_was_asked_for_is_told_as_the_schedule_takes_it(name: str, said: str) -> None:
    made = find_schedule(name, 1.0, target=0.9)
    assert asked_text(made, 0.9) == said
    assert asked_text(made, None) == ""


def test_an_influence_is_drawn_over_epochs_and_its_data_are_beside_it(
    database: Path, tmp_path: Path
) -> None:
    pair = GradientPair(9.0, 1.0, 0.0)
    sums = InfluenceSums().add(np.ones(2), np.full((2, 1), 3.0), 1.0)
    gradients = (GradientInfluence(2, 1.0, pair, pair),)
    record = EpochRecord(1, 1.0, 0, sums, sums, (0.5,), gradients)
    state = TrainingState(ScheduleState(1.0), history=(record,), best_epoch=1)
    trainer = MagicMock(steps=4)
    trainer.spec = DenoiserSpec("unet", 2)  # a mock takes the argument for another thing
    trainer.twin.save_weights = lambda path: path.write_text("weights")
    with Tracked().open("train", "one") as tracked:
        log_result(tracked, trainer, state, Arrays(), 0.75, 0.6)
    told = client().get_run(tracked.run_id).data.tags["mlflow.note.content"]
    assert "0.5000, below the low dose's 0.6000: worse than doing nothing" in told
    files = [file.path for file in client().list_artifacts(tracked.run_id)]
    assert whole_figures(files) == {"influence_over_epochs"}
    file = client().download_artifacts(tracked.run_id, "influence_over_epochs.csv", str(tmp_path))
    table = pd.read_csv(file).set_index(["quantity", "of"])
    assert table.loc[("psi", "training, ratio of sums")].tolist() == [1.0, 0.75]
    assert table.loc[("gradient_psi", "over the output")].tolist() == [0.5, 0.1]
