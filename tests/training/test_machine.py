"""What the machine offers, and what it does not."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pi.denoisers import NAMES, DenoiserSpec
from pi.training import machine
from pi.training.machine import (
    MachineError,
    choose_precision,
    compute_in,
    divided_precision,
    machine_notes,
    precision_note,
    strategy_for,
    told_of_memory,
)

ROOT = Path(__file__).parents[2]


def test_float16_without_a_gpu_is_float32_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_precision("float16") == "float32"
    assert "without a GPU but got float16, which no processor" in precision_note("float16")
    monkeypatch.setattr(machine, "_multiplies_bfloat16", lambda: False)
    assert "bfloat16 is emulated" in precision_note("bfloat16")
    monkeypatch.setattr(machine, "_multiplies_bfloat16", lambda: True)
    assert [precision_note(asked) for asked in ("auto", "float32", "bfloat16")] == [""] * 3


def test_what_is_to_be_told_of_a_machine_is_told_once_each() -> None:
    assert machine_notes() == []
    assert machine_notes("float16") == [precision_note("float16")]


def test_float16_is_not_divided_over_devices_whose_overflow_nobody_would_see() -> None:
    assert divided_precision("float16", "mirrored") == "auto"
    assert divided_precision("float16", "none") == "float16"
    assert divided_precision("bfloat16", "mirrored") == "bfloat16"
    (said,) = machine_notes("float16", "mirrored")
    assert "with `distribution` mirrored but got float16" in said
    assert said.endswith("it is auto.")


def test_a_device_without_memory_is_told_in_a_sentence() -> None:
    with (
        pytest.raises(MachineError, match="a `batch_size` of 64 but its memory is too small"),
        told_of_memory(64),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


def test_of_unlike_gpus_a_batch_is_divided_over_those_of_a_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpus = [f"/GPU:{number}" for number in range(3)]
    devices = [tf.config.LogicalDevice(name, "GPU") for name in gpus]
    monkeypatch.setattr(machine.tf.config, "list_logical_devices", lambda kind: devices)
    monkeypatch.setattr(machine, "gpu_kinds", lambda: ["B", "A", "A"])
    monkeypatch.setattr(machine.tf.distribute, "MirroredStrategy", lambda chosen: chosen)
    assert strategy_for("mirrored", 4) == gpus[1:]


@pytest.mark.parametrize(
    ("flags", "gain", "expected"),
    [("avx512_bf16", 1.9, "bfloat16"), ("avx512_bf16", 0.5, "float32"), ("avx2", 1.9, "float32")],
)
def test_auto_is_what_the_cpu_multiplies_and_multiplies_faster(
    flags: str, gain: float, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags} sse\n")
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "bfloat16_gain", lambda: gain)
    assert choose_precision("auto") == expected
    assert choose_precision("float32") == "float32"


@pytest.mark.parametrize("limit", ["AVX2", "avx512_core", "SSE41", "AVX2_VNNI"])
def test_where_a_user_forbids_what_multiplies_it_auto_is_float32(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text("flags : fpu avx512_bf16 amx_bf16\n")
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "bfloat16_gain", lambda: 1.9)
    assert choose_precision("auto") == "bfloat16"
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        with monkeypatch.context() as own:
            own.setenv(name, limit)
            assert choose_precision("auto") == "float32"
            own.setenv(name, "AVX512_CORE_AMX")
            assert choose_precision("auto") == "bfloat16"


def test_what_a_product_gains_is_measured_once_in_the_format_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def seconds(number_format: str) -> float:
        asked.append(number_format)
        return {"float32": 3.0, "bfloat16": 2.0}[number_format]

    monkeypatch.setattr(machine, "_seconds_of_product", seconds)
    machine.bfloat16_gain.cache_clear()
    assert [machine.bfloat16_gain(), machine.bfloat16_gain()] == [1.5, 1.5]
    machine.bfloat16_gain.cache_clear()
    assert asked == ["float32", "bfloat16"]


def test_the_first_and_the_last_convolution_stay_float32() -> None:
    unet = DenoiserSpec("unet", 2).build(5)
    compute_in([unet], "bfloat16")
    formats = {layer.name: layer.compute_dtype for layer in unet.layers}
    names = [layer.name for layer in unet.layers if "conv2d" in layer.name]
    assert formats[names[0]] == "float32"
    assert formats["denoised"] == "float32"
    assert {formats[name] for name in names[1:]} == {"bfloat16"}
    assert {str(variable.dtype) for variable in unet.variables} == {"float32"}


@pytest.mark.parametrize("name", NAMES)
def test_what_makes_the_image_stays_float32_in_every_denoiser(name: str) -> None:
    network = DenoiserSpec(name, 2).build(5)
    compute_in([network], "bfloat16")
    formats = [layer.compute_dtype for layer in network.layers]
    convolving = [n for n, layer in enumerate(network.layers) if "Conv" in type(layer).__name__]
    end = convolving[-1]
    assert set(formats[end:]) == set(formats[: convolving[0] + 1]) == {"float32"}
    assert set(formats[convolving[0] + 1 : end]) == {"bfloat16"}
    image = np.random.default_rng(0).random((1, 32, 32, 1)).astype(np.float32)
    assert network(image).dtype == "float32"


def test_one_device_takes_any_batch() -> None:
    assert strategy_for("mirrored", 7).num_replicas_in_sync == 1
    assert strategy_for("none", 7).num_replicas_in_sync == 1


# In float64: layers that normalise make of float32's rounding a hundredth of a gradient.
TWO_DEVICES = """
import numpy as np, keras, pi.network, tensorflow as tf
keras.config.set_floatx("float64")
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from pi.influence.schedule import WeightRule
from pi.denoisers import DenoiserSpec
from pi.training.machine import MachineError, strategy_for
from pi.training.step import train_step

def squares(y, t):
    image = tf.reduce_mean(tf.square(y - tf.cast(t, y.dtype)), axis=(1, 2, 3))
    taps = tf.reduce_mean(y ** 4, axis=(1, 2, 3))[:, tf.newaxis]
    return tf.cast(image, tf.float32), tf.cast(taps, tf.float32)

low, normal = np.random.default_rng(0).integers(-1024, 3072, (2, 6, 32, 32, 1), np.int16)
found = []
for distribution in ("none", "mirrored"):
    strategy = strategy_for(distribution, 6)
    with strategy.scope():
        unet = DenoiserSpec(NAME, 2).build(5)
        optimizer = keras.optimizers.SGD(1e-3)
        optimizer.build(unet.trainable_variables)
    start = unet.get_weights()
    step = train_step(unet, optimizer, squares, strategy, 6)
    losses = [step(low, normal, WeightRule(0.0, 19.0, 0.0, 1.0)) for _ in range(3)][-1]
    found.append((losses, unet.get_weights(), strategy.num_replicas_in_sync))
(a, u, one), (b, v, two) = found
assert (one, two) == (1, 2)
np.testing.assert_allclose(a.image, b.image, rtol=1e-5)
np.testing.assert_allclose(a.weight, b.weight, rtol=1e-5)
for x, y, before in zip(u, v, start):
    np.testing.assert_allclose(x, y, atol=1e-6 + 1e-3 * abs(x - before).max())
try:
    strategy_for("mirrored", 7)
except MachineError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_two_devices_train_as_one_does(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES.replace("NAME", repr(name))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(
        "`batch_size` must be divisible by the 2 devices but got 7."
    )
