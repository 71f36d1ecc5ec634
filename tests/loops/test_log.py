"""A loop of anyone in the tracking store: on the Training page and in the report, beside ours."""

from pathlib import Path

import numpy as np
import pytest

from pi.figures.training_curves import SERIES, training_curves
from pi.figures.training_panels import PSI
from pi.influence.gradient_pair import GradientInfluence, GradientPair
from pi.jobs.report import report
from pi.loops.log import EpochLog, epoch_record
from pi.loops.reading import MeterError
from pi.parameters import ReportParameters
from pi.tracking.listing import list_runs, read_series
from pi.tracking.tracker import Tracked
from pi.training.sums import InfluenceSums


def logged(database: Path, epochs: int = 3) -> str:
    log = EpochLog("mlflow", "their loop", {"experiment": "their loss"}, target=0.95)
    log.claim("train")
    log.claim("validation")
    pair = GradientPair(1.0, 10.0, 5.0)
    for epoch in range(1, epochs + 1):
        sums = InfluenceSums().add(np.ones(4), np.full((4, 2), 9.0 / epoch), 1.0)
        record = epoch_record(epoch, sums, 1.0, 0, 0.9, [GradientInfluence(0, 1.0, pair, pair)])
        log.write("train", record, ("vgg", "edges"))
        log.write("validation", record, ("vgg", "edges"))
    log.release("train")
    log.release("validation")
    (run,) = list_runs("train")
    return run.run_id


def test_it_is_listed_and_drawn_as_a_training(database: Path) -> None:
    run_id = logged(database)
    (run,) = list_runs("train")
    assert (run.name, run.status) == ("their loop", "FINISHED")
    series = read_series(run_id, SERIES)
    assert list(series.index) == [1, 2, 3]
    assert {"train/psi", "validation/psi", "gradient/psi_parameters", "lambda", "validation/ssim",
            "train/image_loss", "train/perceptual_loss"} <= set(series)  # fmt: skip
    (curves,) = training_curves(
        [("theirs", "theirs", series, float(run.record.params["target_psi"]))]
    )
    assert series[PSI].tolist() == pytest.approx([18 / 19, 9 / 10, 6 / 7])
    assert curves.drift == pytest.approx(100 * (6 / 7 - 0.95))
    assert run.record.metrics["psi_drift"] == pytest.approx(curves.drift)


def test_it_is_in_the_report(database: Path) -> None:
    logged(database)
    found = report(ReportParameters(), Tracked())
    assert "their loss" in found.html
    assert any("percentage points from its target" in said for said in found.page.headline)


def test_a_name_is_taken_once() -> None:
    log = EpochLog()
    log.claim("train")
    with pytest.raises(MeterError, match="'train' is taken"):
        log.claim("train")
    log.release("train")
    log.claim("train")


def test_a_place_that_is_none_is_told() -> None:
    log = EpochLog(to=5)
    record = epoch_record(
        1, InfluenceSums().add(np.ones(1), np.ones((1, 1)), 1.0), 1.0, 0, None, []
    )
    with pytest.raises(MeterError, match="log_to"):
        log.write("train", record, ("vgg",))
