"""What a derived slice says of how it was made."""

from pi.derived.derivation import Derivation, after


def test_it_names_the_denoiser_its_digest_and_how_values_are_rounded() -> None:
    said = Derivation("abc", "sha256 1234").description
    assert "with abc, digest sha256 1234" in said
    assert "rounded to the nearest stored value" in said


def test_it_is_plain_ascii_of_at_most_1024_characters() -> None:
    said = Derivation("Schön\\er\nName" * 200, "d").description
    assert said.isascii()
    assert "\\" not in said
    assert "\n" not in said
    assert len(said) == 1024


def test_an_earlier_derivation_stays_before_it() -> None:
    said = Derivation("abc", "d").description
    assert after("", said) == said
    assert after("MIP of 3 mm", said) == f"MIP of 3 mm; {said}"
    assert len(after("x" * 2000, said)) == 1024
    assert after("x" * 2000, said).endswith(said)
