"""The kinds of what is evaluated: found by themselves, told apart, and named in the help."""

import pytest

from pi.parameters import EvaluateParameters
from pi.states import SUBJECTS
from pi.subjects import fetch_subject, find_kind
from pi.subjects.kinds import KINDS
from pi.subjects.subject import SubjectError

NAMES = {
    "identity": "identity",
    "453e8644f7094f549340fd5d5f03bdb0": "the id of a run",
    "nope": "the id of a run",
    "models:/a@b": "models:/NAME@ALIAS",
    "runs:/a/b": "models:/NAME@ALIAS",
    "onnx:a": "onnx:NAME",
    "own:a:b": "own:package.module:function",
    "outputs:a": "outputs:NAME",
    "table:a": "table:NAME",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_of_one_kind(name: str) -> None:
    (kind,) = (kind for kind in KINDS if kind.recognises(name))
    assert kind is find_kind(name)
    assert kind.written.startswith(NAMES[name])


@pytest.mark.parametrize("name", ["", "pytorch:a", "Identity:", "output:a", ":a"])
def test_a_name_of_no_kind_is_refused_with_all_that_there_are(name: str) -> None:
    with pytest.raises(SubjectError, match=r"`run` must be identity, .* but got") as caught:
        fetch_subject(name)
    assert all(kind.written in str(caught.value) for kind in KINDS)


def test_the_help_names_every_kind() -> None:
    told = {
        one.name: one.metadata["help"] for one in EvaluateParameters.__dataclass_fields__.values()
    }
    for kind in KINDS:
        for written in kind.written.replace(" or ", ", ").split(", "):
            assert written in told["run"], written


def test_a_state_may_be_of_every_kind_with_slices() -> None:
    words = {name.partition(":")[0] + ":" for name in NAMES if ":" in name}
    assert {*SUBJECTS, "table:"} == words


@pytest.mark.parametrize(
    ("name", "denoiser", "interface", "said"),
    [
        ("identity", "unet:2", "", "`denoiser` must be empty with identity but got 'unet:2'"),
        ("own:a:b", "", "hu", "`interface` must be empty with own:package.module:function but got"),
        ("outputs:a", "unet:2", "", "`denoiser` must be empty with outputs:NAME"),
        ("nope", "", "hu", "`interface` must be empty with the id of a run"),
    ],
)
def test_what_a_kind_does_not_understand_is_refused(
    name: str, denoiser: str, interface: str, said: str
) -> None:
    with pytest.raises(SubjectError, match=said):
        fetch_subject(name, denoiser, interface)
