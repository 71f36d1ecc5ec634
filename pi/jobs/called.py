"""What the runs of jobs are called in the tracking store, see `pi.run_names`."""

from typing import TYPE_CHECKING

from pi.parameters import TrainParameters
from pi.run_names import influence, network, run_name

if TYPE_CHECKING:  # which draws figures
    from pi.tracking.logged_evaluation import Origin
    from pi.tracking.records import Record

NOTHING = "low dose"
"""What an evaluation is called in which nothing was denoised."""


def training_name(parameters: TrainParameters, *, target: float | None, weight: float) -> str:
    """Return ``demo1 · Ψ 95 % · train``.

    Args:
        parameters: of the training.
        target: the Psi asked for; None where a number was, or it is not known yet.
        weight: that number; 0: of none.
    """
    return run_name(
        parameters.experiment,
        influence(target, weight),
        *network(vars(parameters), vars(TrainParameters())),
        "train",
    )


def evaluation_name(origin: "Origin", trained: "Record | None", part: str) -> str:
    """Return ``demo1 · Ψ 95 % · evaluate · test``.

    Args:
        origin: of what is evaluated.
        trained: the run of `train` that made it; None of anybody else's.
        part: whose patients.
    """
    if trained is None:
        told = NOTHING if origin.run_id else origin.passed.get("experiment", origin.name)
        return run_name(told, "evaluate", part)
    usual = {name: str(value) for name, value in vars(TrainParameters()).items()}
    made = usual | {name: trained.typed(name) for name in usual if name in trained.params}
    return run_name(
        made["experiment"],
        influence(_number(trained, "target_psi"), _number(trained, "lambda")),
        *network(made, usual),
        "evaluate",
        part,
    )


def _number(trained: "Record", name: str) -> float | None:
    try:
        return float(trained.typed(name))
    except ValueError:
        return None


def asked_name(stage: str, asked: str, target: float | None = None, *more: str) -> str:
    """Return ``demo1,mse · Ψ 95 % · calibrate``: what is asked for, then what is done with it."""
    return run_name(asked.replace(",", ", "), influence(target), *more, stage)
