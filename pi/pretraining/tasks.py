"""What DICOM headers label for free: dose, kernel, thickness and position along the body.

What each of them takes, as far as it is known beforehand:

- dose, kernel and thickness are told by the noise. Its texture tells kernel, which is nearly
  trivial. Its power tells dose and thickness, but together: 3 mm of a low dose are 1.2 times as
  noisy as 1 mm of a normal one, and a patient's size changes more than that. So dose is not
  certain, and thickness is asked of the normal dose alone, where power tells it.
- position is told by the anatomy alone. It is in mm along the slice normal, counted from the
  scan's landmark. Where a site chooses that from patient to patient, the label says little, and the
  accuracy on unseen patients tells so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pi.errors import PiError
from pi.identity import UNKNOWN_KERNEL, UNKNOWN_THICKNESS
from pi.slices.manifest import DOSES, Manifest, Volume

UNKNOWN = -1
"""Label of what the training patients do not have, such as a kernel: it is not scored."""

POSITION = "position"

THIRDS = ("lower third", "middle third", "upper third")


class TaskError(PiError):
    """Nothing that could be learned."""


@dataclass(frozen=True, slots=True)
class Task:
    """A choice between classes.

    Attributes:
        name: what is told apart.
        classes: their names, two or more.
    """

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderTasks:
    """The tasks that the training patients' headers set.

    Attributes:
        tasks: those with two or more classes.
        edges: positions in mm that divide the training slices in thirds.
    """

    tasks: tuple[Task, ...]
    edges: tuple[float, float]

    def labels(self, volume: Volume, index: int, dose: int) -> tuple[int, ...]:
        """Return the class of one image under each task, or `UNKNOWN`.

        Args:
            volume: that it is of.
            index: of the slice.
            dose: 0 of the low dose, 1 of the normal one.
        """
        third = int(np.searchsorted(self.edges, volume.positions[index], side="right"))
        said = {
            "dose": DOSES[dose],
            "kernel": volume.kernel,
            "thickness": _thickness(volume) if DOSES[dose] == "normal" else "",
            POSITION: THIRDS[third],
        }
        return tuple(
            task.classes.index(said[task.name]) if said[task.name] in task.classes else UNKNOWN
            for task in self.tasks
        )


def header_tasks(manifest: Manifest) -> HeaderTasks:
    """Return the tasks that the headers of the training patients set.

    Raises:
        TaskError: there are no training patients.
    """
    training = [volume for volume in manifest.volumes if volume.split == "train"]
    if not training:
        raise TaskError("`data` must have patients in the split `train` but has none.")
    positions = [position for volume in training for position in volume.positions]
    low, high = np.quantile(positions, (1 / 3, 2 / 3))
    tasks = (
        Task("dose", DOSES),
        Task("kernel", _known([v.kernel for v in sorted(training, key=lambda v: v.kernel)])),
        Task("thickness", _known(map(_thickness, sorted(training, key=lambda v: v.thickness)))),
        Task(POSITION, THIRDS if low < high else ()),
    )
    return HeaderTasks(
        tuple(task for task in tasks if len(task.classes) > 1), (float(low), float(high))
    )


def _thickness(volume: Volume) -> str:
    return f"{volume.thickness:g} mm" if volume.thickness != UNKNOWN_THICKNESS else ""


def _known(found: Iterable[str]) -> tuple[str, ...]:
    """Return the classes, each once: what nobody told is none."""
    return tuple(dict.fromkeys(name for name in found if name not in ("", UNKNOWN_KERNEL)))
