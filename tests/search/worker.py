"""A process that works at a study: each trial takes a while and leaves its marks in a file.

python -m search.worker URL MARKS TRIALS
"""

import os
import sys
import time
from pathlib import Path

from optuna import Trial
from search.studies import BALANCES, objective, space, study_of, training

from pi.search.space import Point
from pi.search.storage import open_storage
from pi.search.study import Outcome, run_trials

HEARTBEAT = 1
SECONDS = 0.25
SOUGHT = objective(epochs=1)


def main(url: str, marks: Path, trials: int) -> None:
    """Work until the study has its trials."""
    storage = open_storage(url, "http://elsewhere", heartbeat=HEARTBEAT)
    study = study_of(SOUGHT, storage=storage)

    def mark(word: str, trial: Trial, point: Point) -> None:
        with marks.open("a") as file:
            file.write(f"{word} {os.getpid()} {trial.number} {point.log_odds!r}\n")

    def evaluate(trial: Trial) -> Outcome:
        point = space().suggest(trial, BALANCES)
        mark("began", trial, point)
        time.sleep(SECONDS)
        outcome = SOUGHT.evaluate(
            trial, point, training(lambda point, epoch: ([0.9 - point.log_odds / 100], 0.0), 1)
        )
        mark("ended", trial, point)
        return outcome

    run_trials(study, evaluate, trials, wait=0.2)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
