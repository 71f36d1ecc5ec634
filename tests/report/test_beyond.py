"""Texture, detection and invention beside Table 3, of runs whose differences are known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from report.compared import DIGEST, MAKING, configuration, slice_table

from pi.comparison.comparison import Comparison, Reference, compare_runs
from pi.comparison.pairing import RunTable
from pi.comparison.seeds import group_seeds
from pi.detection.look import ANSWERS
from pi.detection.sightings import COLUMNS
from pi.report.beyond import beyond_similarity
from pi.report.blocks import TextTable
from pi.report.comparison_page import comparison_page
from pi.report.compose import compose
from pi.report.configuration import Configuration, DataFacts
from pi.report.document import render
from pi.report.exhibits import gather
from pi.report.stages.compose import headline
from pi.report.stages.evaluated import evaluated_section
from pi.report.stages.found import EvaluatedRun, Found, RunFacts
from pi.report.text import typeset


def looks(gain: float, patients: int = 6, seed: int = 1) -> pd.DataFrame:
    """Looks whose eye and first channel see a lesion by ``gain`` deviations."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(patients):
        for place in range(4):
            for index in range(12):
                answers = rng.normal(size=len(ANSWERS))
                present = index % 2 == 1
                answers[[0, -1]] += gain * present
                rows.append(
                    (f"S{number:03}", 1.0, "B30", 0.0, float(index), place, -20.0, 5.0, present,
                     "denoised", *answers)
                )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def known(metrics: Mapping[str, float], sightings: tuple[pd.DataFrame, ...], name: str,
          patients: int) -> Configuration:  # fmt: skip
    table = slice_table(0.0 if name == "E1" else -0.004, patients)
    rng = np.random.default_rng(len(name))
    for metric, value in metrics.items():
        table[metric] = value + rng.normal(0, 0.002, len(table))
    one = configuration(name, patients=patients)
    group = group_seeds(name, [RunTable(name, table, DIGEST, "test")])
    return replace(one, group=group, sightings=sightings)


def compared_pair(
    first: Mapping[str, float], second: Mapping[str, float],
    of: tuple[tuple[pd.DataFrame, ...], tuple[pd.DataFrame, ...]] = ((), ()), patients: int = 6,
) -> tuple[list[Configuration], Comparison]:  # fmt: skip
    both = [
        known(metrics, sightings, name, patients)
        for metrics, sightings, name in zip((first, second), of, ("E1", "E2"), strict=True)
    ]
    tables = [one.group.table for one in both]
    reference = Reference("E1", "name")
    return both, compare_runs(tables, ["ssim"], "paper8", reference, np.random.default_rng(5))


def test_a_pair_is_told_in_one_sentence() -> None:
    first = {"noise_distance": 0.60, "frequency_shift": -0.05, "hallucination": 0.08}
    second = {"noise_distance": 0.35, "frequency_shift": -0.02, "hallucination": 0.08}
    found = beyond_similarity(*compared_pair(first, second, ((looks(1.5),), (looks(1.5, seed=2),))))
    (said,) = found.sentences
    assert said.startswith("At equal influence (Ψ 96 % and 96 %), beside E1, E2: loses 0.00")
    assert (
        "keeps more of the texture of the noise (noise power distance 0.350 against 0.600" in said
    )
    assert "no difference in the detection of lesions is shown (d' " in said
    assert "no more invention than by E1 is shown (7.99 % of patches against 7.99 %" in said
    block, detection = found.tables
    assert [row[0] for row in block.rows] == ["E1", "E2", "low dose"]  # what rates are read beside
    assert block.rows[1][1] == "0.350"
    assert float(block.rows[0][4]) == pytest.approx(1.5, abs=0.3)
    assert {row[2] for row in detection.rows} == {"-20 HU, 5 mm", "all"}
    assert {row[1] for row in detection.rows} == {"CHO", "NPWE"}


def test_what_differs_is_said_to_differ_and_to_which_side() -> None:
    first = {"noise_distance": 0.35, "hallucination": 0.05}
    second = {"noise_distance": 0.60, "hallucination": 0.09}
    (said,) = beyond_similarity(
        *compared_pair(first, second, ((looks(2.5),), (looks(0.5),)))
    ).sentences
    assert "keeps less of the texture" in said
    assert "lesions are less detectable" in said
    assert "more is invented than by E1 (8.97 % of patches against 4.97 %" in said


def test_what_is_invented_is_told_beside_mse_where_that_is_among_the_runs() -> None:
    rates = {"E1": 0.05, "E2": 0.09, "mse": 0.08}
    runs = [known({"hallucination": rates[name]}, (), name, 6) for name in ("E1", "E2")]
    alone = known({"hallucination": rates["mse"]}, (), "baseline", 6)
    member = replace(alone.members[0], psi=0.0)
    group = group_seeds("mse", [replace(alone.group.table, name="mse")])
    runs.append(
        replace(alone, name="mse", experiment="mse", weight=0.0, members=(member,), group=group)
    )
    tables = [one.group.table for one in runs]
    rng = np.random.default_rng(5)
    comparison = compare_runs(tables, ["ssim"], "paper8", Reference("E1", "name"), rng)
    other, control = beyond_similarity(runs, comparison).sentences
    assert other.startswith("At equal influence (Ψ 96 % and 96 %), beside E1, E2: loses")
    assert "more is invented than by mse (8.98 % of patches against 7.99 %" in other
    assert control.startswith("Beside E1 (Ψ 96 %), mse, which had no perceptual loss: loses")
    assert (
        "no more invention by E1 than by mse is shown (4.98 % of patches against 7.99 %" in control
    )
    compared_with_mse = compare_runs(tables, ["ssim"], "paper8", Reference("mse", "name"), rng)
    said = beyond_similarity(runs, compared_with_mse).sentences
    assert said[0].startswith("Beside mse, which had no perceptual loss, E1 (Ψ 96 %): ")
    assert "more is invented than by mse (8.98 % of patches against 7.99 %" in said[1]
    bare = replace(tables[2], slices=tables[2].slices.drop(columns="hallucination"))
    unmeasured = [*runs[:2], replace(runs[2], group=group_seeds("mse", [bare]))]
    found = beyond_similarity(unmeasured, comparison).sentences
    assert "more is invented than by E1 (8.98 % of patches against 4.98 %" in found[0]


