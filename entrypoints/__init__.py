"""One file per entry point: parse, do the job, print."""

import signal
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from pi import command_line
from pi.loudness import LOUDNESS

P = TypeVar("P")


def run(
    main: Callable[[P], None],
    parameters: type[P],
    description: str,
    recall: command_line.Recall | None = None,
) -> int:
    """Run an entry point on this command line, or tell what it would do; return the exit code.

    The process ends then, which takes TensorFlow a second: what comes so late stops nothing.
    """
    code = command_line.run(main, parameters, description, recall=recall, foresee=foresee)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    return code


def foresee(stage: str, parameters: object) -> str:
    """Return what an entry point would do, for ``--dry_run True``."""
    from pi.jobs.foreseen.foresee import foresee as tell  # slow to load, and seldom needed

    return tell(stage, parameters)


def say(message: str) -> None:
    """Print what happens while a job works, at once, above a bar that may be there."""
    loudness = LOUDNESS.get()
    if loudness == "quiet":
        return
    from tqdm import tqdm  # not for --help

    tqdm.write(f"{time.strftime('%H:%M:%S')}  {message}" if loudness == "verbose" else message)
    sys.stdout.flush()


def recall(run_id: str) -> dict[str, str]:
    """Return what an earlier run was typed with, for `--resume RUN`."""
    from pi.jobs.agreement import OF_THE_COMMAND, parameters_of  # slow to load, and seldom needed

    earlier = parameters_of(run_id)
    return {name: value for name, value in earlier.items() if name not in OF_THE_COMMAND}
