"""The presets against the table they come from (method, section 3)."""

import dataclasses
from pathlib import Path

import pytest

from pi.losses import literature as presets
from pi.losses.experiments import (
    NAMED,
    ExperimentError,
    chosen,
    find_experiments,
    require_influence,
    spelling,
    standing_in,
)
from pi.losses.literature import EVIDENCE, PRESETS
from pi.losses.preset_table import TITLES, preset_table

# Name, lambda, evidence, whether adversarial: method, section 3.
TABLE = [
    ("yang2018_wgan_vgg", 0.1, "C", True),
    ("li2020_sacnn", 0.1, "T + L", True),
    ("marcos2022_adaptive", None, "T + A + L", False),
    ("trung2019", 0.1, "T", False),
    ("mahmoud2023", 0.1, "T + A", True),
    ("zhang2024", 0.1, "T + A", False),
    ("saidulu2024_rhlnet", 0.1, "T + A", False),
    ("saidulu2025", 0.1, "T", False),
    ("marcos2025_pvit", 0.4, "T + L", False),
    ("ctmamba2025", 0.01, "C", False),
    ("huang2021", 0.001, "T", True),
    ("edcnn2020", 0.01, "C", False),
    ("ataei2020_drlp", 0.1, "C", False),
    ("viana2025_e1", 1e-5, "C", False),
    ("viana2025_e2", 1e-2, "C", False),
    ("viana2025_e3", 1e-5, "C", False),
    ("viana2025_e4", 1e-4, "C", False),
    ("viana2025_baseline", 0.1, "C", False),
]


@pytest.mark.parametrize(("name", "weight", "evidence", "adversarial"), TABLE)
def test_every_row_is_a_preset_by_its_name(
    name: str, weight: float | None, evidence: str, adversarial: bool
) -> None:
    experiment = NAMED[name]
    assert (experiment.published.value if experiment.published else None) == weight
    assert PRESETS[name].evidence == evidence
    assert bool(experiment.adversarial) == adversarial
    assert bool(experiment.refusal) == adversarial


def test_the_group_is_all_of_them_and_each_says_what_is_not_known() -> None:
    found = find_experiments("literature")
    assert {e.name for e in found} == set(PRESETS) >= {row[0] for row in TABLE}
    for experiment in found:
        assert set(PRESETS[experiment.name].evidence.split(" + ")) <= set(EVIDENCE)
        if "C" not in PRESETS[experiment.name].evidence:
            assert "assumed: " in experiment.assumptions, experiment.name


@pytest.mark.parametrize("name", ["E1", "E2", "E3", "E4", "baseline"])
def test_the_papers_own_are_its_experiments(name: str) -> None:
    preset, own = NAMED[f"viana2025_{name.lower()}"], NAMED[name]
    assert dataclasses.replace(preset.encoder, input="") == own.encoder
    assert (preset.distance, preset.pixel) == (own.distance, own.pixel)
    assert preset.published is not None
    assert own.published is not None
    assert preset.published.value == own.published.value


def test_ctmamba_and_edcnn_differ_in_the_pixel_term_alone() -> None:
    mamba, edcnn = NAMED["ctmamba2025"], NAMED["edcnn2020"]
    assert (mamba.encoder, mamba.distance) == (edcnn.encoder, edcnn.distance)
    assert mamba.distance.factors(mamba.encoder, 96) == (0.25,) * 4
    assert (mamba.pixel.kind, mamba.pixel.weight) == ("absolute", 100)


def test_a_preset_is_data_of_about_ten_lines() -> None:
    source = Path(presets.__file__).read_text().split("_ALL = (")[1].split("\n    Preset(")[1:]
    assert len(source) == len(PRESETS)
    assert max(entry.count("\n") for entry in source) <= 14


def test_contexts_stand_in_only_where_that_was_asked_for() -> None:
    found = standing_in(
        find_experiments("E1,viana2025_e1,viana2025_e3,zhang2024,ataei2020_drlp"),
        "medical=random,vgg16=natural-offline",
    )
    assert [(e.encoder.context, e.stand_in) for e in found] == [
        ("imagenet", False), ("imagenet", False), ("random", True), ("random", True),
        ("natural-offline", True),
    ]  # fmt: skip
    assert "weights: random stand in for its own" in found[2].assumptions
    assert all(
        e.encoder.context == "random" for e in standing_in(find_experiments("literature"), "random")
    )


@pytest.mark.parametrize("contexts", ["random", "medical=random"])
def test_a_stand_in_for_nothing_is_refused(contexts: str) -> None:
    names = "E1,E3" if contexts == "random" else "viana2025_e1"
    with pytest.raises(ExperimentError, match=f"but got '{contexts}', which fits none"):
        chosen(find_experiments(names), contexts, False)


def test_influence_by_losses_is_refused_with_the_reason() -> None:
    with pytest.raises(ExperimentError, match=r"huang2021: its term of attribute-augmented WGAN .*"
                       r"`calibrate` answers by gradients; `as_mse_plus` puts"):  # fmt: skip
        require_influence(find_experiments("edcnn2020,huang2021"))
    with pytest.raises(ExperimentError, match="it has no pixel term"):
        require_influence(find_experiments("vgg16:random:block1_conv1/pixel=none"))


def test_a_loss_of_ones_own_is_named_as_it_is_spelt() -> None:
    text = "vgg16:random:block1_conv1/tap=pre/pixel=huber"
    (found,) = find_experiments(text)
    assert found.name == found.loss == spelling(found) == text


def test_the_list_has_a_row_a_preset() -> None:
    table = preset_table([NAMED[name] for name in PRESETS], 64)
    assert table[0] == TITLES
    rows = {row[0]: dict(zip(TITLES, row, strict=True)) for row in table[1:]}
    assert set(rows) == set(PRESETS)
    wgan = rows["yang2018_wgan_vgg"]
    assert (wgan["lambda"], wgan["in means"], wgan["pixel"]) == ("0.1", "409.6", "WGAN-GP")
    assert rows["marcos2022_adaptive"]["lambda"] == "a rule"
