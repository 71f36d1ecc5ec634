"""Trainings and evaluations as the tracking store holds them, and as they are read back."""

from collections.abc import Mapping

import pandas as pd
from report.compared import slice_table

from pi.jobs.compared.evaluated import Evaluated
from pi.tracking.records import Record
from pi.tracking.tracker import Tracked

TRACKED = Tracked()
DIGEST = "d" * 64


TABLE = slice_table(0.0, patients=2, slices=3)

CALIBRATION = Record(
    {"experiment": "demo1", "architecture": "vgg16", "context": "random", "state": "identity",
     "layers": "block3_conv2", "target_psi": "0.95"},
    {"lambda": 0.19, "lambda_low": 0.18, "lambda_high": 0.2, "image_loss": 0.01,
     "perceptual_loss": 1.0},
    {},
)  # fmt: skip
"""A nested calibration whose two losses are as 100 to 1."""


def training(
    experiment: str = "demo1",
    seed: int = 5,
    *,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    **params: object,
) -> Record:
    """Return what a training holds."""
    own = {} if experiment == "mse" else {
        "architecture": "vgg16", "context": "random", "layers": "block3_conv2",
        "target_psi": 0.95, "perceptual_weight": "psi:0.95",
    }  # fmt: skip
    all_params = {"experiment": experiment, "seed": seed, "schedule": "fixed", "lambda": 0.19,
                  **own, **params}  # fmt: skip
    return Record(
        {name: str(value) for name, value in all_params.items()},
        {"train/psi": 0.93, **(metrics or {})},
        {"pi.data_digest": DIGEST, "pi.context": "random weights", **(tags or {})},
    )


def evaluation(
    run_id: str,
    trained: Record | None,
    table: pd.DataFrame = TABLE,
    *,
    digest: str = DIGEST,
    part: str = "test",
    tags: Mapping[str, str] | None = None,
) -> Evaluated:
    """Return an evaluation as it is read back; ``trained`` is the run of its name."""
    record = Record(
        {"experiment": "identity", "part": part, "seed": "5", "data": "mine"},
        {},
        {"pi.data_digest": digest, **(tags or {})},
    )
    return Evaluated(run_id, record, f"trained-{run_id}" if trained else "", trained, table, False)


def log_training(record: Record | None = None, tracker: Tracked = TRACKED) -> str:
    """Log a training without its weights; return its id."""
    made = record or training()
    with tracker.open("train", "a training") as run:
        run.params(made.params)
        run.metrics(made.metrics)
        run.tags(made.tags)
        return run.run_id


def log_evaluation(
    table: pd.DataFrame | None,
    trained: str = "identity",
    part: str = "test",
    digest: str = DIGEST,
    tags: Mapping[str, str] | None = None,
    tracker: Tracked = TRACKED,
) -> str:
    """Log an evaluation of patients (nothing is simulated); return its id."""
    with tracker.open("evaluate", f"evaluate {trained}") as run:
        run.params({"experiment": "identity", "part": part, "seed": 5, "data": "mine"})
        run.tags({"pi.data_digest": digest, "pi.evaluated_run": trained, **(tags or {})})
        run.json({"data": {"digest": digest, "simulated": False, "part": part}}, "config.json")
        if table is not None:
            run.parquet(table, "slices.parquet")
        if trained != "identity":
            run.tags_of(trained, {f"pi.evaluated_by.{part}": run.run_id})
        return run.run_id
