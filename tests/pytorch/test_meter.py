"""The meter: its sums are those of `train`, it waits for nobody, and it says what misleads.

The folder is not called torch: tests are on the import path, and it would be imported as that.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pi.influence.interval import log_interval
from pi.influence.psi import InvalidLossError, InvalidTargetError
from pi.training.sums import InfluenceSums

if TYPE_CHECKING:
    import torch

    from pi.torch import (
        InfluenceMeter,
        MeterError,
        PerceptualWeight,
        UntrainedWarning,
        gradient_influence,
    )
else:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make test-torch")
    from pi.torch import (
        InfluenceMeter,
        MeterError,
        PerceptualWeight,
        UntrainedWarning,
        gradient_influence,
    )

ROOT = Path(__file__).parents[2]


@pytest.fixture
def meter() -> Iterator[Any]:
    with InfluenceMeter() as one:
        yield one


def batches(count: int = 6) -> "list[tuple[dict[str, torch.Tensor], float]]":
    rng = np.random.default_rng(5)
    found = []
    for k in range(count):
        terms = {
            name: torch.tensor(scale * rng.lognormal(0, 0.4, 8), dtype=torch.float32)
            for name, scale in (("image", 0.01), ("vgg", 9.0), ("edges", 3.0))
        }
        found.append((terms, 1e-3 * (k + 1)))
    return found


def test_its_sums_are_those_of_train(meter: Any) -> None:
    wanted = InfluenceSums()
    for terms, weight in batches():
        meter.update(terms, weight)
        layers = np.stack([terms["vgg"].numpy(), terms["edges"].numpy()], axis=1)
        wanted = wanted.add(terms["image"].numpy(), layers, weight)
    found = meter.reading()
    for name, value in wanted.metrics(("vgg", "edges")).items():
        assert found.sums.metrics(("vgg", "edges"))[name] == pytest.approx(value, rel=1e-12), name
    assert sum(found.shares.values()) == pytest.approx(1)


def test_its_interval_is_that_of_the_items(meter: Any) -> None:
    m, p = [], []
    for terms, weight in batches():
        meter.update({"image": terms["image"], "vgg": terms["vgg"]}, weight)
        m.append(terms["image"].double().numpy())
        p.append(terms["vgg"].double().numpy())
    image, perceptual = np.concatenate(m), np.concatenate(p)
    with pytest.warns(UntrainedWarning):
        found = meter.calibrate(0.95)
    weight = 19 * image.sum() / perceptual.sum()
    wanted = log_interval(image, perceptual, weight, 10**9, "ratio_of_sums")
    assert found.weight == pytest.approx(weight)
    assert np.log(found.high / found.weight) == pytest.approx(wanted.half_width, rel=1e-6)


def test_factors_weigh_the_terms() -> None:
    with InfluenceMeter("l1", {"vgg": 0.5}) as meter:
        meter.update({"l1": torch.tensor(1.0), "vgg": torch.tensor(4.0)}, torch.tensor(2.0))
        assert meter.reading().psi == pytest.approx(4 / 5)


def test_an_untrained_network_is_told_and_by_how_much(meter: Any) -> None:
    output, given = torch.full((4,), 0.274), torch.full((4,), 0.02)
    features = torch.full((4,), 0.5)
    meter.update({"image": output, "vgg": features}, 0.0, {"image": given, "vgg": features})
    with pytest.warns(UntrainedWarning) as told:
        found = meter.calibrate(0.95)
    said = str(told[0].message)
    assert found.state == "untrained"
    # lambda is .274/.02 times too great: odds 19 become 260, 99.62 %.
    assert "99.62 %" in said
    assert "13.7 times less" in said
    own = meter.calibrate_identity(0.95)
    assert own.state == "identity"
    assert own.weight == pytest.approx(19 * 0.02 / 0.5)


def test_a_trained_network_is_calibrated_without_a_word(meter: Any) -> None:
    terms = {"image": torch.full((4,), 0.01), "vgg": torch.full((4,), 0.5)}
    meter.update(terms, 0.0, {"image": torch.full((4,), 0.02), "vgg": torch.full((4,), 0.9)})
    assert meter.calibrate(0.95).state == "trained"


def test_gradients_are_those_by_hand() -> None:
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    pair = gradient_influence({"image": (x**2).sum() / 2, "vgg": 10 * x[0]}, x)
    assert (pair.image, pair.perceptual) == pytest.approx((5, 10))
    assert pair.cosine == pytest.approx(0.6)
    assert pair.psi(0.5) == pytest.approx(0.5)


def test_a_term_that_hangs_on_nothing_has_no_gradient() -> None:
    layer = torch.nn.Linear(2, 1)
    loss = layer(torch.ones(1, 2)).square().mean()
    pair = gradient_influence({"image": loss, "vgg": torch.tensor(1.0)}, layer.parameters())
    assert pair.perceptual == 0
    assert pair.image > 0


def test_any_function_is_told_what_train_logs() -> None:
    told: list[tuple[dict[str, float], int]] = []
    layer = torch.nn.Linear(3, 1)
    weight = PerceptualWeight("constant_psi", 1e-3, target=0.95)

    def log(metrics: dict[str, float], epoch: int) -> None:
        told.append((metrics, epoch))

    with (
        InfluenceMeter(target=0.95, log_to=log) as meter,
        InfluenceMeter(name="validation", log_to=log) as held_out,
    ):
        for _ in range(2):
            output = layer(torch.ones(4, 3))
            terms = {"image": output.square().mean(1), "vgg": output.abs().mean(1)}
            meter.update(terms, weight(terms["image"], terms["vgg"]))
            meter.gradients(gradient_influence(terms, layer.parameters()))
            held_out.update({name: term.detach() for name, term in terms.items()}, 1e-3)
            meter.end_epoch(weight, ssim=0.9)
            held_out.end_epoch()
    (first, epoch), (second, _) = told[:2]
    assert epoch == 1
    assert {"psi", "psi_gradient", "gradient_cosine", "lambda", "train/image_loss", "train/psi",
            "gradient/psi_parameters", "validation/ssim"} <= set(first)  # fmt: skip
    assert {"validation/psi", "validation/image_loss"} <= set(second)
    assert told[2][1] == 2


def test_two_meters_under_one_name_are_refused_where_they_log() -> None:
    with InfluenceMeter(log_to=print), pytest.raises(MeterError, match="name of its own"):
        InfluenceMeter(log_to=print)
    with InfluenceMeter(log_to=print):
        pass


BAD: list[tuple[Any, type[Exception]]] = [
    ({"image": [1.0]}, MeterError),
    ({"vgg": [1.0]}, MeterError),
    ({"image": [1.0, 2.0], "vgg": [1.0]}, MeterError),
    ({"image": [[1.0]], "vgg": [[1.0]]}, MeterError),
    ({"image": [1.0, -1.0], "vgg": [1.0, 1.0]}, InvalidLossError),
    ({"image": [1.0, 1.0], "vgg": [1.0, float("nan")]}, InvalidLossError),
    ({"image": [float("inf"), 1.0], "vgg": [1.0, 1.0]}, InvalidLossError),
]


@pytest.mark.parametrize(("terms", "error"), BAD)
def test_bad_terms_are_told_in_one_sentence(meter: Any, terms: Any, error: type[Exception]) -> None:
    def told() -> None:
        meter.update({name: torch.tensor(values) for name, values in terms.items()}, 1.0)
        meter.reading()

    with pytest.raises(error) as raised:
        told()
    assert "\n" not in str(raised.value)


def test_other_terms_than_at_first_are_told(meter: Any) -> None:
    meter.update({"image": torch.tensor(1.0), "vgg": torch.tensor(1.0)}, 1.0)
    with pytest.raises(MeterError, match="those of the first batch"):
        meter.update({"image": torch.tensor(1.0), "dists": torch.tensor(1.0)}, 1.0)


def test_a_meter_that_saw_nothing_is_told(meter: Any) -> None:
    with pytest.raises(MeterError, match="has seen no batch"):
        meter.reading()
    meter.update({"image": torch.tensor(1.0), "vgg": torch.tensor(1.0)}, 1.0)
    with pytest.raises(InvalidTargetError):
        meter.calibrate(1.0)


def test_an_update_reads_nothing_from_the_device(
    meter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: Any, **__: Any) -> None:
        raise AssertionError("the host waited for the device")

    (terms, _), *_ = batches()
    weight = torch.tensor(1e-3)
    for name in ("tolist", "item", "cpu", "numpy", "__float__", "__bool__", "__int__"):
        monkeypatch.setattr(torch.Tensor, name, read)
    meter.update(terms, weight, terms)


PROCESS = """
import sys, torch, torch.distributed as dist
from pi.torch import InfluenceMeter, PerceptualWeight
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method="file://" + folder + "/meet", rank=rank, world_size=2)
meter, weight = InfluenceMeter(), PerceptualWeight("uncertainty", 1e-3)
for step in range(5):
    m, p = torch.tensor([1.0 + rank + step]), torch.tensor([5.0 - rank])
    meter.update({"image": m, "vgg": p}, weight(m, p))
found = meter.reading()
print(repr([found.sums.image, found.sums.patches, found.psi, weight.state.weight]))
dist.destroy_process_group()
"""


def test_processes_that_train_together_read_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS]
    there = os.environ | {"PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([*command, str(rank), str(tmp_path)], env=there, stdout=subprocess.PIPE)
        for rank in range(2)
    ]
    told = [process.communicate(timeout=60)[0] for process in both]
    assert told[0] == told[1]
    image, patches, *_ = eval(told[0])
    assert (image, patches) == (sum(1 + step + 2 + step for step in range(5)), 10)
