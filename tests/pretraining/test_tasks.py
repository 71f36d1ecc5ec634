"""The labels against a manifest written by hand."""

import pytest

from pi.pretraining.tasks import UNKNOWN, Task, TaskError, header_tasks
from pi.slices.manifest import Manifest, Volume


def volume(
    patient: str, positions: tuple[float, ...], thickness: float, kernel: str, part: str = "train"
) -> Volume:
    return Volume(
        patient=patient, thickness=thickness, kernel=kernel, split=part,  # type: ignore[arg-type]
        positions=positions, rows=8, columns=8, pixel_spacing=0.7,
        checksums={"low": (), "normal": ()}, content=f"{patient} {thickness} {kernel}",
        sheared=False, simulated=False, padded=0, clipped=0,
    )  # fmt: skip


THIN = volume("A", (0.0, 1.0, 2.0, 3.0), 1.0, "B30")
THICK = volume("B", (4.0, 5.0, 6.0), 3.0, "D45")
UNSEEN = volume("C", (-50.0, 2.5, 90.0), 5.0, "H60", "validation")
MANIFEST = Manifest((THIN, THICK, UNSEEN), {}, "mine")


def test_the_tasks_are_what_the_training_headers_tell_apart() -> None:
    headed = header_tasks(MANIFEST)
    assert headed.tasks == (
        Task("dose", ("low", "normal")),
        Task("kernel", ("B30", "D45")),
        Task("thickness", ("1 mm", "3 mm")),
        Task("position", ("lower third", "middle third", "upper third")),
    )
    # The thirds of 0, 1 .. 6: two positions below 2, two from 2 to below 4, three from 4 on.
    assert headed.edges == (2.0, 4.0)


def test_labels_by_hand() -> None:
    headed = header_tasks(MANIFEST)
    assert [headed.labels(THIN, index, 0) for index in range(4)] == [
        (0, 0, UNKNOWN, 0), (0, 0, UNKNOWN, 0), (0, 0, UNKNOWN, 1), (0, 0, UNKNOWN, 1),
    ]  # fmt: skip
    assert headed.labels(THIN, 0, 1) == (1, 0, 0, 0)
    assert [headed.labels(THICK, index, 1) for index in range(3)] == [(1, 1, 1, 2)] * 3


def test_what_no_training_patient_has_is_not_judged_and_positions_beyond_are_thirds() -> None:
    labels = [header_tasks(MANIFEST).labels(UNSEEN, index, 1) for index in range(3)]
    assert labels == [(1, UNKNOWN, UNKNOWN, third) for third in (0, 1, 2)]


def test_one_kernel_and_one_thickness_set_no_task() -> None:
    headed = header_tasks(Manifest((THIN,), {}, "mine"))
    assert [task.name for task in headed.tasks] == ["dose", "position"]
    assert headed.labels(THIN, 3, 1) == (1, 2)
    flat = header_tasks(Manifest((volume("A", (1.0,), 1.0, "B30"),), {}, "mine"))
    assert [task.name for task in flat.tasks] == ["dose"]


def test_without_training_patients_there_is_nothing_to_learn() -> None:
    with pytest.raises(TaskError, match="patients in the split `train` but has none"):
        header_tasks(Manifest((UNSEEN,), {}, "mine"))
