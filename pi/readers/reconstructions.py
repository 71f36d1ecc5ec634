"""How every slice was reconstructed: thickness and kernel, as mapping, header and names say."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pi.identity import UNKNOWN_KERNEL, UNKNOWN_THICKNESS, Reconstruction
from pi.readers.claims import Claims, settle
from pi.readers.facts import SliceFacts
from pi.readers.kernels import is_public, public_kernels, stated_kernel
from pi.readers.names import kernel_meant, path_levels
from pi.readers.refusal import Refusal, RefusedError

SAME_THICKNESS = 0.05
"""Thicknesses closer than this (mm) are one, written in different ways."""

_MILLIMETRES = re.compile(
    r"(?<![0-9.,])(\d{1,2}(?:[.,]\d+)?) ?mm(?![a-z0-9])(?![ _-]?(?:spac|incr|step|gap|fov))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SettledReconstructions:
    """The reconstructions of a folder, whatever their dose.

    Attributes:
        reconstructions: of every slice, or what contradicts itself.
        messages: a sentence for everything that was not simply read off a header, without names.
    """

    reconstructions: tuple[Reconstruction | Refusal, ...]
    messages: tuple[str, ...]


def settle_reconstructions(
    slices: Sequence[SliceFacts], claims: Sequence[Claims]
) -> SettledReconstructions:
    """Return thickness and kernel of every slice; one unknown of each is a value like another.

    Args:
        slices: of the whole folder: 2.999 mm is 3 mm where most slices say 3.
        claims: of each slice.
    """
    found = [_own(facts, claimed) for facts, claimed in zip(slices, claims, strict=True)]
    known = [one for one in found if isinstance(one, Reconstruction)]
    thicknesses = common_thicknesses(one.thickness for one in known)
    kernels = public_kernels({one.kernel for one in known})
    return SettledReconstructions(
        tuple(
            one
            if isinstance(one, Refusal)
            else replace(one, thickness=thicknesses[one.thickness], kernel=kernels[one.kernel])
            for one in found
        ),
        tuple(_messages(known, thicknesses, kernels)),
    )


def common_thicknesses(thicknesses: Iterable[float]) -> Mapping[float, float]:
    """Return for every thickness (mm) the commonest one within `SAME_THICKNESS` of it.

    Of equally common ones, that which is written shortest; of these, the smallest.
    """
    counts = Counter(thicknesses)
    centres: list[float] = []
    common = {UNKNOWN_THICKNESS: UNKNOWN_THICKNESS} if UNKNOWN_THICKNESS in counts else {}
    for value in sorted(
        counts.keys() - common, key=lambda value: (-counts[value], len(repr(value)), value)
    ):
        near = [one for one in centres if abs(one - value) <= SAME_THICKNESS + 1e-9]
        common[value] = near[0] if near else value
        if not near:
            centres.append(value)
    return common


def _own(facts: SliceFacts, claims: Claims) -> Reconstruction | Refusal:
    try:
        return Reconstruction(_thickness(facts, claims), _kernel(facts, claims))
    except RefusedError as refused:
        return refused.refusal


def _thickness(facts: SliceFacts, claims: Claims) -> float:
    if facts.told.thickness is not None:
        return facts.told.thickness
    if claims.tell("thickness"):
        return float(settle("thickness", claims))
    for name, _ in path_levels(facts.path):
        values = {float(value.replace(",", ".")) for value in _MILLIMETRES.findall(name)}
        if len(values) == 1 and 0 not in values:
            return values.pop()
    return UNKNOWN_THICKNESS


def _kernel(facts: SliceFacts, claims: Claims) -> str:
    told = facts.told.kernel
    if told:
        return kernel_meant(told if is_public(told) else stated_kernel(told.split("\\")))
    if claims.tell("kernel"):
        return kernel_meant(settle("kernel", claims))
    return UNKNOWN_KERNEL


def _messages(
    known: Sequence[Reconstruction], thicknesses: Mapping[float, float], kernels: Mapping[str, str]
) -> Iterable[str]:
    unknown = sum(one.kernel == UNKNOWN_KERNEL for one in known)
    if unknown:
        yield (
            f"{unknown} slices name no kernel and are taken as of one unknown kernel; the column "
            "`kernel` of mapping.csv tells it."
        )
    unknown = sum(one.thickness == UNKNOWN_THICKNESS for one in known)
    if unknown:
        yield (
            f"{unknown} slices name no thickness and are taken as of one unknown thickness; the "
            "column `thickness` of mapping.csv tells it."
        )
    hidden = sum(kernels[one.kernel] != one.kernel for one in known)
    if hidden:
        yield (
            f"{hidden} slices have a kernel that no vendor is known to use; it is called "
            "other-1, other-2... for such a text may name somebody."
        )
    for value, common in sorted(thicknesses.items()):
        if value != common:
            yield f"slices of {value:g} mm are taken with those of {common:g} mm."
