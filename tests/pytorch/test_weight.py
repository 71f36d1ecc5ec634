"""Lambda in PyTorch: the numbers of the numpy schedules, whatever the loop around it does."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pi.influence.named_schedules import ScheduleError, find_schedule, schedule_names
from pi.influence.psi import InvalidTargetError

if TYPE_CHECKING:
    import torch

    from pi.torch import PerceptualWeight
else:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make test-torch")
    from pi.torch import PerceptualWeight

STEPS, EPOCHS = 130, 3
ASKED: dict[str, Any] = {"target": 0.95, "warmup_steps": 60, "final": 0.9, "total": 390, "seed": 5}
OF_GRADIENTS = ("gradnorm", "constant_psi_gradient", "config", "upgrad")
LOSSES = [name for name in schedule_names() if name not in OF_GRADIENTS]


def sequence(seed: int = 5) -> "tuple[torch.Tensor, torch.Tensor]":
    """Falling losses of 4 samples a step, float32."""
    rng = np.random.default_rng(seed)
    fall = np.exp(-np.arange(STEPS * EPOCHS) / 200)[:, None]
    m = 0.01 * fall * rng.lognormal(0, 0.3, (STEPS * EPOCHS, 4))
    p = 20 * np.sqrt(fall) * rng.lognormal(0, 0.3, (STEPS * EPOCHS, 4))
    return torch.tensor(m, dtype=torch.float32), torch.tensor(p, dtype=torch.float32)


def by_numpy(name: Any, m: "torch.Tensor", p: "torch.Tensor") -> list[float]:
    """Lambda of each step as `train` makes it."""
    schedule = find_schedule(name, 1e-3, **ASKED)
    state, found = schedule.start(), []
    of_m, of_p = (x.numpy().astype(np.float64).mean(axis=1) for x in (m, p))
    for step, (image, perceptual) in enumerate(zip(of_m, of_p, strict=True), 1):
        found.append(schedule.rule(state)(image, perceptual))
        state = schedule.after_step(state, image, perceptual)
        if step % STEPS == 0:
            before = slice(step - STEPS, step)
            state = schedule.after_epoch(state, of_m[before].sum(), of_p[before].sum())
    return found


def by_torch(weight: Any, m: "torch.Tensor", p: "torch.Tensor", begin: int = 0) -> list[float]:
    found = []
    for step in range(begin, len(m)):
        found.append(weight(m[step], p[step]))
        if (step + 1) % STEPS == 0:
            weight.end_epoch()
    return [float(one) for one in found]


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_the_lambda_of_the_numpy_schedule(name: Any) -> None:
    m, p = sequence()
    found = by_torch(PerceptualWeight(name, 1e-3, **ASKED), m, p)
    assert found == pytest.approx(by_numpy(name, m, p), rel=1e-6)
    if name != "fixed":
        assert len(set(found)) > 1


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_saved_and_goes_on(name: Any) -> None:
    m, p = sequence()
    whole = by_torch(PerceptualWeight(name, 1e-3, **ASKED), m, p)
    first = PerceptualWeight(name, 1e-3, **ASKED)
    by_torch(first, m[:177], p[:177])
    second = PerceptualWeight(name, 1e-3, **ASKED)
    second.load_state_dict(first.state_dict())
    assert by_torch(second, m, p, begin=177) == pytest.approx(whole[177:], rel=1e-6)


def test_its_state_is_saved_as_plain_numbers(tmp_path: Any) -> None:
    weight = PerceptualWeight("relobralo", 1e-3)
    weight(torch.tensor(1.0), torch.tensor(2.0))
    torch.save(weight.state_dict(), tmp_path / "state.pt")
    again = PerceptualWeight("relobralo", 1e-3)
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert again.state == weight.state


def test_batches_that_are_accumulated_are_one_step() -> None:
    m, p = sequence()
    halves = PerceptualWeight("constant_psi", 1e-3, **ASKED, accumulate=2)
    found = []
    for step in range(len(m)):
        found.append(float(halves(m[step, :2], p[step, :2])))
        halves(m[step, 2:], p[step, 2:])
    wanted = PerceptualWeight("constant_psi", 1e-3, **ASKED)
    whole = [float(wanted(a, b)) for a, b in zip(m, p, strict=True)]
    assert halves.state.steps == len(m)
    assert halves.state.weight == pytest.approx(wanted.state.weight, rel=1e-6)
    # Between updates they are equal; in one, the half batch at hand is a hundredth of the average.
    same = [step for step in range(len(m)) if (step + 1) % 50]
    assert [found[k] for k in same] == pytest.approx([whole[k] for k in same], rel=1e-6)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_that_overflowed_is_left_out(bad: float) -> None:
    m, p = sequence()
    weight, clean = (PerceptualWeight("uncertainty", 1e-3) for _ in range(2))
    for step in range(20):
        weight(m[step], p[step])
        clean(m[step], p[step])
        weight(torch.full((4,), bad), p[step])
    assert weight.state == clean.state


def test_no_gradient_goes_through_it() -> None:
    m = torch.tensor([1.0, 2.0], requires_grad=True)
    found = PerceptualWeight("esrgan_dp", 1.0)(m, 3 * m)
    assert not found.requires_grad
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(2 / 3)


def test_under_autocast_and_in_half_precision_it_is_the_same() -> None:
    m, p = sequence()
    m, p = m.bfloat16(), p.bfloat16()
    weight = PerceptualWeight("constant_psi", 1e-3, **ASKED).half()
    with torch.autocast("cpu", torch.bfloat16):
        found = by_torch(weight, m, p)
    assert found == pytest.approx(by_numpy("constant_psi", m.float(), p.float()), rel=1e-6)


def test_evaluating_teaches_it_nothing() -> None:
    weight = PerceptualWeight("uncertainty", 1e-3).eval()
    for _ in range(3):
        weight(torch.tensor(1.0), torch.tensor(5.0))
    assert weight.state.steps == 0


def test_a_compiled_loss_gets_the_same_lambda() -> None:
    m, p = sequence()
    weight = PerceptualWeight("constant_psi", 1e-3, **ASKED)

    def loss(image: Any, perceptual: Any) -> Any:
        return image.mean() + weight(image, perceptual) * perceptual.mean()

    compiled = torch.compile(loss, backend="eager")
    found = [float(compiled(a, b)) for a, b in zip(m[:120], p[:120], strict=True)]
    lambdas = by_numpy("constant_psi", m, p)
    wanted = [
        float(a.mean() + x * b.mean()) for a, b, x in zip(m[:120], p[:120], lambdas, strict=False)
    ]
    assert found == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_gradients_are_measured_over_the_parameters(name: Any) -> None:
    schedule = find_schedule(name, 1.0, target=0.7)
    state, against = schedule.start(), -1.0 if name == "upgrad" else 1.0
    weight = PerceptualWeight(name, 1.0, target=0.7)
    for step in range(120):
        theta = torch.nn.Parameter(torch.tensor([1.0, 2.0]) / (1 + step / 50))
        image, perceptual = (theta**2).sum(), 99 + against * (3 * theta).sum()
        if schedule.asks_gradients(state):  # by hand: 2 theta, and 3 twice
            lengths = 2 * float(theta.detach().norm()), 18**0.5
            dot = 6 * float(theta.detach().sum()) * against
            state = schedule.after_gradients(state, *lengths, dot)
        losses = float(image.detach()), float(perceptual.detach())
        wanted = schedule.rule(state)(*losses)
        assert float(weight(image, perceptual, [theta])) == pytest.approx(wanted, rel=1e-6)
        state = schedule.after_step(state, *losses)
        (image + perceptual).backward()  # the graph is still there
    assert weight.state.weight != 1.0


def test_gradnorm_without_parameters_is_told() -> None:
    with pytest.raises(ScheduleError, match="parameters"):
        PerceptualWeight("gradnorm", 1e-3)(torch.tensor(1.0), torch.tensor(1.0))


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"schedule": "nobodys"}, ScheduleError),
        ({"schedule": "constant_psi"}, ScheduleError),
        ({"schedule": "constant_psi", "target": 1.5}, InvalidTargetError),
        ({"schedule": "gradnorm", "weight": 0.0}, ScheduleError),
        ({"accumulate": 0}, ScheduleError),
    ],
)
def test_bad_input_is_told(asked: dict[str, Any], error: type[ValueError]) -> None:
    with pytest.raises(error) as told:
        PerceptualWeight(**asked)
    assert "\n" not in str(told.value)


def test_it_waits_for_the_device_only_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    m, p = sequence()
    weight = PerceptualWeight("constant_psi", 1e-3, **ASKED)
    waited = []
    settle = weight._settle
    monkeypatch.setattr(weight, "_settle", lambda: (waited.append(1), settle()))
    for a, b in zip(m[:100], p[:100], strict=True):
        weight(a, b)
    assert len(waited) == 3  # steps 50, 51 and 100
