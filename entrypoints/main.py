"""Algorithm 1 of the paper as one command: calibrate, train and evaluate each experiment.

Everything is nested under one run, which ends with the paper's Table 3 for these experiments, the
control without perceptual loss (`mse`) and doing nothing (low dose). Interrupted, `--resume RUN`
goes on at the first unfinished step.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from entrypoints import calibrate, evaluate, train
from entrypoints.parameters import (
    CalibrateParameters,
    EvaluateParameters,
    MainParameters,
    TrainParameters,
    recall,
)
from pi.command_line import parse, recorded, run

P = TypeVar("P")


def main(parameters: MainParameters) -> None:
    """Do every step that is not done, and say who came first."""
    # Slow to import, and --help needs none of it.
    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.evaluation.ranking import rank_runs, ranking_text
    from pi.experiments import without_paths
    from pi.switches import experiment_names, step_arguments, switch_rows, switch_values
    from pi.tracking.algorithm1 import calibrated_runs, log_board, slice_table
    from pi.tracking.resume import require_resumable
    from pi.tracking.run import open_run
    from pi.tracking.steps import Steps

    p = parameters
    switches = switch_values(p.protocol, p.overrides)
    names = experiment_names(p.experiments)
    said = step_arguments(switches, vars(p))
    typed = recorded(p) | {"experiments": without_paths(p.experiments)}
    require_resumable("main", p.resume, typed)
    title = f"{p.protocol}: {typed['experiments']} on {p.data}"
    with open_run("main", title, p.resume) as tracked:
        tracked.params({name: value for name, value in typed.items() if name != "resume"})
        steps = Steps(tracked, lambda message: print(f"== {message}", flush=True))
        with_encoder = ",".join(name for name, spelt in names.items() if spelt)
        asked = said("calibrate", experiments=with_encoder)
        done = steps.do("calibrate", partial(step, calibrate.main, CalibrateParameters, asked))
        chosen = calibrated_runs(done, switches["calibrate.states"].partition(",")[0])
        tables = {}
        for name, spelt in names.items():
            weight = f"calibration:{chosen[spelt]}" if spelt else "0"
            asked = said("train", experiment=name, perceptual_weight=weight)
            learn = partial(step, train.main, TrainParameters, asked)
            done = steps.do(f"train/{spelt or name}", learn, resumable=True)
            asked = said("evaluate", run=done)
            judge = partial(step, evaluate.main, EvaluateParameters, asked)
            tables[spelt or name] = slice_table(steps.do(f"evaluate/{spelt or name}", judge))
        protocol = switches["evaluate.protocols"].partition(",")[0]
        board = rank_runs(tables, protocol)
        log_board(tracked, board, switch_rows(switches))
    print(ranking_text(board, protocol))
    print(f"this run: {tracked.run_id}; judged on the {switches['evaluate.part']} patients")


def step(
    entry_point: Callable[[P], None], kind: type[P], arguments: list[str], resumed: str
) -> None:
    """Run an entry point on a command line, or let it resume the run ``resumed``."""
    more = ["--resume", resumed] if resumed else []
    entry_point(parse(kind, arguments + more, "", entry_point.__module__))


if __name__ == "__main__":
    sys.exit(run(main, MainParameters, __doc__ or "", recall=recall))
