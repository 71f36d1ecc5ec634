"""A log of any encoding takes what is printed."""

import io

import pytest

from pi.command_line import run
from pi.parameters import PresetsParameters
from pi.plain_output import SPELT, spelt

SAID = "Ψ 95 % at λ = 0.1 – M 1e-4 · ✓"


def printed(encoding: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Print through a command whose stdout is a log of ``encoding``."""
    log = io.BytesIO()
    with io.TextIOWrapper(log, encoding) as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        assert run(lambda _: print(SAID), PresetsParameters, "", []) == 0  # noqa: T201
        stdout.flush()
        return log.getvalue()


def test_what_a_log_lacks_is_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = rb"Psi 95 % at lambda = 0.1 - M 1e-4 - \u2713"
    assert printed("ascii", monkeypatch).rstrip() == asked
    assert printed("latin-1", monkeypatch).rstrip() == asked.replace(b"4 -", b"4 \xb7")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_takes_every_letter_gets_every_letter(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(encoding, monkeypatch).decode(encoding).rstrip() == SAID


def test_what_is_spelt_is_plain() -> None:
    assert all(spelling.isascii() for spelling in SPELT.values())
    with pytest.raises(UnicodeDecodeError):
        spelt(UnicodeDecodeError("ascii", b"\xff", 0, 1, "no letter"))
