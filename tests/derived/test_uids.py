"""New UIDs: the same for the same, another for another, and valid."""

from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from pi.derived.uids import derived_uid

texts = st.text("0123456789.", min_size=1, max_size=64)


@given(texts, st.text(max_size=70))
def test_the_same_source_and_model_give_the_same_valid_uid(source: str, digest: str) -> None:
    uid = derived_uid("instance", source, digest)
    assert uid == derived_uid("instance", source, digest)
    assert UID(uid).is_valid
    assert len(uid) <= 64
    assert uid.startswith("2.25.")


def test_another_level_source_or_model_gives_another() -> None:
    found = {
        derived_uid("instance", "1.2", "a"), derived_uid("series", "1.2", "a"),
        derived_uid("instance", "1.3", "a"), derived_uid("instance", "1.2", "b"),
    }  # fmt: skip
    assert len(found) == 4


def test_a_uid_made_once_stays() -> None:
    # By hand: uuid5(uuid5(NAMESPACE_DNS, "perceptual-influence.denoise"), "1 series 1.2.3 x").
    assert derived_uid("series", "1.2.3", "x") == "2.25.45164023469126444067137404875802050664"
