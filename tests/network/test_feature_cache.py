"""Features kept as they were given, or one sentence and none."""

from pathlib import Path

import keras
import ml_dtypes
import numpy as np
import pytest

from pi.choices import FeatureCacheName
from pi.network import feature_cache
from pi.network.feature_cache import GIB, FeatureCache, find_cache

NEEDED = np.array([1, 3, 4])


@pytest.fixture(scope="module")
def encoder() -> keras.Model:
    image = keras.Input((None, None, 1))
    first = keras.layers.Conv2D(3, 3)(image)
    second = keras.layers.Conv2D(2, 3, dtype="mixed_bfloat16")(first)
    return keras.Model(image, [first, second])


def found(
    encoder: keras.Model,
    asked: FeatureCacheName,
    folder: Path,
    said: list[str],
    budget: int = GIB,
    data: str = "of a digest",
) -> FeatureCache | None:
    facts = {"patches": data}
    return find_cache(asked, encoder, 8, NEEDED, 5, facts, budget, folder, said.append)


def maps(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 6, 6, 3)), rng.normal(size=(2, 4, 4, 2))
    return [first.astype(np.float32), second.astype(ml_dtypes.bfloat16)]


@pytest.mark.parametrize("asked", ["auto", "memory", "disk"])
def test_features_come_back_bit_for_bit_in_their_own_formats(
    encoder: keras.Model, asked: FeatureCacheName, tmp_path: Path
) -> None:
    said: list[str] = []
    cache = found(encoder, asked, tmp_path, said)
    assert cache is not None
    assert cache.recall(NEEDED[:2]) is None
    cache.keep(NEEDED[:2], maps())
    recalled = cache.recall(NEEDED[:2][::-1])
    assert recalled is not None
    for had, wanted in zip(recalled, maps(), strict=True):
        assert had.dtype == wanted.dtype
        assert had[::-1].tobytes() == wanted.tobytes()
    assert cache.recall(NEEDED) is None
    assert said == []


@pytest.mark.parametrize("asked", ["memory", "disk"])
def test_without_room_it_says_so_and_keeps_none(
    encoder: keras.Model, asked: FeatureCacheName, tmp_path: Path
) -> None:
    said: list[str] = []
    assert found(encoder, asked, tmp_path, said, budget=100) is None
    assert len(said) == 1
    assert "`feature_cache` must have room for" in said[0]
    assert not list(tmp_path.iterdir())


def test_auto_without_room_says_nothing(encoder: keras.Model, tmp_path: Path) -> None:
    said: list[str] = []
    assert found(encoder, "auto", tmp_path, said, budget=100) is None
    assert found(encoder, "off", tmp_path, said) is None
    assert said == []


def test_memory_that_others_need_is_left_to_them(
    encoder: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    width = 4 * 6 * 6 * 3 + 2 * 4 * 4 * 2
    monkeypatch.setattr(feature_cache, "_free_memory", lambda: 2 * 3 * width)
    assert found(encoder, "auto", tmp_path, []) is not None
    monkeypatch.setattr(feature_cache, "_free_memory", lambda: 2 * 3 * width - 2)
    assert found(encoder, "auto", tmp_path, []) is None


def test_other_data_have_rows_of_their_own(encoder: keras.Model, tmp_path: Path) -> None:
    first = found(encoder, "disk", tmp_path, [])
    assert first is not None
    first.keep(NEEDED[:2], maps())
    other = found(encoder, "disk", tmp_path, [], data="of another digest")
    assert other is not None
    assert other.recall(NEEDED[:2]) is None


def test_a_folder_of_another_encoder_is_not_used(encoder: keras.Model, tmp_path: Path) -> None:
    found(encoder, "disk", tmp_path, [])
    (facts,) = tmp_path.rglob("facts.json")
    facts.write_text('{"encoder": "another"}', encoding="utf-8")
    said: list[str] = []
    assert found(encoder, "disk", tmp_path, said) is None
    assert len(said) == 1
    assert "must be of this encoder" in said[0]


def test_a_damaged_row_is_said_once_and_computed_again(
    encoder: keras.Model, tmp_path: Path
) -> None:
    said: list[str] = []
    cache = found(encoder, "disk", tmp_path, said)
    assert cache is not None
    cache.keep(NEEDED[:2], maps())
    (rows,) = tmp_path.rglob("rows.bin")
    rows.write_bytes(bytes(rows.stat().st_size))
    assert cache.recall(NEEDED[:2]) is None
    assert cache.recall(NEEDED[:2]) is None
    assert len(said) == 1
    cache.keep(NEEDED[:2], maps())
    assert cache.recall(NEEDED[:2]) is not None
