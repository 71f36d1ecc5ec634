"""A folder with a tracking store that has two runs of everything."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.filled_store import Size, fill


@contextmanager
def filled_place(empty_database: Path, place: Path) -> Iterator[Path]:
    """Fill a folder, whose store and cache are in force for the block; it stays as it is."""
    file = shutil.copy(empty_database, place / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
        patch.setenv("PI_CACHE", str(place / "cache"))
        patch.chdir(place)
        fill(Size(runs=2, patients=3, slices=2, pixels=32, denoiser="unet:2"))
        yield place
