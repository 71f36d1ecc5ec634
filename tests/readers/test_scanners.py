import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi.readers.scanners import OTHER, stated_scanner


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("SOMATOM Definition AS+", "SOMATOM DEFINITION AS+"),
        ("SOMATOM Definition Flash", "SOMATOM DEFINITION FLASH"),
        ("Sensation  64 ", "SENSATION 64"),
        ("SOMATOM go.Top", "SOMATOM GO.TOP"),
        ("LightSpeed VCT", "LIGHTSPEED VCT"),
        ("Discovery CT750 HD", "DISCOVERY CT750 HD"),
        ("Revolution CT", "REVOLUTION CT"),
        ("iCT 256", "ICT 256"),
        ("IQon - Spectral CT", "IQON - SPECTRAL CT"),
        ("Aquilion ONE", "AQUILION ONE"),
        ("NAEOTOM Alpha", "NAEOTOM ALPHA"),
        ("", ""),
    ],
)
def test_models_of_vendors_are_shown(told: str, shown: str) -> None:
    assert stated_scanner(told) == shown


@pytest.mark.parametrize(
    "told", ["Meyer, Anton 1950", "Room 12 Dr Smith", "CT St. Mary", "12345678"]
)
def test_anything_else_is_other(told: str) -> None:
    assert stated_scanner(told) == OTHER


@given(st.text())
def test_no_text_passes_whose_words_are_no_models(text: str) -> None:
    assert stated_scanner(f"Anton {text}") == OTHER