def test_one_patient_bounds_nothing_and_decides_nothing() -> None:
    metrics = {"noise_distance": 0.35, "hallucination": 0.05}
    other = {"noise_distance": 0.60, "hallucination": 0.09}
    both, comparison = compared_pair(
        metrics, other, ((looks(2.5, 1),), (looks(0.5, 1),)), patients=1
    )
    found = beyond_similarity(both, comparison)
    assert found.sentences[0].count("which so few patients do not bound") == 3
    assert "no difference in the detection of lesions is shown" in found.sentences[0]
    assert {row[-1] for row in found.tables[1].rows} == {"–"}


def test_two_patients_decide_nothing_either_and_their_intervals_are_said_to_be_narrow() -> None:
    metrics, other = {"noise_distance": 0.35}, {"noise_distance": 0.60}
    both, comparison = compared_pair(
        metrics, other, ((looks(2.5, 2),), (looks(0.5, 2),)), patients=2
    )
    found = beyond_similarity(both, comparison)
    assert found.sentences[0].count("which so few patients do not bound") == 2
    assert "no difference in the detection of lesions is shown" in found.sentences[0]
    assert "rest on 2 patients; below 5 they cover less than 95 %" in found.tables[1].caption


def test_runs_that_measured_nothing_of_it_have_no_block_and_others_say_why() -> None:
    nothing = beyond_similarity(*compared_pair({}, {}))
    assert (nothing.tables, nothing.sentences) == ((), ())
    half = beyond_similarity(*compared_pair({}, {"hallucination": 0.1}))
    assert (half.tables, half.sentences) == ((), ())
    apart = beyond_similarity(*compared_pair({}, {}, ((looks(1.0),), (looks(1.0, 5),))))
    assert apart.tables == ()
    assert "must have looked at the same lesions" in apart.sentences[0]


def test_the_page_holds_the_block_and_the_words() -> None:
    metrics = {"noise_distance": 0.35, "hallucination": 0.05}
    both, comparison = compared_pair(metrics, metrics, ((looks(1.5),), (looks(1.5),)))
    facts = DataFacts(simulated=True)
    exhibits = gather(both, comparison, facts, [])
    page = render(comparison_page(compose(both, comparison, facts, MAKING, exhibits)))
    assert "<b>Texture, detection, invention.</b>" in page
    assert typeset(exhibits.beyond[0]) in page
    assert "no difference in the texture of the noise is shown" in exhibits.beyond[0]


def test_the_report_of_an_experiment_tells_the_verdict_and_then_the_pairs() -> None:
    metrics = {"noise_distance": 0.35, "hallucination": 0.05}
    both, comparison = compared_pair(metrics, metrics)
    facts = DataFacts(simulated=True)
    report = compose(both, comparison, facts, MAKING, gather(both, comparison, facts, []))
    run = evaluated_run("a", {}).run
    said = headline(Found("t", (run,), (), (), (), (), None, report, run, (), ()))
    assert said[:2] == [report.headline[-1], report.beyond[0]]
    assert said[1].startswith("At equal influence")


def evaluated_run(name: str, beyond: Mapping[str, tuple[float, float]]) -> EvaluatedRun:
    begun = datetime(2026, 11, 29, tzinfo=UTC)
    facts = RunFacts(
        f"{name}0123456789", name, "evaluate", "FINISHED", begun, False, "d", "", False
    )
    values = dict.fromkeys(("ssim", "psnr", "nrmse"), (0.9, 0.1, 0.8))
    return EvaluatedRun(facts, name, name != "identity", "test", "", "paper8", 8, 2, values, beyond)


def test_the_report_of_an_experiment_has_the_block_beside_its_table_3() -> None:
    told = {"noise_distance": (0.4, 1.3), "detection/cho_dprime": (1.234, 1.1)}
    section = evaluated_section([evaluated_run("a", told), evaluated_run("b", {})], None)
    assert section is not None
    tables = [block for block in section.blocks if isinstance(block, TextTable)]
    assert [table.name for table in tables] == ["table3", "table3_beyond"]
    assert tables[1].rows == (
        ("a", "0.400", "–", "1.23", "–", "–"),
        ("low dose", "1.300", "–", "1.1", "–", "–"),
    )
    nobody = evaluated_section([evaluated_run("b", {})], None)
    assert nobody is not None
    assert [b.name for b in nobody.blocks if isinstance(b, TextTable)] == ["table3"]
