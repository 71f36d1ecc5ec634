import random

import pytest

from pi.readers.kernels import base_kernel, is_public, public_kernels, stated_kernel


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("B30f",), "B30"),
        (("Br40d", "3"), "BR40-3"),
        (("I31f", "2"), "I31-2"),
        (("STANDARD",), "STANDARD"),
        (("Bone  Plus",), "BONE PLUS"),
        ((" FC08 ",), "FC08"),
        ((), ""),
        (("", " "), ""),
    ],
)
def test_the_values_of_a_kernel_are_one_short_text(values: tuple[str, ...], expected: str) -> None:
    assert stated_kernel(values) == expected


@pytest.mark.parametrize(
    "kernel",
    [
        *("B30f", "B50f", "B70f", "D45f", "H40s", "H60h", "U30u", "T20f", "I30f", "J40s", "Br40d"),
        *("Bv36", "Bl57", "Hr40", "Qr36", "Sa36", "STANDARD", "SOFT", "LUNG", "BONE", "BONEPLUS"),
        *("DETAIL", "CHEST", "EDGE", "ULTRA", "HD STANDARD", "A", "B", "C", "L", "YA", "EC"),
        *("FC08", "FC51", "FC08-H", "FL03", "B_SOFT_B", "B_VSHARP_C", "RAM-LAK", "QIAC"),
    ],
)
def test_the_kernels_of_vendors_are_public(kernel: str) -> None:
    assert is_public(stated_kernel((kernel,)))
    assert is_public(stated_kernel((kernel, "3")))


@pytest.mark.parametrize(
    "kernel",
    ["Eichendorff", "MRN4711", "JANE DOE", "L067", "01.02.1960", "B30 EICHENDORFF", "DOE-3", "3"],
)
def test_free_text_is_not_public(kernel: str) -> None:
    assert not is_public(stated_kernel((kernel,)))


def test_free_texts_are_numbered_the_same_in_any_order() -> None:
    kernels = ["ZZ TOP", "B30", "Eichendorff", "unknown"]
    for seed in range(5):
        named = public_kernels(random.Random(seed).sample(kernels, 4))
        expected = {"B30": "B30", "unknown": "unknown", "Eichendorff": "other-1"}
        assert named == {**expected, "ZZ TOP": "other-2"}


def test_a_number_that_is_there_is_not_given_twice() -> None:
    assert public_kernels(["other-1", "Eichendorff"])["Eichendorff"] == "other-2"


def test_the_strength_is_apart_from_the_kernel() -> None:
    assert (base_kernel("BR40-3"), base_kernel("FC08-H"), base_kernel("B30")) == (
        "BR40",
        "FC08-H",
        "B30",
    )
