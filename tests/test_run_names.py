"""Names of runs: what differs comes first, and no id fills the column."""

import pytest

from pi.run_names import LONGEST, configuration, influence, network, run_name, shortened

ID = "0123456789abcdef0123456789abcdef"
USUAL = {"schedule": "fixed", "denoiser": "unet:32", "seed": 5}


def test_what_differs_comes_first() -> None:
    assert (
        run_name("demo1", influence(0.95), "evaluate", "test") == "demo1 · Ψ 95 % · evaluate · test"
    )
    assert run_name("mse", influence(None, 0.0), "train") == "mse · train"
    assert run_name("E1", influence(None, 1e-5), "train") == "E1 · λ 1e-05 · train"
    assert influence(0.99999) == "Ψ 99.999 %"


def test_of_an_id_eight_digits_are_left() -> None:
    assert run_name(f"runs:/{ID}/model", "evaluate") == "runs:/01234567/model · evaluate"
    assert run_name(f"{ID}, {ID}", "compare") == "01234567, 01234567 · compare"


def test_a_name_is_never_longer_than_a_store_takes() -> None:
    name = run_name("x" * 400, "train")
    assert len(name) == LONGEST
    assert name.endswith("…")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, ""),
        ({"denoiser": "unet:8"}, ""),  # a demonstration's width tells no configuration apart
        ({"denoiser": "redcnn:96", "seed": "7"}, "redcnn:96 · seed 7"),
        ({"schedule": "constant_psi"}, "constant psi"),
    ],
)
def test_only_what_is_not_usual_is_said_of_a_training(other: dict[str, str], said: str) -> None:
    assert run_name(*network({**USUAL, **other}, USUAL)) == said


def test_runs_of_one_configuration_are_known_by_the_beginning_of_their_names() -> None:
    assert configuration("demo1 · Ψ 95 % · train · fold 1 of 3") == "demo1 · Ψ 95 %"
    assert configuration("demo1 · Ψ 95 % · evaluate · test") == "demo1 · Ψ 95 %"
    assert configuration("demo1 · identity") == "demo1 · identity"


def test_a_long_description_ends_between_two_lines_and_says_where_the_rest_is() -> None:
    rows = "\n".join(f"| {number} | row |" for number in range(2000))
    short = shortened(rows, "note.md")
    assert len(short) < 8000
    head, _, tail = short.partition("\n\n")
    assert rows.startswith(head + "\n")
    assert tail == "The rest of it: artifact `note.md`."
    assert shortened("short", "note.md") == "short"
