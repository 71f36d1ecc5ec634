"""How well what was learned does on held-out images."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pi.digits import percent
from pi.pretraining.examples import Examples, Images
from pi.pretraining.tasks import UNKNOWN, Task

SETTLING = 16
"""Batches of training images, looked at without learning, before what was learned is scored."""

JUDGED_AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class TaskScore:
    """How well a task is done on held-out images.

    Attributes:
        task: its name.
        score: share of right answers, averaged over the classes that are there, so that a
            frequent one counts no more than a rare one; of a reconstruction 1 - error / variance.
        chance: score of whoever does not look: one over the classes that are there; of a
            reconstruction 0, that of the mean. Both are NaN where held-out images are of one class.
        images: how many were looked at.
        confusion: (classes, classes) images of each class (row) by answer (column).
    """

    task: str
    score: float
    chance: float
    images: int
    confusion: NDArray[np.int64]


def settle(
    network: keras.Model, examples: Examples, batch_size: int, rng: np.random.Generator
) -> None:
    """Let the heads' means and variances, which lag behind the weights, come to where these are."""
    look = tf.function(
        lambda batch: network(batch, training=True), reduce_retracing=True, autograph=False
    )
    for _ in range(SETTLING):
        look(tf.constant(examples.training(rng, batch_size)[0]))


def score_task(
    network: keras.Model, examples: Examples, count: int, rng: np.random.Generator
) -> tuple[TaskScore, ...]:
    """Return how well ``network`` does each task on ``count`` held-out images."""
    images, labels = examples.held_out(rng, count)
    batches = range(0, count, JUDGED_AT_A_TIME)
    answer = tf.function(
        lambda batch: network(batch, training=False), reduce_retracing=True, autograph=False
    )
    answers = [
        [np.asarray(output) for output in keras.tree.flatten(answer(tf.constant(batch)))]
        for batch in (images[start : start + JUDGED_AT_A_TIME] for start in batches)
    ]
    outputs = [np.concatenate(parts) for parts in zip(*answers, strict=True)]
    if not examples.tasks:
        return (reconstruction(images, outputs[0]),)
    return tuple(
        task_score(task, labels[:, k], outputs[k].argmax(axis=1))
        for k, task in enumerate(examples.tasks)
    )


def task_score(task: Task, labels: NDArray[np.int32], answers: NDArray[np.int64]) -> TaskScore:
    """Return the score of ``answers``, (n,); what is labelled `UNKNOWN` is left out."""
    known = labels != UNKNOWN
    confusion = np.zeros((len(task.classes),) * 2, np.int64)
    np.add.at(confusion, (labels[known], answers[known]), 1)
    images = int(confusion.sum())
    there = confusion.sum(axis=1) > 0
    if there.sum() < 2:  # whatever is answered, nothing is told apart
        return TaskScore(task.name, np.nan, np.nan, images, confusion)
    right = np.diag(confusion)[there] / confusion.sum(axis=1)[there]
    return TaskScore(task.name, float(right.mean()), 1 / int(there.sum()), images, confusion)


def reconstruction(images: Images, found: Images) -> TaskScore:
    """Return the score of reconstructed images, both (n, rows, columns, 1)."""
    error = float(np.mean((images - found) ** 2, dtype=np.float64))
    score = 1 - error / float(np.var(images, dtype=np.float64))
    return TaskScore("reconstruction", score, 0.0, len(images), np.zeros((0, 0), np.int64))


def score_share(share: float) -> str:
    """Return a score or its chance as text."""
    return "one class" if math.isnan(share) else percent(share)
