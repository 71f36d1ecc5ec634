"""How fast does `denoise` write a derived series, and how much memory do 1,000 slices take?

    python -m benchmarks.denoise

Slices of 512 x 512 pixels go through the paper's U-Net, untrained. In turn, in one process: the
network alone, on stacks in memory; `denoise`, from a look at the folder to the new one; and the way
of ldct-benchmark's `denoise_dicom` (pydicom, one slice at a time, float32, stored values, truncated
and saved under the old UIDs) around the same network. The best of the rounds counts, because other
work on the machine only ever adds time. What `denoise` adds is also timed from within: its own
seconds beside those in the network. Memory is that of a process of its own for each number of
slices, of 256 x 256 pixels, with a moving mean in the network's place, above what it held before
the first slice.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE, SLICES, BATCH, ROUNDS = 512, 8, 4, 2
SMALL, FEW, MANY = 256, 100, 1000
Denoise = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        rates(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        grown = {slices: memory(slices, Path(scratch)) for slices in (FEW, MANY)}
    print(
        f"memory above the start: {grown[FEW] / 1e6:.0f} MB for {FEW} slices, "
        f"{grown[MANY] / 1e6:.0f} MB for {MANY} ({MANY * SMALL**2 * 2 / 1e6:.0f} MB of pixels)"
    )


def rates(scratch: Path) -> None:
    """Print what `denoise` costs beside the network, and beside the other way."""
    import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
    from pi.denoisers import DenoiserSpec
    from pi.evaluation.whole_slices import slice_denoiser

    source = write(SLICES, scratch / "source")
    spec = DenoiserSpec.parse("unet:32")
    network = slice_denoiser(spec.build(0), spec.design.sizes)  # type: ignore[arg-type]
    stacks = [np.zeros((BATCH, SIZE, SIZE), np.float32)] * (SLICES // BATCH)
    for warm in (stacks[0], stacks[0][:1]):
        network(warm)
    inside = Timed(network)
    jobs: dict[str, Callable[[Path], object]] = {
        "network": lambda _: [network(stack) for stack in stacks],
        "denoise": lambda out: denoise(source, out, inside),
        "one by one": lambda out: one_by_one(source, out, network),
    }
    best = dict.fromkeys(jobs, np.inf)
    for turn in range(ROUNDS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job(scratch / f"{name} {turn}")
            best[name] = min(best[name], time.perf_counter() - start)
    own = inside.total / inside.seconds - 1
    print(f"{SLICES} slices: the network alone {best['network'] / SLICES:.3f} s a slice")
    print(f"denoise: {best['denoise'] / best['network']:.3f} times the network alone")
    print(f"  its own seconds beside those in the network: {100 * own:.1f} %")
    print(f"one by one: {best['one by one'] / best['denoise']:.3f} times denoise")


class Timed:
    """A denoiser that knows how long it was at work, and how long whoever used it was."""

    def __init__(self, network: Denoise) -> None:
        self._network = network
        self.seconds = self.total = 0.0

    def __call__(self, hu: NDArray[np.float32]) -> NDArray[np.float32]:
        """Denoise."""
        start = time.perf_counter()
        found = self._network(hu)
        self.seconds += time.perf_counter() - start
        return found


def denoise(source: Path, out: Path, network: Timed) -> None:
    """Do what the command does between its parameters and its result."""
    from pi.derived.chosen_series import choose_series
    from pi.derived.derivation import Derivation
    from pi.derived.dicom_slices import waiting_slices
    from pi.derived.found_scan import find_scan
    from pi.derived.streaming import denoise_all
    from pi.evaluation.shift import shift_sums
    from pi.new_folder import new_folder

    start = time.perf_counter()
    series = choose_series(find_scan(source).slices, 0)
    with new_folder(out, "PI_DENOISED") as partial:
        waiting = waiting_slices(source, series, Derivation("it", "sha256 0"), partial)
        for done in denoise_all(waiting, network, BATCH):
            shift_sums(done.start.hu, done.settled.hu, done.start.kept)
    network.total += time.perf_counter() - start


def one_by_one(source: Path, out: Path, network: Denoise) -> None:
    """Do as ldct-benchmark does."""
    import pydicom

    out.mkdir()
    for file in source.iterdir():
        dataset = pydicom.dcmread(file)
        stored = dataset.pixel_array
        found = network(stored.astype(np.float32)[np.newaxis] - 1024)[0] + 1024
        bounds = np.iinfo(stored.dtype)
        np.clip(found, bounds.min, bounds.max, out=found)
        dataset.PixelData = found.astype(stored.dtype).tobytes()
        dataset.save_as(out / file.name)


def write(slices: int, folder: Path, size: int = SIZE) -> Path:
    """Write a series of noise around water; return its folder."""
    from pi.simulation.challenge import ChallengeSeries, Placement, write_series

    series = ChallengeSeries(patient=1, dose="QD", thickness=3, kernel="B30", seed=0)
    noise = np.random.default_rng(0).normal(0, 30, (16, size, size)).astype(np.float32)
    stack = np.broadcast_to(noise[np.newaxis], (-(-slices // 16), *noise.shape))
    whole = stack.reshape(-1, size, size)[:slices]
    write_series(whole, series, Placement(pixel=0.7, top=0.0, step=2.0, current=200), folder)
    return series.folder(folder)


def memory(slices: int, scratch: Path) -> float:
    """Return the bytes that denoising takes in a process of its own, above its start."""
    source = write(slices, scratch / f"{slices} slices", SMALL)
    words = [sys.executable, "-m", "benchmarks.denoise", str(source), str(scratch / f"{slices}")]
    answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return float(json.loads(answer))


def grown(source: Path, out: Path) -> float:
    """Return by how many bytes this process grows while it denoises."""
    from pi.derived.dicom_slices import waiting_slices  # noqa: F401  what is loaded is no growth
    from pi.evaluation.shift import shift_sums  # noqa: F401

    before = peak()
    denoise(source, out, Timed(lambda hu: (hu + np.roll(hu, 1, axis=2)) / 2))
    return peak() - before


def peak() -> float:
    """Return the most bytes that this process held; getrusage would begin with its parent's."""
    status = Path("/proc/self/status").read_text()
    return 1024.0 * int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(grown(Path(sys.argv[1]), Path(sys.argv[2])))
    else:
        main()
