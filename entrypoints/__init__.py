"""One file per entry point: parse, do the job, print."""

import sys


def say(message: str) -> None:
    """Print what happens while a job works, at once, above a bar that may be there."""
    from tqdm import tqdm  # not for --help

    tqdm.write(message)
    sys.stdout.flush()


def recall(run_id: str) -> dict[str, str]:
    """Return what an earlier run was typed with, for `--resume RUN`."""
    from pi.jobs.agreement import parameters_of  # slow to load, and seldom needed

    return parameters_of(run_id)
