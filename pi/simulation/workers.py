"""Patients of a study made by several processes, which know nothing of the program that asks.

Not by `multiprocessing`: a spawned process imports the main module again, so that the script of a
user would need a ``__main__`` guard, and a notebook's cell or an interpreter's line has none.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue

from pi.simulation.patient import StudySize, write_patient

_START = "import sys; sys.path[:] = sys.argv[1:]; from pi.simulation.workers import serve; serve()"

Answer = int | OSError | None


class WorkerError(RuntimeError):
    """A process ended before its patients were made: it was killed, most often for its memory."""


def each_patient(size: StudySize, root: Path, seed: int, workers: int) -> Iterator[int]:
    """Yield the number of files of each patient as it is finished, in any order.

    Args:
        size: of the study.
        root: folder of the study.
        seed: of the study.
        workers: processes.

    Raises:
        WorkerError: one of them was killed.
        OSError: why a patient could not be written.
    """
    patients = range(1, size.patients + 1)
    answers: SimpleQueue[Answer] = SimpleQueue()
    processes = []
    try:
        for share in (patients[k::workers] for k in range(workers)):
            processes.append(_start())
            listening = (processes[-1], (size, list(share), seed, root), answers)
            threading.Thread(target=_talk, args=listening, daemon=True).start()
        for _ in patients:
            answer = answers.get()
            if answer is None:
                raise WorkerError("a process was killed before its patients were made.")
            if isinstance(answer, OSError):
                raise answer
            yield answer
    finally:
        for process in processes:
            process.kill()
            process.wait()


def serve() -> None:
    """Make the patients that standard input names, and tell of each; what a process does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once, without a traceback
    size, patients, seed, root = pickle.load(sys.stdin.buffer)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    for patient in patients:
        try:
            answer: Answer = write_patient(size, patient, seed, root)
        except OSError as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


def _start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", _START, *sys.path]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _talk(
    process: "subprocess.Popen[bytes]",
    asked: tuple[StudySize, Sequence[int], int, Path],
    answers: "SimpleQueue[Answer]",
) -> None:
    """Ask for the patients of one process and hand on its answers; None where it ended early."""
    assert process.stdin and process.stdout  # noqa: S101, PT018  both are pipes
    try:
        with process.stdin as questions, process.stdout as told:
            questions.write(pickle.dumps(asked))
            questions.flush()
            for _ in asked[1]:
                answers.put(pickle.load(told))
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        answers.put(None)
