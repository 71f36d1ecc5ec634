"""The named configurations against the paper's section 5.2, and how they are asked for."""

import re
from pathlib import Path

import pytest

from pi.losses.architecture import EncoderError
from pi.losses.experiments import GROUPS, NAMED, ExperimentError, find_experiments
from pi.network.weights import CONTEXTS


@pytest.mark.parametrize(
    ("name", "encoder", "weight"),
    [
        ("E1", "vgg19:imagenet:block3_conv2", 1e-5),
        ("E2", "vgg19:imagenet:block5_conv4", 1e-2),
        ("E3", "vgg19:medical:block3_conv2", 1e-5),
        ("E4", "vgg19:medical:block5_conv4", 1e-4),
        ("baseline", "vgg19:imagenet:block5_conv4", 0.1),
    ],
)
def test_the_papers_experiments(name: str, encoder: str, weight: float) -> None:
    experiment = NAMED[name]
    assert (experiment.name, str(experiment.encoder)) == (name, encoder)
    assert experiment.published is not None
    assert (experiment.published.value, experiment.published.source) == (weight, name)


def test_the_demo_has_the_papers_structure_and_needs_no_download() -> None:
    for k in range(1, 5):
        demo, paper = NAMED[f"demo{k}"], NAMED[f"E{k}"]
        assert demo.published == paper.published
        assert demo.encoder.context in ("natural-offline", "medical-simulated")
        block = paper.encoder.layers[0].split("_")[0]
        assert demo.encoder.layers[0].startswith(block)


def test_every_context_that_is_named_exists() -> None:
    assert {e.encoder.context for e in NAMED.values()} <= set(CONTEXTS)
    assert all(name in NAMED for names in GROUPS.values() for name in names)


def test_a_list_is_names_groups_and_encoders_each_once() -> None:
    found = find_experiments("E2, demo ,E1,E2,vgg16:random:block1_conv1")
    names = [experiment.name for experiment in found]
    assert names == ["E2", "demo1", "demo2", "demo3", "demo4", "E1", "vgg16:random:block1_conv1"]
    assert found[-1].published is None


@pytest.mark.parametrize("text", ["", " , "])
def test_no_experiment_is_refused(text: str) -> None:
    with pytest.raises(ExperimentError, match="at least one experiment but got"):
        find_experiments(text)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ExperimentError, match=r"made of paper, demo, literature, E1, .* but got 'E9'"
    ):
        find_experiments("E1,E9")
    with pytest.raises(EncoderError, match="but got 'block9_conv1'"):
        find_experiments("vgg16:random:block9_conv1")


def test_one_loss_spelt_in_two_ways_is_two_experiments() -> None:
    found = find_experiments("vgg16:own:block1_conv1,vgg16:own:block1_conv1/tap=post")
    assert len({experiment.name for experiment in found}) == 2


def test_every_documented_experiment_is_one() -> None:
    docs = Path(__file__).parents[2] / "docs"
    written = [
        word.replace(",mse", "")
        for page in docs.glob("*.md")
        for word in re.findall(r"--experiments? ([^\s\"`]+)", page.read_text())
        if word != "mse"  # the control, which is no experiment
    ]
    assert len(written) > 8
    for word in written:
        assert find_experiments(word)
