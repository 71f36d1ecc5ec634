"""Slices denoised in advance: each once, in the order of asking, and no more kept than asked."""

from threading import Event, Timer

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.ahead import DenoisedAhead, Pixels

SLICE = np.full((4, 4), 7, np.int16)


class Counting:
    """A denoiser that adds 1, notes each slice's first pixel, and waits until it may go on."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.may_go_on = Event()
        self.may_go_on.set()

    def __call__(self, hu: NDArray[np.int16] | NDArray[np.floating]) -> Pixels:
        self.may_go_on.wait(timeout=60)
        self.seen.append(int(hu[0, 0, 0]))
        return hu.astype(np.float32) + 1


def test_a_slice_is_denoised_once() -> None:
    denoise, ahead = Counting(), DenoisedAhead(most=4)
    for _ in range(2):
        assert (ahead.get(("a", SLICE, denoise)) == 8).all()
    assert denoise.seen == [7]


def test_what_was_prepared_is_there() -> None:
    denoise, ahead = Counting(), DenoisedAhead(most=4)
    ahead.prepare([("a", SLICE, denoise), ("b", SLICE + 1, denoise)])
    assert (ahead.get(("b", SLICE + 1, denoise)) == 9).all()
    assert denoise.seen.count(8) == 1


def test_what_is_wanted_now_comes_before_what_is_not_begun() -> None:
    denoise, ahead = Counting(), DenoisedAhead(most=9)
    denoise.may_go_on.clear()
    ahead.prepare([(k, SLICE + k, denoise) for k in range(4)])
    Timer(0.2, denoise.may_go_on.set).start()
    ahead.get(("now", SLICE + 90, denoise))
    assert denoise.seen in ([7, 97], [97])  # the first may have been begun


def test_of_many_the_oldest_are_forgotten() -> None:
    denoise, ahead = Counting(), DenoisedAhead(most=2)
    for k in (0, 1, 2, 0):
        ahead.get((k, SLICE + k, denoise))
    assert denoise.seen == [7, 8, 9, 7]
