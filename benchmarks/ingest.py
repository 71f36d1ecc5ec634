"""How fast scanner files become a store, and whether memory grows with their number.

``python -m benchmarks.ingest`` writes series of 512 x 512 slices, then one with four times as
many, prepares each in a process of its own, and prints slices per second, peak memory and their
ratio. No number is asserted.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Only light imports here: a child inherits the peak memory of its parent (getrusage(2)).
SLICES = 200
SIZE = 512
KILOBYTE = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Print the table."""
    print(f"{'slices':>8} {'slices/s':>9} {'peak MB':>8} {'above imports MB':>17}")
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for slices in (SLICES, 4 * SLICES):
            source, destination = Path(scratch, f"in{slices}"), Path(scratch, f"out{slices}")
            _child("write", source, str(slices))
            result = _child("measure", source, str(destination))
            results.append(result)
            print(
                f"{slices:8d} {slices / result['seconds']:9.0f} {result['peak'] / 1e6:8.1f} "
                f"{(result['peak'] - result['before']) / 1e6:17.1f}"
            )
    one, four = results
    slower = four["seconds"] / one["seconds"] / 4
    print(
        f"4x the slices: {four['peak'] / one['peak']:.2f}x the peak memory, "
        f"{slower:.2f}x the time per slice"
    )


def write(folder: Path, slices: int) -> dict[str, float]:
    """Write one patient, half of ``slices`` at each dose: noise around water."""
    import numpy as np

    from pi.simulation.challenge import Placement, Series, write_series

    noise = np.random.default_rng(0)
    placement = Placement(pixel=0.7, top=0.0, step=2.0, current=200)
    for dose, sd in (("FD", 16.0), ("QD", 32.0)):
        series = Series(patient=1, dose=dose, thickness=3, kernel="B30", seed=0)  # type: ignore[arg-type]
        stack = noise.normal(0, sd, (slices // 2, SIZE, SIZE)).astype(np.float32)
        write_series(stack, series, placement, folder)
    return {}


def measure(source: Path, destination: Path) -> dict[str, float]:
    """Prepare ``source`` and return seconds, and peak memory in bytes before and after."""
    from pi.slices.prepare import prepare

    before, start = _peak(), time.perf_counter()
    prepare(source, destination, split="auto", seed=0, secret=bytes(32))
    return {"seconds": time.perf_counter() - start, "before": before, "peak": _peak()}


def _child(job: str, *arguments: str | Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.ingest", job, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder, slices]:
            print(json.dumps(write(Path(folder), int(slices))))
        case ["measure", source, destination]:
            print(json.dumps(measure(Path(source), Path(destination))))
        case _:
            main()
