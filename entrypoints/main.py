"""Algorithm 1 of the paper as one command: calibrate, train and evaluate each experiment.

Everything is nested under one run, which ends with the paper's Table 3 for these experiments, the
control without perceptual loss (`mse`) and doing nothing (low dose). With `--folds K` all of it is
done once a fold, and Table 3 is of every patient. Last, the experiments are compared. Interrupted,
`--resume RUN` goes on at the first unfinished step.
"""

import sys

from entrypoints import calibrate, compare, evaluate, train
from entrypoints.parameters import (
    CalibrateParameters,
    CompareParameters,
    EvaluateParameters,
    MainParameters,
    TrainParameters,
    open_asked,
    recall,
)
from pi.command_line import parse, recorded, run

ENTRY_POINTS = {
    "calibrate": (calibrate, CalibrateParameters),
    "train": (train, TrainParameters),
    "evaluate": (evaluate, EvaluateParameters),
    "compare": (compare, CompareParameters),
}


def main(parameters: MainParameters) -> None:
    """Do every step that is not done, and say who came first."""
    # What is told of parameters and patients waits for no slow import.
    from pi.algorithm1 import make_plan
    from pi.switches import switch_rows, switch_values

    p = parameters
    switches = switch_values(p.protocol, p.overrides)
    plan = make_plan(switches, p.experiments, p.folds, vars(p))
    open_asked(p, p.folds, "train", "validation", plan.part)  # before there is a run

    import pi.network  # noqa: F401  first, for TensorFlow starts quietly there
    from pi.evaluation.ranking import rank_runs, ranking_text
    from pi.tracking.algorithm1 import carry_out, compare_all, log_board, slice_table
    from pi.tracking.resume import require_resumable
    from pi.tracking.run import open_run
    from pi.tracking.steps import Steps

    typed = recorded(p)
    require_resumable("main", p.resume, typed)
    on = f"{p.data}, {p.folds} folds" if p.folds else p.data
    title = f"{p.protocol}: {p.experiments} on {on}"
    with open_run("main", title, p.resume) as tracked:
        tracked.params({name: value for name, value in typed.items() if name != "resume"})
        steps = Steps(tracked, lambda message: print(f"== {message}", flush=True))
        evaluated = carry_out(plan, steps, take)
        tables = {name: slice_table(run_ids) for name, run_ids in evaluated.items()}
        board = rank_runs(tables, plan.protocol)
        log_board(tracked, board, switch_rows(switches), plan.judged)
        compare_all(plan, steps, take, evaluated)
    print(ranking_text(board, plan.protocol))
    print(f"this run: {tracked.run_id}; judged on {plan.judged}")


def take(entry_point: str, arguments: list[str], resumed: str) -> None:
    """Run an entry point on a command line, or let it resume the run ``resumed``."""
    module, parameters = ENTRY_POINTS[entry_point]
    more = ["--resume", resumed] if resumed else []
    module.main(parse(parameters, arguments + more, "", module.__name__))


if __name__ == "__main__":
    sys.exit(run(main, MainParameters, __doc__ or "", recall=recall))
