"""Variables are afterwards as they were, whatever the block did and however it ended."""

import os

import pytest

from pi.environment import put_back


def test_variables_are_put_back_after_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_KEPT", "before")
    monkeypatch.setenv("PI_TAKEN", "before")
    monkeypatch.delenv("PI_NEW", raising=False)

    def block() -> None:
        with put_back("PI_KEPT", "PI_TAKEN", "PI_NEW"):
            os.environ["PI_KEPT"] = os.environ["PI_NEW"] = "within"
            del os.environ["PI_TAKEN"]
            raise ValueError("ends")

    with pytest.raises(ValueError, match="ends"):
        block()
    assert (os.environ["PI_KEPT"], os.environ["PI_TAKEN"]) == ("before", "before")
    assert "PI_NEW" not in os.environ
