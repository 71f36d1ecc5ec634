"""Structure and texture of features: beside a loop, their properties, and whose encoder judges."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow import MlflowClient

from entrypoints.evaluate import main
from pi.choices import EvaluatedPart
from pi.command_line import run
from pi.comparison.gains import ComparisonError
from pi.evaluation.feature_distance import feature_distances, require_features
from pi.evaluation.protocol import EvaluationError
from pi.jobs import judges
from pi.jobs.compared.comparing import require_one_judge
from pi.jobs.compared.evaluated import Evaluated
from pi.jobs.judges import find_judge
from pi.losses.experiments import ExperimentError, find_experiments
from pi.parameters import EvaluateParameters
from pi.slices.store import Store
from pi.subjects.kinds.identity import Nothing
from pi.subjects.subject import SubjectError
from pi.tracking.loss_facts import JUDGE
from pi.tracking.records import Record, read_slices

ENCODER = "vgg16:random:block1_conv1"
TEST: EvaluatedPart = "test"


def by_loop(image: list[np.ndarray], target: list[np.ndarray]) -> float:
    layers = []
    for x, y in zip(image, target, strict=True):
        channels = []
        for k in range(x.shape[-1]):
            a, b, c = x[..., k].ravel(), y[..., k].ravel(), 1e-6
            texture = (2 * a.mean() * b.mean() + c) / (a.mean() ** 2 + b.mean() ** 2 + c)
            covariance = np.cov(a, b, ddof=0)
            structure = (2 * covariance[0, 1] + c) / (np.trace(covariance) + c)
            channels.append((texture + structure) / 2)
        layers.append(np.mean(channels))
    return 1 - float(np.mean(layers))


def test_the_distance_by_a_loop() -> None:
    rng = np.random.default_rng(1)
    images = [
        rng.random((2, 9, 7, 3)).astype(np.float32),
        rng.random((2, 4, 3, 5)).astype(np.float32),
    ]
    target = [
        rng.random((1, 9, 7, 3)).astype(np.float32),
        rng.random((1, 4, 3, 5)).astype(np.float32),
    ]
    expected = [by_loop([one[n] for one in images], [one[0] for one in target]) for n in (0, 1)]
    np.testing.assert_allclose(feature_distances(images, target), expected, rtol=1e-6)
    np.testing.assert_allclose(feature_distances(target, target), 0, atol=1e-9)


def test_it_grows_with_blur_and_is_symmetric() -> None:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(2)
    target = rng.random((1, 32, 32, 4)).astype(np.float32)
    blurred = [gaussian_filter(target, (0, s, s, 0)) for s in (0.4, 0.8, 1.6)]
    distances = [feature_distances([one], [target])[0] for one in blurred]
    assert 0 < distances[0] < distances[1] < distances[2] < 2
    assert feature_distances([target], [blurred[0]])[0] == pytest.approx(distances[0])


def trained(monkeypatch: pytest.MonkeyPatch, **params: str) -> Nothing:
    """A subject of ours whose training says so."""
    record = Record(params, {}, {})
    monkeypatch.setattr(judges, "trained_by", lambda _: record)
    return replace(Nothing("abc", {}), run_id="abc")


def test_the_encoder_of_the_training_does_not_judge(
    tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = trained(monkeypatch, architecture="vgg16", context="random")
    with pytest.raises(EvaluationError, match="not trained with but got vgg16:random, which it"):
        find_judge(ENCODER, subject, tiny_store, TEST, 5, print)
    subject = trained(monkeypatch, architecture="vgg16", context="natural-offline")
    judge = find_judge(ENCODER, subject, tiny_store, TEST, 5, print)
    assert judge is not None
    same_weights = Record({}, {}, {"pi.weights_digest": judge.tags[f"{JUDGE}_digest"]})
    monkeypatch.setattr(judges, "trained_by", lambda _: same_weights)
    with pytest.raises(EvaluationError, match="vgg16:random, whose weights are the same"):
        find_judge(ENCODER, subject, tiny_store, TEST, 5, print)


def test_what_has_no_images_has_no_features(tiny_store: Store) -> None:
    class Numbers(Nothing):
        pictured = False

    with pytest.raises(SubjectError, match="`features` must be empty with 'table:t', which has no"):
        find_judge(ENCODER, Numbers("table:t", {}), tiny_store, TEST, 5, print)


def test_what_names_no_encoder_or_several_or_sees_more_than_a_slice(tiny_store: Store) -> None:
    nothing = Nothing("identity", {}, run_id="identity")
    assert find_judge("", nothing, tiny_store, TEST, 5, print) is None
    with pytest.raises(EvaluationError, match="must name one encoder but names 2"):
        find_judge(f"{ENCODER},vgg19:random:block1_conv1", nothing, tiny_store, TEST, 5, print)
    with pytest.raises(ExperimentError, match=r"`features` must be made of .* but got 'mine'"):
        find_judge("mine", nothing, tiny_store, TEST, 5, print)
    volumes = tuple(replace(v, rows=16, columns=16) for v in tiny_store.volumes)
    small = Store(replace(tiny_store.manifest, volumes=volumes), tiny_store.maps)
    deep = find_experiments("vgg16:random:block5_conv1")[0].encoder
    with pytest.raises(EvaluationError, match="halves 16 x 16 pixels away"):
        require_features(small, TEST, deep)


def evaluated(tags: dict[str, str]) -> Evaluated:
    return Evaluated("id", Record({}, {}, tags), "", None, pd.DataFrame(), simulated=True)


def test_runs_are_compared_by_features_of_one_encoder_alone() -> None:
    one, other = {JUDGE: "a:b:c", f"{JUDGE}_digest": "1"}, {JUDGE: "a:b:d", f"{JUDGE}_digest": "1"}
    require_one_judge([evaluated(one), evaluated(one)])
    with pytest.raises(ComparisonError, match="were with a:b:c, a:b:d"):
        require_one_judge([evaluated(one), evaluated(other)])


def test_the_column_is_a_metric_of_every_slice(
    tiny_cache: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    monkeypatch.setattr(Figure, "savefig", lambda _, path, **__: Path(path).touch())
    arguments = ["--data", "simulated:tiny", "--protocols", "paper8", "--features", ENCODER]
    assert run(main, EvaluateParameters, "", arguments) == 0
    client = MlflowClient()
    (found,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    table = read_slices(found.info.run_id)
    assert table["features"].between(0, 2).all()
    assert found.data.metrics["features"] == pytest.approx(table["features"].mean())
    thick = table[table["thickness"] == 3]["features"].mean()
    assert table[table["thickness"] == 1]["features"].mean() > thick  # whose noise is less
    assert found.data.tags[JUDGE] == ENCODER
