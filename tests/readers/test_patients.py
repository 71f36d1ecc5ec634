import itertools
from collections.abc import Callable, Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi.readers.refusal import Refusal
from readers.studies import Shot, mistakes, settled, study, written

UNITS: dict[str, Callable[[Shot], Hashable]] = {
    "all": lambda shot: 0,
    "person": lambda shot: shot.person,
    "scan": lambda shot: shot.scan,
    "stack": lambda shot: shot.stack,
    "dose": lambda shot: shot.dose,
    "slice": lambda shot: (shot.stack, shot.z),
}
NAMED = ("patient_id", "patient_name", "folders")
UIDS = ("study", "series", "frame_of_reference", "instance")
PLACEHOLDERS = ("", "Anonymous", "REMOVED", "0000", "XXXX", "unknown", "n/a", "ANONYM^ANONYM")
SPELLINGS: dict[str, Callable[[int], str]] = {
    "id": lambda n: f"Q{n}",
    "token": lambda n: f"L{100 + n}",
    "grammar": lambda n: f"L{100 + n}_FD_1",
    "person folder": lambda n: f"patient_{n}",
    "word": lambda n: ("emil", "fritz", "gustav", "heinz", "ida", "julius")[n % 6] + "x" * (n // 6),
}


def damage(draw: st.DrawFn, shots: list[Shot]) -> list[Shot]:
    """Return the slices after one thing that anonymisers, scripts and people do to them."""
    field = draw(st.sampled_from((*NAMED, *NAMED, *UIDS)))
    by = draw(st.sampled_from(tuple(UNITS)))
    unit = UNITS[by]
    count = len({unit(shot) for shot in shots})
    how = draw(st.sampled_from(("placeholder", "constant", "new", "few", "permuted")))
    if field in UIDS:
        values = {"placeholder": [""], "constant": ["9.9"]}.get(
            how, [f"8.{n}.{by}" for n in range(count)]
        )
        return written(shots, field, unit, values)
    spelling = SPELLINGS[draw(st.sampled_from(tuple(SPELLINGS)))]
    if how == "placeholder":
        return written(shots, field, unit, [draw(st.sampled_from(PLACEHOLDERS))])
    if how == "constant":
        return written(shots, field, unit, [spelling(0)])
    # A name that wanders from slice to slice of one position can be seen by nobody.
    if how == "new" or by == "slice":
        return written(shots, field, unit, [spelling(n) for n in range(count)])
    if how == "few":
        return written(shots, field, unit, [spelling(draw(st.integers(0, 2))) for _ in range(count)])
    old = [getattr(next(s for s in shots if unit(s) == one), field) for one in
           dict.fromkeys(map(unit, shots))]  # fmt: skip
    new = [old[i] for i in draw(st.permutations(range(count)))]
    return written(shots, field, unit, ["/".join(v) if isinstance(v, tuple) else v for v in new])


@st.composite
def damaged(draw: st.DrawFn) -> list[Shot]:
    shots = study(draw(st.integers(1, 4)), draw(st.integers(1, 2)))
    for _ in range(draw(st.integers(1, 7))):
        shots = damage(draw, shots)
    return shots


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_no_person_is_two_patients_and_no_patient_two_persons(shots: list[Shot]) -> None:
    assert mistakes(shots, settled(shots)) == []


CARRIERS: dict[str, tuple[str, str]] = {
    "ids": ("patient_id", "id"),
    "ids of the challenge": ("patient_id", "token"),
    "names": ("patient_name", "word"),
    "names of the challenge": ("patient_name", "grammar"),
    "folders of the challenge": ("folders", "token"),
    "folders of persons": ("folders", "person folder"),
    "folders": ("folders", "word"),
}


@st.composite
def renamed(draw: st.DrawFn) -> list[Shot]:
    """A study that one carrier of identity or more still tells truly, for everybody."""
    shots = study(draw(st.integers(1, 4)), draw(st.integers(1, 2)))
    true = [CARRIERS[draw(st.sampled_from(tuple(CARRIERS)))]]
    true += [CARRIERS[one] for one in draw(st.lists(st.sampled_from(tuple(CARRIERS)), max_size=2))]
    by_field = dict(true)
    challenge = draw(st.permutations(range(4)))
    for field in NAMED:
        if field in by_field:
            spelled = by_field[field]
            # Names of the challenge mean the same wherever they stand; others are free.
            order = challenge if spelled in _TOKENS else draw(st.permutations(range(4)))
            values = [SPELLINGS[spelled](n) for n in order]
            shots = written(shots, field, UNITS["person"], values)
        else:
            blank = "" if field == "folders" else draw(st.sampled_from(PLACEHOLDERS))
            shots = written(shots, field, UNITS["all"], [blank])
    for field in draw(st.lists(st.sampled_from(UIDS), unique=True)):
        by = draw(st.sampled_from(("person", "scan", "stack", "slice")))
        values = [f"7.{n}" for n in range(len(shots))]
        values = draw(st.sampled_from(([""], values)))
        # One image has one SOPInstanceUID; a series or study of several persons has none.
        shots = written(shots, field, UNITS["slice" if field == "instance" else by], values)
    return shots


_TOKENS = {"token", "grammar", "person folder"}


@settings(max_examples=300, deadline=None)
@given(renamed())
def test_one_true_carrier_is_enough(shots: list[Shot]) -> None:
    found = settled(shots)
    assert not [one for one in found.patients if isinstance(one, Refusal)]
    assert mistakes(shots, found) == []
