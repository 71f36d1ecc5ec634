"""Algorithm 1 over all folds for real, killed once in the middle; and what it refuses."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from entrypoints.main import main
from pi.command_line import run
from pi.evaluation.ranking import rank_runs
from pi.evaluation.table import KEY
from pi.jobs.planned.carrying_out import slice_table
from pi.parameters import MainParameters
from pi.slices.store import Store
from pi.tracking.opened import EXPERIMENT

ROOT = Path(__file__).parents[2]
OWN = "vgg16:random:block1_conv1"
SHRUNK = (
    "train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,train.batch_size=112,train.epochs=1,"
    "train.gradient_every=0,train.validation_slices=1,train.validation_patches=16,"
    "train.precision=float32,calibrate.tolerance=0.5,evaluate.protocols=paper8"
)
TINY = ["--data", "simulated:tiny", "--experiments", f"{OWN},mse", "--overrides", SHRUNK]
STEPS = [
    f"fold{fold}/{step}"
    for fold in (1, 2)
    for step in ("calibrate", f"train/{OWN}", f"evaluate/{OWN}", "train/mse", "evaluate/mse")
]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--folds", "11"], "`folds` must be at most the 10 patients of the data but got 11."),
        (["--folds", "1"], "`folds` must be 2 or greater, or 0 for none, but got 1."),
        (["--folds", "-1"], "`folds` must be a whole number, 0 or greater but got -1."),
        (["--folds", "loo"], "`folds` must be a whole number but got 'loo'."),
        (["--folds", "2", "--overrides", "evaluate.part=validation"],
         "`evaluate.part` must be test where there are folds but got validation."),
        (["--folds", "2", "--overrides", "train.fold=2"],
         "`overrides` must leave the folds to `folds` but got train.fold."),
        (["--workers", "many"],
         "`workers` must be a number of processes, or the address of Dask's scheduler, "
         "tcp://HOST:PORT or tls://HOST:PORT but got 'many'."),
        (["--workers", "tcp://host:8786/x"],
         "`workers` must be no path, which the tracking store would keep: PI_DATA, PI_SPLIT and "
         "PI_WEIGHTS name files and folders, and data=folder, split=own and medical_weights=own "
         "mean them."),
        (["--step_resources", "GPU"],
         "`step_resources` must be NAME=NUMBER such as GPU=1, or train.NAME=NUMBER, separated by "
         "commas but got 'GPU'."),
        (["--only", "fold=1"],
         "`only` must name steps of the plan, such as step=calibrate, but got 'fold=1'; `--plan "
         "True` prints them all."),
        (["--only", "step=evaluate:mse"],
         "step evaluate/mse must have train/mse done before it but has not: `--only "
         "step=train:mse` does that."),
        (["--overrides", f"{SHRUNK},evaluate.features=vgg16:random:block2_conv1"],
         "`features` must be an encoder that the run was not trained with but got vgg16:random, "
         "with which vgg16:random:block1_conv1 is trained."),
        (["--overrides", f"{SHRUNK},evaluate.task=lesions", "--folds", "2"],
         "`data` must have lesions in patients of the part test for the task lesions but none has; "
         "simulated:lesions has some in test, and the task inserted_lesions needs none."),
        (["--overrides", f"{SHRUNK},evaluate.metrics=all,evaluate.metric=ms_ssim"],
         "`metric` must have a value of some slice but ms_ssim has none of fewer than 176 rows or "
         "columns, and the largest have 128."),
        (["--experiments", "E3"],
         "context `medical` must be given its weights as `medical_weights` but is not: the paper's "
         "medical VGG-19 was never published. `pretrain` makes one; own is the file that "
         "PI_WEIGHTS names."),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_one_sentence_and_leaves_no_run(
    tiny_cache: Path,
    database: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    assert run(main, MainParameters, "", [*TINY, *arguments]) == 2
    assert capsys.readouterr().err == f"error: {sentence}\n"
    assert MlflowClient(f"sqlite:///{database}").get_experiment_by_name(EXPERIMENT) is None


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "entrypoints.main", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(process: "subprocess.Popen[str]", step: str) -> None:
    """Send SIGTERM as soon as a step starts."""
    assert process.stdout is not None
    for line in process.stdout:
        if line == f"== {step}: starting\n":
            process.send_signal(signal.SIGTERM)
            break
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err


def children(client: MlflowClient, job: Run) -> dict[str, Run]:
    """The finished runs of the steps, by the names of the steps."""
    done = {
        key.removeprefix("pi.step."): client.get_run(run_id)
        for key, run_id in job.data.tags.items()
        if key.startswith("pi.step.")
    }
    return {name: child for name, child in done.items() if child.info.status == "FINISHED"}


@pytest.mark.slow
def test_every_patient_is_tested_once_though_it_was_killed_in_the_second_fold(
    tiny_store: Store, database: Path
) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    interrupted(start(*TINY, "--folds", "2"), f"fold2/train/{OWN}")
    (job,) = client.search_runs(["1"], "tags.`pi.stage` = 'main'")
    before = children(client, job)
    assert job.info.status == "KILLED"
    assert set(before) == set(STEPS[:6])

    process = start("--resume", job.info.run_id)
    out, err = process.communicate()
    assert process.returncode == 0, err
    said = dict(re.findall(r"^== (\S+): (done before|starting|going on)", out, re.MULTILINE))
    assert list(said) == STEPS
    assert [said[name] == "done before" for name in STEPS] == [True] * 6 + [False] * 4
    assert "evaluated on every patient, each tested once in 2 folds" in out

    job = client.get_run(job.info.run_id)
    after = children(client, job)
    assert (job.info.status, job.data.tags["pi.folds"]) == ("FINISHED", "2")
    assert set(after) == set(STEPS)
    assert {name: after[name].info.run_id for name in before} == {
        name: child.info.run_id for name, child in before.items()
    }
    for name, child in after.items():
        assert name.startswith(f"fold{child.data.tags['pi.fold']}/")
        assert child.data.tags["pi.folds"] == child.data.params["folds"] == "2"
    digests = Counter(child.data.tags["pi.data_digest"] for child in after.values())
    assert sorted(digests.values()) == [5, 5]

    tables = {}
    for experiment in (OWN, "mse"):
        ids = [after[f"fold{k}/evaluate/{experiment}"].info.run_id for k in (1, 2)]
        tables[experiment] = slice_table(ids)
        tested = [set(slice_table([run_id])["patient"]) for run_id in ids]
        assert [len(patients) for patients in tested] == [5, 5]
        assert set.union(*tested) == {volume.patient for volume in tiny_store.volumes}
        slices = tables[experiment].groupby(KEY).size()
        assert len(slices) == sum(len(volume.positions) for volume in tiny_store.volumes)
        assert set(slices) == {2}  # low dose and denoised, once each
    for _, row in rank_runs(tables, "paper8").iterrows():
        assert job.data.metrics[f"ssim_of/{row['experiment']}"] == row["ssim"]
