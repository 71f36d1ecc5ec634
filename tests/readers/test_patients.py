from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from readers.studies import Shot, mistakes, settled, study, written

from pi.readers.refusal import Refusal

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
        return written(
            shots, field, unit, [spelling(draw(st.integers(0, 2))) for _ in range(count)]
        )
    old = [getattr(next(s for s in shots if unit(s) == one), field) for one in
           dict.fromkeys(map(unit, shots))]  # fmt: skip
    new = [old[i] for i in draw(st.permutations(range(count)))]
    return written(shots, field, unit, ["/".join(v) if isinstance(v, tuple) else v for v in new])


@st.composite
def damaged(draw: st.DrawFn, *, apart: bool = False) -> list[Shot]:
    shots = study(draw(st.integers(1, 4)), draw(st.integers(1, 2)))
    if apart:  # nobody is seen where another is, so that pictures tell nothing
        mm = draw(st.sampled_from((30.0, 1000.0)))
        shots = [replace(shot, z=shot.z + mm * shot.person) for shot in shots]
    for _ in range(draw(st.integers(1, 7))):
        shots = damage(draw, shots)
    return shots


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_no_person_is_two_patients_and_no_patient_two_persons(shots: list[Shot]) -> None:
    assert mistakes(shots, settled(shots)) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(damaged(apart=True))
def test_nor_where_everybody_is_seen_at_another_place(shots: list[Shot]) -> None:
    # A UID is nobody else's by definition; one that is, with no name against it, cannot be seen.
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for shot in shots:
        for uid in {shot.study, shot.series, shot.frame_of_reference} - {""}:
            owners[uid].add(shot.person)
    assume(all(len(persons) == 1 for persons in owners.values()))
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


@settings(max_examples=100, deadline=None)
@given(damaged(), st.data())
def test_the_mapping_stands_before_everything(shots: list[Shot], data: st.DataObject) -> None:
    of = data.draw(st.dictionaries(st.integers(0, 3), st.sampled_from("XYZ"), max_size=4))
    told = [of.get(shot.person, "") for shot in shots]
    found = settled(shots, told)
    assert all(one in ("", got) for one, got in zip(told, found.patients, strict=True))
    assert mistakes(shots, found, told) == []


def test_two_told_patients_within_one_study_are_the_users_will() -> None:
    shots = study(1, 1)
    told = ["X" if shot.z else "Y" for shot in shots]
    assert list(settled(shots, told).patients) == told


def test_half_of_a_person_told_leaves_the_other_half_refused() -> None:
    shots = study(1, 1)
    told = ["X" if shot.dose == "low" else "" for shot in shots]
    rest = [one for one, by in zip(settled(shots, told).patients, told, strict=True) if not by]
    assert all(isinstance(one, Refusal) and "mapping.csv" in one.detail for one in rest)


def test_two_birth_dates_are_not_one_person() -> None:
    shots = written(study(2, 1), "patient_id", UNITS["all"], ["Q1"])
    shots = written(shots, "patient_name", UNITS["all"], [""])
    shots = written(shots, "folders", UNITS["all"], [""])
    shots = written(shots, "birth_date", UNITS["scan"], ["19500203", "19500203", "19610405"])
    for one in settled(shots, pictures=False).patients:
        assert isinstance(one, Refusal)


def test_both_values_are_kept_and_none_is_in_the_open_sentence() -> None:
    shots = written(study(1, 1), "patient_name", UNITS["slice"], ["Emil", "Fritz"])
    for one in settled(shots).patients:
        assert isinstance(one, Refusal)
        assert {"PatientName: Emil", "PatientName: Fritz"} <= set(one.values)
        assert "Emil" not in one.detail
        assert "`glob,patient` in mapping.csv" in one.detail


def test_where_folders_branch_twice_nobody_guesses_the_level() -> None:
    shots = written(study(2, 1), "patient_id", UNITS["all"], [""])
    shots = written(shots, "patient_name", UNITS["all"], [""])
    deep = written(shots, "folders", UNITS["stack"], ["north/a", "north/b", "south/c", "south/d"])
    assert all(isinstance(one, Refusal) for one in settled(deep, pictures=False).patients)


def test_the_order_of_the_slices_changes_nothing() -> None:
    shots = written(study(3, 2), "patient_id", UNITS["all"], ["STUDY-42"])
    forward, back = settled(shots), settled(shots[::-1])
    assert sorted(map(str, forward.patients)) == sorted(map(str, back.patients))
    assert len(set(forward.patients)) == 3


def test_one_name_over_all_is_believed_where_nothing_shows_several() -> None:
    shots = written(study(1, 2), "folders", UNITS["stack"], ["a", "b", "c", "d"])
    found = settled(shots)
    assert set(found.patients) == {"MRN-11"}
    assert found.messages == ()


def test_without_the_pictures_swapped_ids_would_pass() -> None:
    """The other tests can fail: it is the pictures that hold them."""
    shots = study(2, 1)
    for field in ("patient_name", "folders"):
        shots = written(shots, field, UNITS["all"], [""])
    shots = written(shots, "patient_id", UNITS["scan"], ["Q1", "Q2", "Q2", "Q1"])
    assert mistakes(shots, settled(shots, pictures=False))
    assert not mistakes(shots, settled(shots))


@pytest.mark.parametrize(
    "names", [("patient_1", "patient_001"), ("MRN-07", "mrn 7"), ("0012", "12")]
)
def test_names_that_differ_in_leading_zeros_are_kept_only_if_bodies_differ(
    names: tuple[str, str],
) -> None:
    shots = written(study(2, 1), "patient_id", UNITS["person"], names)
    for field in ("patient_name", "folders"):
        shots = written(shots, field, UNITS["all"], [""])
    assert len(set(settled(shots).patients)) == 2
    blind = settled(shots, pictures=False).patients
    assert all(isinstance(one, Refusal) and len(one.values) == 2 for one in blind)
    told = ["X" if shot.person else "" for shot in shots]
    assert set(settled(shots, told, pictures=False).patients) == {"X", names[0]}


def test_alike_names_of_one_challenge_patient_are_kept_only_if_bodies_differ() -> None:
    shots = written(study(2, 1), "patient_id", UNITS["person"], ["L096", "L097"])
    assert set(settled(shots).patients) == {"L096", "L097"}
    assert all(isinstance(one, Refusal) for one in settled(shots, pictures=False).patients)


def test_one_value_over_two_scans_apart_names_nobody() -> None:
    """Neither of two persons, nor of one whose scans nothing joins: the user knows."""
    shots = [replace(one, z=one.z + 300 * one.person) for one in study(2, 1)]
    for field in ("patient_name", "folders", *UIDS):
        shots = written(shots, field, UNITS["all"], [""])
    flat = written(shots, "folders", UNITS["all"], ["emil"])
    named = written(shots, "patient_id", UNITS["all"], ["STUDY-42"])
    for nameless in (written(flat, "patient_id", UNITS["all"], [""]), named):
        found = settled(nameless).patients
        assert {one.reason for one in found if isinstance(one, Refusal)} == {"conflicting-patient"}
    joined_by_a_study = written(named, "study", UNITS["all"], ["1.2.3"])
    assert set(settled(joined_by_a_study).patients) == {"STUDY-42"}
