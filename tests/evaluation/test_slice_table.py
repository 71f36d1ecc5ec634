"""The slice table: what is refused, means by hand, gains by key, and the ways it is shown."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import by_hand, row

from pi.evaluation.choice import choose_slices
from pi.evaluation.metrics import METRICS
from pi.evaluation.protocol import PAPER8, EvaluationError
from pi.evaluation.summary import error_table, note, paper_table, summarise, summary_text
from pi.evaluation.table import (
    COLUMNS,
    KEY,
    by_reconstruction,
    checked,
    gains,
    joined,
    protocols_of,
    read_table,
    slice_keys,
    wide,
)
from pi.identity import Reconstruction, SliceKey
from pi.text_table import SPACE


def test_a_table_comes_back_from_parquet_with_all_its_digits(tmp_path: Path) -> None:
    table = by_hand()
    table["ssim"] += 1e-16 + np.pi * 1e-3
    table.to_parquet(tmp_path / "slices.parquet")
    back = read_table(tmp_path / "slices.parquet")
    assert list(back.columns) == COLUMNS
    pd.testing.assert_frame_equal(back, checked(table))
    assert (back.dtypes[[*METRICS]] == np.float64).all()


def test_a_table_of_before_there_were_doses_is_of_an_unknown_one(tmp_path: Path) -> None:
    old = by_hand().drop(columns="dose")
    old.to_parquet(tmp_path / "slices.parquet")
    table = read_table(tmp_path / "slices.parquet")
    assert set(table["dose"]) == {0.0}
    assert slice_keys(table)[0] == SliceKey("P", 1.0, "B30", 0.0)
    assert [place for place, _ in by_reconstruction(old)] == [Reconstruction(1.0, "B30")]


def test_doses_are_reconstructions_of_their_own() -> None:
    table = pd.concat([by_hand(), by_hand().assign(dose=0.25, ssim=0.9)], ignore_index=True)
    found = by_reconstruction(checked(table))
    assert [str(place) for place, _ in found] == ["1mm B30", "1mm B30 25%"]
    assert [len(rows) for _, rows in found] == [10, 10]
    assert set(found[1][1]["ssim"]) == {0.9}
    assert list(gains(table, "paper8", "ssim")[KEY].drop_duplicates().columns) == KEY
    assert len(gains(table, "paper8", "ssim")) == 10
    assert wide(checked(table))["slice"].is_unique


def test_infinite_psnr_is_a_value() -> None:
    table = pd.DataFrame([row("P", 0.0, "low_dose", 1.0, np.inf)])
    assert checked(table)["psnr"].tolist() == [np.inf]


@pytest.mark.parametrize(
    ("column", "value"), [("ssim", np.nan), ("psnr", np.nan), ("psnr", -np.inf), ("mae_hu", np.inf)]
)
def test_a_value_that_is_not_finite_is_refused_by_its_key(column: str, value: float) -> None:
    table = by_hand()
    table.loc[3, column] = value
    said = rf"`{column}` must be finite but of P/1mm/B30/\+1.00 \(paper8, denoised\)"
    with pytest.raises(EvaluationError, match=said):
        checked(table)


def test_a_slice_that_is_there_twice_is_refused_by_its_key(tmp_path: Path) -> None:
    table = pd.concat([by_hand(), by_hand().iloc[[8]]])
    table.to_parquet(tmp_path / "slices.parquet")
    with pytest.raises(EvaluationError, match=r"once but Q/1mm/B30/\+1.00 \(paper8, low_dose\)"):
        read_table(tmp_path / "slices.parquet")


def test_tables_of_other_slices_are_joined_and_of_the_same_refused() -> None:
    table = by_hand()
    parts = [table[table["patient"] == patient] for patient in ("Q", "P")]
    pd.testing.assert_frame_equal(joined(parts), checked(table))
    with pytest.raises(EvaluationError, match=r"once but Q/1mm/B30/\+0.00"):
        joined([*parts, parts[0]])


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(EvaluationError, match="must have the column 'kernel'"):
        checked(by_hand().drop(columns="kernel"))
    with pytest.raises(EvaluationError, match="must have the column 'ssim'"):
        checked(by_hand().drop(columns=[*METRICS]))


@pytest.mark.parametrize("content", [None, b"", b"no table"])
def test_a_file_that_is_no_table_is_refused_without_its_path(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "slices.parquet"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EvaluationError, match="must be a readable Parquet") as error:
        read_table(file)
    assert str(tmp_path) not in str(error.value)


def test_means_and_population_deviations_by_hand() -> None:
    found = summarise(by_hand(), ["patient"]).set_index(["patient", "image", "metric"])
    of_p = found.loc[("P", "denoised", "ssim")]
    assert of_p["mean"] == pytest.approx(2 / 3)
    assert of_p["sd"] == pytest.approx(np.sqrt(2) / 30)
    assert of_p["slices"] == 3


def test_infinite_psnr_is_left_out_and_counted() -> None:
    table = pd.DataFrame(
        [row("P", k, "low_dose", 1.0, psnr) for k, psnr in enumerate([30.0, 40.0, np.inf])]
    )
    found = summarise(table).set_index("metric").loc["psnr"]
    assert (found["mean"], found["slices"], found["infinite"]) == (35.0, 2, 1)
    assert paper_table(table)["PSNR (dB)"].tolist() == ["35.00 (5.00), 1 infinite"]
    assert paper_table(table.iloc[[2]])["PSNR (dB)"].tolist() == ["infinite"]


def test_gains_are_paired_by_key_whatever_the_order_of_rows() -> None:
    shuffled = by_hand().sample(frac=1, random_state=3)
    found = gains(shuffled, "paper8", "ssim")
    assert found["gain"].tolist() == pytest.approx([0.1, 0.2, 0.3, -0.1, 0.0])
    assert found["position"].tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]


def test_a_gain_is_above_0_where_an_error_fell() -> None:
    table = by_hand()
    table["rmse_hu"] = np.where(table["image"] == "denoised", 10.0, 25.0)
    assert gains(table, "paper8", "rmse_hu")["gain"].tolist() == [15.0] * 5


def test_two_infinite_values_are_no_gain() -> None:
    table = by_hand()
    table["psnr"] = np.inf
    assert gains(table, "paper8", "psnr")["gain"].tolist() == [0.0] * 5


def test_a_slice_without_its_other_image_is_refused() -> None:
    with pytest.raises(EvaluationError, match="both images"):
        gains(by_hand().drop(index=3), "paper8", "ssim")


@pytest.mark.parametrize(("protocol", "metric"), [("paper9", "ssim"), ("paper8", "bias_hu")])
def test_gains_of_what_has_no_direction_are_refused(protocol: str, metric: str) -> None:
    with pytest.raises(EvaluationError, match=f"but got {protocol}/{metric}"):
        gains(by_hand(), protocol, metric)


def test_worst_median_and_best_are_chosen_by_gain_the_reference_by_the_low_dose() -> None:
    found = {c.rank: c for c in choose_slices(by_hand(), "paper8", "ssim")}
    places = {rank: (c.key.patient, c.key.position) for rank, c in found.items()}
    assert places == {
        "worst": ("Q", 0.0), "median": ("P", 0.0), "best": ("P", 2.0), "reference": ("P", 1.0),
    }  # fmt: skip
    assert found["best"].scores == {"low_dose": 0.4, "denoised": 0.7}


def test_without_denoising_slices_are_chosen_by_their_value() -> None:
    table = by_hand()
    found = choose_slices(table[table["image"] == "low_dose"], "paper8", "ssim")
    assert [c.scores for c in found][0::2] == [{"low_dose": 0.4}, {"low_dose": 0.9}]


def test_the_reference_is_the_same_for_every_run_on_the_same_data() -> None:
    table = by_hand()
    other = table.copy()
    other.loc[other["image"] == "denoised", "ssim"] = 0.1
    one, two = (choose_slices(t, "paper8", "ssim")[3].key for t in (table, other))
    assert one == two


def test_the_wide_table_has_a_row_a_slice_that_the_ui_can_join_on() -> None:
    table = by_hand()
    table.loc[0, "psnr"] = np.inf
    found = wide(table)
    assert found["slice"].tolist()[0] == "P/1mm/B30/+0.00"
    assert found["slice"].is_unique
    assert found["paper8/ssim"].tolist() == [0.6, 0.7, 0.7, 0.8, 0.8]
    assert found["paper8/ssim low dose"].tolist() == [0.5, 0.5, 0.4, 0.9, 0.8]
    assert np.isnan(found["paper8/psnr low dose"][0])


def test_the_papers_table_is_mean_and_deviation_with_doing_nothing_first() -> None:
    found = paper_table(by_hand())
    assert found["image"].tolist() == ["low dose", "denoised"]
    assert found["SSIM"].tolist() == ["0.6200 (0.1939)", "0.7200 (0.0748)"]
    assert error_table(by_hand())["bias (HU)"].tolist() == ["1.00 (0.00)"] * 2


def test_terminal_and_note_say_of_how_many_patients() -> None:
    assert summary_text(by_hand()).startswith("5 slices of 2 patients, mean (SD):")
    said = note(by_hand(), [PAPER8])
    assert "|paper8|denoised|0.7200 (0.0748)|" in said.replace(SPACE, "")
    assert "not independent" in said
    assert "Not covered: values are not rounded" in said


def test_protocols_keep_their_own_order() -> None:
    table = pd.DataFrame({"protocol": ["mine", "ldctbench", "paper8"]})
    assert protocols_of(table) == ["paper8", "ldctbench", "mine"]
