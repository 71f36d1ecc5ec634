import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pi.readers import held as module
from pi.readers.held import forget, held


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    forget()
    yield
    forget()


def test_a_file_is_loaded_once_until_it_changes(tmp_path: Path) -> None:
    loaded: list[int] = []

    def load() -> np.ndarray:
        loaded.append(1)
        return np.zeros(8)

    for content, times in ((b"a", 1), (b"a longer one", 2)):
        (tmp_path / "x").write_bytes(content)
        for part in ("low", "low", "low"):
            with (tmp_path / "x").open("rb") as file:
                held(file, part, load)
        assert len(loaded) == times
    with (tmp_path / "x").open("rb") as file:
        held(file, "full", load)
    assert len(loaded) == 3


def test_memory_is_bounded_and_the_latest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 2000)
    file = io.BytesIO(b"x")
    for part in ("a", "b", "c"):
        held(file, part, lambda: np.zeros(100))
    assert [part for _, part in module._held] == ["b", "c"]  # type: ignore[misc]
    held(file, "d", lambda: np.zeros(1000))
    assert [part for _, part in module._held] == ["d"]  # type: ignore[misc]


def test_what_is_held_cannot_be_written() -> None:
    array = held(io.BytesIO(b"x"), "a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
