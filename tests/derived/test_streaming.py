"""Slices through a denoiser in batches: order, sizes, and outputs that are none."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from pi.derived.rounding import DenoiserInput, Settled
from pi.derived.streaming import OutputError, Waiting, denoise_all


def waiting(shapes: list[tuple[int, int]], written: list[float]) -> Iterator[Waiting]:
    for number, shape in enumerate(shapes):
        start = DenoiserInput(np.full(shape, float(number), np.float32), np.zeros(shape, bool))

        def write(hu: NDArray[np.floating]) -> Settled:
            written.append(float(hu[0, 0]))
            return Settled(hu, hu.astype(np.float32), 0)

        yield Waiting(start, write)


def test_slices_are_denoised_in_batches_and_written_in_order() -> None:
    seen, written = [], []

    def double(hu: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(hu.shape)
        return 2 * hu

    assert len(list(denoise_all(waiting([(2, 3)] * 5, written), double, 2))) == 5
    assert seen == [(2, 2, 3), (2, 2, 3), (1, 2, 3)]
    assert written == [0, 2, 4, 6, 8]


def test_slices_of_another_size_begin_a_batch() -> None:
    seen = []

    def look(hu: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(hu.shape)
        return hu

    list(denoise_all(waiting([(2, 2), (2, 2), (3, 1), (2, 2)], []), look, 4))
    assert seen == [(2, 2, 2), (1, 3, 1), (1, 2, 2)]


def test_no_more_slices_than_a_batch_are_read_ahead() -> None:
    read = []

    def counted() -> Iterator[Waiting]:
        for one in waiting([(1, 1)] * 9, []):
            read.append(1)
            yield one

    next(denoise_all(counted(), lambda hu: hu, 3))
    assert len(read) == 3


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (lambda hu: np.where(hu == 3, np.nan, hu), "NaN or infinity in slice 4"),
        (
            lambda hu: hu / 5 + np.eye(2, 3) / 9,
            "values lie between 0.* no range of HU",
        ),
        (lambda hu: hu[..., :1], r"slices of \(2, 2, 3\) back but got \(2, 2, 1\)"),
    ],
)
def test_what_is_no_slice_in_hu_is_one_sentence(bad: object, told: str) -> None:
    with pytest.raises(OutputError, match=told):
        list(denoise_all(waiting([(2, 3)] * 5, []), bad, 2))  # type: ignore[arg-type]
