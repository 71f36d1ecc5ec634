"""Denoised slices kept for a while, and those that will be wanted next made in advance.

A U-Net takes seconds for a slice where a reader waits for half a second; but whoever leafs through
slices looks at each of them for a while.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pi.evaluation.whole_slices import SliceDenoiser

Pixels = NDArray[np.float32]
Slice = tuple[Hashable, NDArray[np.int16], SliceDenoiser]
"""What a result is known by, (rows, columns) HU, and what denoises it."""


class DenoisedAhead:
    """Results of denoisers, made once; one thread does all the work, in the order of asking."""

    def __init__(self, most: int) -> None:
        """Keep the ``most`` newest results."""
        self._most = most
        self._results: OrderedDict[Hashable, Future[Pixels]] = OrderedDict()
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1, "denoising")

    def get(self, one: Slice) -> Pixels:
        """Return a denoised slice, (rows, columns) float32 HU; wait for it where need be."""
        with self._lock:
            self._give_up()
            wanted = self._ask(one)
        return wanted.result()

    def prepare(self, slices: Sequence[Slice]) -> None:
        """Begin with slices that may be wanted next, in this order, and return at once."""
        with self._lock:
            for one in slices:
                self._ask(one)

    def _ask(self, one: Slice) -> "Future[Pixels]":
        name, low_dose, denoise = one
        if name not in self._results:
            work = lambda: denoise(low_dose[np.newaxis])[0]  # noqa: E731
            self._results[name] = self._worker.submit(work)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        self._results.move_to_end(name)
        return self._results[name]

    def _give_up(self) -> None:
        """Forget what was to be made in advance and is not begun: others are wanted now."""
        for name, result in [*self._results.items()]:
            if result.cancel():
                del self._results[name]
