"""oneDNN's convolutions are asked for where they help, and never against the user."""

import os
from pathlib import Path

import pytest

from pi.network import ONEDNN, _choose_convolutions


@pytest.mark.parametrize(
    ("flags", "given", "wanted"),
    [
        ("flags: fpu avx avx2 fma", None, "1"),
        ("flags: fpu avx avx2 fma", "0", "0"),
        ("flags: fpu avx", None, None),
        ("flags: avx2x", None, None),
        (None, None, None),
    ],
)
def test_with_avx2_unless_the_user_says_otherwise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: str | None,
    given: str | None,
    wanted: str | None,
) -> None:
    monkeypatch.setenv(ONEDNN, "")  # so that it is put back
    monkeypatch.delenv(ONEDNN)
    if given is not None:
        monkeypatch.setenv(ONEDNN, given)
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(flags)
    _choose_convolutions(tmp_path / "cpuinfo")
    assert os.environ.get(ONEDNN) == wanted
