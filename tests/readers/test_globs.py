import pytest

from pi.readers.globs import literal, matches


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.dcm", "a.dcm", True),
        ("*.dcm", "low/a.dcm", False),
        ("**/*.dcm", "a.dcm", True),
        ("**/*.dcm", "x/y/a.dcm", True),
        ("low/*", "low/a.dcm", True),
        ("low/*", "low/b/a.dcm", False),
        ("low/*", "PT/low/a.dcm", False),
        ("low/**", "low/b/a.dcm", True),
        ("low", "low/a.dcm", False),
        ("**/low/**", "low/a.dcm", True),
        ("**/low/**", "PT/1/low/2/a.dcm", True),
        ("**/low/**", "PT/slow/a.dcm", False),
        ("**/low*/*", "PT/low_25/a.dcm", True),
        ("PT-0?/*/a.dcm", "PT-01/x/a.dcm", True),
        ("PT-0?/*/a.dcm", "PT-0/x/a.dcm", False),
        ("?", "/", False),
        ("LOW/*", "low/a.dcm", False),
        ("a[1]/*", "a[1]/x", True),
        ("a[1]/*", "a1/x", False),
        ("a.b/*", "aXb/x", False),
        ("M\u00fcller/*", "Mu\u0308ller/x", True),
        ("**", "any/thing", True),
        ("", "a", False),
    ],
)
def test_a_glob_means_whole_paths(glob: str, path: str, expected: bool) -> None:
    assert matches(glob, path) is expected


def test_a_path_is_a_glob_for_itself() -> None:
    for path in ("PT 1/low/a.dcm", "a*b/x", "what?/x", "M\udcfcller/x", "a[1]/(x)+.dcm"):
        assert matches(literal(path), path)
