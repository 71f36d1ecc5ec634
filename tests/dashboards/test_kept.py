"""The end of a page's script throws nothing away that other pages, or a denoiser, are using."""

import gc
from collections.abc import Iterator

import keras
import pytest
from streamlit.runtime.scriptrunner.script_runner import _clean_problem_modules

from dashboards.__main__ import keep_what_is_loaded


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keras.backend, "clear_session", keras.backend.clear_session)  # restored
    keep_what_is_loaded()
    yield
    gc.unfreeze()


def test_keras_forgets_nothing_at_the_end_of_a_script(kept: None) -> None:
    before = keras.backend.get_uid("kept")
    _clean_problem_modules()  # as Streamlit does
    assert keras.backend.get_uid("kept") == before + 1


def test_what_is_loaded_is_not_looked_through_for_garbage(kept: None) -> None:
    assert gc.get_freeze_count() > 100_000  # TensorFlow alone has more objects
