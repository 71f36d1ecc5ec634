"""The slices of the largest gain and loss, read from the store and denoised again."""

import numpy as np
import pandas as pd
import pytest
from tracking.evaluations import evaluation, training

from pi.comparison.comparison import Reference, compare_runs
from pi.denoisers import DenoiserSpec
from pi.evaluation.metrics import METRICS
from pi.evaluation.table import COLUMNS
from pi.jobs.agreement import DisagreementError
from pi.jobs.compared.configurations import configurations_of
from pi.jobs.compared.evaluated import Evaluated
from pi.jobs.compared.extremes import extreme_figures, open_compared
from pi.slices.store import Store
from pi.tracking.kept_denoiser import log_weights
from pi.tracking.records import DENOISER
from pi.tracking.tracker import Tracked

pytestmark = pytest.mark.usefixtures("database")


def table_of(store: Store, ssim: float, image: str = "denoised") -> pd.DataFrame:
    """Return a table of the first test volume whose SSIM falls from slice to slice."""
    volume = next(volume for volume in store.volumes if volume.split == "test")
    rows = []
    for index in range(len(volume.positions)):
        key = volume.key(index)
        of = [key.patient, key.thickness, key.kernel, key.dose, key.position, "paper8"]
        for name in dict.fromkeys(["low_dose", image]):
            rows.append([*of, name, *[ssim ** (index + 1)] * len(METRICS)])
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def evaluated(tiny_store: Store) -> list[Evaluated]:
    """An untrained network, and doing nothing."""
    with Tracked().open("train", "untrained") as tracked:
        spec = DenoiserSpec("unet", 2)
        log_weights(tracked, spec.build(0), spec, DENOISER)
    network = evaluation("n", training(), table_of(tiny_store, 0.9), digest=tiny_store.digest)
    nothing = evaluation("z", None, table_of(tiny_store, 0.8, "low_dose"), digest=tiny_store.digest)
    network = Evaluated(network.run_id, network.record, tracked.run_id, network.trained,
                        network.slices, True)  # fmt: skip
    return [network, nothing]


def test_both_slices_are_drawn_whole_and_enlarged(
    evaluated: list[Evaluated], tiny_store: Store
) -> None:
    found = configurations_of(evaluated, "")
    tables = [one.group.table for one in found]
    comparison = compare_runs(
        tables, ["ssim"], "paper8", Reference("demo1", "name"), np.random.default_rng(0)
    )
    figures = extreme_figures(tiny_store, evaluated, found, comparison, (-160.0, 240.0))
    assert [one.name for one in figures] == ["extreme_slices", "extreme_details"]
    assert figures[0].caption.startswith("identity against demo1: the slices of the largest gain")
    titles = [axes.get_title() for axes in figures[0].figure.axes[:7]]
    assert titles[:4] == ["low dose (input)", "demo1", "identity", "normal dose (target)"]
    rows = [axes.get_ylabel().split("\n")[0] for axes in figures[0].figure.axes[:14:7]]
    assert rows == ["smallest loss", "largest loss"]


def test_the_data_are_opened_as_the_evaluation_knew_them(
    evaluated: list[Evaluated],
    tiny_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    tiny_cache: object,
) -> None:
    monkeypatch.setenv("PI_CACHE", str(tiny_cache))
    one = evaluated[0]
    monkeypatch.setitem(one.record.params, "data", "simulated:tiny")  # type: ignore[arg-type]
    assert open_compared(one, "auto", 5).digest == tiny_store.digest
    monkeypatch.setitem(one.record.tags, "pi.data_digest", "another")  # type: ignore[arg-type]
    with pytest.raises(DisagreementError, match="`data digest` must be another but got"):
        open_compared(one, "auto", 5)
